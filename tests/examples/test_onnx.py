"""examples/onnx: its accuracy and its gap between ages are those of the graph, counted by hand."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pandas as pd
import pytest

from tests.examples import audited

CHECKS = ("--only", "performance", "--only", "fairness.groups", "--only", "explanations.gradients")


def test_the_report_says_what_the_graph_answers(tmp_path):
    run = audited("onnx", tmp_path, words=("--budget", "quick", *CHECKS))
    table = pd.read_parquet(tmp_path / "work" / "test.parquet")
    session = onnxruntime.InferenceSession(tmp_path / "work" / "model.onnx", providers=["CPUExecutionProvider"])
    feed = {part.name: table[[part.name]].to_numpy() for part in session.get_inputs()}
    votes = np.asarray(session.run(["output_label"], feed)[0])
    right, old = votes == table["vote"].to_numpy(), (table["age"] == "45 and over").to_numpy()
    assert run.code == 0 and 0.7 < right.mean() < 1
    assert run.value("performance.quality.accuracy") == pytest.approx(right.mean(), abs=1e-12)
    assert run.value("performance.quality.accuracy", {"age": "45 and over"}) == pytest.approx(right[old].mean())
    dole = votes == "Dole"
    gap = abs(dole[old].mean() - dole[~old].mean())
    assert run.value("fairness.groups.demographic_parity_difference") == pytest.approx(gap, abs=1e-12)
    statuses = {result["check"]: result["status"] for result in run.results["results"]}
    assert statuses["explanations.gradients"] == "skipped"
