"""The comparisons of robustness run, at a small size; their gates see what they are there for."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import torch

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


@pytest.mark.slow
@pytest.mark.parametrize(("row", "lines"), [("e1", 4), ("e2", 1)])
def test_a_row_runs_and_its_gates_hold(tmp_path, row, lines):
    pytest.importorskip("art" if row == "e1" else "skimage")
    if "AUDITKIT_DATA" not in os.environ:
        pytest.skip("AUDITKIT_DATA is not set")
    out, own = tmp_path / "found.json", tmp_path / "temporary"
    own.mkdir()
    command = [sys.executable, "-m", "benchmarks.robustness", "--quick", "--row", row, "--json", str(out)]
    environment = {**os.environ, "TMPDIR": str(own)}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    recorded = json.loads(out.read_text())["lines"]
    assert len(recorded) >= lines // 2 and all(gate["holds"] for line in recorded for gate in line["gates"])
    assert not [path for path in own.iterdir() if path.name.startswith("auditkit")]


def test_the_composition_breaks_what_it_must_without_another_library():
    from benchmarks.robustness_rows.autoattack import compared
    from benchmarks.robustness_rows.networks import Pictures

    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(2, 4))
    tried = Pictures(torch.full((3, 1, 1, 2), 0.5), torch.zeros(3, dtype=torch.int64))
    peer = np.array([True, False, True])
    assert compared(peer, np.array([True, True, True])) == (0, 1)
    assert compared(peer, np.array([False, False, True])) == (1, 0)
    assert module(tried.x).shape == (3, 4)


def test_a_point_that_is_too_far_out_of_range_or_right_is_no_success():
    from benchmarks.robustness_rows.networks import Pictures
    from benchmarks.robustness_rows.sweeps import _wrong

    tried = Pictures(torch.zeros(4, 1, 1, 2), torch.zeros(4, dtype=torch.int64))
    points = torch.tensor([[0.1, 0.0], [0.3, 0.0], [0.0, 0.0], [-0.05, 0.1]]).reshape(4, 1, 1, 2)

    class Sum(torch.nn.Module):
        def forward(self, x):
            total = x.flatten(1).sum(dim=1)
            return torch.stack([0.01 - total, total - 0.01], dim=1)

    assert np.array_equal(_wrong(Sum(), tried, points, 0.1), [True, False, False, False])
