"""The parameters of `explanations.counterfactuals`."""

from typing import Literal

from pydantic import BaseModel, Field, field_validator

from auditkit.data import AuditData
from auditkit.errors import closest
from auditkit.plugins.explanations.shared.columns import numeric_columns


class CounterfactualParameters(BaseModel):
    """What a user may set for `explanations.counterfactuals`."""

    rows: int = Field(default=200, ge=10, description="rows drawn by the audit; those with the other outcome are used")
    real_rows: int = Field(
        default=1000, ge=50, description="real rows to compare with, from the training split if given"
    )
    budget: int = Field(default=1500, ge=200, description="rows that the model is asked about for each person, at most")
    changes: int = Field(default=4, ge=1, le=10, description="columns that may change for one person, at most")
    immutable: tuple[str, ...] | None = Field(
        default=None, description="columns that nobody can change; unless given, the group columns"
    )
    directions: dict[str, Literal["up", "down"]] = Field(
        default={}, description='number columns that change one way only, such as { age = "up" }'
    )
    ranges: dict[str, tuple[float, float]] = Field(
        default={}, description="[low, high] of a number after a change; unless given, that of the real rows"
    )
    sums: tuple[tuple[str, ...], ...] = Field(default=(), description="groups of number columns whose sum is kept")
    target_low: float | None = Field(default=None, description="of a predicted number: from here on it is wanted")
    target_high: float | None = Field(default=None, description="of a predicted number: up to here it is wanted")

    @field_validator("ranges")
    @classmethod
    def _ordered(cls, ranges: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
        for name, (low, high) in ranges.items():
            if low > high:
                raise ValueError(
                    f"ranges of {name!r} must be [low, high] with low first; [{low:g}, {high:g}] was given"
                )
        return ranges

    @field_validator("sums")
    @classmethod
    def _several(cls, sums: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        names = [name for group in sums for name in group]
        if any(len(group) < 2 for group in sums) or len(set(names)) < len(names):
            raise ValueError("sums must be groups of two columns or more, each column in one of them")
        return sums

    def misnamed(self, data: AuditData) -> str | None:
        """Which column that the parameters name is none, or no number; None where all fit."""
        numbers = {name for name, number in zip(data.feature_names, numeric_columns(data), strict=True) if number}
        summed = [name for group in self.sums for name in group]
        for parameter, names, known in (
            ("immutable", self.immutable or (), set(data.feature_names)),
            ("directions", self.directions, numbers), ("ranges", self.ranges, numbers), ("sums", summed, numbers),
        ):  # fmt: skip
            for name in names:
                if name not in known:
                    kind = "a column" if parameter == "immutable" else "a column of numbers"
                    return f"{parameter} must name {kind} of the inputs; {name!r} is none; {closest(name, known)}"
        return None
