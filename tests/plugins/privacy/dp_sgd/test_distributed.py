"""Two processes train by one recipe: one history, all the noise, the units of both; and as one process would."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from auditkit.plugins.privacy.dp_sgd.problem import Problem
from auditkit.plugins.privacy.dp_sgd.recipe import Recipe
from auditkit.plugins.privacy.dp_sgd.training_loop import Training
from auditkit.plugins.privacy.dp_sgd.units import Units
from auditkit.plugins.privacy.gradients.bookkeeper import Bookkeeper
from auditkit.plugins.privacy.shared.batch_sizes import sampling_z

ROOT = pathlib.Path(__file__).resolve().parents[4]


def records(out: pathlib.Path) -> list[dict[str, Any]]:
    return [json.loads((out / f"{rank}.json").read_text()) for rank in range(2)]


@pytest.mark.slow
def test_two_processes_train_under_one_guarantee(tmp_path: pathlib.Path) -> None:
    """All trainings in one start of two processes, which takes longer than they do."""
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m",
        "tests.plugins.privacy.dp_sgd.train_together", str(tmp_path),
    ]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment, timeout=300)
    assert all((tmp_path / f"ended-{rank}").exists() for rank in range(2)), done.stderr[:4000]
    for record in (ranks := records(tmp_path / "noisy")):
        assert record["processes"] == 2 and record["alike"] and record["history"] == [[1.0, 0.2, 60]]
        assert 0.9 < record["noise"] < 1.1 and record["clipped"] <= 1.01 and record["row_error"] < 1e-3
        assert sampling_z(torch.tensor(record["sizes"]).numpy(), 200, 0.2) < 4
    assert ranks[0]["sizes"] == ranks[1]["sizes"]
    first, second = (json.loads((tmp_path / f"trainer-{rank}.json").read_text()) for rank in range(2))
    assert first == second and not first["failed"] and first["numbers"]["steps"] == 20
    assert "2 processes train together" in (tmp_path / "refused-1.txt").read_text()
    without_noise_they_do_what_one_does(records(tmp_path / "without noise"))


def without_noise_they_do_what_one_does(ranks: list[dict[str, Any]]) -> None:
    inputs = torch.randn(200, 4, generator=torch.Generator().manual_seed(0))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 3)).train()
    problem = Problem(inputs, inputs[:, :3].argmax(1), functional.cross_entropy, Units(None, 200, 1, inputs.device))
    Training(Bookkeeper(module, functional.cross_entropy, 1.0), problem, Recipe(1.0, 5, 1e-9, 1.0, 0.5, 0.0)).run()
    weights = torch.cat([parameter.detach().flatten() for parameter in module.parameters()])
    torch.testing.assert_close(torch.tensor(ranks[1]["weights"]), weights, rtol=1e-4, atol=1e-5)
