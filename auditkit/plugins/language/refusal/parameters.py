"""The parameters of `language.refusal`."""

from pydantic import BaseModel, Field


class Parameters(BaseModel):
    """What a user may set for `language.refusal`."""

    phrases: tuple[str, ...] = Field(default=(), description="further phrases that a refusal says, in any capitals")
    shipped_phrases: bool = Field(default=True, description="whether auditkit's own list of English phrases is used")
    labelled: str | None = Field(
        default=None,
        description="a column beside the prompts that says of answers whether they are refusals (1, true, yes; blank "
        "where nobody looked), against which the phrases are measured; recorded answers only",
    )
    trials: int = Field(default=200, ge=20, description="shuffles of the groups behind the control of the gaps")
