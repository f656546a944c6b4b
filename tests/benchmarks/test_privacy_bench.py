"""The comparisons of privacy run, at a small size; their gates see what they are there for."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest
import torch

from tests.benchmarks.rows import row_lines

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize(
    ("row", "lines", "smaller"),
    [("p1", 12, {"rounds": 1}), ("p2", 2, {}), ("p3", 1, {}), ("p4", 2, {}), ("c2", 1, {"designs": 1})],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_row_runs_and_its_gates_hold(tmp_path, monkeypatch, row, lines, smaller):
    pytest.importorskip("opacus")
    assert len(row_lines("privacy", row, tmp_path, monkeypatch, **smaller)) == lines


def test_the_command_measures_a_row_and_leaves_its_file_alone(tmp_path):
    out, own = tmp_path / "measured.json", tmp_path / "temporary"
    own.mkdir()
    command = [sys.executable, "-m", "benchmarks.privacy", "--quick", "--row", "p3", "--json", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "TMPDIR": str(own)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line["row"] for line in json.loads(out.read_text())["lines"]] == ["p3"]
    assert list(own.iterdir()) == []


def test_the_controls_count_what_is_noticed_and_what_is_refuted(monkeypatch, tmp_path):
    """The trainings themselves are tested one by one."""
    from benchmarks.privacy_rows import controls

    monkeypatch.setattr(controls, "SICK", {"noticed": lambda: "too little noise", "overlooked": lambda: ""})
    monkeypatch.setattr(controls, "HEALTHY", {"left alone": lambda seed: "", "refuted": lambda seed: "noise-level"})
    (line,), recorded = controls.measure(controls.Size(2), tmp_path, tmp_path)
    assert [(gate.value, gate.holds) for gate in line.gates[:2]] == [(1, False), (2, False)]
    assert recorded["refuted"] == {f"refuted, seed {seed}": "noise-level" for seed in range(2)}


def test_a_step_that_is_not_opacus_s_does_not_pass_the_gate(monkeypatch):
    pytest.importorskip("opacus")
    from benchmarks.privacy_rows import steps
    from benchmarks.privacy_rows.networks import Work, mlp

    work = Work("two rows", mlp(3, 4, 2), torch.randn(8, 3), torch.arange(8) % 2)
    assert all(gate.holds for gate in steps._gates(work))

    class Half(steps.Bookkeeper):
        def clipped_sum(self, *arguments):
            clipped = super().clipped_sum(*arguments)
            return clipped._replace(sums=[part / 2 for part in clipped.sums])

    monkeypatch.setattr(steps, "Bookkeeper", Half)
    assert not any(gate.holds for gate in steps._gates(work))


def test_sides_take_turns_and_the_first_round_does_not_count():
    from benchmarks.harness import in_turn

    order = []
    seconds = in_turn({"a": (lambda: order.append("a"), 1), "b": (lambda: order.append("b"), 2)}, 2)
    assert "".join(order) == "abb" + "bba" + "abb"
    assert {name: len(values) for name, values in seconds.items()} == {"a": 2, "b": 2}
