"""A model behind HTTP, as its user describes it: where it is, what is sent, how answers are read, what they cost."""

import pathlib
import re
import urllib.parse
from abc import abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from auditkit.adapters import LabelledModel
from auditkit.data import AuditData
from auditkit.errors import ConfigError, Mend
from auditkit.results import Sending, Sent
from auditkit.text import one_line

Protocol: TypeAlias = Literal["rows", "oip", "chat"]
FROM_ENVIRONMENT = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*")
_HEADER = re.compile(r"[A-Za-z0-9-]+")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RequestSettings(_Table):
    """`[model.request]`: what is sent, how fast, and how often."""

    form: Literal["records", "lists"] = Field(
        default="records", description="rows as objects with the names of columns, or as lists; protocol rows"
    )
    rows: str = Field(default="", description="where the rows stand in the body, as a.b; the whole body where left out")
    body: dict[str, Any] = Field(default={}, description="further fields of the body")
    headers: Any = Field(default={}, description="{ Authorization = 'env:NAME' }: from the environment alone")
    model: str | None = Field(default=None, description="the model's name on the server; protocols oip and chat")
    prompt: str | None = Field(default=None, description="protocol chat: a text with {column} or {text} in it")
    system: str | None = Field(default=None, description="protocol chat: the message of the role system")
    temperature: float = Field(default=0, ge=0, description="protocol chat")
    seed: int | None = Field(default=0, description="protocol chat")
    max_tokens: int = Field(default=64, gt=0, description="protocol chat: of an answer")
    at_once: int = Field(default=1, ge=1, le=64, description="requests under way at once, of all checks together")
    per_second: float | None = Field(default=None, gt=0, description="requests in a second, of all checks together")
    seconds: float = Field(default=60, gt=0, description="that a request may take from its start to its last byte")
    retries: int = Field(default=4, ge=0, le=20, description="after 429, 5xx, a time-out or a lost connection")
    max_calls: int | None = Field(default=None, gt=0, description="requests after which nothing more is sent")

    @model_validator(mode="after")
    def _no_secret_is_written(self) -> Self:
        # in words that quote nothing: what stands here may be a password
        if not isinstance(self.headers, Mapping):
            raise ConfigError("[model.request] headers must be a table, such as { Authorization = 'env:NAME' }")
        for name, value in self.headers.items():
            if not (isinstance(name, str) and _HEADER.fullmatch(name)):
                raise ConfigError("[model.request] headers: a name must be letters, digits and hyphens")
            if not (isinstance(value, str) and FROM_ENVIRONMENT.fullmatch(value)):
                raise ConfigError(
                    f"[model.request] headers: the value of {name!r} must be 'env:NAME', the name of an environment "
                    "variable that holds it; another value was given, which is not shown, for it may be a secret"
                )
        return self


class ResponseSettings(_Table):
    """`[model.response]`: where answers stand. `a.*.b` is the field b of each entry of the list a."""

    labels: str | None = Field(default=None, description="of protocol oip the name of an output; '' for the whole body")
    scores: str | None = Field(default=None, description="a number for each row: a score, or the predicted number")
    probabilities: str | None = Field(
        default=None, description="for each row that of the positive class, or a list in the order of classes"
    )
    answers: dict[str, tuple[str, ...]] = Field(
        default={}, description="protocol chat: { class = ['word', 'another'] }; the classes' own names, where left out"
    )
    log_probabilities: bool = Field(
        default=False, description="protocol chat: probabilities of the classes, by those of an answer's first token"
    )


