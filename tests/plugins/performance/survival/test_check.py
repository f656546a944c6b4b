"""`performance.survival`: a model that knows the rates, one that does not, and what cannot be said."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.checks import missing_needs
from auditkit.host import Host
from auditkit.plugins.performance.survival.check import SurvivalQuality
from tests.plugins.recorded import one, run
from tests.plugins.survivors import survivors

CHECK = SurvivalQuality(trials=20)


def test_a_model_that_knows_the_rates_is_right_and_a_blind_one_is_chance():
    result = run(CHECK, *survivors(2000))
    assert one(result, "harrell_concordance").value == pytest.approx(0.73, abs=0.03)
    assert one(result, "uno_concordance").interval.low > 0.65
    for horizon in (0.5, 1.0):
        right = one(result, "risk_calibration", conditions={"horizon": horizon})
        assert right.interval.low < 0 < right.interval.high
        assert one(result, "survival_brier_score", conditions={"horizon": horizon}).value < 0.22
    assert all(control.holds for control in result.controls)
    blind = run(CHECK, *survivors(2000, blind=np.ones(2000, dtype=bool)))
    chance = one(blind, "harrell_concordance").interval
    assert chance.low < 0.5 < chance.high
    # a coin that says 1/2 has a Brier score of 1/4: chances that are wrong are worse
    assert one(blind, "survival_brier_score", conditions={"horizon": 1.0}).value > 0.25


def test_chances_that_are_too_low_are_noticed_though_the_order_is_right():
    result = run(CHECK, *survivors(2000, hidden=0.7))
    assert one(result, "risk_calibration", conditions={"horizon": 1.0}).interval.high < -0.1
    assert one(result, "harrell_concordance").value > 0.7


def test_to_leave_out_those_who_were_lost_would_overstate_the_risk():
    model, data = survivors(4000)
    observed = one(run(CHECK, model, data), "observed_risk", conditions={"horizon": 1.0})
    times, events = data.survival.times, data.survival.events
    true = np.mean(1 - np.exp(-np.exp(np.random.default_rng(0).normal(size=4000))))
    assert observed.interval.low <= true <= observed.interval.high
    assert np.mean(times[events] <= 1.0) > observed.interval.high > np.mean((times <= 1.0) & events)


def test_groups_have_numbers_and_small_ones_a_reason():
    site = np.array(["a"] * 480 + ["b"] * 100 + ["c"] * 20)
    result = run(CHECK, *survivors(600, group=site, blind=site == "b"))
    assert one(result, "harrell_concordance", slice={"site": "a"}).value > 0.65
    assert abs(one(result, "harrell_concordance", slice={"site": "b"}).value - 0.5) < 0.12
    small = one(result, "risk_calibration", slice={"site": "c"}, conditions={"horizon": 1.0})
    assert small.value is None and "fewer than 10 people followed beyond this horizon" in small.reason


def test_risks_alone_have_no_brier_score_and_say_so():
    result = run(CHECK, *survivors(chances=False))
    assert one(result, "harrell_concordance").value > 0.6
    assert "no chance of no event" in one(result, "survival_brier_score", conditions={"horizon": 1.0}).reason


def test_weights_and_units_count():
    model, data = survivors(900, unit=np.arange(900) // 3, weights=np.where(np.arange(900) < 450, 3.0, 1.0))
    result = run(CHECK, model, data)
    assert "by units" in one(result, "harrell_concordance").interval.method
    plain = one(run(CHECK, *survivors(900)), "harrell_concordance")
    assert one(result, "harrell_concordance").value != plain.value


def test_every_other_check_is_skipped_with_a_reason():
    model, data = survivors(group=np.repeat(["a", "b"], 300))
    for id, offer in Host(discover=False).checks().items():
        if "survival" in offer.value.needs or getattr(offer.value, "about_data", False):
            assert "survival" not in (missing_needs(offer.value, model, data) or ""), id
        else:
            assert missing_needs(offer.value, model, data), id
