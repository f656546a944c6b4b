"""Rows that a module keeps beside the private steps, wherever it keeps them, end the training."""

from __future__ import annotations

import contextvars
import functools
import io
import threading
import types
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from auditkit.data import AuditData
from auditkit.errors import ModelError
from auditkit.trainers import Trained
from tests.plugins.privacy.dp_sgd.training_data import Base, run, seeded, split_of, without_accounting, wrapped


@pytest.fixture(scope="module")
def split() -> AuditData:
    return split_of(200)


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    without_accounting(monkeypatch)


def train(model: Any, data: AuditData) -> Trained:
    return run(model, data, epochs=2, batch_size=40, noise_multiplier=50.0)


class InBuffer(Base):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("memory", torch.zeros(64, 4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if len(x) <= 64:
            self.memory[: len(x)] = x.detach()
        return super().forward(x)


class InNonPersistentBuffer(InBuffer):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("memory", torch.zeros(64, 4), persistent=False)


class InAttribute(Base):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.last = x.detach()
        return super().forward(x)


class InList(Base):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen.append(x.detach().numpy())
        return super().forward(x)


class InNumbers(InList):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen += x.flatten().tolist()
        return Base.forward(self, x)


class InClass(Base):
    KEPT: dict[int, Any] = {}  # shared by all, which is the point

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        type(self).KEPT[len(self.KEPT)] = x.detach()
        return super().forward(x)


class InClosure(Base):
    def __init__(self) -> None:
        super().__init__()
        seen: list[torch.Tensor] = []

        def keep(x: torch.Tensor) -> torch.Tensor:
            seen.append(x.detach())
            return x

        self.keep = keep

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(self.keep(x))


SEEN: list[Any] = []


class InGlobal(Base):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        SEEN.append(x.detach())
        return super().forward(x)


class InView(Base):
    """One number of a storage that holds all rows."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("zero", torch.zeros(1000)[:1])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.numel() < 900:
            torch.as_strided(self.zero, (x.numel(),), (1,), 1).copy_(x.detach().flatten())
        return super().forward(x)


class InCache(Base):
    """Rows in the cache of a function, which no attribute shows."""

    def __init__(self) -> None:
        super().__init__()
        self.sums = functools.lru_cache(maxsize=None)(sum)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.sums(tuple(x[0].tolist())) if len(x) else None
        return super().forward(x)


class InHook(Base):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Any] = []
        self.first.register_forward_hook(lambda layer, given, out: self.rows.append(given[0].detach()))


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        (InBuffer, "memory"), (InNonPersistentBuffer, "memory"), (InAttribute, "last"), (InList, "seen"),
        (InNumbers, "seen"), (InClass, "KEPT"), (InClosure, "keep.seen"), (InGlobal, "SEEN"),
        (InHook, "rows"),
    ],
)  # fmt: skip
def test_rows_that_stay_in_the_module_are_refused(kind: type[nn.Module], place: str, split: AuditData) -> None:
    # what the parent was asked before stays with it, and with its copy; a module made anew has nothing at first
    with pytest.raises(ModelError, match=rf"(changed|in) .*{place}.*(may keep training rows|what was learned)"):
        train(wrapped(seeded(kind)), split)


class InText(Base):
    def __init__(self) -> None:
        super().__init__()
        self.seen = io.StringIO()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen.write(str(x[:1].tolist()))
        return super().forward(x)


class InWholeNumber(Base):
    def __init__(self) -> None:
        super().__init__()
        self.seen = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen = (self.seen << 128) + int.from_bytes(x[:1].detach().numpy().tobytes(), "little")
        return super().forward(x)


class InGenerator(Base):
    def __init__(self) -> None:
        super().__init__()
        self.draws = torch.Generator()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.draws.manual_seed(abs(int(x.detach().sum() * 1000)))
        return super().forward(x)


class InModule(Base):
    def __init__(self) -> None:
        super().__init__()
        self.store = types.ModuleType("store")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.store.rows = x.detach()  # type: ignore[attr-defined]
        return super().forward(x)


class InContext(Base):
    def __init__(self) -> None:
        super().__init__()
        self.seen = contextvars.ContextVar[Any]("seen", default=None)

    def __deepcopy__(self, memo: Any) -> nn.Module:
        return InContext()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen.set(x.detach())
        return super().forward(x)


def pass_on(x: torch.Tensor) -> torch.Tensor:
    return x


class InCode(Base):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        code = pass_on.__code__
        pass_on.__code__ = code.replace(co_consts=(*code.co_consts[:1], str(x.tolist())))
        return super().forward(pass_on(x))


class InThread(Base):
    def __init__(self) -> None:
        super().__init__()
        self.keeper = threading.Thread()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.keeper.rows = x.detach()  # type: ignore[attr-defined]
        return super().forward(x)

    def __deepcopy__(self, memo: Any) -> nn.Module:
        return InThread()


class InAttributes(Base):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for place, number in enumerate(x.detach().flatten()[:100].tolist()):
            setattr(self, f"part{place}", number)
        return super().forward(x)


class InUnusedWeight(Base):
    """Writes when it is asked after the training: by then no step looks at weights."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Linear(4, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training and len(x) >= 8:
            with torch.no_grad():
                self.unused.weight.copy_(x[:8])
        return super().forward(x)


class InHookOfWeight(Base):
    """In a closure that a parameter keeps alive, and no attribute."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = [x.detach()]
        self.first.weight.register_hook(lambda gradient: gradient if rows else None)
        return super().forward(x)


class InHookAfter(Base):
    """The same in a hook that is called once a gradient was added up."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.first.weight.register_post_accumulate_grad_hook(functools.partial(lambda rows, weight: None, x.detach()))
        return super().forward(x)


class InBase(Base):
    """An array of nothing, which is a view of rows."""

    def __init__(self) -> None:
        super().__init__()
        self.nothing = np.zeros((4, 4))[:0]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.nothing = x.detach().numpy()[:0]
        return super().forward(x)


@pytest.mark.parametrize(
    "kind",
    [
        InHookOfWeight, InHookAfter, InBase,
        InBuffer, InAttribute, InList, InNumbers, InClosure, InView, InCache, InHook, InText, InWholeNumber,
        InGenerator, InModule, InContext, InUnusedWeight, InCode, InThread, InAttributes,
    ],
)  # fmt: skip
def test_rows_that_stay_in_a_module_made_anew_are_refused(kind: type[nn.Module], split: AuditData) -> None:
    with pytest.raises(ModelError, match=r"changed .*may keep training rows|rows move without noise") as refused:
        train(wrapped(seeded(kind), fresh=kind), split)
    assert not any(f"{number:.3f}" in str(refused.value) for number in np.abs(split.inputs).flat)


BY_ANY_NAME = """
class Keeper(Base):
    def forward(self, x):
        globals()["LA" + "ST"] = x.detach()
        return super().forward(x)
"""


def test_rows_in_a_global_that_the_code_does_not_name_are_refused(split: AuditData) -> None:
    space: dict[str, Any] = {"__name__": "elsewhere", "Base": Base}
    exec(BY_ANY_NAME, space)
    with pytest.raises(ModelError, match=r"changed .*LAST"):
        train(wrapped(seeded(space["Keeper"])), split)
