"""The parameters of `explanations.importance`."""

from typing import Literal

from pydantic import BaseModel, Field


class ImportanceParameters(BaseModel):
    """What a user may set for `explanations.importance`."""

    rows: int = Field(default=100, ge=2, description="Rows to explain, drawn by the audit.")
    background: int = Field(default=100, ge=2, description="Rows to compare with, from the training split if given.")
    permutations: int = Field(default=2, ge=2, description="Pairs of feature orders per row and background row.")
    error: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="Where orders are sampled: the error wanted, as a share of the largest influence. Pairs of orders "
        "are added until it is reached; none are where it is not given.",
    )
    most_permutations: int = Field(default=64, ge=2, description="Pairs of orders at most, where `error` is given.")
    explain: Literal["margins", "answers"] = Field(
        default="margins",
        description="Of linear models and trees: margins such as log-odds, or answers such as probabilities.",
    )
