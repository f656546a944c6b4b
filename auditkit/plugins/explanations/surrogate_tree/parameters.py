"""The parameters of `explanations.surrogate_tree`."""

from pydantic import BaseModel, Field


class SurrogateTreeParameters(BaseModel):
    """What a user may set for `explanations.surrogate_tree`."""

    rows: int = Field(default=1000, ge=60, description="rows drawn by the audit, on which the tree is tried")
    learnt: int = Field(default=4000, ge=60, description="rows of the training split that the tree learns from")
    depth: int = Field(default=4, ge=1, le=4, description="questions of a rule at most")
