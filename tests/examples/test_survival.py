"""examples/survival: concordances are counted pair by pair, calibration is held to a Kaplan-Meier curve by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.examples import audited


def by_pairs(table: pd.DataFrame) -> float:
    """Harrell's concordance, over all pairs."""
    time, event, risk = (table[name].to_numpy() for name in ("months", "left", "risk"))
    later = (event[:, None] == 1) & (
        (time[None] > time[:, None]) | ((time[None] == time[:, None]) & (event[None] == 0))
    )
    right = (risk[:, None] > risk[None]) + 0.5 * (risk[:, None] == risk[None])
    return float(right[later].mean())


def kaplan_meier(table: pd.DataFrame, horizon: float) -> float:
    """The share who are still there after a time."""
    share = 1.0
    for moment in sorted(table.loc[table["left"] == 1, "months"].unique()):
        if moment <= horizon:
            leaving = ((table["months"] == moment) & (table["left"] == 1)).sum()
            share *= 1 - leaving / (table["months"] >= moment).sum()
    return share


def test_the_report_says_what_pairs_and_kaplan_meier_curves_say(tmp_path):
    run = audited("survival", tmp_path)
    assert run.code == 1
    table = pd.read_csv(tmp_path / "work" / "customers.csv")
    assert run.value("performance.survival.harrell_concordance") == pytest.approx(by_pairs(table))
    prepaid = table[table["tariff"] == "prepaid"]
    where = {"tariff": "prepaid"}
    assert run.value("performance.survival.harrell_concordance", where) == pytest.approx(by_pairs(prepaid))
    observed = {
        (measurement["slice"].get("tariff"), measurement["conditions"]["horizon"]): measurement["value"]
        for result in run.results["results"]
        for measurement in result["measurements"]
        if measurement["name"] == "risk_calibration"
    }
    for tariff, rows in ((None, table), ("prepaid", prepaid)):
        for horizon in (12, 24):
            by_hand = np.mean(1 - rows[f"stays_{horizon}"]) - (1 - kaplan_meier(rows, horizon))
            assert observed[tariff, horizon] == pytest.approx(by_hand)
    statuses = {verdict["limit"]["name"]: verdict["status"] for verdict in run.results["verdicts"]}
    assert statuses == {"order": "met", "risk-after-a-year": "met", "order-by-tariff": "missed"}
