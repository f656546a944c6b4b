"""The parameters of `fairness.selective_labels`."""

from pydantic import BaseModel, Field


class Parameters(BaseModel):
    """What a user may set for `fairness.selective_labels`."""

    intersections: int = Field(default=1, ge=1, description="the largest number of attributes that are intersected")
    trials: int = Field(default=50, ge=20, description="times that further labels are hidden, behind the control")
