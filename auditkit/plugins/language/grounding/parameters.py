"""The parameters of `language.grounding`."""

from pydantic import BaseModel, Field


class Parameters(BaseModel):
    """What a user may set for `language.grounding`."""

    contexts: str = Field(
        default="contexts", description="The column with the passages: one text, a list of them, or a list as JSON."
    )
    questions: str = Field(
        default="question",
        description="The column with the question alone, whose words claim nothing in an answer; where there is none, "
        "the prompt without the passages.",
    )
    references: str = Field(
        default="reference", description="The column with the right answer, or a list of right answers; empty: none."
    )
    answerable: str = Field(
        default="",
        description="The column that says whether the passages hold an answer (1 or 0); where none is named, a "
        "question without a reference has none.",
    )
    enough: float = Field(
        default=0.8, gt=0, le=1,
        description="Share of the claimed words of a sentence that one passage must hold for it to count as supported.",
    )  # fmt: skip
    function_words: tuple[str, ...] | None = Field(
        default=None, description="Words that claim nothing; unless given, a list of English ones."
    )
    articles: tuple[str, ...] = Field(
        default=("a", "an", "the"), description="Words that do not count where an answer is held against its reference."
    )
    declining: tuple[str, ...] = Field(
        default=(), description="Phrases of an answer that declines, beside the English ones that are known."
    )
