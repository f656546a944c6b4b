"""examples/keras: its accuracy and its gap between groups are those of its weights, multiplied out by hand."""

from __future__ import annotations

import io
import zipfile

import h5py
import numpy as np
import pandas as pd
import pytest

from tests.examples import audited

CHECKS = ("--only", "performance", "--only", "fairness.groups", "--only", "explanations.gradients")


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_the_report_says_what_the_network_answers(tmp_path):
    run = audited("keras", tmp_path, words=("--budget", "quick", *CHECKS))
    table = pd.read_parquet(tmp_path / "work" / "test.parquet")
    with zipfile.ZipFile(tmp_path / "work" / "model.keras") as archive:
        weights = h5py.File(io.BytesIO(archive.read("model.weights.h5")))
    (first, shift), (last, level) = ([layer["vars"]["0"][()], layer["vars"]["1"][()]] for layer in _dense(weights))
    inputs = table.drop(columns=["sex", "worse"]).to_numpy(dtype=np.float64)
    scores = 1 / (1 + np.exp(-(np.maximum(inputs @ first + shift, 0) @ last + level)[:, 0]))
    much, one = scores >= 0.5, (table["sex"] == "one").to_numpy()
    right = much == (table["worse"] == "much").to_numpy()
    assert run.code == 0
    assert run.value("performance.quality.accuracy") == pytest.approx(right.mean(), abs=1e-12)
    gap = abs(much[one].mean() - much[~one].mean())
    assert run.value("fairness.groups.demographic_parity_difference") == pytest.approx(gap, abs=1e-12)
    statuses = {result["check"]: result["status"] for result in run.results["results"]}
    assert statuses["explanations.gradients"] == "measured"


def _dense(weights):
    return weights["layers"]["dense"], weights["layers"]["dense_1"]