class PriceSettings(_Table):
    """`[model.price]`: what the server's owner charges, as you know it."""

    call: float = Field(default=0, ge=0, description="for each request")
    thousand_rows: float = Field(default=0, ge=0, description="for 1,000 rows")
    million_tokens: float = Field(default=0, ge=0, description="for 1,000,000 tokens, of prompts and answers alike")
    tokens_per_row: float = Field(default=0, ge=0, description="about how many tokens a row takes, for the plan")
    currency: str = ""

    def cost(self, requests: float, rows: float, tokens: float) -> float | None:
        """What that costs; None where no price is stated."""
        if not (self.call or self.thousand_rows or self.million_tokens):
            return None
        exact = requests * self.call + rows / 1e3 * self.thousand_rows + tokens / 1e6 * self.million_tokens
        return round(exact, 6)


class Endpoint(_Table):
    """A model behind HTTP; `wrap(Endpoint(…))` makes a Model of it.

    Raises:
        ConfigError: the address, a header or a combination of settings is not possible.
    """

    url: str
    protocol: Protocol = "rows"
    send: bool = False
    """Whether rows may leave the house."""
    request: RequestSettings = RequestSettings()
    response: ResponseSettings = ResponseSettings()
    price: PriceSettings = PriceSettings()

    def __init__(self, **settings: Any) -> None:
        try:
            super().__init__(**settings)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"]))
            # without what was given, which may be a secret in the wrong place
            raise ConfigError(f"Endpoint: {one_line(place)}: {one_line(first['msg'])}") from None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _check_address(self.url)
        request, response = self.request, self.response
        if self.protocol == "chat" and request.prompt is None:
            mend = Mend("model.request.prompt", "{text}")
            raise ConfigError(
                f"[model.request] prompt is required for protocol chat: a text with columns in braces; of texts {mend}",
                mend=mend,
            )
        if self.protocol != "rows" and not request.model:
            raise ConfigError(f"[model.request] model is required for protocol {self.protocol}: its name on the server")
        places = [place for place in (response.labels, response.scores, response.probabilities) if place is not None]
        if self.protocol != "chat" and response.log_probabilities:
            raise ConfigError("[model.response] log_probabilities is for protocol chat; leave it out")
        if self.protocol == "chat" and places:
            raise ConfigError("[model.response] of protocol chat takes answers alone; an answer in words is parsed")
        if self.protocol != "chat" and not places:
            mend = Mend("model.response.labels", "predictions")
            raise ConfigError(
                "[model.response] must say where the answers stand: one or more of labels, scores and probabilities, "
                f"such as {mend}",
                mend=mend,
            )
        return self

    @property
    def host(self) -> str:
        """Scheme, name and port, without path and query, which may hold a key."""
        parts = urllib.parse.urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


class AskedAfar(LabelledModel):
    """A model that is asked over the network, so that rows leave the house and answers cost something."""

    @abstractmethod
    def keep_in(self, folder: pathlib.Path | None) -> None:
        """Keep answers in a folder from now on, and count anew; None: for as long as this model is there.

        Raises:
            ConfigError: nothing may be sent.
        """

    @abstractmethod
    def anew(self) -> AbstractContextManager[None]:
        """While it is open, the same question is sent again, and not answered by what was kept of an earlier one."""

    @abstractmethod
    def sending(self, data: AuditData, asked: int, alone: int = 0) -> Sending:
        """What will be sent, and whereto, beside the shared pass.

        Args:
            data: of the audit.
            asked: further rows that are asked about.
            alone: those of them that are asked about one by one.
        """

    @abstractmethod
    def sent(self) -> Sent:
        """What was sent since `keep_in`, by all processes."""


def _check_address(url: str) -> None:
    try:
        parts = urllib.parse.urlsplit(url)
        _ = parts.port
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and url.isprintable() and " " not in url
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError("[model] url must be an address, as in http://host:8000/score or https://host/score")
    if "@" in parts.netloc:
        raise ConfigError(
            "[model] url must hold no user name and no password; give them as a header, "
            "[model.request] headers = { Authorization = 'env:NAME' }"
        )
    if parts.fragment:
        raise ConfigError(f"[model] url must hold no fragment; {one_line('#' + parts.fragment, 40)!r} was given")
