"""The parameters of `performance.survival`."""

from pydantic import BaseModel, Field


class Parameters(BaseModel):
    """What a user may set for `performance.survival`."""

    trials: int = Field(default=50, ge=20, description="times that risks are shuffled, behind the control")
