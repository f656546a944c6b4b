"""examples/image-and-table: its numbers are those of both inputs, multiplied out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import safetensors.numpy

from tests.examples import audited

CHECKS = ("performance", "fairness.groups", "explanations.gradients")


def test_two_inputs_are_answered_as_by_hand(tmp_path):
    only = [word for check in CHECKS for word in ("--only", check)]
    run = audited("image-and-table", tmp_path, words=("--budget", "quick", *only))
    table = pd.read_parquet(tmp_path / "work" / "test.parquet")
    own = safetensors.numpy.load_file(tmp_path / "work" / "network.safetensors")
    pictures = table.filter(like="pixel_").to_numpy().reshape(-1, 8, 8)
    windows = np.lib.stride_tricks.sliding_window_view(pictures, (3, 3), axis=(1, 2))
    seen = np.einsum("nhwij,oij->nohw", windows, own["eye.0.weight"][:, 0]) + own["eye.0.bias"][:, None, None]
    beside = (table[["age", "years_known"]].to_numpy() - [50, 5]) / [15, 4]
    both = np.concatenate([np.maximum(seen, 0).mean(axis=(2, 3)), beside], axis=1)
    hidden = np.maximum(both @ own["head.0.weight"].T + own["head.0.bias"], 0)
    logits = hidden @ own["head.2.weight"].T + own["head.2.bias"]
    referred, sick, dark = logits[:, 1] > logits[:, 0], table["disease"] == "yes", table["skin"] == "dark"
    assert run.value("performance.quality.accuracy") == pytest.approx((referred == sick).mean(), abs=1e-12)
    shares = [referred[sick & rows].mean() for rows in (dark, ~dark)]
    gap = run.value("fairness.groups.equal_opportunity_difference")
    assert gap == pytest.approx(abs(shares[0] - shares[1]), abs=1e-12) and shares[0] < shares[1]
    assert run.code == 1
    statuses = {result["check"]: result["status"] for result in run.results["results"]}
    assert statuses["explanations.gradients"] == "measured"
