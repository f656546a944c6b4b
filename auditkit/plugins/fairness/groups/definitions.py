"""What this check measures, and what the numbers mean: rates, composites and criteria, and its own indices."""

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from auditkit.metrics.catalogue import CRITERIA, RATES, WILSON, Criterion, Direction, Rate
from auditkit.metrics.composites import COMPOSITES, Composite
from auditkit.results import NOBODY, SELECTED_LESS, SELECTED_MORE, Definition, Harm
from auditkit.variants import defined


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


SIGNS = {
    "tp": "TP", "fp": "FP", "fn": "FN", "tn": "TN", "selected": "selected", "rejected": "not selected",
    "decided": "people with a decision", "abstained": "people without a decision", "everyone": "people",
    "positives": "positive labels", "labelled": "people with a known label",
}  # fmt: skip
MADE_OF = {
    "decided": "selected rejected", "everyone": "people", "labelled": "positives negatives",
    "differential_fairness": "selected rejected", "differential_fairness_smoothed": "selected rejected",
    "between_group_entropy": "tp fp fn tn",
}  # fmt: skip
PAIRS = "Miettinen and Nurminen (1985), Statistics in Medicine 4, for all pairs of groups at once"
ODDS = "Wilson's intervals of all groups at once, as odds"
BY_CHANCE = {
    "difference": "The largest of many differences is large by chance in small groups: read the interval and the "
    "adjusted p-value, not the point.",
    "ratio": "With equal true rates of 0.3, two groups of 100 fall below a ratio of 0.8 in 30 % of samples: read the "
    "interval.",
}
"""What chance alone makes of the extremes over groups."""
PAIRED = (
    "accuracy", "selection_rate", "true_positive_rate", "false_positive_rate", "positive_predictive_value",
    "demographic_parity_difference", "demographic_parity_ratio",
)  # fmt: skip
"""The numbers whose change between two models is measured on the rows of both; see `Definition.same_as`."""
BURDEN = "burden_ratio"
BURDEN_RATIO = Definition(
    title="Burden ratio",
    formula="lowest selection rate of any group of the same attributes / selection rate of the group, where being "
    "selected is a burden",
    range="0 to 1; 1 for the group with the lowest rate",
    direction="higher",
    reference="the impact ratio of 29 CFR 1607.4(D) turned round; interval: Miettinen and Nurminen (1985), Statistics "
    "in Medicine 4, for all pairs of groups at once",
    pitfalls="Measured only where [data] outcome says that being selected is a burden. The group with the lowest rate "
    "is chosen by looking, and in small groups the ratio is low by chance: read the interval, whose end may lie above "
    "1, for another group may truly have the lowest rate. People without a decision are left out.",
    harm=Harm(benefit="nobody", burden="low"),
    more_groups="shrinks",
    only_groups=True,
    made_of="selected rejected others",
)


def measure_of(name: str) -> str:
    """Which of `MEASURES` a measurement is asked for by: `equalized_odds` for `equalized_odds_ratio_large_groups`."""
    plain = name.removesuffix("_large_groups").removesuffix("_to_reference")
    return plain if plain in MEASURES else plain.removesuffix("_difference").removesuffix("_ratio")


def _definitions() -> dict[str, Definition]:
    """{measurement: definition} for every number about a group, and for what compares groups."""
    definitions = {name: _rate(rate) for name, rate in RATES.items()}
    definitions.update({name: _composite(composite) for name, composite in COMPOSITES.items()})
    for name, criterion in CRITERIA.items():
        definitions[f"{name}_difference"] = _over_groups(criterion, "difference")
        definitions[f"{name}_ratio"] = _over_groups(criterion, "ratio")
    definitions.update({name: _index(index) for name, index in INDICES.items()})
    paired = {name: definitions[name].model_copy(update={"same_as": name}) for name in PAIRED}
    # A group is held against all others, so there is no such number about everyone.
    lone = definitions["conditional_demographic_disparity"].model_copy(update={"only_groups": True})
    return {
        **defined(definitions), **paired, "conditional_demographic_disparity": lone,
        **defined({BURDEN: BURDEN_RATIO}, [BURDEN]),
    }  # fmt: skip


