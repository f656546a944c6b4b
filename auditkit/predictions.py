"""The prediction store: one model pass per (model, data) serves every check."""

from __future__ import annotations

import functools
from collections import Counter
from typing import Any

import numpy as np

from auditkit.data import AuditData
from auditkit.data.case_scores import check_scored
from auditkit.data.digests import Digest
from auditkit.data.inputs import read_only
from auditkit.data.labels import CLASSIFYING
from auditkit.data.multilabel import as_sets, matrix_of
from auditkit.data.survival import Survival, risk_of
from auditkit.errors import CapabilityError, DataError, Mend, ModelError, present
from auditkit.models import Answers, Capability, Model, decide
from auditkit.results import Consistency
from auditkit.value_spelling import listed, match_class, spelling


class Predictions:
    """What the model says about the audit data, asked once, in the vocabulary of the data's labels.

    Args:
        model: the wrapped model; a recorded one answers from the data itself.
        data: the audit data, or its training split.
    """

    consistency: Consistency | None = None
    """Whether the answers are about each row alone; None where that was not tried."""

    def __init__(self, model: Model, data: AuditData, answers: Answers | None = None) -> None:
        self.model = model
        self.data = data
        if answers is not None:
            self.answers = _read_only(answers)

    @functools.cached_property
    def answers(self) -> Answers:
        """What the model says, in its own vocabulary; like all arrays here, nobody can change it in place."""
        if Capability.QUERIES in self.model.capabilities:
            if self.data.task == "generation":
                return _read_only(_drawn(self.model, self.data.inputs))
            return _read_only(self.model.answers(self.data.inputs))
        return _read_only(_recorded(self.model, self.data))

    @functools.cached_property
    def classes(self) -> tuple[Any, ...]:
        """The model's classes, in its order, as the data spells them; empty for regression."""
        if Capability.QUERIES in self.model.capabilities:
            _ = self.answers  # some models know their classes only once they have answered
        return tuple(match_class(label, self.data.classes) for label in self.model.classes)

    @functools.cached_property
    def case_scores(self) -> dict[str, np.ndarray]:
        """{score: (N,) float64} how well the system did in each case; NaN where it gave nothing, unless that counts.

        Raises:
            CapabilityError: the answers are no scores of cases.
        """
        given = self.answers.case_scores
        if given is None:
            raise CapabilityError(f"{self.model.name}: the model gives answers, and no scores of cases")
        if Capability.QUERIES in self.model.capabilities:  # what stands beside the data was held to its range before
            given = check_scored({self.model.name: given}, self.data.case_scores, len(self.data))[self.model.name]
        scores = self.data.case_scores.items()
        return {name: read_only(score.counted(given[:, column])) for column, (name, score) in enumerate(scores)}

    @property
    def texts(self) -> np.ndarray:
        """(N,) object: the answers in words, None where nothing came.

        Raises:
            CapabilityError: the answers are no words.
        """
        if self.answers.texts is None:
            raise CapabilityError(f"{self.model.name}: the model gives decisions or numbers, and no answers in words")
        return self.answers.texts

    @functools.cached_property
    def _in_order(self) -> tuple[np.ndarray, np.ndarray | None]:
        """Of several labels, texts and probabilities with the labels in the data's order.

        Raises:
            ModelError: the model has other labels than the data, or another number of them.
        """
        answers, names = self.answers, self.data.outputs
        count = len(str(answers.labels[0])) if len(answers.labels) else len(names)
        own = tuple(map(str, self.model.classes)) or names
        lost = [name for name in names if name not in own]
        if lost or len(own) != count:
            what = f"it knows no {lost[0]!r}, but {listed(own)}" if lost else f"it gives {count}"
            raise ModelError(
                f"{self.model.name}: the model must answer about each of the {len(names)} labels of the data, "
                f"{listed(names)}; {what}. Name its outputs in their order with classes, as in "
                "wrap(…, classes=[…]) or [model] classes"
            )
        places = [own.index(name) for name in names]
        if places == list(range(count)):
            return read_only(np.asarray(answers.labels)), answers.chances
        sets = matrix_of(answers.labels, count)[:, places]
        return as_sets(sets, names), None if answers.chances is None else read_only(answers.chances[:, places])

    @functools.cached_property
    def ranks_of_classes(self) -> np.ndarray:
        """(C,) int64: the rank of each of `classes` in the data's order (ordered classes).

        Raises:
            DataError: the model has a class without a place in the order.
        """
        lost = [label for label in self.classes if label not in self.data.order]
        if lost:
            raise DataError(
                f"{self.data.name}: order must name every class of the model too; {listed(lost)} has no place. Add it"
            )
        return np.array([self.data.order.index(label) for label in self.classes], dtype=np.int64)

    def at_least(self, rank: int) -> Predictions:
        """Whether the model decides for a class of this rank or higher, as a question with the answers 0 and 1."""

        def reached(codes: np.ndarray) -> np.ndarray:
            ranks = np.append(self.ranks_of_classes, -1)  # a code of -1 takes the last
            return read_only(np.where(codes < 0, -1, ranks[codes] >= rank).astype(np.int64))

        decided = reached(self.codes)
        one = Predictions(self.model, self.data.at_least(rank), Answers(decided))
        one.__dict__.update(classes=(0, 1), codes=decided, consistency=self.consistency)
        if self.data.labels is not None:
            one.__dict__["truth"] = reached(self.truth)
        return one

    def of_label(self, place: int) -> Predictions:
        """What the model says about one of several labels, as about a question with the answers 0 and 1.

        Args:
            place: of the label among the data's `outputs`.
        """
        sets, chances = self._in_order
        decided = matrix_of(sets, len(self.data.outputs))[:, place].astype(np.int64)
        shares = None if chances is None else np.column_stack([1 - chances[:, place], chances[:, place]])
        data = self.data.of_label(place)
        one = Predictions(self.model, data, Answers(decided, None if shares is None else shares[:, 1], shares))
        one.__dict__.update(classes=(0, 1), codes=read_only(decided), consistency=self.consistency)
        if data.labels is not None:
            truth = data.labels if data.known is None else np.where(data.known, data.labels, -1)
            one.__dict__["truth"] = read_only(truth)
        return one

    @functools.cached_property
    def codes(self) -> np.ndarray:
        """(N,) int64: the position of each decision in `classes`; -1 where the model abstained."""
        codes = _positions(self.answers.labels, self.model.classes, f"{self.model.name}: decision", self.model.abstain)
        if self.data.withheld is not None and Capability.QUERIES not in self.model.capabilities:
            codes[self.data.withheld] = -1
        return read_only(codes)

    @functools.cached_property
    def abstained(self) -> np.ndarray:
        """(N,) bool: the model declined to decide; its entry in `labels` is a filler then."""
        return read_only(self.codes < 0 if self.data.task in CLASSIFYING else np.zeros(len(self.data), dtype=bool))

    @functools.cached_property
    def labels(self) -> np.ndarray:
        """(N,) decisions in the data's vocabulary; predicted numbers (float64) for regression."""
        if self.data.task == "multilabel":
            return self._in_order[0]
        if self.data.task not in CLASSIFYING:
            return read_only(self.answers.labels.astype(np.float64))
        return read_only(np.asarray(self.classes)[self.codes])

    @functools.cached_property
    def truth(self) -> np.ndarray:
        """(N,) int64: the position of each true label in `classes`; -1 where it is not known.

        Raises:
            DataError: there are no labels, or one that the model does not know.
        """
        if self.data.labels is None:
            raise DataError(f"{self.data.name}: there are no labels")
        truth = _positions(self.data.labels, self.classes, f"{self.data.name}: label", known=self.data.classes)
        if self.data.known is not None:
            truth[~self.data.known] = -1
        return read_only(truth)

    @functools.cached_property
    def positive(self) -> int:
        """The position of the positive class in `classes` (binary).

        Raises:
            DataError: the positive value is none of the model's classes.
        """
        stated = self.data.positive if self.data.positive is not None else self.model.positive
        if stated is None:
            return len(self.classes) - 1
        stated = match_class(stated, self.classes)
        if stated not in self.classes:
            raise DataError(f"positive must be one of the model's classes {list(self.classes)}; {stated!r} was given")
        return self.classes.index(stated)

    @functools.cached_property
    def selected(self) -> np.ndarray:
        """(N,) bool: decided positive (binary)."""
        return read_only(self.codes == self.positive)

    @functools.cached_property
    def outcomes(self) -> np.ndarray:
        """(N,) bool: truly positive (binary)."""
        return read_only(self.truth == self.positive)

    @functools.cached_property
    def scores(self) -> np.ndarray:
        """(N,) float64: the score of the data's positive class (binary), or the predicted number.

        Raises:
            CapabilityError: the model gives decisions only.
        """
        if self.answers.probabilities is not None and self.data.task == "binary":
            return self.answers.probabilities[:, self.positive]
        if self.answers.scores is None:
            raise CapabilityError(f"{self.model.name}: the model gives no scores, only decisions")
        # A score without a probability is about the model's positive class; its sign turns where the data's is another.
        if self.data.task == "binary" and self.model.positive not in (None, self.model.classes[self.positive]):
            return read_only(-self.answers.scores)  # a decision function of the other class
        return self.answers.scores

    @property
    def probabilities(self) -> np.ndarray:
        """(N, C) float64, columns in the order of `classes`.

        Raises:
            CapabilityError: the model gives no probabilities.
        """
        if self.answers.probabilities is None:
            raise CapabilityError(f"{self.model.name}: the model gives no probabilities")
        return self.answers.probabilities

    @functools.cached_property
    def digest(self) -> str:
        """SHA-256 over the answers; of numbers over six digits, so that a rounding more or less changes it rarely."""
        state = Digest()
        for name, part in self.answers._asdict().items():
            if name == "chances" and part is None:
                continue  # so that it changes no digest of other answers
            state.text(name)
            if part is not None:
                state.array(_six_digits(part) if part.dtype.kind == "f" else part)
        return state.hexdigest()

    @functools.cached_property
    def train(self) -> Predictions:
        """The same about the training split.

        Raises:
            DataError: there is no training split.
        """
        if self.data.train is None:
            raise DataError(f"{self.data.name}: there is no training split; name one under [data] train")
        return Predictions(self.model, self.data.train)

    def of(self, inputs: Any) -> Predictions:
        """What the model says about other inputs; their labels are not known.

        Raises:
            CapabilityError: only recorded answers are there.
        """
        if Capability.QUERIES not in self.model.capabilities:
            raise CapabilityError(f"{self.model.name}: recorded answers cannot be asked about new inputs")
        new_data = AuditData(
            inputs, schema=self.data.schema, task=self.data.task, modality=self.data.modality,
            positive=self.data.positive, name="asked",
        )  # fmt: skip
        predictions = Predictions(self.model, new_data)
        # Without labels the classes could not be spelt as the data spells them.
        predictions.__dict__["classes"] = self.classes
        return predictions

    def take(self, rows: np.ndarray, data: AuditData) -> Predictions:
        """The same answers about a sample of the rows, without asking again."""
        sample = Answers(*(None if answer is None else answer[rows] for answer in self.answers))  # type: ignore[arg-type]
        predictions = Predictions(self.model, data, sample)
        # The sample may lack a class, which keeps its place all the same.
        predictions.__dict__.update(classes=self.classes, consistency=self.consistency)
        # The training split was asked already where the whole data were, and is not sampled.
        if data.train is not None and data.train is self.data.train:
            predictions.__dict__["train"] = self.train
        return predictions


