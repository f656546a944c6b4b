"""The parameters of `performance.case_scores`."""

from pydantic import BaseModel, Field


class Parameters(BaseModel):
    """What a user may set for `performance.case_scores`."""

    worst_cases: int = Field(default=10, ge=0, description="the worst cases that are listed, with include_rows alone")
    trials: int = Field(default=200, ge=50, description="samples drawn behind the control of the intervals")
