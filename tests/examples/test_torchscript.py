"""The example of a TorchScript file, with its accuracy worked out from the weights with numpy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from tests.examples import audited

ONLY = ("--only", "performance", "--only", "fairness", "--only", "explanations")
SMALL = """
[checks."robustness.evasion"]
max_queries = 100
"""


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_the_headline_is_what_the_weights_say(tmp_path):
    example = audited("torchscript", tmp_path, SMALL, words=("--budget", "quick", *ONLY))
    table = pd.read_csv(tmp_path / "work" / "people.csv")
    script = torch.jit.load(tmp_path / "work" / "model.pt")
    values = {name: value.detach().numpy() for name, value in script.named_parameters()}
    rows = table.drop(columns=["worse", "gender"]).to_numpy(np.float32)
    hidden = np.maximum(rows @ values["0.weight"].T + values["0.bias"], 0)
    logits = hidden @ values["2.weight"].T + values["2.bias"]
    right = ((logits[:, 1] > logits[:, 0]) == (table.worse == "yes")).mean()
    assert example.value("performance.quality.accuracy") == pytest.approx(right) and right > 0.6
    assert example.results["model"]["loaded"] == "TorchScript archive, no foreign code"
    measured = {result["check"] for result in example.results["results"] if result["status"] == "measured"}
    assert {"explanations.gradients", "fairness.groups"} <= measured
