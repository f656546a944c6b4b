"""What can be measured on counts: rates of one group, and criteria that compare a rate over groups. One line each."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from auditkit.counts import Tally

PLACES = {"tn": (0, 0), "fp": (0, 1), "fn": (1, 0), "tp": (1, 1)}
"""(label, decision) of each outcome."""
EVERY = "tp fp fn tn"


class Rate(NamedTuple):
    """A share of rows: those in `numerator` among those in `denominator`."""

    name: str
    title: str
    numerator: str
    """Outcomes among tp, fp, fn, tn, or selected, or decided; separated by blanks."""
    denominator: str
    of: str
    """What the denominator counts, in words."""
    direction: Literal["higher", "lower", "none"]
    pitfalls: str

    @property
    def labelled(self) -> bool:
        """Whether it needs labels."""
        return self.name != "selection_rate"


class Criterion(NamedTuple):
    """A rule of fairness: these rates are the same in every group."""

    name: str
    title: str
    rates: tuple[str, ...]
    reference: str
    pitfalls: str

    @property
    def labelled(self) -> bool:
        """Whether it needs labels."""
        return any(RATES[name].labelled for name in self.rates)


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


RATES = {
    rate.name: rate
    for rate in (
        Rate("selection_rate", "Selection rate", "selected", "decided", "people", "none",
             "Says nothing about whether the selected were the right ones."),
        Rate("true_positive_rate", "True positive rate", "tp", "tp fn", "people with a positive label", "higher",
             "Only as fair as the labels; undefined for a group without positive labels."),
        Rate("false_positive_rate", "False positive rate", "fp", "fp tn", "people with a negative label", "lower",
             "Only as fair as the labels; undefined for a group without negative labels."),
        Rate("true_negative_rate", "True negative rate", "tn", "fp tn", "people with a negative label", "higher",
             "Only as fair as the labels."),
        Rate("false_negative_rate", "False negative rate", "fn", "tp fn", "people with a positive label", "lower",
             "Only as fair as the labels."),
        Rate("positive_predictive_value", "Positive predictive value", "tp", "tp fp", "people selected", "higher",
             "Depends on how common the positive label is in the group; undefined where nobody was selected."),
        Rate("negative_predictive_value", "Negative predictive value", "tn", "fn tn", "people not selected", "higher",
             "Depends on how common the positive label is in the group."),
        Rate("false_discovery_rate", "False discovery rate", "fp", "tp fp", "people selected", "lower",
             "Depends on how common the positive label is in the group."),
        Rate("false_omission_rate", "False omission rate", "fn", "fn tn", "people not selected", "lower",
             "Depends on how common the positive label is in the group."),
        Rate("accuracy", "Accuracy", "tp tn", EVERY, "people", "higher",
             "Hides which of the two errors a group suffers."),
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
                  "The worse of the two rates counts, so it needs positives and negatives in every group."),
        Criterion("predictive_equality", "Predictive equality", ("false_positive_rate",),
                  "Corbett-Davies et al. (2017), Algorithmic decision making and the cost of fairness, "
                  "arXiv:1701.08230",
                  "Takes the labels as true."),
        Criterion("predictive_parity", "Predictive parity", ("positive_predictive_value",),
                  "Chouldechova (2017), Fair prediction with disparate impact, arXiv:1703.00056",
                  "Cannot hold together with equalized odds where groups differ in how common the label is."),
        Criterion("accuracy_equality", "Accuracy equality", ("accuracy",),
                  "Berk et al. (2018), Fairness in criminal justice risk assessments, arXiv:1703.09207",
                  "One group may suffer false alarms and another misses, at the same accuracy."),
    )
}  # fmt: skip

DEFAULT = (
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "positive_predictive_value",
    "demographic_parity",
    "equal_opportunity",
    "equalized_odds",
)


def shares(tally: Tally, rate: Rate) -> GroupShares:
    """A rate and its counts in each of K groups; a weighted rate counts as that of Kish's effective number of rows."""
    over, under = _mask(rate.numerator), _mask(rate.denominator)
    numerator, weight = (tally.weight * over).sum(axis=(1, 2)), (tally.weight * under).sum(axis=(1, 2))
    square = (tally.square * under).sum(axis=(1, 2))
    per_weight = np.divide(weight, square, out=np.zeros_like(weight), where=square > 0)
    values = np.divide(numerator, weight, out=np.full_like(weight, np.nan), where=weight > 0)
    rows = (tally.rows * under).sum(axis=(1, 2))
    return GroupShares(values, numerator * per_weight, weight * per_weight, rows)


def _mask(outcomes: str) -> np.ndarray:
    """(3, 3) of 0 and 1: which labels and decisions these outcomes are."""
    mask = np.zeros((3, 3))
    for outcome in outcomes.split():
        if outcome == "selected":
            mask[:, 1] = 1
        elif outcome == "decided":
            mask[:, :2] = 1
        else:
            mask[PLACES[outcome]] = 1
    return mask
