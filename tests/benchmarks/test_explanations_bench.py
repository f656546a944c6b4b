"""The comparisons of explanations run, at a small size; their gates see what they are there for."""

from __future__ import annotations

import os

import numpy as np
import pytest

from auditkit.plugins.explanations.lime import tables
from benchmarks.explanations_rows import controls
from benchmarks.explanations_rows.lime import QUICK, Work, laws
from tests.benchmarks.rows import row_lines


@pytest.mark.parametrize(
    ("row", "lines", "smaller"),
    [("s1", 2, {"rows": 2, "background": 5}), ("s4", 2, {"rows": 2, "background": 300, "trees": 3})],
)
def test_a_row_runs_and_its_gates_hold(tmp_path, monkeypatch, row, lines, smaller):
    if row == "s1" and "AUDITKIT_DATA" not in os.environ:
        pytest.skip("AUDITKIT_DATA is not set")
    assert len(row_lines("explanations", row, tmp_path, monkeypatch, **smaller)) == lines


def test_the_controls_count_what_is_overlooked_and_who_is_accused(monkeypatch, tmp_path):
    """The models themselves are tested one by one."""
    monkeypatch.setattr(controls, "SICK", {"noticed": lambda seed: ["flip"], "overlooked": lambda seed: []})
    monkeypatch.setattr(controls, "HEALTHY", {"left alone": lambda seed: [], "accused": lambda seed: ["real rows"]})
    monkeypatch.setattr(controls, "UNSEEN", {})
    monkeypatch.setattr(controls, "alarms", lambda made, seed: made)
    (line,), recorded = controls.measure(controls.Size(2), tmp_path, tmp_path)
    assert [(gate.value, gate.holds) for gate in line.gates] == [(0.5, False), (0.5, False)]
    assert recorded["overlooked"] == ["overlooked, seed 0", "overlooked, seed 1"]
    assert recorded["accused"] == {f"accused, seed {seed}": ["real rows"] for seed in range(2)}


def test_the_row_of_lime_runs_and_its_gates_hold(tmp_path, monkeypatch):
    pytest.importorskip("lime")
    (line,) = row_lines("explanations", "l1", tmp_path, monkeypatch, rows=3, samples=200)
    assert line["baseline"]["name"].startswith("lime") and len(line["gates"]) == 2


def test_the_gate_of_lime_sees_another_kernel(monkeypatch):
    pytest.importorskip("lime")
    monkeypatch.setattr(tables, "weights", lambda shared, columns: np.where(shared == columns, 1.0, 1e-3))
    assert (laws(Work(QUICK._replace(samples=200)), 10) < 0.001).sum() > 0


def test_nearest_rows_are_searched_on_models_that_are_solved(monkeypatch, tmp_path):
    lines = row_lines("explanations", "n1", tmp_path, monkeypatch, seeds=1)
    assert [line["work"] for line in lines] == ["1 linear models", "1 trees of depth 3 to 8"]


def test_integrated_gradients_have_no_larger_gaps_than_captums(monkeypatch, tmp_path):
    """A small network: the others only take longer."""
    if "AUDITKIT_DATA" not in os.environ:
        pytest.skip("AUDITKIT_DATA is not set")
    from benchmarks.explanations_rows import gradients

    monkeypatch.setattr(gradients, "networks", lambda made=gradients.networks: {"MLP": made()["MLP"]})
    lines = row_lines("explanations", "g1", tmp_path, monkeypatch)
    assert [line["baseline"]["name"].partition(" (")[0] for line in lines] == [
        "captum as it comes", "captum at its best",
    ]  # fmt: skip
