"""How good the answers about several labels are together: micro and macro averages, subset accuracy, Hamming loss.

A pair is a person and a label. Pairs of one person vary together, so that intervals count people, or their units.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple, Self

import numpy as np

from auditkit import stats
from auditkit.metrics.catalogue import BY_UNIT
from auditkit.plugins.performance.estimates import Estimate, few
from auditkit.results import Interval


class Ratio(NamedTuple):
    """A number of one label that is a ratio of sums over people."""

    counted: str
    """What its denominator counts, in words."""
    jaccard: bool = False
    """It is F1 = 2 J / (1 + J) of the share J of pairs decided right among those labelled or decided so."""


RATIOS = {
    "precision": Ratio("people with a decision for"),
    "recall": Ratio("people with the label"),
    "f1": Ratio("people with the label or a decision for", jaccard=True),
}


@dataclass(frozen=True)
class LabelSets:
    """Truth and decisions of n people about L labels."""

    truth: np.ndarray
    """(n, L) bool."""
    decided: np.ndarray
    """(n, L) bool."""
    names: tuple[str, ...]
    weights: np.ndarray | None = None
    minimum: int = 1
    clusters: np.ndarray | None = None
    """(n,) the same number for people's rows of one unit; None: each row varies by itself."""

    def __len__(self) -> int:
        """How many people there are."""
        return len(self.truth)

    def take(self, rows: np.ndarray) -> Self:
        """The same about some of the people."""
        weights, clusters = (None if part is None else part[rows] for part in (self.weights, self.clusters))
        return replace(self, truth=self.truth[rows], decided=self.decided[rows], weights=weights, clusters=clusters)

    @property
    def units(self) -> int | None:
        """How many units there are; None: as many as people."""
        return None if self.clusters is None else len(np.unique(self.clusters))

    def among(self, ratio: str) -> np.ndarray:
        """(n, L) bool: the pairs in the denominator of one of `RATIOS`."""
        return {"precision": self.decided, "recall": self.truth, "f1": self.decided | self.truth}[ratio]

    def many(self, pairs: np.ndarray) -> int:
        """How many people, or units, some pairs are of; `pairs` (n,) or (n, L) bool."""
        rows = pairs.any(axis=1) if pairs.ndim == 2 else pairs
        return int(rows.sum()) if self.clusters is None else len(np.unique(self.clusters[rows]))


def subset_accuracy(sets: LabelSets) -> Estimate:
    """The share of people of whom every label is decided right."""
    return _share((sets.truth == sets.decided).all(axis=1), sets)


def hamming_loss(sets: LabelSets) -> Estimate:
    """The share of wrong decisions among all pairs; its interval is that of the mean over people."""
    if sets.many(np.ones(len(sets), dtype=bool)) < max(1, sets.minimum):
        return few(len(sets), sets.minimum, "people")
    values = (sets.truth != sets.decided).mean(axis=1)
    interval = stats.bounded_interval(values, 0, 1, weights=sets.weights, clusters=sets.clusters)
    return Estimate(stats.weighted_mean(values, sets.weights), interval, len(sets), units=sets.units)


def micro(ratio: str, sets: LabelSets) -> Estimate:
    """Precision, recall or F1 of all pairs at once, with Wilson's interval for the effective number of pairs."""
    among = sets.among(ratio)
    if (count := sets.many(among)) < max(1, sets.minimum):
        return few(count, sets.minimum, RATIOS[ratio].counted.replace("the label", "a label").removesuffix(" for"))
    people, _ = np.nonzero(among)
    hits = (sets.truth & sets.decided)[among]
    clusters = people if sets.clusters is None else sets.clusters[people]
    weights = None if sets.weights is None else sets.weights[people]
    size = stats.cluster_size(hits, clusters, weights)
    value = stats.weighted_mean(hits, weights)
    low, high = (float(end) for end in stats.wilson_bounds(value * size, size))
    method = "Wilson, pairs of one person together" if sets.clusters is None else f"Wilson, {BY_UNIT}"
    if RATIOS[ratio].jaccard:
        value, low, high = (2 * share / (1 + share) for share in (value, low, high))
        method += ", for F*, transformed"
    interval = Interval(low=min(low, value), high=max(high, value), method=method)
    return Estimate(value, interval, int(among.any(axis=1).sum()), units=None if sets.clusters is None else count)


