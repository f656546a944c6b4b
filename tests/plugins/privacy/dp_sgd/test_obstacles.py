"""What stands in the way of a private training is told before it begins, each in a sentence that says what to do."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from auditkit.data import AuditData
from auditkit.errors import CapabilityError, ModelError
from auditkit.plugins.privacy.dp_sgd.obstacles import refuse_moving, refuse_obstacles
from auditkit.plugins.privacy.dp_sgd.untrained import untrained_copy
from tests.plugins.privacy.dp_sgd.training_data import Base, run, seeded, split_of, without_accounting, wrapped


def of_normed(norm: Callable[[nn.Module], nn.Module]) -> nn.Module:
    with warnings.catch_warnings(action="ignore"):
        return nn.Sequential(norm(nn.Linear(4, 8)), nn.Tanh(), nn.Linear(8, 2))


class OwnDraws(Base):
    """A dropout with a seed of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.draws = torch.Generator().manual_seed(3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = torch.tanh(self.first(x))
        return self.second(hidden * (torch.rand(hidden.shape, generator=self.draws) > 0.2))


class Locked(Base):
    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()


class Counting(Base):
    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return super().forward(x)


class CountingInABuffer(Base):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return super().forward(x)


def compiled(module: nn.Module) -> nn.Module:
    with warnings.catch_warnings(action="ignore"):  # torch loads parts that it calls old
        done: Any = torch.compile(module, backend="eager")
    return done


def compiled_in_place() -> nn.Module:
    module = Base()
    module.compile(backend="eager")
    return module


KINDS: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "compiled": (lambda: compiled(Base()), r"nobody can look into it \(the module\)\. Give"),
    "compiled in place": (compiled_in_place, r"compiled code cannot be trained privately.*\.compile\(\) was called"),
    "a compiled layer": (lambda: nn.Sequential(compiled(nn.Linear(4, 2))), r"look into it \(0\)"),
    "bfloat16": (lambda: Base().bfloat16(), r"parameters are bfloat16, which is too coarse.*module\.float\(\)"),
    "float16": (lambda: Base().half(), r"parameters are float16, which is too coarse"),
    "a spectral norm": (lambda: of_normed(parametrizations.spectral_norm), r"the spectral norm of 0 keeps vectors"),
    "the old spectral norm": (lambda: of_normed(nn.utils.spectral_norm), r"the spectral norm of 0 keeps vectors"),
    "a generator": (OwnDraws, r"draws random numbers from a generator of its own \(draws\).*leave generator= out"),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_an_obstacle_is_told_with_what_to_do(kind: str) -> None:
    make, match = KINDS[kind]
    with pytest.raises(ModelError, match=rf"^net: .*{match}"):
        refuse_obstacles(make().train(), "net")


def test_what_is_no_obstacle_is_left_alone() -> None:
    still = of_normed(parametrizations.spectral_norm).eval()
    partly = nn.Sequential(nn.Linear(4, 4).bfloat16().requires_grad_(False), nn.Linear(4, 2))
    for module in (Base(), still, partly, of_normed(parametrizations.weight_norm), Base().double()):
        refuse_obstacles(module, "net")
        refuse_moving(Base(), torch.zeros(3, 4), (), "net")


@pytest.mark.parametrize("kind", [Counting, CountingInABuffer])
@pytest.mark.parametrize("anew", [False, True])
def test_what_a_forward_pass_moves_is_told_before_anything_else(kind: type[nn.Module], anew: bool) -> None:
    model = wrapped(seeded(kind), **({"fresh": kind} if anew else {}))
    with pytest.raises(ModelError, match=r"the module changed calls: .*count, cache and average outside of the module"):
        untrained_copy(model, split_of(40), (), 1)


def test_without_fresh_a_module_that_cannot_be_copied_is_told_so() -> None:
    for kind in (lambda: of_normed(nn.utils.weight_norm), Locked):
        with pytest.raises(CapabilityError, match=r"no untrained copy can be made.*cannot be copied.*Give fresh="):
            untrained_copy(wrapped(seeded(kind)), split_of(40), (), 1)


def test_what_canaries_cannot_ride_in_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    without_accounting(monkeypatch)
    facts: dict[str, Any] = {"epochs": 1, "batch_size": 40, "noise_multiplier": 1.0, "canary_steps": 2}
    for kind in (lambda: of_normed(nn.utils.weight_norm), Locked):
        with pytest.raises(ModelError, match=r"cannot be copied \(.*Keep locks.*parametrizations\.weight_norm"):
            run(wrapped(seeded(kind), fresh=kind), split_of(100), **facts)


def test_fresh_may_make_what_can_be_trained_of_what_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parent is compiled, its copy is not; weights normed as torch does it today are trained."""
    without_accounting(monkeypatch)
    split: AuditData = split_of(100)
    facts: dict[str, Any] = {"epochs": 1, "batch_size": 40, "noise_multiplier": 1.0}
    for parent, fresh in (
        (lambda: compiled(Base()), Base),
        (lambda: of_normed(nn.utils.weight_norm), lambda: of_normed(parametrizations.weight_norm)),
        (lambda: of_normed(parametrizations.orthogonal), lambda: of_normed(parametrizations.orthogonal)),
    ):
        private = run(wrapped(seeded(parent), fresh=fresh), split, **facts)
        assert all(control.holds for control in private.controls)
