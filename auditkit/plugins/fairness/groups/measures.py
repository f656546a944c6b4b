"""What can be measured on counts, one line each: numbers about one group, and comparisons over groups."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

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
DECIDED = "people with a decision and a known label"


class Rate(NamedTuple):
    """A share of people: those in `numerator` among those in `denominator`."""

    name: str
    title: str
    numerator: str
    """Words of `shares.BLOCKS`, separated by blanks."""
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


class Composite(NamedTuple):
    """A number about one group that is made of several rates; see `composites` for its maths."""

    name: str
    title: str
    formula: str
    range: str
    direction: Direction
    of: tuple[tuple[str, str], ...]
    """Denominators that must hold enough people, each with what it counts; the first is the number's n."""
    undefined: str
    """Why there is no value where all denominators hold enough people."""
    reference: str
    pitfalls: str
    labelled: bool = True
    harm: Harm = NOBODY


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


class Index(NamedTuple):
    """One number for all groups of some attributes, or one for a group against all others."""

    name: str
    title: str
    formula: str
    range: str
    direction: Direction
    unit: str
    labelled: bool
    reference: str
    pitfalls: str
    harm: Harm = NOBODY


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

_LABELS = (("tp fn", "people with a positive label"), ("fp tn", "people with a negative label"))
_SELECTED = (("tp fp", "people selected"), ("fn tn", "people not selected"))

COMPOSITES = {
    composite.name: composite
    for composite in (
        Composite("balanced_accuracy", "Balanced accuracy", "(TP / (TP + FN) + TN / (FP + TN)) / 2", "0 to 1", "higher",
                  ((EVERY, DECIDED), *_LABELS), "",
                  "Brodersen et al. (2010), The balanced accuracy and its posterior distribution, ICPR; interval: Zou "
                  "and Donner (2008), Statistics in Medicine 27, from Wilson's intervals of the two rates",
                  "One kind of error may hide behind the other; undefined for a group with labels of one kind."),
        Composite("f1", "F1", "2 TP / (2 TP + FP + FN)", "0 to 1", "higher",
                  (("tp fp fn", "people selected or with a positive label"),), "",
                  "van Rijsbergen (1979), Information retrieval; interval: Wilson's for F* = TP / (TP + FP + FN), as "
                  "F1 = 2 F* / (1 + F*) (Hand, Christen and Kirielle 2021, arXiv:2008.00103)",
                  "Rises with how common the positive label is, so groups of different prevalence cannot be compared "
                  "by it; says nothing about true negatives."),
        Composite("mcc", "Matthews correlation coefficient",
                  "(TP TN - FP FN) / sqrt((TP + FP) (TP + FN) (TN + FP) (TN + FN))", "-1 to 1", "higher",
                  ((EVERY, DECIDED), *_LABELS, *_SELECTED), "",
                  "Matthews (1975), Biochimica et Biophysica Acta 405; interval: Zou and Donner (2008), Statistics in "
                  "Medicine 27, from Wilson's intervals of the true positive, false positive and positive label rate",
                  "Depends on how common the positive label is; undefined, not 0, where labels or decisions are of one "
                  "kind only."),
        Composite("false_negatives_per_false_positive", "False negatives per false positive", "FN / FP",
                  "0 or more", "none", (("fn fp", "people with a wrong decision"),), "no false positives",
                  "Berk et al. (2018), Fairness in criminal justice risk assessments, arXiv:1703.09207; interval: "
                  "Wilson's for FN / (FN + FP), as odds",
                  "Says which of the two errors a group has, not how often it has one.", harm=SELECTED_LESS),
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

INDICES = {
    index.name: index
    for index in (
        Index("between_group_entropy", "Between-group generalized entropy",
              "sum over groups of n_g / (n a (a - 1)) ((m_g / m)^a - 1), m_g the mean over the group of the benefit "
              "decision - label + 1, a the parameter alpha", "0 or more; 0: the same mean benefit in every group",
              "lower", "", True,
              "Speicher et al. (2018), A unified approach to quantifying algorithmic unfairness, arXiv:1807.00787; "
              "interval: resampled cells less their bias, from 0 unless the test says that groups differ",
              "A false positive counts as a benefit and a false negative as a loss, which is wrong where being "
              "selected is none: then name the other class as positive. Inequality within groups is left out. "
              "All groups make it together; those named have the lowest and the highest mean benefit."),
        Index("differential_fairness", "Differential fairness",
              "the largest |ln(P(outcome in one group) / P(outcome in another))| over pairs of groups and "
              "both outcomes",
              "0 or more; 0: equal rates; without end where an outcome does not occur in a group", "lower", "nats",
              False,
              "Foulds et al. (2020), An intersectional definition of fairness, arXiv:1807.08362; interval: "
              "simultaneous score intervals of all pairs' ratios",
              "One small group decides it: read the interval. Rare outcomes give large ratios of small rates.",
              SELECTED_MORE),
        Index("differential_fairness_smoothed", "Differential fairness, smoothed",
              "as differential fairness, with half a person added to each outcome of each group",
              "0 or more; 0: equal rates", "lower", "nats", False,
              "Foulds et al. (2020), An intersectional definition of fairness, arXiv:1807.08362, eq. 7, for a uniform "
              "prior worth one person; interval: as differential fairness, unsmoothed",
              "Smoothing draws small groups together, so their differences are understated.", SELECTED_MORE),
        Index("conditional_demographic_disparity", "Conditional demographic disparity",
              "sum over strata of n_s / n (the group's share of the rejected - its share of the selected)",
              "-1 to 1; above 0: more of the rejected than of the selected, among people alike in the given columns",
              "none", "share", False,
              "Wachter, Mittelstadt and Russell (2021), Why fairness cannot be automated, arXiv:2005.05906; strata as "
              "in Zliobaite, Kamiran and Calders (2011), Handling conditional discrimination, ICDM",
              "Whether a column may explain a difference is a decision of people: a column that is itself unfair "
              "explains unfairness away.", SELECTED_LESS),
    )
}  # fmt: skip

MEASURES: dict[str, Rate | Composite | Criterion | Index] = {**RATES, **COMPOSITES, **CRITERIA, **INDICES}
"""Everything that `measures` may name."""
OF_GROUPS = (*RATES, *COMPOSITES, "conditional_demographic_disparity")
"""What single groups have."""
WHOLE = ("accuracy", "accuracy_equality", "abstention_rate", "abstention_parity")
"""What is about all classes at once, where there are more than two."""

DEFAULT = (
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "positive_predictive_value",
    "demographic_parity",
    "equal_opportunity",
    "equalized_odds",
)
MULTICLASS = ("accuracy", "accuracy_equality")
"""What is measured beside the default where there are more than two classes."""


def measure_of(name: str) -> str:
    """Which of `MEASURES` a measurement is asked for by: `equalized_odds` for `equalized_odds_ratio_large_groups`."""
    plain = name.removesuffix("_large_groups").removesuffix("_to_reference")
    return plain if plain in MEASURES else plain.removesuffix("_difference").removesuffix("_ratio")
