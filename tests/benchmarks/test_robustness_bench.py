"""The comparisons of robustness run, at a small size; their gates see what they are there for."""

from __future__ import annotations

import os

import numpy as np
import pytest
import torch

from tests.benchmarks.rows import row_lines


@pytest.mark.parametrize(("row", "lines", "smaller"), [("e1", 4, {"trained_on": 1_000}), ("e2", 1, {})])
def test_a_row_runs_and_its_gates_hold(tmp_path, monkeypatch, row, lines, smaller):
    pytest.importorskip("art" if row == "e1" else "skimage")
    if "AUDITKIT_DATA" not in os.environ:
        pytest.skip("AUDITKIT_DATA is not set")
    assert len(row_lines("robustness", row, tmp_path, monkeypatch, **smaller)) >= lines // 2


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
