"""Members and non-members: which rows they are, and what the model says of them."""

from typing import Any, Literal, NamedTuple

import numpy as np
import scipy

from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.models import Capability, Model
from auditkit.plugins.privacy.membership.attack import own_chances, unique_to_one
from auditkit.plugins.privacy.shared.features import plain
from auditkit.plugins.privacy.shared.overlap import Overlap, overlap
from auditkit.plugins.privacy.shared.persons import halved, whose
from auditkit.predictions import Predictions
from auditkit.value_spelling import match_class


class Side(NamedTuple):
    """Members, or non-members."""

    data: AuditData
    """Their rows."""
    rows: np.ndarray
    """(n,) their positions in the training split, or in the audit data."""
    chances: np.ndarray
    """(n,) the model's probability of their own class; 0 or 1 where it gives decisions alone."""
    truth: np.ndarray
    """(n,) positions of the labels among the model's classes."""
    right: np.ndarray
    """(n,) bool: decided rightly by the model."""
    answers: np.ndarray
    """(n, C) the model's probabilities; scores of two classes as log-odds; else 1 for the class that it decides on."""
    values: np.ndarray
    """(n, F) the inputs as numbers."""
    unit: np.ndarray
    """(n,) whose row it is: a number for each person, or for each row."""
    half: np.ndarray
    """(n,) bool: of units drawn for the first half; each half is judged by thresholds of the other."""

    @property
    def units(self) -> int:
        """How many persons they are; rows, where nobody says whose they are."""
        return len(np.unique(self.unit))

    def inside(self, attribute: str, values: list[str]) -> np.ndarray | None:
        """(n,) bool: in one of these groups; None where the rows do not have the attribute."""
        return np.isin(self.data.groups[attribute], values) if attribute in self.data.groups else None

    def take(self, kept: np.ndarray, rng: np.random.Generator) -> "Side":
        """Some of the rows, (n,) bool, in halves that are drawn anew."""
        side = Side(self.data.take(np.flatnonzero(kept)), *(part[kept] for part in self[1:]))
        return side._replace(half=halved(side.unit, rng))


class Sides(NamedTuple):
    """Both."""

    members: Side
    others: Side
    category: np.ndarray
    """(F,) bool: which of `values` are names."""
    classes: int
    twice: int
    """Rows that were left out, for they occur more than once or their person is on both sides; but for `overlap`."""
    overlap: Overlap
    """Audit rows that were left out, for they stand in the training split."""
    graded: Literal["probabilities", "scores", ""]
    """What the model gives beside decisions."""

    @property
    def values(self) -> np.ndarray:
        """(M + N, F) the inputs of members, then of others."""
        return np.vstack([self.members.values, self.others.values])

    @property
    def truth(self) -> np.ndarray:
        """(M + N,) likewise the positions of their labels."""
        return np.concatenate([self.members.truth, self.others.truth])

    @property
    def chances(self) -> np.ndarray:
        """(M + N,) likewise the model's probability of their own class."""
        return np.concatenate([self.members.chances, self.others.chances])

    @property
    def unit(self) -> np.ndarray:
        """(M + N,) whose row it is; nobody is on both sides."""
        return np.concatenate([self.members.unit, self.others.unit + 1 + self.members.unit.max(initial=-1)])

    @property
    def right(self) -> np.ndarray:
        """(M + N,) bool: likewise decided rightly."""
        return np.concatenate([self.members.right, self.others.right])

    @property
    def half(self) -> np.ndarray:
        """(M + N,) bool: likewise drawn for the first half."""
        return np.concatenate([self.members.half, self.others.half])

    @property
    def is_member(self) -> np.ndarray:
        """(M + N,) bool."""
        return np.arange(len(self.members.truth) + len(self.others.truth)) < len(self.members.truth)

    def take(self, kept: np.ndarray, rng: np.random.Generator) -> "Sides":
        """Some of the rows, (M + N,) bool, in halves that are drawn anew."""
        members, others = self.members.take(kept[self.is_member], rng), self.others.take(kept[~self.is_member], rng)
        return self._replace(members=members, others=others)


