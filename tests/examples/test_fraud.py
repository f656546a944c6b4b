"""examples/fraud: average precision, and recall and cost at the alert rate, are those of the file, counted by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.metrics import average_precision_score

from tests.examples import audited

TRUSTED = ["sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"]


def test_the_report_says_what_is_found_among_the_alerts(tmp_path):
    run = audited("fraud", tmp_path, words=("--budget", "quick", "--only", "performance"))
    table = pd.read_parquet(tmp_path / "work" / "payments.parquet")
    model = skops.io.load(tmp_path / "work" / "model.skops", trusted=TRUSTED)
    scores = model.predict_proba(table[["amount", "hour", "new_device", "minutes_since_last"]])[:, 1]
    fraud, alerts = table["fraud"].to_numpy() == 1, len(table) // 100
    cut = np.sort(scores)[-alerts]
    # payments with the score at the cut share what is left of the alerts
    share = (alerts - (scores > cut).sum()) / (scores == cut).sum()
    alerted = np.where(scores > cut, 1.0, np.where(scores == cut, share, 0.0))
    right = alerted[fraud].sum()
    quality = "performance.quality."
    assert run.value(quality + "recall_at_alert_rate") == pytest.approx(right / fraud.sum(), abs=1e-12)
    assert run.value(quality + "precision_at_alert_rate") == pytest.approx(right / alerts, abs=1e-12)
    cost = (5 * alerts + 200 * (fraud.sum() - right)) / alerts
    assert run.value(quality + "cost_per_alert") == pytest.approx(cost)
    assert run.value(quality + "average_precision") == pytest.approx(average_precision_score(fraud, scores))
    card = (table["channel"] == "card").to_numpy()
    of_card = run.value(quality + "recall_at_alert_rate", {"channel": "card"})
    assert of_card == pytest.approx(alerted[fraud & card].sum() / (fraud & card).sum(), abs=1e-12)
    assert run.value(quality + "majority_accuracy") > 0.985
    statuses = {one["limit"]["name"]: one["status"] for one in run.results["verdicts"]}
    assert statuses == {"frauds found": "met", "frauds found by each channel": "missed", "ranking": "met"}
    assert run.code == 1
