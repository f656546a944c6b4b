"""examples/tokens: its accuracy is that of single visits, not filled up; pages are substituted and never added to."""

from __future__ import annotations

import runpy
import sys
from unittest import mock

import numpy as np
import pytest
import safetensors.torch
import torch

from tests.examples import audited

CHECKS = ("performance", "robustness", "explanations.gradients")
ONLY = [word for name in CHECKS for word in ("--only", name)]
SMALL = '\n[checks."explanations.gradients"]\nrows = 10\ncopies = 1\n'


def test_the_headline_is_what_the_network_says_of_single_visits(tmp_path):
    example = audited("tokens", tmp_path, SMALL, words=("--budget", "quick", *ONLY))
    test = np.load(tmp_path / "work" / "test.npz")
    with mock.patch.object(sys, "path", [str(tmp_path), *sys.path]):
        network = runpy.run_path(str(tmp_path / "visits_network.py"))["Visits"]().eval()
    network.load_state_dict(safetensors.torch.load_file(tmp_path / "work" / "network.safetensors"))
    with torch.no_grad():
        alone = [network(torch.tensor(visit[visit > 0])[None]).argmax().item() for visit in test["x"]]
    right = (np.array(alone) == test["bought"]).mean()
    assert example.value("performance.quality.accuracy") == pytest.approx(right) and right > 0.8
    status = {part["check"]: (part["status"], part["reason"]) for part in example.results["results"]}
    measured = {check for check, (state, _) in status.items() if state == "measured"}
    assert measured >= {"robustness.changes", "robustness.corruptions", "explanations.gradients"}
    for check in ("robustness.evasion", "robustness.certificates"):
        assert status[check][0] == "skipped" and "ids of a vocabulary" in status[check][1]
    verdicts = {verdict["limit"]["name"]: verdict["status"] for verdict in example.results["verdicts"]}
    assert verdicts == {"accuracy": "met", "one-page": "missed"} and example.code == 1
