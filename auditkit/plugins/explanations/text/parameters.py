"""The parameters of `explanations.text`."""

from typing import Literal

from pydantic import BaseModel, Field


class TextParameters(BaseModel):
    """What a user may set for `explanations.text`."""

    rows: int = Field(default=20, ge=2, description="Texts to explain, drawn by the audit.")
    questions: int = Field(
        default=400, ge=50, description="Texts that the model is asked about at most for each one that is explained."
    )
    permutations: int = Field(default=10, ge=2, description="Pairs of orders of the parts, as far as questions allow.")
    unit: Literal["output", "log-odds"] = Field(
        default="output", description="What is explained: the model's output, or the log-odds of its probability."
    )
