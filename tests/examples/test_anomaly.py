"""examples/anomaly: whom the detector stops, and who stands first, are those of the file, counted by hand."""

from __future__ import annotations

import pandas as pd
import pytest
import skops.io

from tests.examples import audited


def test_the_report_says_whom_the_detector_stops(tmp_path):
    run = audited(
        "anomaly", tmp_path, words=("--budget", "quick", "--only", "fairness.groups", "--only", "fairness.ranking")
    )
    table = pd.read_csv(tmp_path / "work" / "payments.csv")
    detector = skops.io.load(tmp_path / "work" / "detector.skops", trusted=["sklearn.tree._tree.Tree"])
    inputs = table[["amount", "hour", "abroad", "payments_this_week"]]
    stopped, abroad = detector.predict(inputs) == -1, (table["born"] == "abroad").to_numpy()
    assert run.value("fairness.groups.selection_rate") == pytest.approx(stopped.mean(), abs=1e-12)
    gap = stopped[abroad].mean() - stopped[~abroad].mean()
    assert run.value("fairness.groups.demographic_parity_difference") == pytest.approx(gap, abs=1e-12)
    statuses = {one["limit"]["name"]: one["status"] for one in run.results["verdicts"]}
    assert statuses == {"alerts": "missed", "how many": "met"} and run.code == 1
