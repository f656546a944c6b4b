"""The parameters of `explanations.permutation_importance`."""

from pydantic import BaseModel, Field


class PermutationParameters(BaseModel):
    """What a user may set for `explanations.permutation_importance`."""

    rows: int = Field(default=500, ge=30, description="rows drawn by the audit, among which values are shuffled")
    repeats: int = Field(default=5, ge=2, description="shuffles of each column")
    twins: float = Field(default=0.7, gt=0, lt=1, description="association from which two columns count as near twins")
