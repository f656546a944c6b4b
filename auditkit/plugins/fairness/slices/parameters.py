"""The parameters of `fairness.slices`."""

from pydantic import BaseModel, Field

from auditkit.plugins.fairness.slices.outcomes import Of


class Parameters(BaseModel):
    """What a user may set for `fairness.slices`."""

    of: Of = Field(default="error", description="what is searched for: slices in which it is most frequent")
    score: str = Field(default="", description="of scores of cases, which one is searched; the first, where left out")
    depth: int = Field(default=2, ge=1, le=4, description="the largest number of conditions of a slice")
    k: int = Field(default=10, ge=1, le=50, description="how many slices are shown at most")
    bins: int = Field(default=5, ge=2, le=20, description="quantile bins of a number")
    support: float = Field(default=0.01, gt=0, lt=0.5, description="the smallest share of the rows in a slice")
    fewest: int = Field(default=30, ge=5, description="the smallest number of rows of a slice in each half")
    alpha: float = Field(default=0.95, gt=0, le=1, description="how much the error counts against the size")
    overlap: float = Field(default=0.9, gt=0, le=1, description="share of rows in common above which slices are one")
    trials: int = Field(default=40, ge=5, description="searches of shuffled errors behind the control")
