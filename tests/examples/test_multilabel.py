"""examples/multilabel: its micro F1 and its gap for rehab are those of the file, counted by hand."""

from __future__ import annotations

import pandas as pd
import pytest
import skops.io

from tests.examples import audited

SERVICES = ["nursing", "rehab", "dietician", "social_worker"]


def test_the_report_says_whom_the_model_overlooks(tmp_path):
    run = audited("multilabel", tmp_path, words=("--budget", "quick", "--only", "performance", "--only", "fairness"))
    table = pd.read_csv(tmp_path / "work" / "patients.csv")
    model = skops.io.load(tmp_path / "work" / "model.skops")
    decided = model.predict(table[["age", "days", "mobility", "weight_loss", "lives_alone"]]) == 1
    truth, old = table[SERVICES].to_numpy() == 1, (table["age_group"] == "70 and over").to_numpy()
    both, either = (decided & truth).sum(), decided.sum() + truth.sum()
    assert run.value("performance.quality.micro_f1") == pytest.approx(2 * both / either, abs=1e-12)
    assert run.value("performance.quality.subset_accuracy") == pytest.approx((decided == truth).all(axis=1).mean())
    of_rehab = {"class": "rehab"}
    offered = [decided[truth[:, 1] & group, 1].mean() for group in (old, ~old)]
    recall = run.value("performance.quality.recall", {"age_group": "70 and over"}, conditions=of_rehab)
    assert recall == pytest.approx(offered[0], abs=1e-12)
    gap = run.value("fairness.groups.equal_opportunity_difference", conditions=of_rehab)
    assert gap == pytest.approx(offered[1] - offered[0], abs=1e-12)
    assert gap > 0.2 and run.code == 1
    verdicts = {one["limit"]["name"]: one["status"] for one in run.results["verdicts"]}
    assert verdicts["all services"] == "met" and verdicts["rehab"] == "missed"
    skipped = [result for result in run.results["results"] if result["check"] == "fairness.scores"]
    assert "several labels" in skipped[0]["reason"] or "multilabel" in skipped[0]["reason"]
