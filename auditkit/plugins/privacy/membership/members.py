"""Members and non-members: which rows they are, and what the model says of them."""

from typing import Any, NamedTuple

import numpy as np

from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.models import Model
from auditkit.plugins.privacy.membership.attack import own_chances, unique_to_one
from auditkit.plugins.privacy.shared.features import fingerprints, plain
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
    values: np.ndarray
    """(n, F) the inputs as numbers."""
    half: np.ndarray
    """(n,) bool: drawn for the first half; each half is judged by thresholds of the other."""

    def inside(self, attribute: str, values: list[str]) -> np.ndarray | None:
        """(n,) bool: in one of these groups; None where the rows do not have the attribute."""
        return np.isin(self.data.groups[attribute], values) if attribute in self.data.groups else None


class Sides(NamedTuple):
    """Both."""

    members: Side
    others: Side
    category: np.ndarray
    """(F,) bool: which of `values` are names."""
    classes: int
    twice: int
    """Rows that were left out, for they occur more than once."""
    prints: np.ndarray
    """(T,) a fingerprint of every row of the training split."""
    graded: bool
    """The model gives probabilities; else decisions alone."""

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
    def is_member(self) -> np.ndarray:
        """(M + N,) bool."""
        return np.arange(len(self.members.truth) + len(self.others.truth)) < len(self.members.truth)


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
    prints = fingerprints(train)
    is_member, is_other = unique_to_one(prints, fingerprints(data))
    drawn_members = np.flatnonzero(is_member)
    drawn_members = np.sort(rng.choice(drawn_members, min(limit, len(drawn_members)), replace=False))
    other_rows = np.flatnonzero(is_other)
    twice = len(train) + len(data) - int(is_member.sum()) - len(other_rows)
    if not len(drawn_members) or not len(other_rows):
        nothing, none = np.zeros(0), np.zeros(0, dtype=bool)
        empty = Side(data, none, nothing, none, none, np.zeros((0, 0)), none)
        return Sides(empty, empty, none, len(predictions.classes), twice, prints, True)
    drawn, rest = train.take(drawn_members), data.take(other_rows)
    members = _side(drawn, drawn_members, Predictions(model, drawn), rng)
    others = _side(rest, other_rows, predictions.take(other_rows, rest), rng)
    graded = predictions.answers.probabilities is not None
    return Sides(members, others, plain(rest).category, len(predictions.classes), twice, prints, graded)


def _side(data: AuditData, rows: np.ndarray, predictions: Predictions, rng: np.random.Generator) -> Side:
    truth, right = predictions.truth, predictions.codes == predictions.truth
    answers = predictions.answers.probabilities
    # where there are decisions alone, whether one is right is all that an attack has (Yeom et al., section 3.2)
    chances = right.astype(np.float64) if answers is None else own_chances(predictions.probabilities, truth)
    half = rng.permutation(len(truth)) < len(truth) // 2
    return Side(data, rows, chances, truth, right, plain(data).values, half)


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
