"""The parameters of `explanations.leave_out`."""

from pydantic import BaseModel, Field


class Parameters(BaseModel):
    """What a user may set for `explanations.leave_out`."""

    rows: int = Field(default=30, ge=2, description="Answers to explain, drawn by the audit.")
    questions: int = Field(default=64, ge=4, description="Prompts that the model is asked at most for each answer.")
    contexts: str = Field(
        default="contexts",
        description="The column with the passages that stand in the prompt; where they do not, sentences are left out.",
    )
    right: str = Field(
        default="", description="The column with the place of the passage that holds the answer, from 1; empty: none."
    )
    joint: bool = Field(
        default=True,
        description="Shapley values where questions allow every coalition; else what one alone takes away.",
    )
