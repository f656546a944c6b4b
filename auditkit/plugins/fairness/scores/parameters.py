"""The parameters of `fairness.scores`."""

from pydantic import BaseModel, Field


class Parameters(BaseModel):
    """What a user may set for `fairness.scores`."""

    intersections: int = Field(default=1, ge=1, description="the largest number of attributes that are intersected")
    bins: int = Field(default=10, ge=2, le=50, description="bins of the calibration error, at most")
    window: float = Field(
        default=0.05, ge=0, le=0.5,
        description="how far from the model's threshold is near: in probability, or in the share of people selected "
        "where scores are no probabilities",
    )  # fmt: skip
    permutations: int = Field(
        default=999, ge=99,
        description="shuffles and resamples behind p-values and intervals; never fewer than 40 for each test",
    )  # fmt: skip
    trials: int = Field(default=200, ge=20, description="shuffled and planted data sets behind each control")