def _sum(outcomes: str) -> str:
    signs = [SIGNS[outcome] for outcome in outcomes.split()]
    return signs[0] if len(signs) == 1 else f"({' + '.join(signs)})"


def _made_of(rates: Iterable[Rate]) -> str:
    """The counts behind some rates, in the words of `Definition.made_of`."""
    words = [word for rate in rates for word in f"{rate.numerator} {rate.denominator}".split()]
    return " ".join(dict.fromkeys(" ".join(MADE_OF.get(word, word) for word in words).split()))


def _left_out(rate: Rate) -> str:
    """Who is in no denominator."""
    if rate.denominator in ("everyone", "labelled"):
        return ""
    return " People without a decision are left out" + (", as are unknown labels." if rate.labelled else ".")


def _rate(rate: Rate) -> Definition:
    return Definition(
        title=rate.title,
        formula=f"{_sum(rate.numerator)} / {_sum(rate.denominator)}, within the group",
        range="0 to 1",
        direction=rate.direction,
        unit="share",
        reference=WILSON,
        pitfalls=rate.pitfalls + _left_out(rate),
        harm=rate.harm,
        made_of="outcomes" if rate.name == "accuracy" else _made_of([rate]),
    )


def _composite(composite: Composite) -> Definition:
    return Definition(
        title=composite.title,
        formula=f"{composite.formula}, within the group",
        range=composite.range,
        direction=composite.direction,
        unit="",
        reference=composite.reference,
        pitfalls=f"{composite.pitfalls} People without a decision are left out, as are unknown labels.",
        harm=composite.harm,
        made_of=" ".join(dict.fromkeys(" ".join(words for words, _ in composite.of).split())),
    )


def _index(index: Index) -> Definition:
    return Definition(
        title=index.title,
        formula=index.formula,
        range=index.range,
        direction=index.direction,
        unit=index.unit,
        reference=index.reference,
        pitfalls=f"{index.pitfalls} People without a decision are left out.",
        harm=index.harm,
        more_groups="grows" if index.name.startswith("differential_fairness") else "neither",
        made_of=MADE_OF.get(index.name, ""),
    )


def _over_groups(criterion: Criterion, kind: Literal["difference", "ratio"]) -> Definition:
    """What the widest difference, or the smallest ratio, of a criterion over groups means."""
    is_ratio = kind == "ratio"
    sign, extreme = ("min over groups / max over groups", "smaller") if is_ratio else (
        "max over groups - min over groups", "larger",
    )  # fmt: skip
    formulas = [f"{sign} of the {_compared(criterion, name)}" for name in criterion.rates]
    return Definition(
        title=f"{criterion.title}: {kind}",
        formula=formulas[0] if len(formulas) == 1 else f"the {extreme} of: {'; '.join(formulas)}",
        range="0 or more" if criterion.odds and not is_ratio else "0 to 1",
        direction="higher" if is_ratio else "lower",
        unit="" if criterion.odds or is_ratio else "share",
        reference=f"{criterion.reference}; interval: {ODDS if criterion.odds else PAIRS}",
        pitfalls=f"{criterion.pitfalls} {BY_CHANCE[kind]}",
        harm=criterion.harm,
        more_groups="shrinks" if is_ratio else "grows",
        made_of="outcomes" if criterion.rates == ("accuracy",) else _made_of(RATES[name] for name in criterion.rates),
    )


def _compared(criterion: Criterion, name: str) -> str:
    title = RATES[name].title.lower()
    return f"odds of the {title}, which are FN / FP" if criterion.odds else title


DEFINITIONS: Final = _definitions()
"""{measurement: definition}."""
