"""The parameters of `performance.quality`."""

from pydantic import BaseModel, Field


class Parameters(BaseModel):
    """What a user may set for `performance.quality`."""

    bins: int = Field(default=10, ge=2, le=100, description="bins of the calibration error, at most")
    resamples: int = Field(default=1000, ge=100, description="bootstrap resamples behind the interval of macro F1")
    alert_rate: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="the share of people who can be looked into, those with the highest scores",
    )
    alert_cost: float = Field(default=1, ge=0, description="what it costs to look into one of them")
    missed_cost: float | None = Field(
        default=None, ge=0, description="what a positive person who is not looked into costs, in the same unit"
    )
    shuffles: int = Field(default=50, ge=10, description="shuffled answers behind the placebo control")
