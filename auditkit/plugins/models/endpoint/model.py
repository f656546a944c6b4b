"""A model that is asked over HTTP."""

import contextlib
import hashlib
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from auditkit.adapters import LABELS_NOTE, adopt, answer_probabilities, names, note, positive_column, settle
from auditkit.answer_parser import UNPARSED, Parser
from auditkit.data import AuditData
from auditkit.endpoints import AskedAfar, Endpoint
from auditkit.errors import ConfigError, Mend, ModelError
from auditkit.models import Answers, Capability, ModelOptions
from auditkit.plugins.models.endpoint.answers import Expected
from auditkit.plugins.models.endpoint.chat import chat_questions, columns_in, in_words, parsed_by, weighed_by
from auditkit.plugins.models.endpoint.columns import rows_of
from auditkit.plugins.models.endpoint.desk import Desk
from auditkit.plugins.models.endpoint.exchange import Trouble
from auditkit.plugins.models.endpoint.ledger import Ledger
from auditkit.plugins.models.endpoint.protocols import Question, metadata_question, oip_question, rows_question
from auditkit.plugins.models.fingerprints import Fingerprint, fingerprint
from auditkit.plugins.models.one_output import refuse_target
from auditkit.results import Sending, Sent
from auditkit.value_spelling import listed, match_class, spelling

BATCH = 100
"""Rows in a request, and prompts that are asked about over the same connections."""


