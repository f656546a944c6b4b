"""examples/loan: its bounds are counted by hand, hold what was drawn, and keep two wrong verdicts from being given."""

from __future__ import annotations

import runpy

import numpy as np
import pandas as pd
import pytest

from auditkit import stats
from tests.examples import audited

PRECISION, RATE = "precision_bounds", "true_positive_rate_bounds"
GAP = "selection_rate_difference_by_probability"


def test_the_bounds_are_those_counted_by_hand_and_hold_what_was_drawn(tmp_path):
    run = audited("loan", tmp_path)
    assert run.code == 3
    everybody = runpy.run_path(str(tmp_path / "train.py"))["applicants"]()
    table = pd.read_csv(tmp_path / "work" / "applicants.csv")
    granted, paid = table["granted"] == 1, table["paid_back"]
    measured = {
        measurement["name"]: measurement
        for result in run.results["results"]
        for measurement in result["measurements"]
        if not measurement["slice"]
    }
    # the value is about known labels; the ends take the unknown ones as bad and as good as can be
    good, unknown = int((paid == 1).sum()), paid.isna()
    both = int((granted & (paid == 1)).sum())
    lowest, highest = (
        stats.wilson(both, good + int((unknown & ~granted).sum())),
        stats.wilson(both + int((unknown & granted).sum()), good + int((unknown & granted).sum())),
    )
    assert measured[RATE]["value"] == pytest.approx(both / good, abs=1e-12)
    assert measured[RATE]["interval"]["low"] == pytest.approx(lowest.low, abs=1e-12)
    assert measured[RATE]["interval"]["high"] == pytest.approx(highest.high, abs=1e-12)
    migrant, good_payer = everybody["migrant"].to_numpy(), everybody["would_pay"].to_numpy()
    truths = {
        PRECISION: good_payer[granted].mean(), RATE: granted[good_payer].mean(),
        GAP: granted[~migrant].mean() - granted[migrant].mean(),
    }  # fmt: skip
    for name, truth in truths.items():
        assert measured[name]["interval"]["low"] <= truth <= measured[name]["interval"]["high"]
    weighted = np.average(granted, weights=table["p_native"]) - np.average(granted, weights=table["p_migrant"])
    assert measured[GAP]["value"] == pytest.approx(weighted, abs=1e-9)
    # both limits are broken, and the numbers that are easily had would pass them
    assert truths[RATE] < 0.85 < measured[RATE]["value"] and measured[GAP]["value"] < 0.18 < truths[GAP]
    verdicts = {verdict["limit"]["name"]: verdict["status"] for verdict in run.results["verdicts"]}
    assert verdicts == {
        "loans-are-paid-back": "met", "good-payers-get-one": "inconclusive", "loans-by-origin": "inconclusive",
    }  # fmt: skip
