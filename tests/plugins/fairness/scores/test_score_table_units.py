"""`fairness.scores` of rows in units."""

import numpy as np
import pytest

import auditkit
from auditkit import AuditData, stats
from auditkit.plugins.fairness.scores import auc_gaps, calibration, resampling, score_table
from auditkit.plugins.fairness.scores.check import ScoreFairness
from tests.plugins.recorded import one, run

FAST = ScoreFairness(permutations=199, trials=20, intersections=1)


def visits(rng, patients=200, most=6, gap=0.0):
    """Scores between 0 and 1 that are right on average, of visits of patients who are nearly alike at each."""
    patient = np.repeat(np.arange(patients), rng.integers(1, most + 1, patients))
    risk = rng.beta(2, 2, patients)
    scores = np.clip(risk[patient] + rng.normal(0, 0.02, len(patient)), 0.01, 0.99)
    sick = (rng.random(patients) < risk)[patient]
    sex = rng.permutation(np.arange(patients) % 2)[patient]
    return np.where(sex == 1, np.clip(scores + gap, 0, 1), scores), sick, sex, patient


def tables(scores, sick, codes, unit=None):
    return score_table.score_tables(score_table.sort(scores, sick, None, unit), codes, 2)


@pytest.mark.parametrize("copies", [2, 5])
def test_copies_of_rows_give_the_intervals_of_their_units(copies):
    scores, sick, sex, _ = visits(np.random.default_rng(copies), most=1)
    unit = np.repeat(np.arange(200), copies)
    alone, by_unit = tables(scores, sick, sex), tables(scores[unit], sick[unit], sex[unit], unit)
    by_row = tables(scores[unit], sick[unit], sex[unit])
    for single, several, rows in zip(alone, by_unit, by_row, strict=True):
        assert several.size == single.size and several.sizes.tolist() == single.sizes.tolist()
        assert score_table.area(several).error == pytest.approx(score_table.area(single).error)
        assert score_table.area(several).error / score_table.area(rows).error == pytest.approx(
            np.sqrt(copies), rel=0.02
        )
        ends = [calibration.large_interval(table) for table in (single, several)]
        assert (ends[0].low, ends[0].high) == pytest.approx((ends[1].low, ends[1].high))
    scales = [resampling.common_scale(parts) for parts in (alone, by_unit)]
    assert np.allclose(scales[0].positive.sum(axis=1), scales[1].positive.sum(axis=1))


def test_the_area_has_the_error_and_interval_of_obuchowski():
    scores, sick, sex, patient = visits(np.random.default_rng(1))
    table = tables(scores, sick, sex, patient)[0]
    inside = sex == 0
    expected = stats.auc(scores[inside], sick[inside], clusters=patient[inside]).interval
    measured = score_table.area(table).interval()
    assert (measured.low, measured.high) == pytest.approx((expected.low, expected.high))
    assert measured.method == expected.method


def test_equal_groups_of_units_are_called_different_as_seldom_as_promised():
    alarms = np.zeros((2, 3))
    for seed in range(80):
        rng = np.random.default_rng(seed)
        scores, sick, sex, patient = visits(rng, 100)
        for way, unit in enumerate((patient, None)):
            parts = tables(scores, sick, sex, unit)
            scale = resampling.common_scale(parts)
            p = auc_gaps.p_values(auc_gaps.observed(scale), auc_gaps.shuffled(scale, 199, rng))
            gap = calibration.gap(parts, stats.pairs_of(2))
            alarms[way] += [p[0] <= 0.05, p[1] <= 0.05, gap.interval.low > 0]
    assert (alarms[0] <= 0.12 * 80).all()
    assert (alarms[1] >= alarms[0] + 0.08 * 80).all()


def test_a_shift_of_scores_is_found_in_an_audit_by_units():
    scores, sick, sex, patient = visits(np.random.default_rng(5), 400, gap=0.2)
    data = AuditData(
        inputs=np.zeros((len(sick), 1)), labels=sick.astype(int), groups={"sex": np.where(sex == 1, "m", "f")},
        positive=1, unit=patient, recorded=((scores > 0.5).astype(int), scores),
    )  # fmt: skip
    result = run(FAST, auditkit.wrap(data), data)
    shifted = one(result, "calibration_in_the_large_difference")
    assert shifted.test.p_adjusted < 0.05 and shifted.interval.low > 0
    assert any("errors by units" in note for note in result.notes)
    audited = auditkit.audit(None, data, checks=["fairness.scores"], budget="quick").results[0]
    assert one(audited, "auc_difference").validity == one(audited, "abroca").validity == "valid"
    few = data.take(patient < 25)
    quick = auditkit.audit(None, few, checks=["fairness.scores"], budget="quick").results[0]
    assert "fewer than 30 units" in one(quick, "auc").reason
