"""The parameters of `fairness.group_probabilities`."""

from pydantic import BaseModel, Field


class Parameters(BaseModel):
    """What a user may set for `fairness.group_probabilities`."""

    cells: int = Field(
        default=64, ge=1, le=1000, description="cells of people with similar probabilities, at most; more give "
        "narrower bounds where there are people enough"
    )  # fmt: skip
    cell_people: int = Field(default=100, ge=20, description="people in each of these cells, at least")
    folds: int = Field(default=5, ge=2, le=20, description="parts, of which the others choose the bounds of each")
    trials: int = Field(default=50, ge=20, description="draws of groups behind the control")
