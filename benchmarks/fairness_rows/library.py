"""What auditkit does: one count, ten rates of every intersection of the attributes, intervals from resampled cells."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from auditkit.counts import Counts, Tally, count
from auditkit.metrics.catalogue import PLACES, shares
from auditkit.plugins.fairness.groups.definitions import RATES
from auditkit.stats import resampled_counts
from benchmarks.people import People

MEASURES = (
    "selection_rate", "true_positive_rate", "false_positive_rate", "true_negative_rate", "false_negative_rate",
    "positive_predictive_value", "negative_predictive_value", "false_discovery_rate", "false_omission_rate", "accuracy",
)  # fmt: skip
SUBSETS = tuple(itertools.chain.from_iterable(itertools.combinations(range(3), size) for size in (0, 1, 2, 3)))
"""Positions of the attributes of each intersection: everyone, each attribute, pairs, all three."""
ENDS = (0.025, 0.975)


class Intervals(NamedTuple):
    """Rates with intervals."""

    points: np.ndarray
    """(10, G) the rates of the groups of all subsets of attributes, in the order of SUBSETS."""
    ends: np.ndarray
    """(2, 10, G) lower and upper ends."""
    over_groups: np.ndarray
    """(2, 4, 10) ends of the smallest and largest rate, their difference and ratio, over the finest groups."""


def points(groups: Mapping[str, Any], people: People) -> np.ndarray:
    """(10, G) rates of the groups of every subset of the attributes, from the columns."""
    return _points(count(groups, people.decisions, people.labels))


def intervals(groups: Mapping[str, Any], people: People, replicates: int, seed: int) -> Intervals:
    """The rates of the groups of every subset of the attributes with intervals, from the columns."""
    counts = count(groups, people.decisions, people.labels)
    tables = resampled_tables(counts, replicates, np.random.default_rng(seed))
    drawn = rates(marginals(tables))  # (B, 10, G)
    finest = drawn[..., -np.prod(people.shape) :]
    low, high = finest.min(axis=-1), finest.max(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        over = np.stack([low, high, high - low, low / high], axis=1)
    return Intervals(_points(counts), _ends(drawn), _ends(over))


def _points(counts: Counts) -> np.ndarray:
    tallies = [counts.over([counts.attributes[at] for at in subset]).tally for subset in SUBSETS]
    tally = Tally(*(np.concatenate(parts) for parts in zip(*(tally.tables for tally in tallies), strict=True)))
    return np.stack([shares(tally, RATES[name]).values for name in MEASURES])


def resampled_tables(counts: Counts, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """(B, 4, *shape) resampled people by outcome, in the order of PLACES."""
    rows = counts.tally.rows
    kept = np.stack([rows[:, label, decision] for label, decision in PLACES.values()])
    drawn = resampled_counts(kept, replicates, rng)
    shape = tuple(map(len, counts.values))
    if len(counts.cells) == np.prod(shape):  # every combination occurs, in the order of the values
        return drawn.reshape(replicates, len(PLACES), *shape)
    tables = np.zeros((replicates, len(PLACES), *shape), dtype=np.int64)
    tables[(..., *counts.cells.T)] = drawn
    return tables


def marginals(tables: np.ndarray) -> np.ndarray:
    """(B, 4, G) sums over all subsets of the attributes, in the order of SUBSETS."""
    head = tables.shape[:2]
    sums: dict[tuple[int, ...], np.ndarray] = {SUBSETS[-1]: tables}
    for subset in reversed(SUBSETS[:-1]):  # from one attribute more
        gone = min(set(SUBSETS[-1]) - set(subset))
        larger = tuple(sorted((*subset, gone)))
        sums[subset] = sums[larger].sum(axis=2 + larger.index(gone))
    return np.concatenate([sums[subset].reshape(*head, -1) for subset in SUBSETS], axis=2)


def rates(tables: np.ndarray) -> np.ndarray:
    """(B, 10, G) rates from (B, 4, G) people by outcome; NaN where the denominator is empty."""
    over, under = (np.array([_mask(getattr(RATES[name], part)) for name in MEASURES]) for part in _PARTS)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (over @ tables.astype(float)) / (under @ tables.astype(float))


_PARTS = ("numerator", "denominator")


def _mask(outcomes: str) -> list[float]:
    """Which of the outcomes in PLACES these are."""
    selected = {"selected": "fp tp", "decided": "tn fp fn tp"}
    names = " ".join(selected.get(word, word) for word in outcomes.split()).split()
    return [float(place in names) for place in PLACES]


def _ends(drawn: np.ndarray) -> np.ndarray:
    """(2, ...) the ends of the middle 95 % over the first axis, undefined numbers left out."""
    if np.isnan(drawn.sum()):
        return np.nanquantile(drawn, ENDS, axis=0)
    ordered = np.sort(drawn, axis=0)
    at = np.array(ENDS) * (len(drawn) - 1)
    below = at.astype(int)
    part = (at - below).reshape(-1, *[1] * (drawn.ndim - 1))
    return ordered[below] * (1 - part) + ordered[np.minimum(below + 1, len(drawn) - 1)] * part