def _six_digits(numbers: np.ndarray) -> np.ndarray:
    """Numbers at about six significant digits, which are 20 bits."""
    mantissas, exponents = np.frexp(numbers.astype(np.float64))
    return np.ldexp(np.round(np.ldexp(mantissas, 20)), exponents - 20)


def _read_only(answers: Answers) -> Answers:
    return Answers(*(None if part is None else read_only(part) for part in answers))  # type: ignore[arg-type]


def _positions(
    values: np.ndarray, classes: tuple[Any, ...], description: str, abstain: Any = None, known: tuple[Any, ...] = ()
) -> np.ndarray:
    """The position of each value in `classes`; `known` are the classes of the data, where the values are its labels."""
    position_of = {spelling(label): position for position, label in enumerate(classes)}
    if abstain is not None:  # beside the classes it may be of another type, so everything is compared as text
        if spelling(abstain) in position_of:
            decisions = [label for label in classes if spelling(label) != spelling(abstain)]
            raise DataError(
                f"{description}: abstain must be none of the model's classes {list(classes)}; {abstain!r} was given. "
                f"Wrap a function that gives the decisions, such as the model's predict, with classes={decisions!r}"
            )
        position_of[spelling(abstain)] = -1
        values = np.array([spelling(value) for value in values])
    unique, inverse = np.unique(values, return_inverse=True)
    unknown = [value for value in unique if spelling(value) not in position_of]
    if unknown:
        sentence = (
            f"{description} must be one of the model's classes {list(classes)}; {spelling(unknown[0])!r} was given"
        )
        if classes == tuple(range(len(known))) and not set(map(spelling, classes)) & set(map(spelling, known)):
            mend = Mend("model.classes", list(known))
            raise DataError(f"{sentence}. Where they stand for the labels in this order, say {mend}", mend=mend)
        raise DataError(f"{sentence}. Write the labels as the model's classes are spelt, or take those rows out")
    return np.array([position_of[spelling(value)] for value in unique], dtype=np.int64)[inverse]