def macro(ratio: str, sets: LabelSets) -> Estimate:
    """The mean over labels of precision, recall or F1.

    Each label's distance to its own Wilson bound is added to those of the others by how the labels' numbers vary
    together over people. So a label without an error is not called perfect for certain, and labels that come together
    are not counted as if each were other people's.

    Source: Zou and Donner (2008), Statistics in Medicine 27 (MOVER), with correlations of influence values.
    """
    among, right = sets.among(ratio), sets.truth & sets.decided
    for place, name in enumerate(sets.names):
        if (count := sets.many(among[:, place])) < max(1, sets.minimum):
            counted = RATIOS[ratio].counted
            words = counted.replace("the label", f"the label {name}") if "label" in counted else f"{counted} {name}"
            return few(count, sets.minimum, words)._replace(n=None)
    weight = np.ones(len(sets)) if sets.weights is None else sets.weights
    numbers = np.array([_of_label(ratio, sets, place) for place in range(len(sets.names))])
    values, low, high = numbers.T
    factor = 2.0 if RATIOS[ratio].jaccard else 1.0
    denominator = among + (right if RATIOS[ratio].jaccard else 0.0)
    pulls = weight[:, None] * (factor * right - values * denominator)
    if sets.clusters is not None:
        place_of = stats.numbered(sets.clusters)
        pulls = np.column_stack([np.bincount(place_of, column) for column in pulls.T])
    together = _correlations(pulls)
    value = float(values.mean())
    ends = [
        value + sign * float(np.sqrt(max(0.0, distance @ together @ distance))) / len(values)
        for sign, distance in ((-1, values - low), (1, high - values))
    ]
    method = "MOVER of the labels' Wilson intervals, with their correlations"
    method += f", {BY_UNIT}" if sets.clusters is not None else ""
    interval = Interval(low=max(0.0, ends[0]), high=min(1.0, ends[1]), method=method)
    return Estimate(value, interval, len(sets), units=sets.units)


def _of_label(ratio: str, sets: LabelSets, place: int) -> tuple[float, float, float]:
    """The number of one label, and the ends of its interval."""
    among = sets.among(ratio)[:, place]
    hits = (sets.truth & sets.decided)[among, place]
    weights = None if sets.weights is None else sets.weights[among]
    if sets.clusters is None:
        size = stats.effective_size(len(hits) if weights is None else weights)
    else:
        size = stats.cluster_size(hits, sets.clusters[among], weights)
    share = stats.weighted_mean(hits, weights)
    low, high = (float(end) for end in stats.wilson_bounds(share * size, size))
    shares = (share, min(low, share), max(high, share))
    value, low, high = (2 * one / (1 + one) if RATIOS[ratio].jaccard else one for one in shares)
    return value, low, high


def _correlations(pulls: np.ndarray) -> np.ndarray:
    """(L, L) correlations over people; a label that does not vary goes together with all, which is the widest."""
    spread = np.sqrt((pulls**2).sum(axis=0))
    product = np.outer(spread, spread)
    covered = pulls.T @ pulls
    together = np.divide(covered, product, out=np.ones_like(covered), where=product > 0)
    np.fill_diagonal(together, 1.0)
    return together


def _share(hits: np.ndarray, sets: LabelSets) -> Estimate:
    if (count := sets.many(np.ones(len(sets), dtype=bool))) < max(1, sets.minimum):
        return few(count, sets.minimum, "people")
    interval = stats.mean_interval(hits, weights=sets.weights, clusters=sets.clusters)
    return Estimate(stats.weighted_mean(hits, sets.weights), interval, len(hits), units=sets.units)


NUMBERS: dict[str, Callable[[LabelSets], Estimate]] = {
    "subset_accuracy": subset_accuracy,
    "hamming_loss": hamming_loss,
    **{f"micro_{name}": partial(micro, name) for name in RATIOS},
    **{f"macro_{name}": partial(macro, name) for name in RATIOS},
}
"""{measurement: what makes it of the labels of some people}."""
