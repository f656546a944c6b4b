"""The parameters of `fairness.individual`."""

from pydantic import BaseModel, Field


class Parameters(BaseModel):
    """What a user may set for `fairness.individual`."""

    rows: int = Field(default=5000, ge=20, description="rows that are compared and changed, drawn by the audit")
    neighbours: int = Field(default=5, ge=1, le=100, description="how many nearest others a row is compared with")
    values: int = Field(default=5, ge=2, le=50, description="groups of an attribute that are changed into each other")
    shuffles: int = Field(default=20, ge=5, description="shuffles of the decisions behind the control")
