"""The parameters of `language.judge`."""

from pydantic import BaseModel, Field


class Parameters(BaseModel):
    """What a user may set for `language.judge`."""

    grades: str = Field(
        default="judge_grade",
        description="The column with the judge's grades of the recorded answers: 1 is good, 0 not.",
    )
    labels: str = Field(
        default="human_grade",
        description="The column with people's grades of some of these answers, drawn by chance; blank for the others.",
    )
    kappa: float = Field(
        default=0.6,
        ge=0,
        lt=1,
        description="The kappa that the lower end of its interval must reach for grades to count.",
    )
