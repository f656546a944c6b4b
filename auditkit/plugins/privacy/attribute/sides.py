"""Members and non-members: which rows they are, and what the model says about them."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.models import Model
from auditkit.plugins.privacy.shared.features import fingerprints, plain
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
    ask: Callable[[np.ndarray], np.ndarray]
    """(n, D) codes to (n, C) probabilities."""
    in_both: int
    """Rows of the audit data that were left out, for they are in the training split too."""

    def take(self, rows: np.ndarray) -> "Rows":
        """Some of the rows."""
        parts = (self.codes[rows], self.category, self.labels[rows], self.probabilities[rows], self.is_member[rows])
        return Rows(*parts, self.ask, self.in_both)


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
    other_rows = np.flatnonzero(~np.isin(fingerprints(data), fingerprints(train)))
    others = data.take(other_rows)
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
        ask=ask,
        in_both=len(data) - len(others),
    )
