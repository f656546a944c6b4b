"""The parameters of `fairness.survival`."""

from pydantic import BaseModel, Field


class Parameters(BaseModel):
    """What a user may set for `fairness.survival`."""

    intersections: int = Field(default=1, ge=1, description="the largest number of attributes that are intersected")
