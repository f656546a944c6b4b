"""The check's test of itself: groups that are drawn by these very probabilities must lie in the interval."""

import numpy as np

from auditkit.data import AuditData
from auditkit.data.group_probabilities import GroupProbabilities
from auditkit.plugins.fairness.group_probabilities.definitions import DIFFERENCE, SELECTED
from auditkit.results import Control, Measurement
from auditkit.stats import weighted_mean


def drawn_groups(
    attribute: str,
    probable: GroupProbabilities,
    selected: np.ndarray,
    widest: Measurement,
    data: AuditData,
    trials: int,
    rng: np.random.Generator,
) -> Control:
    """How often the difference of groups that are drawn by chance, as the probabilities say, lies in the interval.

    Args:
        attribute: whose groups.
        probable: their probabilities.
        selected: (N,) bool.
        widest: the difference that was measured.
        data: for weights and the smallest groups.
        trials: draws.
        rng: the source of chance.
    """
    share = None
    if widest.interval is not None and widest.interval.high is not None:
        least = max(data.minimum_cell, data.minimum_rate)
        kept = np.flatnonzero(probable.shares.sum(axis=0) >= least)
        bars, hits = np.cumsum(probable.shares, axis=1), 0
        for _ in range(trials):
            group = (rng.random(len(bars))[:, None] > bars[:, :-1]).sum(axis=1)
            rates = [
                weighted_mean(selected[rows], None if data.weights is None else data.weights[rows])
                for rows in (group == place for place in kept)
                if rows.any()
            ]
            # a bound above 0 may lie above what one draw gives; what must hold is that no draw is wider
            hits += max(rates) - min(rates) <= widest.interval.high
        share = hits / trials
    return Control.within(
        f"drawn groups: {attribute}",
        f"Where {attribute} is drawn by these probabilities, how often is its difference within the interval?",
        share, at_least=0.9, guards=(SELECTED + DIFFERENCE,), on_failure="inconclusive",
        reason="groups that these probabilities allow differ by more than the interval says: too few people",
    )  # fmt: skip
