"""The parameters of `fairness.ranking`."""

from pydantic import BaseModel, Field, field_validator


def top_label(k: float) -> int | str:
    """A top as people read it: so many places, or a share of the list."""
    return int(k) if k >= 1 else f"{k:.6g} of the list"


class Parameters(BaseModel):
    """What a user may set for `fairness.ranking`."""

    k: tuple[float, ...] = Field(default=(10, 0.1), description="tops: whole numbers of places, or shares of the list")
    query: str = Field(default="", description="column that names the list of each row; empty: all rows are one list")
    intersections: int = Field(default=1, ge=1, description="the largest number of attributes that are intersected")
    permutations: int = Field(
        default=999, ge=99, description="shuffles behind each p-value; more where many are tested"
    )
    draws: int = Field(default=200, ge=50, description="times people are drawn anew behind the intervals of one list")
    trials: int = Field(default=100, ge=20, description="shuffled lists behind the control of the test")

    @field_validator("k")
    @classmethod
    def _tops(cls, tops: tuple[float, ...]) -> tuple[float, ...]:
        for k in tops:
            if not (0 < k < 1 or (k >= 1 and k == round(k))):
                raise ValueError(f"k must hold whole numbers from 1, or shares between 0 and 1; {k!r} is neither")
        return tops
