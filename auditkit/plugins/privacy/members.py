"""Members and non-members: which rows they are, what the model says about them, what they are as numbers."""

from typing import NamedTuple

import numpy as np

from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.models import Model
from auditkit.plugins.privacy.attack import scores, unique_to_one
from auditkit.plugins.privacy.features import fingerprints, plain
from auditkit.predictions import Predictions


class Side(NamedTuple):
    """Members, or non-members."""

    data: AuditData
    """Their rows."""
    scores: np.ndarray
    """(n,) the attack's, minus the loss."""
    truth: np.ndarray
    """(n,) positions of the labels among the model's classes."""
    right: np.ndarray
    """(n,) bool: decided rightly by the model."""
    values: np.ndarray
    """(n, F) the inputs as numbers."""

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
    is_member, is_other = unique_to_one(fingerprints(train), fingerprints(data))
    drawn_members = np.flatnonzero(is_member)
    drawn_members = np.sort(rng.choice(drawn_members, min(limit, len(drawn_members)), replace=False))
    other_rows = np.flatnonzero(is_other)
    twice = len(train) + len(data) - int(is_member.sum()) - len(other_rows)
    if not len(drawn_members) or not len(other_rows):
        nothing = np.zeros(0)
        empty = Side(data, nothing, nothing.astype(int), nothing.astype(bool), np.zeros((0, 0)))
        return Sides(empty, empty, nothing.astype(bool), len(predictions.classes), twice)
    drawn, rest = train.take(drawn_members), data.take(other_rows)
    category = plain(rest).category
    members = _side(drawn, Predictions(model, drawn))
    return Sides(members, _side(rest, predictions.take(other_rows, rest)), category, len(predictions.classes), twice)


def _side(data: AuditData, predictions: Predictions) -> Side:
    truth = predictions.truth
    return Side(data, scores(predictions.probabilities, truth), truth, predictions.codes == truth, plain(data).values)
