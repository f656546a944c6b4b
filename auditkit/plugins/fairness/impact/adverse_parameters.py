"""The parameters of `fairness.adverse_impact`."""

from pydantic import BaseModel, Field

from auditkit.plugins.fairness.impact import categories


class Parameters(BaseModel):
    """What a user may set for `fairness.adverse_impact`."""

    intersections: int = Field(default=1, ge=1, description="the largest number of attributes that are intersected")
    draws: int = Field(default=20_000, ge=1_000, description="samples behind the chance of a ratio under four fifths")
    unknown: tuple[str, ...] = Field(
        default=categories.UNKNOWN, description="values that mean that the group is not known; compared with nobody"
    )
    trials: int = Field(default=50, ge=20, description="equal tables behind the control of the tests")
