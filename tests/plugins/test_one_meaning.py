"""One measurement name means one value, one interval, one method and one source, whichever check says it."""

import re

import numpy as np
import pytest

from auditkit.host import Host
from auditkit.plugins.fairness.groups.check import GroupFairness
from auditkit.plugins.fairness.impact.adverse_check import AdverseImpact
from auditkit.plugins.fairness.regression.check import RegressionFairness
from auditkit.plugins.fairness.scores.check import ScoreFairness
from auditkit.plugins.performance.check import Quality
from tests.plugins.recorded import recorded, run

OTHER_NUMBERS = {
    "robustness.corruptions": {"accuracy"},  # under a corruption, which stands in its conditions
    "privacy.membership": {"auc", "true_positive_rate"},  # of the attack, not of the model
    "fairness.individual": {"flip_away", "flip_rate", "flip_toward"},  # the group changes; elsewhere any feature
    "data.integrity": {"group_share"},  # of the rows; elsewhere of the influence
    "explanations.text": {"monte_carlo_error"},  # of one text, the median of them
    "explanations.gradients": {"monte_carlo_error"},  # of points and baselines that are drawn
    "robustness.library": {"robust_accuracy", "median_distance"},  # of other attacks
    "fairness.scores": {"calibration_error"},  # its bins are those of the groups, its interval is resampled
    "fairness.regression": {"root_mean_squared_error"},  # its interval is made for ratios of groups
}
"""{check: numbers that another check calls by the same name and measures otherwise}."""
FAST = {"permutations": 99, "trials": 20}


def sources(reference):
    """Who is cited for statistics, with the year."""
    reference = reference.replace("Uniform Guidelines on Employee Selection Procedures (1978)", "")  # a law
    return set(re.findall(r"(\w+)(?: et al\.)?,? \(?((?:18|19|20)\d\d)\b(?!\.)", reference))


def test_two_checks_that_name_a_number_name_the_same_sources():
    by_name = {}
    for check, offer in Host(discover=False).checks().items():
        for name, definition in offer.value.definitions.items():
            if name not in OTHER_NUMBERS.get(check, ()):
                by_name.setdefault(name, {})[check] = definition
    shared = {name: definitions for name, definitions in by_name.items() if len(definitions) > 1}
    assert {"accuracy", "balanced_accuracy", "auc", "selection_rate", "impact_ratio"} <= set(shared)
    for name, by_check in shared.items():
        statistics = [sources(defined.reference) for defined in by_check.values()]
        assert all(statistic == statistics[0] for statistic in statistics), f"{name}: {statistics}"


def results(kind):
    rng = np.random.default_rng(3)
    scores, groups = rng.random(400), {"g": rng.choice(["a", "b", "c"], 400)}
    labels = (rng.random(400) < 0.2 + 0.6 * scores).astype(int)
    if kind == "numbers":
        model = recorded(scores * 3 + rng.normal(size=400), scores, groups, task="regression", positive=None)
        return [run(check, *model) for check in (Quality(), RegressionFairness(permutations=199))]
    weights = rng.integers(1, 5, 400) * 0.37 if kind == "weights" else None
    if kind == "classes":
        kinds = {"task": "multiclass", "positive": None}
        model = recorded(rng.integers(0, 3, 400), labels + rng.integers(0, 2, 400), groups, **kinds)
        return [run(Quality(resamples=100), *model), run(GroupFairness(measures=("accuracy",), **FAST), *model)]
    model = recorded(None, labels, groups, scores=scores, weights=weights)
    measures = ("accuracy", "balanced_accuracy", "selection_rate", "true_positive_rate")
    by_check = [run(check, *model) for check in (Quality(), GroupFairness(measures=measures, **FAST), ScoreFairness())]
    return by_check if weights is not None else [*by_check, run(AdverseImpact(), *model)]  # which counts people by law


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("scores", {"accuracy", "balanced_accuracy", "auc", "selection_rate"}),
        ("weights", {"accuracy", "balanced_accuracy", "auc"}),
        ("classes", {"accuracy"}),
        ("numbers", {"mean_absolute_error"}),
    ],
)
def test_two_checks_that_name_a_number_measure_the_same(kind, names):
    by_key = {}
    for result in results(kind):
        for measurement in result.measurements:
            if measurement.name not in OTHER_NUMBERS.get(result.check, ()) and not measurement.conditions:
                by_key.setdefault((measurement.name, *measurement.slice.items(), *measurement.across), []).append(
                    measurement
                )
    shared = {key: measurements for key, measurements in by_key.items() if len(measurements) > 1}
    assert {name for name, *_ in shared} == names and len(shared) == 4 * len(names) - (1 if kind == "scores" else 0)
    for first, *others in shared.values():
        for other in others:
            assert (first.n, first.interval.method) == (other.n, other.interval.method), first.name
            ends = (first.value, first.interval.low, first.interval.high)
            assert (other.value, other.interval.low, other.interval.high) == pytest.approx(ends, abs=1e-12), first.name