class EndpointModel(AskedAfar):
    """A model behind HTTP. What it gives is known from its settings, so that a plan needs no answer of it.

    Args:
        endpoint: where it is and how it is asked.
        options: the user's.

    Raises:
        ModelError: an option is not for such a model.
    """

    kind = "endpoint"

    def __init__(self, endpoint: Endpoint, options: ModelOptions) -> None:
        self.endpoint = endpoint
        super().__init__(options)
        adopt(self, options, endpoint.request.model or endpoint.host)
        refuse_target(options, self.name)
        if options.preprocess is not None:
            raise ModelError(f"{self.name}: preprocess is not for a model behind HTTP, for what leaves must be plain")
        self.batch = options.batch or BATCH
        self.abstain = options.abstain if options.abstain is not None or not self._is_chat else UNPARSED
        self.loaded = f"asked over the network, at {endpoint.host}, protocol {endpoint.protocol}"
        self._occasion: dict[str, int] | None = None
        self._sample = 0
        self._desk: Desk | None = None
        self._ledger: Ledger | None = None
        if endpoint.url.startswith("http:"):
            note(self, "rows and answers go over HTTP without encryption")
        self._declare()

    @property
    def _is_chat(self) -> bool:
        return self.endpoint.protocol == "chat"

    @property
    def fingerprint(self) -> str:
        """SHA-256 over where it is and how it is asked; what lies behind that address can change, so it is opaque."""
        shaping = self.endpoint.model_dump(
            exclude={"send": True, "price": True, "request": {"headers", "at_once", "per_second", "seconds", "retries",
                                                              "max_calls"}}
        )  # fmt: skip
        chosen = self._user_options
        walked = fingerprint("endpoint", shaping, chosen.classes, self.threshold, chosen.inputs)
        return Fingerprint(walked, opaque=True)

    def given(self, columns: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """The columns that are sent."""
        if self.stated is not None:
            return self.stated
        if self._is_chat:
            places = columns_in(str(self.endpoint.request.prompt))
            return tuple(column for column in columns if str(column) in places) or columns
        return columns

    def keep_in(self, folder: pathlib.Path | None) -> None:
        """Keep answers in a folder from now on, and count anew.

        Raises:
            ConfigError: nothing may be sent.
        """
        self._refuse_unless_sent()
        name = hashlib.sha256(self.fingerprint.encode()).hexdigest()[:16]
        self._ledger = Ledger(folder, name)
        self._desk = Desk(self.name, self.endpoint, self._ledger)

    @contextlib.contextmanager
    def anew(self) -> Iterator[None]:
        """While it is open, each question is sent again."""
        self._occasion = {}
        try:
            yield
        finally:
            self._occasion = None

    @contextlib.contextmanager
    def sampled(self, number: int) -> Iterator[None]:
        """While it is open, each question is sent as its own draw: another seed, and no kept answer of another draw."""
        before, self._sample = self._sample, number
        try:
            yield
        finally:
            self._sample = before

    def answer(self, inputs: Any) -> Answers:
        """Answers for one batch.

        Raises:
            ConfigError: nothing may be sent, or what is to be sent does not fit the data.
            ModelError: the server gave no answers that can be used.
        """
        self._refuse_unless_sent()
        if self.task not in ("regression", "generation") and not self.classes:
            self._settle()
        if self._desk is None:
            self.keep_in(None)
        try:
            parts = self._ask(list(self._questions(inputs)))
        except Trouble as trouble:
            raise ModelError(f"{self.name}: {trouble}") from None
        return self._joined(parts)

    def sending(self, data: AuditData, asked: int, alone: int = 0) -> Sending:
        """What will be sent, and whereto, beside the shared pass."""
        rows, endpoint = len(data) + asked, self.endpoint
        together = -(-len(data) // self.batch) - (-(asked - alone) // self.batch)
        requests = rows if self._is_chat else together + alone
        request, price = endpoint.request, endpoint.price
        settings = {"model": request.model or ""}
        if self._is_chat:
            settings.update(temperature=f"{request.temperature:g}", seed=spelling(request.seed))
        return Sending(
            host=endpoint.host, protocol=endpoint.protocol,
            columns=self._leaving(data), rows=len(data),
            train_rows=None if data.train is None else len(data.train), asked=rows, requests=requests,
            max_calls=request.max_calls, cost=price.cost(requests, rows, rows * price.tokens_per_row),
            currency=price.currency, settings={name: value for name, value in settings.items() if value},
        )  # fmt: skip

    def _leaving(self, data: AuditData) -> tuple[str, ...]:
        if self.task == "generation":
            return ("the prompts",)
        return tuple(map(str, self.given(data.feature_names) or ()))

    def sent(self) -> Sent:
        """What was sent since `keep_in`, by all processes."""
        if self._ledger is None:
            return Sent(requests=0, retries=0, rows=0, taken_up=0)
        counts, price = {name: int(count) for name, count in self._ledger.counts().items()}, self.endpoint.price
        tokens = counts["tokens"] if counts["counted"] else None
        return Sent(
            requests=counts["requests"], retries=counts["retries"], rows=counts["rows"], taken_up=counts["taken_up"],
            tokens=tokens, unparsed=counts["unparsed"] if self._is_chat and self.task != "generation" else None,
            cost=price.cost(counts["requests"], counts["rows"], tokens or counts["rows"] * price.tokens_per_row),
            currency=price.currency,
        )  # fmt: skip

    def _declare(self) -> None:
        """What the settings say that it gives."""
        super()._declare()
        if self.task == "generation" and not self._is_chat:
            mend = Mend("model.protocol", "chat")
            raise ModelError(f"{self.name}: answers in words come by the protocol chat: say {mend}", mend=mend)
        if self.task not in ("regression", "generation") and not self.classes and self._known_labels:
            self._settle()
        response, able = self.endpoint.response, set(self.capabilities)
        if self.task == "generation" and response.log_probabilities:
            raise ModelError(
                f"{self.name}: log_probabilities are of classes, and answers in words have none; leave it out"
            )
        shares = response.probabilities is not None or response.log_probabilities
        if shares:
            able.add(Capability.PROBABILITIES)
        if self.task == "regression" and (self._is_chat or response.scores is None):
            raise ModelError(
                f"{self.name}: predicted numbers are read at [model.response] scores, by the protocols rows and oip"
            )
        if self.task != "multiclass" and (response.scores is not None or shares):
            able.add(Capability.SCORES)
        self.capabilities = frozenset(able)

    def _settle(self) -> None:
        labels = self._known_labels
        if not labels:
            mend = Mend("model.classes", ["no", "yes"])
            raise ModelError(
                f"{self.name}: classes must be named where the data has no labels, as in {mend}", mend=mend
            )
        stated = self._options.positive
        if len(labels) == 2 and stated is not None:
            positive = match_class(stated, labels)
            labels = (*(label for label in labels if label != positive), positive)
        self.classes = labels
        note(self, f"{LABELS_NOTE}, in this order: {listed(labels)}; to say otherwise, name them with [model] classes")
        settle(self, self._options)

    def _refuse_unless_sent(self) -> None:
        if not self.endpoint.send:
            mend = Mend("model.send", True)
            raise ConfigError(
                f"{self.name}: rows of the data would be sent to {self.endpoint.host}, and nothing is sent unless you "
                f"say so. `auditkit run --plan` shows how many, and which columns; if you agree, say {mend}",
                mend=mend,
            )

    def _chosen(self) -> tuple[str, ...] | None:
        if self.stated is None and self._is_chat:
            return columns_in(str(self.endpoint.request.prompt))
        return self.stated

    def _questions(self, inputs: Any) -> Iterator[Question]:
        rows = rows_of(inputs, self._chosen())
        if self._is_chat:
            read: Callable[[Any], dict[str, Any]] = in_words
            if self.task != "generation":
                response = self.endpoint.response
                parser = Parser(self.classes, response.answers, self.abstain, "[model.response] answers")
                read = weighed_by(parser, len(self.classes)) if response.log_probabilities else parsed_by(parser)
            yield from chat_questions(self.endpoint, rows, read, self._sample)
            return
        expected = Expected(len(rows.values), self.task, self.classes, self.abstain)
        if self.endpoint.protocol == "rows":
            yield rows_question(self.endpoint, rows, expected)
            return
        metadata = self._ask([metadata_question(self.endpoint)], fresh=False)[0]
        yield oip_question(self.endpoint, rows, expected, metadata)

    def _ask(self, questions: list[Question], fresh: bool = True) -> list[dict[str, Any]]:
        desk, occasion = self._desk, ""
        if desk is None:
            raise AssertionError("keep_in makes the desk")
        if self._occasion is not None and fresh:
            # numbered in the order of asking, so that an audit that resumes is answered in that order again
            number = len(self._occasion)
            self._occasion[str(number)] = number
            occasion = f"asked again, {number}"
        if self._sample and fresh:
            occasion = f"{occasion}sample {self._sample}"
        reading = (self.task, list(map(spelling, self.classes)), self.endpoint.response.model_dump(), self.abstain)
        return desk.ask(questions, reading, occasion)

    def _joined(self, parts: list[dict[str, Any]]) -> Answers:
        columns = {
            name: [value for part in parts for value in part[name]]
            for name in ("codes", "scores", "probabilities", "texts")
            if name in parts[0]
        }
        if self.task == "generation":
            words = np.empty(len(columns["texts"]), dtype=object)
            words[:] = columns["texts"]
            if any(part.get("cut") for part in parts):
                note(self, f"some answers were cut at max_tokens = {self.endpoint.request.max_tokens}")
            return Answers(np.zeros(len(words)), texts=words)
        scores = np.asarray(columns["scores"], dtype=np.float64) if "scores" in columns else None
        if self.task == "regression":
            return Answers(scores if scores is not None else np.empty(0), scores, None)
        labels = self._labels(columns["codes"]) if "codes" in columns else None
        if "probabilities" in columns:
            wide = np.asarray(columns["probabilities"], dtype=np.float64)
            if wide.shape[1] == 1:
                order = [0, 1] if positive_column(self) == 1 else [1, 0]
                wide = np.column_stack([1 - wide[:, 0], wide[:, 0]])[:, order]
            answers = answer_probabilities(self, wide, labels if self.threshold is None else None)
            return (
                answers if labels is None else answers._replace(labels=self._declined(answers.labels, columns["codes"]))
            )
        if labels is None and scores is not None:
            return Answers(self._by_threshold(scores), scores, None)
        if labels is None:
            raise AssertionError("settings name one of labels, scores and probabilities")
        if self.threshold is not None and scores is not None:
            labels = self._by_threshold(scores)
        return Answers(labels, scores if self.task == "binary" else None, None)

    def _labels(self, codes: list[int]) -> np.ndarray:
        places = np.asarray(codes, dtype=np.int64)
        if (places >= 0).all():
            return names(self.classes, places)
        labels = np.full(len(places), self.abstain, dtype=object)
        labels[places >= 0] = np.asarray(self.classes, dtype=object)[places[places >= 0]]
        return labels

    def _declined(self, labels: np.ndarray, codes: list[int]) -> np.ndarray:
        """The labels, those of rows without an answer that is one of the classes as declined."""
        declined = np.asarray(codes) < 0
        return np.where(declined, self.abstain, labels.astype(object)) if declined.any() else labels

    def _by_threshold(self, scores: np.ndarray) -> np.ndarray:
        if self.task != "binary" or self.threshold is None:
            mend = Mend("model.threshold", 0.5)
            raise ModelError(
                f"{self.name}: scores alone decide nothing; say from which score a row is decided positive, as in "
                f"{mend}, or where labels stand",
                mend=mend,
            )
        place = positive_column(self)
        return names(self.classes, np.where(scores >= self.threshold, place, len(self.classes) - 1 - place))
