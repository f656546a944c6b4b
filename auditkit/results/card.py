"""What the owner of a model says for its card: the closed set of keys of `[card]`."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field, ValidationError

from auditkit.errors import ConfigError, closest
from auditkit.results.base import Record
from auditkit.text import one_line, one_or_more, shown

Names: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(one_or_more)]
"""One owner is written as a text and several as a list; nobody should have to know which."""


class Card(Record):
    """The owner's part of a model card. Every key may be left out; the card says which were."""

    summary: str = Field(default="", description="what the model does, in a sentence or two")
    owners: Names = Field(default=(), description="who answers for the model")
    contact: str = Field(default="", description="where questions go")
    version: str = Field(default="", description="the version of the model")
    licence: str = Field(default="", description="an SPDX id where there is one, such as apache-2.0")
    citation: str = Field(default="", description="how to cite the model")
    auditor: str = Field(default="", description="who ran this audit, and how independent of the owners")
    intended_use: str = Field(default="", description="what the model is for")
    users: str = Field(default="", description="who is meant to use it")
    decisions: str = Field(default="", description="which decisions rest on its output, and who takes them")
    out_of_scope: str = Field(default="", description="what it must not be used for")
    factors: str = Field(default="", description="groups, instruments and conditions across which it may differ")
    metrics: str = Field(default="", description="why these metrics and limits were chosen")
    evaluation_data: str = Field(default="", description="where the audit data comes from and why it is fit")
    training_data: str = Field(default="", description="where the training data comes from and how it was prepared")
    ethical_considerations: str = Field(default="", description="people at risk, sensitive data, possible harm")
    caveats: str = Field(default="", description="known limits")
    recommendations: str = Field(default="", description="what whoever uses the model should do about them")
    languages: Names = Field(default=(), description="language codes, for the front matter")
    tags: Names = Field(default=(), description="tags, for the front matter")

    @property
    def given(self) -> dict[str, Any]:
        """The keys that the owner filled, with what they hold."""
        return {key: value for key, value in self.model_dump(mode="json").items() if _filled(value)}


def parse_card(table: Mapping[str, Any]) -> dict[str, Any]:
    """The table `[card]`, checked: what an AuditResult keeps as `card`.

    Raises:
        ConfigError: a key is not known, or holds something else than text; the message names it.
    """
    try:
        return Card.model_validate(dict(table)).given
    except ValidationError as error:
        # one at a time: pydantic's list repeats a key for each type that it tried
        first = error.errors(include_url=False)[0]
        key = one_line(first["loc"][0])
        if first["type"] == "extra_forbidden":
            raise ConfigError(f"[card] has no key {key!r}; {closest(key, Card.model_fields)}") from None
        required = "text or a list of texts" if isinstance(Card.model_fields[key].default, tuple) else "text"
        value = shown(first["input"])
        raise ConfigError(f"[card] {key} must be {required}; {value} was given") from None


def _filled(value: str | list[str]) -> bool:
    return bool(value.strip()) if isinstance(value, str) else any(text.strip() for text in value)
