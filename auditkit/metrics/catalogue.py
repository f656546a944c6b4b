"""Rates and criteria, a row each; and the rates of many groups at once, from counts."""

from typing import Final, Literal, NamedTuple, TypeAlias

import numpy as np

from auditkit import stats
from auditkit.counts import ClusterRows, Tally
from auditkit.results import (
    NOBODY,
    RIGHTLY_REJECTED,
    RIGHTLY_SELECTED,
    SELECTED_LESS,
    SELECTED_MORE,
    WRONGLY_REJECTED,
    WRONGLY_SELECTED,
    Harm,
)

Direction: TypeAlias = Literal["higher", "lower", "none"]

UNLABELLED = frozenset({"selected", "rejected", "decided", "abstained", "everyone"})
"""The words that need no labels."""
EVERY = "tp fp fn tn"
BY_UNIT: Final = "for the effective number of rows, by units"
"""What the method of an interval says where rows of one unit vary together."""
DECIDED = "people with a decision and a known label"
WILSON: Final = "Wilson (1927), JASA 22, for the interval"
"""The source of every rate, as definitions name it."""
ZOU_DONNER: Final = "Zou and Donner (2008), Statistics in Medicine 27"
"""The source of what is made of several rates' intervals; see `stats.mover`."""


class Rate(NamedTuple):
    """A share of people: those in `numerator` among those in `denominator`."""

    name: str
    title: str
    numerator: str
    """Words of `BLOCKS`, separated by blanks."""
    denominator: str
    of: str
    """What the denominator counts, in words."""
    direction: Direction
    pitfalls: str
    harm: Harm

    @property
    def labelled(self) -> bool:
        """Whether it needs labels."""
        return not UNLABELLED.issuperset(self.denominator.split())


class Criterion(NamedTuple):
    """A rule of fairness: these rates are the same in every group."""

    name: str
    title: str
    rates: tuple[str, ...]
    reference: str
    pitfalls: str
    odds: bool = False
    """Whether the odds of the rate are compared in place of the rate: p / (1 - p)."""

    @property
    def labelled(self) -> bool:
        """Whether it needs labels."""
        return any(RATES[name].labelled for name in self.rates)

    @property
    def harm(self) -> Harm:
        """Who fares worse by it: the same as by its rates."""
        return RATES[self.rates[0]].harm


RATES = {
    rate.name: rate
    for rate in (
        Rate("selection_rate", "Selection rate", "selected", "decided", "people with a decision", "none",
             "Says nothing about whether the selected were the right ones.", SELECTED_MORE),
        Rate("true_positive_rate", "True positive rate", "tp", "tp fn", "people with a positive label", "higher",
             "Only as fair as the labels; undefined for a group without positive labels.", SELECTED_MORE),
        Rate("false_positive_rate", "False positive rate", "fp", "fp tn", "people with a negative label", "lower",
             "Only as fair as the labels; undefined for a group without negative labels.", SELECTED_MORE),
        Rate("true_negative_rate", "True negative rate", "tn", "fp tn", "people with a negative label", "higher",
             "Only as fair as the labels.", SELECTED_LESS),
        Rate("false_negative_rate", "False negative rate", "fn", "tp fn", "people with a positive label", "lower",
             "Only as fair as the labels.", SELECTED_LESS),
        Rate("positive_predictive_value", "Positive predictive value", "tp", "tp fp", "people selected", "higher",
             "Depends on how common the positive label is in the group; undefined where nobody was selected.",
             RIGHTLY_SELECTED),
        Rate("negative_predictive_value", "Negative predictive value", "tn", "fn tn", "people not selected", "higher",
             "Depends on how common the positive label is in the group.", RIGHTLY_REJECTED),
        Rate("false_discovery_rate", "False discovery rate", "fp", "tp fp", "people selected", "lower",
             "Depends on how common the positive label is in the group.", WRONGLY_SELECTED),
        Rate("false_omission_rate", "False omission rate", "fn", "fn tn", "people not selected", "lower",
             "Depends on how common the positive label is in the group.", WRONGLY_REJECTED),
        Rate("accuracy", "Accuracy", "tp tn", EVERY, DECIDED, "higher",
             "Hides which of the two errors a group has.", NOBODY),
        Rate("rejection_rate", "Rejection rate", "rejected", "decided", "people with a decision", "none",
             "Says nothing about whether the right people were rejected.", SELECTED_LESS),
        Rate("abstention_rate", "Abstention rate", "abstained", "everyone", "people", "lower",
             "A model may look fair on those whom it decides about because it declines to decide about one group.",
             NOBODY),
        Rate("prevalence", "Positive label rate", "positives", "labelled", "people with a known label", "none",
             "A fact about the labels, not about the model; people without a decision count.", NOBODY),
        Rate("false_negative_share", "False negatives among errors", "fn", "fn fp", "people with a wrong decision",
             "none", "Says which of the two errors a group has, not how often it has one.", SELECTED_LESS),
    )
}  # fmt: skip


