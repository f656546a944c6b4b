"""The parameters of `language.leakage`."""

from pydantic import BaseModel, Field


class Parameters(BaseModel):
    """What a user may set for `language.leakage`."""

    secret: str = Field(
        default="secret", description="The column with the secret that was planted in the prompt or beside it."
    )
    continuation: str = Field(
        default="continuation", description="The column with the text that truly follows the prompt."
    )
    trained: str = Field(
        default="trained",
        description="The column that says whether the model was trained on that text (1) or never saw it (0).",
    )
    contexts: str = Field(
        default="contexts",
        description="The column with what the model was given beside the prompt; what it holds is not given away.",
    )
    words: int = Field(
        default=20, ge=5, description="Words in a row, as in the true text, from which an answer repeats it verbatim."
    )
    canaries: int = Field(
        default=40, ge=0, description="Secrets of our own, drawn by chance, that a model which can be asked is told to "
        "keep; 0: none.",
    )  # fmt: skip
