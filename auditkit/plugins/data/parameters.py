"""The parameters of `data.integrity`."""

from pydantic import BaseModel, Field


class Parameters(BaseModel):
    """What a user may set for `data.integrity`."""

    leakage: float = Field(
        default=0.99, gt=0.5, lt=1, description="area under the ROC curve above which a feature leaks"
    )
    detector_rows: int = Field(
        default=10_000, ge=200, description="rows on which leaks and proxies are searched, at most"
    )
    top: int = Field(default=10, ge=1, le=100, description="features named in the tables")
