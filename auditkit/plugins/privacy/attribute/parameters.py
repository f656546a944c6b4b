"""The parameters of `privacy.attribute_inference`."""

from pydantic import BaseModel, Field


class Parameters(BaseModel):
    """What a user may set for `privacy.attribute_inference`."""

    sensitive: tuple[str, ...] = Field(
        default=(), description="inputs whose value is to be inferred; none: the sensitive attributes among the inputs"
    )
    rows: int = Field(default=3000, ge=1, description="how many non-members, and at most as many members, are used")
    values: int = Field(default=5, ge=2, le=20, description="values of a column that are told apart, the most frequent")
