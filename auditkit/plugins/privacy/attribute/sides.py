"""Members and non-members: which rows they are, and what the model says about them."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.models import Model
from auditkit.plugins.privacy.shared.features import plain
from auditkit.plugins.privacy.shared.overlap import Overlap, overlap
from auditkit.plugins.privacy.shared.persons import whose
from auditkit.predictions import Predictions


class Rows(NamedTuple):
    """Members first, then as many others at most as there are."""

    codes: np.ndarray
    """(N, D) inputs."""
    category: np.ndarray
    """(D,) bool: which of them are names."""
    labels: np.ndarray
    """(N,) positions among the model's classes."""
    probabilities: np.ndarray
    """(N, C) what the model says about the rows as they are."""
    is_member: np.ndarray
    """(N,) bool."""
    unit: np.ndarray
    """(N,) whose row it is; nobody is on both sides."""
    ask: Callable[[np.ndarray], np.ndarray]
    """(n, D) codes to (n, C) probabilities."""
    overlap: Overlap
    """Rows of the audit data that were left out, for they or their persons are in the training split too."""

    def take(self, rows: np.ndarray) -> "Rows":
        """Some of the rows."""
        parts = (
            self.codes[rows], self.category, self.labels[rows], self.probabilities[rows], self.is_member[rows],
            self.unit[rows],
        )  # fmt: skip
        return Rows(*parts, self.ask, self.overlap)


def gather(model: Model, data: AuditData, predictions: Predictions, rng: np.random.Generator) -> Rows:
    """As many members as the data has rows, and the rows of the data that are none.

    Args:
        model: under audit.
        data: the audit data, with its training split.
        predictions: what the model says about the audit data.
        rng: draws the members.
    """
    train = present(data.train, "the check needs it")
    drawn = np.sort(rng.choice(len(train), min(len(data), len(train)), replace=False))
    members = train.take(drawn)
    common = overlap(data, train)
    other_rows = np.flatnonzero(~common.rows & ~common.people)
    others = data.take(other_rows)
    unit = whose(members)
    answered = (Predictions(model, members), predictions.take(other_rows, others))

    def ask(codes: np.ndarray) -> np.ndarray:
        return predictions.of(data.decode(codes)).probabilities

    features = [plain(members), plain(others)]
    return Rows(
        codes=np.vstack([side.values for side in features]),
        category=features[1].category,
        labels=np.concatenate([side.truth for side in answered]),
        probabilities=np.vstack([side.probabilities for side in answered]),
        is_member=np.arange(len(members) + len(others)) < len(members),
        unit=np.concatenate([unit, whose(others) + 1 + unit.max(initial=-1)]),
        ask=ask,
        overlap=common,
    )
