"""Members and non-members: which rows they are, what the model says, and which of them nobody could have guessed."""

from typing import NamedTuple

import numpy as np

from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.models import Model
from auditkit.plugins.privacy.membership.attack import scores, unique_to_one
from auditkit.plugins.privacy.shared.features import fingerprints, plain
from auditkit.predictions import Predictions

NEIGHBOURS = 10
FENCE = 1.5
"""Tukey's fence: so many interquartile ranges above the third quartile of the logarithm of the distance."""


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


class Odd(NamedTuple):
    """Rows that their neighbours do not explain."""

    isolated: np.ndarray
    """(N,) bool: far from the nearest rows."""
    contradicting: np.ndarray
    """(N,) bool: among near rows, but at most one in ten of them has the same label."""


def odd_rows(values: np.ndarray, classes: np.ndarray) -> Odd:
    """Find the rows that are far from all others, and those whose label is not that of their neighbours.

    Nobody could have guessed them, so a model that is right about them has memorised them. The model is not trained
    again here: a reference model, fitted without the row, stands in for it.

    Args:
        values: (N, G) without gaps; see `features.expand`.
        classes: (N,) positions.

    Source: Feldman (2020), Does Learning Require Memorization?, arXiv:1906.05271: a model memorises a row where it is
    right about it having seen it, and would not be without.
    """
    from sklearn.neighbors import NearestNeighbors

    near = min(NEIGHBOURS, len(values) - 1)
    if near < 1:
        nothing = np.zeros(len(values), dtype=bool)
        return Odd(nothing, nothing.copy())
    distances, neighbours = NearestNeighbors(n_neighbors=near).fit(values).kneighbors()
    # distances are skewed, their logarithms hardly: the fence is drawn on those
    middle = np.log(np.maximum(distances[:, near // 2], 1e-12))
    lower, upper = np.percentile(middle, (25, 75))
    # where more than half of the rows have a copy, distance says nothing
    isolated = (middle > upper + FENCE * (upper - lower)) & (upper > lower)
    same = (classes[neighbours] == classes[:, None]).mean(axis=1)
    return Odd(isolated, (same <= 0.1) & ~isolated)
