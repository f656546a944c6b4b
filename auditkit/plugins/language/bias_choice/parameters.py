"""The parameters of `language.bias_choice`."""

from typing import Literal

from pydantic import BaseModel, Field


class Parameters(BaseModel):
    """What a user may set for `language.bias_choice`."""

    questions: Literal["auto", "data", "own"] = Field(
        default="auto",
        description="data: the prompts, with the columns of BBQ beside them; own: auditkit's 216 questions, which a "
        "live model is asked; auto: data where the columns are there, else own",
    )
    trials: int = Field(default=200, ge=50, description="redrawn choices behind the control of the intervals")
