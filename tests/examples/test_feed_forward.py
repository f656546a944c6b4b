"""examples/feed-forward: its accuracy and its gap between women and men are those of its weights, multiplied out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import safetensors.numpy

from tests.examples import audited
from tests.few_questions import as_toml

CHECKS = ("performance", "fairness.groups", "explanations.gradients", "robustness.evasion")


def test_the_report_says_what_the_weights_say(tmp_path):
    only = [word for check in CHECKS for word in ("--only", check)]
    run = audited("feed-forward", tmp_path, as_toml(), words=("--budget", "quick", *only))
    table = pd.read_parquet(tmp_path / "work" / "test.parquet")
    weights = safetensors.numpy.load_file(tmp_path / "work" / "network.safetensors")
    values = table[["income", "debt", "years_employed", "late_payments"]].to_numpy()
    values = (values - weights["mean"]) / weights["spread"]
    for layer in ("0", "2", "4"):
        values = values @ weights[f"layers.{layer}.weight"].T + weights[f"layers.{layer}.bias"]
        values = values if layer == "4" else np.maximum(values, 0)
    lent, woman = values[:, 1] > values[:, 0], (table["sex"] == "woman").to_numpy()
    right = lent == (table["repaid"] == "yes").to_numpy()
    assert run.value("performance.quality.accuracy") == pytest.approx(right.mean(), abs=1e-12)
    ratio = lent[woman].mean() / lent[~woman].mean()
    assert run.value("fairness.groups.demographic_parity_ratio") == pytest.approx(ratio, abs=1e-12) and ratio < 0.9
    assert run.code == 1
    statuses = {result["check"]: result["status"] for result in run.results["results"]}
    assert statuses["explanations.gradients"] == statuses["robustness.evasion"] == "measured"
    assert run.results["model"]["loaded"].startswith("safetensors")
