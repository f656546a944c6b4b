"""A thousand groups end, measured by what is linear in them; a few groups have the numbers that they always had."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from auditkit import stats
from auditkit.judge.decision import judge_measurement
from auditkit.plugins.fairness.scores import auc_gaps, leading_pairs, resampling, sweep
from auditkit.plugins.fairness.scores.check import ScoreFairness
from auditkit.results import Limit
from tests.plugins.fairness.scores.test_auc_gaps_curves import table_of
from tests.plugins.recorded import control, one, recorded, run


def people(groups, rows, seed=12):
    """Calibrated scores; those of the second group say nothing."""
    rng = np.random.default_rng(seed)
    names = np.array([f"g{number:04}" for number in range(groups)])[rng.integers(0, groups, rows)]
    scores = np.round(expit(1.2 * rng.standard_normal(rows)), 3)
    labels = (rng.random(rows) < scores).astype(int)
    return np.where(names == "g0001", rng.permutation(scores), scores), labels, names


def measured(groups, rows, **parameters):
    scores, labels, names = people(groups, rows)
    result = run(ScoreFairness(**parameters), *recorded(None, labels, {"g": names}, scores=scores))
    return result, scores, labels, names


def test_numbers_of_a_few_groups_stay_as_they_were_drawn():
    """Taken from the version before many groups had a way of their own: the same draws, in the same order."""
    result, *_ = measured(6, 1500, permutations=199, trials=20)
    expected = {
        "auc_difference": (0.3165309946021986, 0.17602474237659305, 0.4462638168072884, 0.0024937655860349127),
        "abroca": (0.3165309946021995, 0.17532390967878878, 0.4618726130418212, 0.0024937655860349127),
        "abroca_by_chance": (0.08583623286559469, 0.0, 0.12754307643499666, None),
        "calibration_in_the_large_difference": (0.08139285465075702, 0.0, 0.20580173014214567, 0.286783042394015),
        "demographic_parity_worst_nearby": (0.08744069912609242, 0.0, 0.29869733800310694, None),
        "equalized_odds_worst_nearby": (0.3277999430037048, 0.005559907155909871, 0.6500399788514997, None),
    }
    for name, (*numbers, p) in expected.items():
        measurement = one(result, name)
        numbers_now = [measurement.value, measurement.interval.low, measurement.interval.high]
        # the last digits of sums differ between processors
        assert numbers_now == pytest.approx(numbers, rel=1e-12)
        assert (measurement.test and measurement.test.p) == p


@pytest.mark.parametrize("members", [4, 2000])
def test_many_groups_keep_their_sizes_and_levels(members):
    counts = np.random.default_rng(1).multinomial(members, [0.5, 0.2, 0.3], size=stats.PAIRWISE + 1).astype(float)
    drawn = resampling.shuffled(counts, 2, np.random.default_rng(2))
    assert drawn.shape == (2, *counts.shape) and (drawn[0] != drawn[1]).any()
    assert (drawn.sum(axis=1) == counts.sum(axis=0)).all() and (drawn.sum(axis=2) == counts.sum(axis=1)).all()


@pytest.mark.parametrize("seed", range(12))
def test_leading_pairs_give_what_every_pair_gives(seed, monkeypatch):
    """Groups of equal and of very unequal size, at one threshold and at many, all of them and some."""
    rng = np.random.default_rng(seed)
    sizes = rng.choice([[40] * 9, [10, 12, 400, 500, 30, 3000, 11, 90, 10]])
    groups = [table_of(np.round(rng.beta(2, 1 + rng.random(), size), 2), rng.random(size) < 0.5) for size in sizes]
    parts = [sweep.Part(label, groups) for label in ((1,), (0,))]
    pairs = [stats.pairs_of(9, None if seed % 3 else [0, 2, 5, 8])] * 2
    thresholds = sweep.candidates(parts, 0.4, 0.4 if seed % 4 == 0 else 0.7, 0.4)
    radius = sweep.radius_of(parts, pairs)
    every = sweep.worst(sweep.peaks(parts, thresholds, pairs), radius)
    monkeypatch.setattr(leading_pairs, "FEW", 0)
    some = leading_pairs.leading(parts, thresholds, pairs, radius)
    few = sweep.worst(sweep.peaks(parts, thresholds, some), radius)
    assert (few.value, few.least, few.interval) == (every.value, every.least, every.interval)


def test_whether_many_groups_differ_for_certain_is_told_as_for_decisions():
    rng = np.random.default_rng(3)
    groups = [table_of(rng.random(80), rng.random(80) < 0.5) for _ in range(stats.PAIRWISE)]
    groups.append(table_of(np.full(80, 0.55), rng.random(80) < 0.5))
    part, thresholds = sweep.Part((), groups), np.array([0.05, 0.5, 0.6, 0.999])
    certain = [stats.widest([part.at(threshold)[0]]).interval.low > 0 for threshold in thresholds.tolist()]
    assert any(certain) and not all(certain)
    for few in (thresholds, thresholds[certain], thresholds[[not sure for sure in certain]]):
        assert sweep.changes([part], few) == (len(few) == len(thresholds))


def test_a_thousand_groups_are_measured():
    result, scores, labels, names = measured(1000, 25_000, permutations=99, trials=20)
    difference = one(result, "auc_difference")
    areas = [one(result, "auc", {"g": name}) for name in np.unique(names)]
    values = [area.value for area in areas if area.value is not None]
    assert len(values) > stats.PAIRWISE and difference.value == pytest.approx(np.ptp(values))
    in_one = names == next(area.slice["g"] for area in areas if area.value is not None)
    assert values[0] == pytest.approx(roc_auc_score(labels[in_one], scores[in_one]))
    assert difference.test.p >= 1 / 121 and difference.interval.low == 0 < difference.interval.high
    for name in ("abroca", "abroca_by_chance"):
        measurement = one(result, name)
        assert (measurement.value, measurement.interval, measurement.validity) == (None, None, "inconclusive")
        assert measurement.reason == "with more than 100 groups there are too many pairs of curves to compare"
        limit = Limit(name="l", measurement=f"fairness.scores.{name}", at_most=1.0)
        assert judge_measurement(limit, measurement)[0] == "inconclusive"
    errors = [number for number in result.measurements if number.name == "calibration_error" and number.slice]
    assert len(errors) > 900 and all(number.test is None and number.interval for number in errors if number.value)
    assert any("more than 100 groups of g" in note for note in result.notes)
    assert one(result, "calibration_error").test is not None
    assert control(result, "pair count").holds and control(result, "order only").holds
    assert one(result, "equalized_odds_worst_nearby").interval.high > 0


def test_one_bad_group_among_many_is_found():
    """A group of 2,000 whose scores say nothing, among 120 of 80 people."""
    rng = np.random.default_rng(4)
    names = np.array([f"g{number % 120:03}" for number in range(9600)] + ["bad"] * 2000)
    scores = np.round(expit(2 * rng.standard_normal(11_600)), 3)
    labels = (rng.random(11_600) < scores).astype(int)
    scores[9600:] = rng.permutation(scores[9600:])
    result = run(
        ScoreFairness(permutations=199, trials=20),
        *recorded(None, labels, {"g": names, "h": names == "bad"}, scores=scores),
    )
    first = one(result, "auc_difference", across=("g",))
    assert first.test.p_adjusted <= 0.05 and first.interval.low > 0
    # two groups of another attribute are compared by their curves as ever
    assert one(result, "abroca", across=("h",)).interval.low > 0
    assert one(result, "abroca", across=("g",)).value is None


def test_curves_of_the_large_ones_among_many_groups_are_compared():
    rng = np.random.default_rng(5)
    names = np.array([f"g{number % 110:03}" for number in range(6600)] + ["p"] * 900 + ["q"] * 900)
    scores = np.round(expit(2 * rng.standard_normal(8400)), 3)
    labels = (rng.random(8400) < scores).astype(int)
    result = run(ScoreFairness(permutations=99, trials=20), *recorded(None, labels, {"g": names}, scores=scores))
    large = one(result, "abroca_large_groups")
    assert one(result, "abroca").value is None
    of_two = [table_of(scores[names == name], labels[names == name] == 1) for name in "pq"]
    assert large.value == pytest.approx(float(auc_gaps.pair_gaps(of_two)[0]))
    assert {end.slice["g"] for end in (large.pairs[0].low, large.pairs[0].high)} == {"p", "q"}
