"""`fairness.survival`: planted gaps in order and in calibration are noticed, and none is where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.plugins.fairness.survival.check import SurvivalFairness
from tests.plugins.recorded import one, run
from tests.plugins.survivors import survivors

CHECK = SurvivalFairness()
SITE = np.repeat(["a", "b"], 700)


def test_a_group_that_is_ordered_by_chance_is_noticed():
    model, data = survivors(1400, group=SITE, blind=SITE == "b")
    result = run(CHECK, model, data)
    gap = one(result, "concordance_difference")
    assert gap.interval.low > 0.1 and gap.across == ("site",) and gap.pairs[0].low.slice == {"site": "b"}
    assert gap.value == pytest.approx(gap.pairs[0].high.value - gap.pairs[0].low.value)
    assert all(control.holds for control in result.controls)


def test_a_group_whose_risk_is_understated_is_noticed():
    result = run(CHECK, *survivors(1400, group=SITE, hidden=0.8 * (SITE == "b")))
    gap = one(result, "risk_calibration_difference", conditions={"horizon": 1.0})
    assert gap.interval.low > 0.05 and gap.pairs[0].low.slice == {"site": "b"}
    assert one(result, "concordance_difference").interval.low == 0


def test_alike_groups_have_no_certain_gap():
    flagged = 0
    for seed in range(10):
        result = run(CHECK, *survivors(1400, seed, group=SITE))
        flagged += any(gap.interval.low > 0 for gap in result.measurements)
    assert flagged <= 2


def test_a_group_without_events_enough_is_left_out():
    site = np.array(["a"] * 400 + ["b"] * 180 + ["c"] * 20)
    gap = one(run(CHECK, *survivors(600, group=site)), "risk_calibration_difference", conditions={"horizon": 1.0})
    assert gap.bound == "at least" and {"site": "c"} in [left.slice for left in gap.left_out]
    few = np.array(["a"] * 590 + ["b"] * 10)
    alone = one(run(CHECK, *survivors(600, group=few)), "concordance_difference")
    assert alone.value is None and "two groups" in alone.reason
