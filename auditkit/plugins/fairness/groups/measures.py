"""What `fairness.groups` can measure: the catalogue of rates, composites and criteria, and its own indices."""

from typing import NamedTuple

from auditkit.metrics.catalogue import CRITERIA, RATES, Criterion, Direction, Rate
from auditkit.metrics.composites import COMPOSITES, Composite
from auditkit.results import NOBODY, SELECTED_LESS, SELECTED_MORE, Harm


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
              "0 or more; 0: equal rates; infinite where an outcome does not occur in a group", "lower", "nats",
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
