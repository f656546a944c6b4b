"""The parameters of `fairness.groups`."""

from typing import Literal, Self

from pydantic import BaseModel, Field, field_validator, model_validator

from auditkit.errors import closest
from auditkit.plugins.fairness.groups.definitions import DEFAULT, MEASURES

CDD = "conditional_demographic_disparity"


class Parameters(BaseModel):
    """What a user may set for `fairness.groups`."""

    intersections: int = Field(default=2, ge=1, description="the largest number of attributes that are intersected")
    measures: tuple[str, ...] = Field(default=DEFAULT, description="rates, criteria and indices to measure")
    classes: tuple[str, ...] = Field(default=(), description="of more than two classes, those to look at; empty: all")
    given: tuple[str, ...] = Field(
        default=(), description="columns in which people must be alike, for the conditional demographic disparity"
    )
    alpha: float = Field(default=2.0, description="how much the generalized entropy minds those who fare well")
    correction: Literal["holm", "benjamini-hochberg"] = Field(
        default="holm", description="how p-values are adjusted over all disparities of the check"
    )
    permutations: int = Field(default=9999, ge=99, description="shuffles of the groups behind each p-value")
    trials: int = Field(default=200, ge=20, description="shuffled and planted tables behind each control")
    resamples: int = Field(default=1000, ge=200, description="resampled tables behind each bootstrap interval")

    @field_validator("measures")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in MEASURES:
                raise ValueError(
                    f"measures must name rates, criteria or indices; {name!r} is none; {closest(name, MEASURES)}"
                )
        return names

    @model_validator(mode="after")
    def _given(self) -> Self:
        if CDD in self.measures and not self.given:
            raise ValueError("conditional_demographic_disparity needs given, the columns in which people must be alike")
        return self
