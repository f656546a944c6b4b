"""examples/scanner: its accuracies are those of a convolution written out, its intervals are of patients."""

from __future__ import annotations

import numpy as np
import pytest
import safetensors.numpy

from tests.examples import audited

CHECKS = ("performance", "fairness.groups", "robustness.corruptions")
SMALL = '\n[checks."robustness.corruptions"]\nrows = 100\nshuffles = 99\n'


def convolved(pictures: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """(N, O, H, W) of 3 × 3 windows over pictures with a border of zeros, negative sums as 0."""
    padded = np.pad(pictures, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    return np.maximum(np.einsum("nchwij,ocij->nohw", windows, weight) + bias[:, None, None], 0)


def largest(pictures: np.ndarray, side: int) -> np.ndarray:
    """The largest value of each square of that side."""
    n, channels, height, width = pictures.shape
    return pictures.reshape(n, channels, height // side, side, width // side, side).max(axis=(3, 5))


def test_the_new_scanner_is_read_worse_and_patients_are_counted(tmp_path):
    only = [word for check in CHECKS for word in ("--only", check)]
    run = audited("scanner", tmp_path, SMALL, words=("--budget", "quick", *only))
    data = np.load(tmp_path / "work" / "pictures.npz")
    own = safetensors.numpy.load_file(tmp_path / "work" / "network.safetensors")
    seen = largest(convolved(data["x"], own["layers.0.weight"], own["layers.0.bias"]), 2)
    seen = largest(convolved(seen, own["layers.3.weight"], own["layers.3.bias"]), 4)
    logits = seen.reshape(len(seen), -1) @ own["layers.7.weight"].T + own["layers.7.bias"]
    right = (logits[:, 1] > logits[:, 0]) == (data["nodule"] == "yes")
    is_new = data["scanner"] == "new"
    for scanner, rows in (("old", ~is_new), ("new", is_new)):
        value = run.value("performance.quality.accuracy", {"scanner": scanner})
        assert value == pytest.approx(right[rows].mean(), abs=1e-12)
    assert right[~is_new].mean() > 0.9 > 0.8 > right[is_new].mean()
    assert {verdict["limit"]["name"]: verdict["status"] for verdict in run.results["verdicts"]} == {
        "accuracy": "met",
        "accuracy-new-scanner": "missed",
    }
    assert run.results["data"]["units"] == 200 and run.results["data"]["rows"] == 400
