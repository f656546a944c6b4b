"""`fairness.case_scores` and slices of scores: planted gaps are noticed, noise is none, directions are respected."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit
from auditkit import stats
from auditkit.plugins.fairness.case_scores.check import CaseScoresFairness
from auditkit.plugins.fairness.case_scores.gaps import steadied
from auditkit.plugins.fairness.shared import moments
from auditkit.plugins.fairness.slices.check import Slices
from auditkit.run.disparities import name_worse_off
from tests.plugins.recorded import one, run
from tests.plugins.scored import scored

CHECK = CaseScoresFairness(permutations=499, trials=40, intersections=1)
SITE = np.repeat(["a", "b", "c"], 100)


def case_scores(shift=0.0, seed=0, **more):
    rng = np.random.default_rng(seed)
    dice = np.clip(rng.beta(9, 2, 300) - shift * (SITE == "b"), 0, 1)
    return scored(
        {"dice": dice, "seconds": rng.exponential(2, 300) + 3 * shift * (SITE == "c")}, {"site": SITE}, **more
    )


def test_a_planted_gap_is_noticed_and_names_who_is_worse_off():
    model, data = case_scores(0.15)
    result = name_worse_off(run(CHECK, model, data), data)
    gap = one(result, "mean_score_difference", conditions={"score": "dice"})
    means = [data.scored[""][site == SITE, 0].mean() for site in "abc"]
    assert gap.value == pytest.approx(max(means) - min(means)) and gap.interval.low > 0
    assert gap.test.p_adjusted < 0.05 and gap.across == ("site",)
    assert gap.pairs[0].low.slice == {"site": "b"} and gap.pairs[0].worse_off == "low"
    seconds = one(result, "mean_score_difference", conditions={"score": "seconds"})
    assert seconds.unit == "seconds" and seconds.pairs[0].worse_off == "high"
    ratio = one(result, "mean_score_ratio", conditions={"score": "dice"})
    assert ratio.value == pytest.approx(min(means) / max(means)) and ratio.pairs[0].worse_off == "low"
    assert all(control.holds for control in result.controls)


def test_noise_is_no_gap():
    flagged = 0
    for seed in range(8):
        result = run(CHECK, *case_scores(seed=seed))
        gaps = [one for one in result.measurements if one.name == "mean_score_difference"]
        flagged += any(gap.test.p_adjusted <= 0.05 for gap in gaps)
        assert all(gap.interval.low == 0 for gap in gaps if gap.test.p_adjusted > 0.5)
    assert flagged <= 2


def test_the_controls_notice_a_test_that_calls_everything_different(monkeypatch):
    right = stats.permutation_p
    monkeypatch.setattr("auditkit.stats.permutation_p", lambda observed, law: right(observed * 3, law))
    result = run(CHECK, *case_scores(0.15))
    shuffled = [control for control in result.controls if control.name.startswith("shuffled groups")]
    assert shuffled and all(control.holds is False for control in shuffled)
    assert one(result, "mean_score_difference", conditions={"score": "dice"}).validity == "inconclusive"


def test_a_group_without_a_failure_is_not_certain():
    perfect = np.where(SITE == "a", 1.0, np.where(np.arange(300) % 20 == 0, 0.0, 1.0))
    gap = one(run(CHECK, *scored({"dice": perfect}, {"site": SITE})), "mean_score_difference")
    assert gap.value == pytest.approx(0.05) and gap.interval.low == 0
    _, data = scored({"dice": perfect}, {"site": SITE})
    codes = (SITE != "a").astype(int)
    raw = moments.means(codes, perfect, None, 2)
    steady = steadied(raw, data.case_scores["dice"])
    assert raw.errors[0] == 0 < steady.errors[0] and (steady.errors >= raw.errors).all()
    assert steady.values.tolist() == raw.values.tolist()


def test_cases_without_a_score_are_left_out_and_the_gap_is_undecided():
    model, data = case_scores(0.15)
    values = data.scored[""].copy()
    values[np.flatnonzero(SITE == "c")[5:], 0] = np.nan  # 5 of 100 are left: fewer than a rate needs
    model, data = scored({"dice": values[:, 0]}, {"site": SITE})
    gap = one(run(CHECK, model, data), "mean_score_difference")
    assert gap.validity == "inconclusive" and gap.n == 200
    assert [out.slice for out in gap.left_out] == [{"site": "c"}]


def test_a_score_that_can_be_below_0_has_no_ratio():
    meaning = {"reward": {"better": "higher"}}
    values = np.random.default_rng(0).normal(size=300)
    names = {one.name for one in run(CHECK, *scored({"reward": values}, {"site": SITE}, meaning)).measurements}
    assert "mean_score_difference" in names and "mean_score_ratio" not in names


def test_a_slice_that_falls_short_is_noticed_and_noise_is_not():
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"scanner": rng.choice(["x", "y", "z"], 1200), "age": rng.integers(20, 80, 1200)})
    noise = rng.beta(9, 2, 1200)
    short = np.clip(noise - 0.3 * ((table["scanner"] == "y") & (table["age"] > 60)), 0, 1)
    check = Slices(trials=10, depth=2)
    planted = run(check, *scored({"dice": short}, inputs=table))
    assert one(planted, "confirmed_slices").value >= 1
    gap = next(one for one in planted.measurements if one.name == "slice_gap")
    assert gap.slice["scanner"] == "y" and gap.interval.low > 0.1
    inside = next(one for one in planted.measurements if one.name == "slice_shortfall" and one.slice == gap.slice)
    assert inside.value == pytest.approx(1 - 0.52, abs=0.1)
    assert one(run(check, *scored({"dice": noise}, inputs=table)), "confirmed_slices").value == 0


def test_slices_of_times_fall_short_where_they_are_long():
    rng = np.random.default_rng(2)
    table = pd.DataFrame({"kind": rng.choice(["p", "q"], 800)})
    seconds = rng.exponential(1, 800) + 4 * (table["kind"] == "q")
    result = run(
        Slices(trials=5, score="seconds"), *scored({"dice": rng.random(800), "seconds": seconds}, inputs=table)
    )
    assert next(one.slice for one in result.measurements if one.name == "slice_gap") == {"kind": "q"}
    model, data = scored({"seconds": seconds}, inputs=table)
    assert "did you mean 'seconds'" in Slices(score="secnds").applies(model, data)
    assert "for another task" in Slices(of="selection").applies(model, data)


def test_a_gap_of_few_cases_is_found_as_seldom_as_is_said():
    model, data = case_scores()
    gap = one(run(CHECK, model, data), "mean_score_difference", conditions={"score": "dice"})
    assert 0 < gap.detectable < 0.2


def test_limits_are_judged_by_score_and_a_misspelt_one_is_refused():
    _, data = case_scores(0.15)
    limit = {
        "measurement": "fairness.case_scores.mean_score_difference",
        "at_most": 0.02,
        "conditions": {"score": "dice"},
    }
    options = {"checks": ["fairness.case_scores"], "budget": "quick"}
    assert auditkit.audit(None, data, limits=[limit], **options).exit_code == 1
    assert auditkit.audit(None, data, limits=[{**limit, "at_most": 0.5}], **options).exit_code == 0
    with pytest.raises(auditkit.AuditkitError, match="dise"):
        auditkit.audit(None, data, limits=[{**limit, "conditions": {"score": "dise"}}], **options)


def test_cases_of_one_unit_count_once():
    rng = np.random.default_rng(3)
    units = np.repeat(np.arange(30), 10)
    dice = np.clip(rng.beta(9, 2, 30)[units] + rng.normal(0, 0.01, 300), 0, 1)
    by_rows = one(run(CHECK, *scored({"dice": dice}, {"site": SITE})), "mean_score_difference")
    result = run(CHECK, *scored({"dice": dice}, {"site": SITE}, unit=units))
    by_units = one(result, "mean_score_difference")
    assert by_units.value == by_rows.value and "by units" in by_units.test.method
    assert by_units.interval.high - by_units.interval.low > 2 * (by_rows.interval.high - by_rows.interval.low)
    assert by_units.test.p > by_rows.test.p and "by units" in by_units.interval.method
