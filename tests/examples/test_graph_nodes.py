"""examples/graph-nodes: its accuracy is that of two rounds over the graph, written out as matrices."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import safetensors.numpy

from tests.examples import audited

pytest.importorskip("torch_geometric")
CHECKS = ("performance", "fairness.groups", "robustness", "explanations.importance")
ONLY = [word for name in CHECKS for word in ("--only", name)]


def by_hand(weights: dict[str, np.ndarray]) -> np.ndarray:
    """(N, 2) logits of every member: D^-1/2 (A + I) D^-1/2 twice (Kipf and Welling 2017, arXiv:1609.02907)."""
    adjacency = np.eye(len(weights["facts"]))
    one, other = weights["friendships"]
    adjacency[other, one] = 1
    scale = 1 / np.sqrt(adjacency.sum(axis=1))
    spread = adjacency * scale[:, None] * scale
    hidden = spread @ weights["facts"] @ weights["first.lin.weight"].T + weights["first.bias"]
    return spread @ np.maximum(hidden, 0) @ weights["second.lin.weight"].T + weights["second.bias"]


def test_the_headline_is_that_of_the_matrices_and_members_are_ids(tmp_path):
    example = audited("graph-nodes", tmp_path, words=("--budget", "quick", *ONLY))
    table = pd.read_csv(tmp_path / "work" / "test.csv")
    logits = by_hand(safetensors.numpy.load_file(tmp_path / "work" / "network.safetensors"))[table.member]
    right = np.where(logits[:, 1] > logits[:, 0], "renews", "leaves") == table.next_year
    assert example.value("performance.quality.accuracy") == pytest.approx(right.mean()) and right.mean() > 0.75
    of_town = right.groupby(table.town).mean()
    gap = example.value("fairness.groups.accuracy_equality_difference")
    assert gap == pytest.approx(of_town.valley - of_town.hills) and example.code == 1
    (feature,) = [feature for feature in example.results["data"]["features"] if feature["name"] == "member"]
    assert feature["kind"] == "identifier"
    status = {part["check"]: (part["status"], str(part["reason"])) for part in example.results["results"]}
    assert "numeric feature that may change" in status["robustness.evasion"][1]
    assert status["explanations.importance"][0] == "measured"
