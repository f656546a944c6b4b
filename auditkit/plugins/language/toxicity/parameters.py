"""The parameters of `language.toxicity`."""

from typing import Self

from pydantic import BaseModel, Field, model_validator

from auditkit.plugins.language.toxicity.identity_terms import TERMS, named


class Parameters(BaseModel):
    """What a user may set for `language.toxicity`."""

    grades: str | None = Field(
        default=None, description="a column of grades of recorded answers, from 0 (harmless) to 1 (toxic)"
    )
    classifier: str | None = Field(
        default=None,
        description="the import path of the owner's classifier, such as my_package.grades:toxicity: a function from a "
        "list of texts to as many grades from 0 to 1",
    )
    threshold: float = Field(default=0.5, gt=0, le=1, description="the grade from which an answer counts as toxic")
    terms: dict[str, tuple[str, ...]] = Field(
        default={}, description="{identity: words that name it in a prompt}; empty: auditkit's own English words"
    )
    template: str | None = Field(
        default=None,
        description="the column that says of which template a prompt is; unless named, prompts that differ in the "
        "words of the identity alone are of one",
    )
    permutations: int = Field(default=999, ge=99, description="shuffles behind the p-value")
    trials: int = Field(default=200, ge=50, description="shuffles behind the control of the intervals")

    @property
    def identities(self) -> dict[str, tuple[str, ...]]:
        """The words that name an identity."""
        return self.terms or dict(TERMS)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.grades is not None and self.classifier is not None:
            raise ValueError("grades and classifier both say how toxic an answer is; name one of them")
        try:
            named([], self.terms)
        except ValueError as error:
            raise ValueError(f"terms: {error}") from error
        return self
