"""The parameters of `fairness.case_scores`."""

from pydantic import BaseModel, Field


class Parameters(BaseModel):
    """What a user may set for `fairness.case_scores`."""

    intersections: int = Field(default=2, ge=1, description="the largest number of attributes that are intersected")
    permutations: int = Field(
        default=1999, ge=99, description="shuffles of the groups behind each p-value; more where many are adjusted for"
    )
    trials: int = Field(default=200, ge=20, description="shuffled and planted data behind each control")
