"""The parameters of `language.consistency`."""

from pydantic import BaseModel, Field


class Parameters(BaseModel):
    """What a user may set for `language.consistency`."""

    repeats: int = Field(
        default=3,
        ge=1,
        le=100,
        description="further answers that a live model is asked for to each prompt",
    )
    prompts: int = Field(default=200, ge=2, description="prompts that a live model is asked about again at most")
    answers: dict[str, tuple[str, ...]] = Field(
        default={},
        description="{ class = ['word', 'another'] }: answers are read into these classes too, and compared by them",
    )