CRITERIA = {
    criterion.name: criterion
    for criterion in (
        Criterion("demographic_parity", "Demographic parity", ("selection_rate",),
                  "Calders and Verwer (2010), Three naive Bayes approaches for discrimination-free classification",
                  "A difference can be lawful and right; equal rates can hide that the wrong people were selected."),
        Criterion("equal_opportunity", "Equal opportunity", ("true_positive_rate",),
                  "Hardt, Price and Srebro (2016), Equality of opportunity in supervised learning, arXiv:1610.02413",
                  "Takes the labels as true; a group without enough positive labels cannot be assessed."),
        Criterion("equalized_odds", "Equalized odds", ("true_positive_rate", "false_positive_rate"),
                  "Hardt, Price and Srebro (2016), Equality of opportunity in supervised learning, arXiv:1610.02413",
                  "The wider of the two gaps counts, so it needs positives and negatives in every group."),
        Criterion("predictive_equality", "Predictive equality", ("false_positive_rate",),
                  "Corbett-Davies et al. (2017), Algorithmic decision making and the cost of fairness, "
                  "arXiv:1701.08230",
                  "Takes the labels as true."),
        Criterion("predictive_parity", "Predictive parity", ("positive_predictive_value",),
                  "Chouldechova (2017), Fair prediction with disparate impact, arXiv:1703.00056",
                  "Cannot hold together with equalized odds where groups differ in how common the label is."),
        Criterion("accuracy_equality", "Accuracy equality", ("accuracy",),
                  "Berk et al. (2018), Fairness in criminal justice risk assessments, arXiv:1703.09207",
                  "One group may have false positives and another false negatives, at the same accuracy."),
        # Berk et al. compare FN / FP, which are the odds of FN / (FN + FP); odds keep the order of shares, and their
        # intervals.
        Criterion("treatment_equality", "Treatment equality", ("false_negative_share",),
                  "Berk et al. (2018), Fairness in criminal justice risk assessments, arXiv:1703.09207",
                  "Compares which of the two errors groups have, not how often; undefined for a group without false "
                  "positives.", odds=True),
        Criterion("abstention_parity", "Abstention parity", ("abstention_rate",),
                  "Jones et al. (2021), Selective classification can magnify disparities across groups, "
                  "arXiv:2010.14134",
                  "Equal shares without a decision may still spare one group more errors than another."),
    )
}  # fmt: skip


PLACES = {"tn": (0, 0), "fp": (0, 1), "fn": (1, 0), "tp": (1, 1)}
"""(label, decision) of each outcome."""
BLOCKS: dict[str, tuple[slice | int, slice | int]] = {
    **PLACES,
    "selected": (slice(3), 1),
    "rejected": (slice(3), 0),
    "decided": (slice(3), slice(2)),
    "abstained": (slice(3), 2),
    "everyone": (slice(3), slice(3)),
    "positives": (1, slice(3)),
    "labelled": (slice(2), slice(3)),
}
"""Where the people whom a word means are in the table of labels (negative, positive, not known) and decisions (not
selected, selected, abstained)."""


class GroupShares(NamedTuple):
    """One rate in each of K groups."""

    values: np.ndarray
    """(K,) between 0 and 1; NaN where the denominator is empty."""
    successes: np.ndarray
    """(K,) rows in the numerator; with weights, the weighted rate times the effective number of rows."""
    sizes: np.ndarray
    """(K,) rows in the denominator; with weights, the effective number of them (Kish)."""
    rows: np.ndarray
    """(K,) int64 rows in the denominator, unweighted."""
    counts: np.ndarray
    """(K,) int64 rows in the numerator, unweighted."""
    units: np.ndarray | None = None
    """(K,) int64 units, such as persons, in the denominator; None: each row is one."""

    @property
    def many(self) -> np.ndarray:
        """(K,) what must not be too few: units, or rows where each is one."""
        return self.rows if self.units is None else self.units


