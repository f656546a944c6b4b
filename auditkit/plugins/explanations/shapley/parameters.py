"""The parameters of `explanations.importance`."""

from pydantic import BaseModel, Field


class ImportanceParameters(BaseModel):
    """What a user may set for `explanations.importance`."""

    rows: int = Field(default=100, ge=2, description="Rows to explain, drawn by the audit.")
    background: int = Field(default=100, ge=2, description="Rows to compare with, from the training split if given.")
    permutations: int = Field(default=2, ge=2, description="Pairs of feature orders per row and background row.")