def _drawn(model: Model, prompts: list[str]) -> Answers:
    """Answers in words, of which those to a prompt that comes several times are as many draws."""
    times, draw = Counter[str](), np.zeros(len(prompts), dtype=np.int64)
    for row, prompt in enumerate(prompts):
        draw[row] = times[prompt]
        times[prompt] += 1
    texts = np.empty(len(prompts), dtype=object)
    for number in range(int(draw.max()) + 1):
        rows = np.flatnonzero(draw == number)
        with model.sampled(number):
            given = model.answers([prompts[row] for row in rows]).texts
        if given is None:
            raise CapabilityError(f"{model.name}: it gave no answers in words")
        texts[rows] = given
    return Answers(np.zeros(len(prompts)), texts=texts)


def answers_of(survival: Survival, name: str) -> Answers:
    """The recorded answers about times until an event; the risk is that at the last horizon where none stands there.

    Raises:
        DataError: none are recorded.
    """
    risk, alive = survival.risk, survival.alive
    if risk is None and alive is None:
        raise DataError(f"{name}: there are no recorded risks or chances of no event beside these rows")
    return Answers(np.zeros(len(survival.times)), scores=risk_of(risk, alive), alive=alive)


def _recorded(model: Model, data: AuditData) -> Answers:
    if data.task == "case_scores":
        if model.system not in data.scored:
            raise DataError(f"{data.name}: there are no scores of cases of {model.name} beside these rows")
        return Answers(np.zeros(len(data)), case_scores=data.scored[model.system])
    if data.task == "generation":
        if data.answered is None:
            raise DataError(f"{data.name}: there are no recorded answers in words beside these rows")
        return Answers(np.zeros(len(data)), texts=data.answered)
    if data.survival is not None:
        return answers_of(data.survival, data.name)
    if data.task == "multilabel" and data.recorded is not None:
        decisions, chances = data.recorded
        if decisions is None:
            decisions = as_sets(present(chances, "one is recorded") >= (model.threshold or 0.5), data.outputs)
        return Answers(decisions, chances=chances)
    if data.recorded is None:
        raise DataError(f"{data.name}: there are no recorded answers beside these rows")
    decisions, scores = data.recorded
    if decisions is None and scores is not None and data.task != "regression":
        # The scores are taken as probabilities for the comparison with the threshold alone.
        order = [label for label in model.classes if label != model.positive] + [model.positive]
        threshold = 0.5 if model.threshold is None else model.threshold
        decisions = decide(np.column_stack([1 - scores, scores]), tuple(order), model.positive, threshold)
    if decisions is None:
        decisions = scores
    if decisions is None:
        raise DataError(f"{data.name}: recorded answers need decisions or scores; neither was given")
    return Answers(decisions, scores, None)
