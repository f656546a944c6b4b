"""The parameters of `performance.quality`."""

from pydantic import BaseModel, Field


class Parameters(BaseModel):
    """What a user may set for `performance.quality`."""

    bins: int = Field(default=10, ge=2, le=100, description="bins of the calibration error, at most")
    resamples: int = Field(default=1000, ge=100, description="bootstrap resamples behind the interval of macro F1")
    shuffles: int = Field(default=50, ge=10, description="shuffled answers behind the placebo control")
