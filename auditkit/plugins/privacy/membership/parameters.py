"""The parameters of `privacy.membership`."""

from pydantic import BaseModel, Field


class Parameters(BaseModel):
    """What a user may set for `privacy.membership`."""

    rows: int = Field(default=4000, ge=1, description="How many non-members, and at most as many members, are used.")
    neighbours: int = Field(default=6000, ge=100, description="How many training rows are searched for odd ones.")