def gather(model: Model, data: AuditData, predictions: Predictions, limit: int, rng: np.random.Generator) -> Sides:
    """Draw both sides without duplicates and ask the model about the members.

    Args:
        model: under audit.
        data: the audit data, with its training split.
        predictions: what the model says about the audit data.
        limit: how many members at most.
        rng: draws them.
    """
    train = present(data.train, "the check needs it")
    common = overlap(data, train)
    is_member, is_other = unique_to_one(common.prints, common.other_prints)
    is_member, is_other = is_member & ~common.both, is_other & ~common.people
    drawn_members = np.flatnonzero(is_member)
    drawn_members = np.sort(rng.choice(drawn_members, min(limit, len(drawn_members)), replace=False))
    other_rows = np.flatnonzero(is_other)
    twice = len(train) + len(data) - int(is_member.sum()) - len(other_rows) - int((common.rows | common.people).sum())
    if not len(drawn_members) or not len(other_rows):
        nothing, none = np.zeros(0), np.zeros(0, dtype=bool)
        empty = Side(data, none, nothing, none, none, np.zeros((0, 0)), np.zeros((0, 0)), nothing, none)
        return Sides(empty, empty, none, len(predictions.classes), twice, common, "")
    drawn, rest = train.take(drawn_members), data.take(other_rows)
    members = _side(drawn, drawn_members, Predictions(model, drawn), rng)
    others = _side(rest, other_rows, predictions.take(other_rows, rest), rng)
    graded = graded_by(model)
    return Sides(members, others, plain(rest).category, len(predictions.classes), twice, common, graded)


def _side(data: AuditData, rows: np.ndarray, predictions: Predictions, rng: np.random.Generator) -> Side:
    truth, right = predictions.truth, predictions.codes == predictions.truth
    given = _given(predictions)
    unit = whose(data)
    return Side(
        data, rows, own_chances(given, truth).astype(np.float64), truth, right, given, plain(data).values, unit,
        halved(unit, rng),
    )  # fmt: skip


def graded_by(model: Model) -> Literal["probabilities", "scores", ""]:
    """What a model gives beside decisions."""
    if Capability.PROBABILITIES in model.capabilities:
        return "probabilities"
    return "scores" if Capability.SCORES in model.capabilities and len(model.classes) == 2 else ""


def from_scores(scores: np.ndarray, model: Model) -> np.ndarray:
    """(n, 2) scores of the model's positive class, beyond its threshold, as log-odds.

    An attack by loss asks only which is larger, so any rising function would do.
    """
    column = 1 if model.positive is None else list(model.classes).index(model.positive)
    chances = scipy.special.expit(scores - (model.threshold or 0.0))
    return np.column_stack([1 - chances, chances] if column else [chances, 1 - chances])


def _given(predictions: Predictions) -> np.ndarray:
    graded, answers = graded_by(predictions.model), predictions.answers
    if graded == "probabilities":
        return predictions.probabilities
    if graded == "scores" and answers.scores is not None:
        return from_scores(answers.scores, predictions.model)
    # where there are decisions alone, whether one is right is all that an attack has (Yeom et al., section 3.2)
    return predictions.codes[:, None] == np.arange(len(predictions.classes))


def class_codes(labels: Any, classes: tuple[Any, ...]) -> np.ndarray:
    """(N,) the position of each label among the model's classes, without asking the model; -1 where it is none.

    Args:
        labels: (N,)
        classes: as the data spells them.
    """
    distinct, inverse = np.unique(np.asarray(labels), return_inverse=True)
    matched = [match_class(label, classes) for label in distinct]
    positions = [classes.index(label) if label in classes else -1 for label in matched]
    return np.array(positions, dtype=np.int64)[inverse.reshape(-1)]
