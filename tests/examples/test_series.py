"""examples/series: its accuracy is that of a GRU written out in numpy; what drift and lost points cost is measured."""

from __future__ import annotations

import numpy as np
import pytest
import safetensors.numpy

from tests.examples import audited

ONLY = [word for name in ("performance", "robustness.corruptions") for word in ("--only", name)]


def by_hand(weights: dict[str, np.ndarray], series: np.ndarray) -> np.ndarray:
    """(N,) decisions of the GRU, gate by gate (Cho et al. 2014, as torch documents it)."""

    def gates(name: str, values: np.ndarray) -> list[np.ndarray]:
        return np.split(values @ weights[f"cells.weight_{name}_l0"].T + weights[f"cells.bias_{name}_l0"], 3, axis=1)

    def sigmoid(values: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-values))

    state = np.zeros((len(series), 8))
    for step in range(series.shape[1]):
        of_inputs, of_state = gates("ih", (series[:, step] - [60, 2]) / [10, 1]), gates("hh", state)
        reset, update = (sigmoid(of_inputs[gate] + of_state[gate]) for gate in range(2))
        state = (1 - update) * np.tanh(of_inputs[2] + reset * of_state[2]) + update * state
    return (state @ weights["last.weight"].T + weights["last.bias"]).argmax(axis=1)


def test_the_headline_is_counted_by_hand_and_drift_costs_more_than_lost_points(tmp_path):
    example = audited("series", tmp_path, words=("--budget", "quick", *ONLY))
    test = np.load(tmp_path / "work" / "test.npz")
    decisions = by_hand(safetensors.numpy.load_file(tmp_path / "work" / "network.safetensors"), test["x"])
    right = decisions == test["failed"]
    assert example.value("performance.quality.accuracy") == pytest.approx(right.mean()) and right.mean() > 0.85
    older = test["make"] == "older"
    assert example.value("performance.quality.accuracy", {"make": "older"}) == pytest.approx(right[older].mean())
    verdicts = {verdict["limit"]["name"]: verdict["status"] for verdict in example.results["verdicts"]}
    assert verdicts == {"accuracy": "met", "drift": "missed", "lost-points": "met"} and example.code == 1
    (corruptions,) = [part for part in example.results["results"] if part["check"] == "robustness.corruptions"]
    accuracy = {
        (number["conditions"]["corruption"], number["conditions"]["severity"]): number["value"]
        for number in corruptions["measurements"]
        if number["name"] == "accuracy"
    }
    names = ("noise", "spikes", "drift", "dropped points", "missing spans")
    assert set(accuracy) == {(name, severity) for name in names for severity in range(1, 6)}
    assert accuracy["drift", 5] < accuracy["drift", 1] and all(control["holds"] for control in corruptions["controls"])
