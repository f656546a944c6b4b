"""p2: 16 shadow networks on Adult, trained at once against one after another."""

from __future__ import annotations

import copy
import os
import pathlib
import statistics
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import pandas as pd
import torch
from torch import nn
from torch.nn import functional

from auditkit.plugins.privacy.shared import shadow_networks
from auditkit.plugins.privacy.shared.shadow_networks import Recipe, batches, cross_entropy
from benchmarks.harness import Baseline, Gate, Line, in_turn
from benchmarks.privacy_rows.networks import mlp

COPIES, BATCH, WIDTHS = 16, 128, (64, 64, 2)
OPTIMIZER = partial(torch.optim.SGD, lr=0.1, momentum=0.9)
COLUMNS = (
    "age", "workclass", "weight", "education", "education_years", "marital", "occupation", "relationship", "race",
    "sex", "gain", "loss", "hours", "country", "income",
)  # fmt: skip


class Size(NamedTuple):
    """How large the work is."""

    rows: int
    rounds: int
    device: str = "cpu"


FULL = Size(40_000, 8)
QUICK = Size(1_000, 1)


class Problem(NamedTuple):
    """What the networks are trained on."""

    inputs: torch.Tensor
    targets: torch.Tensor
    members: torch.Tensor


def measure(size: Size, folder: pathlib.Path, environments: pathlib.Path) -> tuple[list[Line], dict[str, Any]]:
    """The comparisons, and all timings."""
    problem = adult(size.rows, size.device)
    networks = [_networks(problem.inputs.shape[1], size.device) for _ in range(3)]  # each side trains its own on
    sides = {
        "one after another": lambda: one_after_another(networks[0], problem),
        "vmap": lambda: _at_once(networks[1], problem, shadow_networks.Vectorised),
        "matrices": lambda: _at_once(networks[2], problem, None),
    }
    seconds = in_turn({name: (call, 1) for name, call in sides.items()}, size.rounds, size.device)
    baseline = Baseline(
        "one after another", statistics.median(seconds["one after another"]), f"median of {size.rounds} turns"
    )
    rows, width = problem.inputs.shape
    work = f"{COPIES} MLPs {width}-64-64-2 on half of {rows:,} rows of Adult each, an epoch"
    lines = []
    for name, stack, goal in (("matrices", None, 3.0), ("vmap", shadow_networks.Vectorised, 2.0)):
        gate = Gate(f"{name}: weights from those one after another", _apart(problem, stack), 1e-9)
        how = "batched products of matrices" if name == "matrices" else "torch.func.vmap"
        lines.append(Line("p2", f"{work}, {how}", baseline, tuple(seconds[name]), (gate,), goal))
    return lines, {"seconds": seconds}


def adult(rows: int, device: str) -> Problem:
    """Numbers to unit spread, categories one column each; half of the rows, drawn at random, for each network."""
    data = pathlib.Path(os.environ.get("AUDITKIT_DATA") or "../shared/data")
    frame = pd.read_csv(data / "adult" / "adult.data.gz", names=list(COLUMNS), skipinitialspace=True)[:rows]
    numbers = frame[["age", "weight", "gain", "loss", "hours"]].astype(float)
    categories = pd.get_dummies(frame.drop(columns=[*numbers, "education_years", "income"])).astype(float)
    inputs = pd.concat([(numbers - numbers.mean()) / numbers.std(), categories], axis=1).to_numpy("float32")
    members = torch.rand(COPIES, len(frame), generator=torch.Generator().manual_seed(0)) < 0.5
    targets = torch.tensor((frame["income"] == ">50K").to_numpy(), dtype=torch.int64)
    return Problem(torch.from_numpy(inputs).contiguous().to(device), targets.to(device), members)


def one_after_another(networks: list[nn.Module], problem: Problem) -> list[nn.Module]:
    """As anyone would write it, on the batches that the others take."""
    for network, rows in zip(networks, _batches(problem), strict=True):
        optimizer = OPTIMIZER(network.parameters())
        for batch in rows:
            optimizer.zero_grad()
            functional.cross_entropy(network(problem.inputs[batch]), problem.targets[batch]).backward()
            optimizer.step()
    return networks


def _batches(problem: Problem) -> list[list[torch.Tensor]]:
    seed = int(torch.randint(2**62, (1,), generator=torch.Generator().manual_seed(0)))
    order = batches(problem.members, BATCH, torch.Generator().manual_seed(seed))
    return [
        [own[held > 0].to(problem.inputs.device) for own, held in zip(*of_one, strict=True)]
        for of_one in zip(order.rows, order.weights, strict=True)
    ]


def _at_once(networks: list[nn.Module], problem: Problem, stack: Callable[..., Any] | None) -> list[nn.Module]:
    def loss(outputs: Any, targets: torch.Tensor) -> torch.Tensor:
        return cross_entropy(outputs, targets)  # another function than the one that matrices serve

    chosen = cross_entropy if stack is None else loss
    shadow_networks.fit(networks, *problem, Recipe(1, BATCH, OPTIMIZER), seed=0, loss=chosen)
    return networks


def _networks(width: int, device: str) -> list[nn.Module]:
    torch.manual_seed(0)
    return [mlp(width, *WIDTHS).to(device) for _ in range(COPIES)]


def _apart(problem: Problem, stack: Callable[..., Any] | None) -> float:
    """The largest difference of a weight after an epoch of a few batches, in float64."""
    few = Problem(problem.inputs[:2_000].double(), problem.targets[:2_000], problem.members[:, :2_000])
    networks = [network.double() for network in _networks(few.inputs.shape[1], str(few.inputs.device))]
    plain = one_after_another(copy.deepcopy(networks), few)
    pairs = zip(_at_once(networks, few, stack), plain, strict=True)
    return max(
        float((one - other).detach().abs().max())
        for pair in pairs
        for one, other in zip(pair[0].parameters(), pair[1].parameters(), strict=True)
    )