def shares(tally: Tally, rate: Rate) -> GroupShares:
    """A rate and its counts in each of K groups; a weighted rate counts as that of Kish's effective number of rows.

    Where rows vary together, the effective number is that of `stats.cluster_sizes`.
    """
    numerator, weight = amount(tally.weight, rate.numerator), amount(tally.weight, rate.denominator)
    square = amount(tally.square, rate.denominator)
    # Kish: sums of weights over sums of squared weights. A weighted rate is as sure as a plain one of so many rows.
    per_weight = np.divide(weight, square, out=np.zeros_like(weight), where=square > 0)
    values = np.divide(numerator, weight, out=np.full_like(weight, np.nan), where=weight > 0)
    successes, sizes, units = numerator * per_weight, weight * per_weight, None
    if tally.clusters is not None:
        sizes, units = _by_cluster(tally.clusters, rate, sizes)
        successes = np.nan_to_num(values) * sizes
    rows, counts = amount(tally.rows, rate.denominator), amount(tally.rows, rate.numerator)
    # By a rounding the weighted successes may exceed the size, and Wilson's interval would take the root of a negative
    # number.
    return GroupShares(values, np.minimum(successes, sizes), sizes, rows, counts, units)


def denominator(tally: Tally, words: str) -> GroupShares:
    """How many rows and units of each of K groups the words mean, as the denominator of a share."""
    return shares(tally, Rate("", "", words, words, "", "none", "", NOBODY))


def _by_cluster(clusters: ClusterRows, rate: Rate, kish: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(K,) the effective number of rows of a rate, and how many clusters its denominator has."""
    among, hits = (_meant(words)[clusters.label, clusters.decision] for words in (rate.denominator, rate.numerator))
    sums = stats.ClusterSums(*clusters.pairs(among, hits))
    units = np.bincount(sums.group[sums.rows > 0], minlength=len(kish))
    return stats.cluster_sizes(sums, kish), units.astype(np.int64)


def _meant(words: str) -> np.ndarray:
    """(3, 3) bool: the labels and decisions that the words mean."""
    meant = np.zeros((3, 3), dtype=bool)
    for word in words.split():
        meant[BLOCKS[word]] = True
    return meant


def right_or_not(tally: Tally) -> Tally:
    """(K, 3, 3) counts in which "selected" means a right decision, and everybody should be selected.

    Args:
        tally: (K, C + 1, C + 1) of C classes.
    """
    clusters = tally.clusters and tally.clusters.right_or_not(tally.rows.shape[1] - 1)
    return tally.mapped(_right_or_not, clusters)


def interval_method(method: str, weighted: bool, by_unit: bool = False) -> str:
    """The name of the method of an interval, with what weights make of it, and rows that vary together."""
    if by_unit:
        return f"{method}, {BY_UNIT}"
    return f"{method}, for the effective number of rows" if weighted else method


def amount(table: np.ndarray, words: str) -> np.ndarray:
    """(K,) how many of (K, 3, 3) people, or how much of their weight, the words mean."""
    # The start keeps the dtype, so that counts of people stay whole numbers.
    blocks = (table[(slice(None), *BLOCKS[word])].reshape(len(table), -1) for word in words.split())
    return sum((block.sum(axis=1) for block in blocks), np.zeros(len(table), dtype=table.dtype))


def _right_or_not(table: np.ndarray) -> np.ndarray:
    classes = table.shape[1] - 1
    decided_right = np.zeros((len(table), 3, 3), dtype=table.dtype)
    known, unknown = table[:, :classes], table[:, classes]
    # Every known label becomes "positive", for everybody should be decided right; who is on the diagonal was.
    decided_right[:, 1, 1] = known[:, range(classes), range(classes)].sum(axis=1)
    decided_right[:, 1, 0] = known[:, :, :classes].sum(axis=(1, 2)) - decided_right[:, 1, 1]
    decided_right[:, 1, 2] = known[:, :, classes].sum(axis=1)
    # Whether a decision is right cannot be said where the label is not known, so these people stay in the row of the
    # unknown.
    decided_right[:, 2, 0], decided_right[:, 2, 2] = unknown[:, :classes].sum(axis=1), unknown[:, classes]
    return decided_right
