"""What the measurements of this family mean, made from the table of rates and criteria."""

from __future__ import annotations

from auditkit.plugins.fairness.groups.measures import CRITERIA, RATES, Criterion, Rate
from auditkit.results import Definition

SIGNS = {"tp": "TP", "fp": "FP", "fn": "FN", "tn": "TN", "selected": "selected", "decided": "people with a decision"}


def definitions() -> dict[str, Definition]:
    """{measurement: definition} for every rate, and for the difference and the ratio of every criterion."""
    found = {name: _rate(rate) for name, rate in RATES.items()}
    for name, criterion in CRITERIA.items():
        found[f"{name}_difference"] = _difference(criterion)
        found[f"{name}_ratio"] = _ratio(criterion)
    return found


def _sum(outcomes: str) -> str:
    signs = [SIGNS[outcome] for outcome in outcomes.split()]
    return signs[0] if len(signs) == 1 else f"({' + '.join(signs)})"


def _rate(rate: Rate) -> Definition:
    return Definition(
        title=rate.title,
        formula=f"{_sum(rate.numerator)} / {_sum(rate.denominator)}, within the group",
        range="0 to 1",
        direction=rate.direction,
        unit="share",
        reference="Wilson (1927), JASA 22, for the interval",
        pitfalls=rate.pitfalls,
    )


def _difference(criterion: Criterion) -> Definition:
    each = [f"max over groups - min over groups of the {RATES[name].title.lower()}" for name in criterion.rates]
    return Definition(
        title=f"{criterion.title}: difference",
        formula=each[0] if len(each) == 1 else f"the larger of: {'; '.join(each)}",
        range="0 to 1",
        direction="lower",
        unit="share",
        reference=f"{criterion.reference}; interval: Miettinen and Nurminen (1985), Statistics in Medicine 4, "
        "for all pairs of groups at once",
        pitfalls=f"{criterion.pitfalls} The largest of many differences is large by chance in small groups: read the "
        "interval and the adjusted p-value, not the point.",
    )


def _ratio(criterion: Criterion) -> Definition:
    each = [f"min over groups / max over groups of the {RATES[name].title.lower()}" for name in criterion.rates]
    return Definition(
        title=f"{criterion.title}: ratio",
        formula=each[0] if len(each) == 1 else f"the smaller of: {'; '.join(each)}",
        range="0 to 1",
        direction="higher",
        unit="",
        reference=f"{criterion.reference}; interval: Miettinen and Nurminen (1985), Statistics in Medicine 4, "
        "for all pairs of groups at once",
        pitfalls=f"{criterion.pitfalls} With equal true rates of 0.3, two groups of 100 fall below a ratio of 0.8 in "
        "30 % of samples: read the interval.",
    )
