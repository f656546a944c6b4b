"""Every layer with a formula gives what one backward pass a row gives, and what opacus gives, for any shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import nn

from auditkit.plugins.privacy.gradients.alone import OneByOne
from auditkit.plugins.privacy.gradients.bookkeeper import Bookkeeper
from auditkit.plugins.privacy.gradients.engine import ClippedSum, Engine
from auditkit.plugins.privacy.gradients.hooks import Hooks
from auditkit.plugins.privacy.gradients.layers import kind_of
from auditkit.plugins.privacy.gradients.other_layers import other
from tests.plugins.privacy.gradients.networks import made

Drawn = tuple[nn.Module, torch.Tensor]
CONVOLUTIONS: dict[int, type[nn.Module]] = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
INSTANCES: dict[int, type[nn.Module]] = {1: nn.InstanceNorm1d, 2: nn.InstanceNorm2d, 3: nn.InstanceNorm3d}
small = st.integers(1, 4)


def halves(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """A loss whose gradient differs at each output: mean over rows of half the squares, weighted by place."""
    flat = outputs.flatten(1)
    weights = torch.linspace(0.3, 1.0, flat.shape[1], dtype=flat.dtype)
    return ((flat - targets[:, None]) ** 2 * weights).sum(1).mean() / 2


def numbers(draw: Any, *shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(draw(st.integers(0, 9)))
    return torch.randn(shape, generator=generator, dtype=torch.float64)


@st.composite
def linear(draw: Any) -> Drawn:
    rows, d = draw(small), draw(small)
    between = draw(st.lists(small, max_size=2))
    return nn.Linear(d, draw(small), bias=draw(st.booleans())), numbers(draw, rows, *between, d)


@st.composite
def embedding(draw: Any) -> Drawn:
    entries = draw(small)
    shape = (draw(small), *draw(st.lists(small, max_size=2)))
    inputs = torch.randint(entries, shape, generator=torch.Generator().manual_seed(draw(st.integers(0, 9))))
    return nn.Embedding(entries, draw(small), padding_idx=draw(st.sampled_from((None, 0)))), inputs


@st.composite
def convolution(draw: Any) -> Drawn:
    dimensions, groups = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    kernel, gap, by = (tuple(draw(st.integers(1, 2)) for _ in range(dimensions)) for _ in range(3))
    padding = draw(st.sampled_from((0, 1, "same"))) if set(by) == {1} else draw(st.integers(0, 1))
    layer = CONVOLUTIONS[dimensions](
        groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2)), kernel, stride=by, padding=padding,
        dilation=gap, groups=groups, bias=draw(st.booleans()),
        padding_mode=draw(st.sampled_from(("zeros", "circular", "replicate"))),
    )  # fmt: skip
    sides = [draw(st.integers(4, 5)) for _ in range(dimensions)]
    return layer, numbers(draw, draw(small), layer.in_channels, *sides)


@st.composite
def last_dimensions(draw: Any) -> Drawn:
    shape = tuple(draw(st.lists(st.integers(2, 4), min_size=1, max_size=2)))
    layer = draw(st.sampled_from((nn.LayerNorm, nn.RMSNorm)))(shape)
    return layer, numbers(draw, draw(small), *draw(st.lists(small, max_size=2)), *shape)


@st.composite
def channels(draw: Any) -> Drawn:
    dimensions, count = draw(st.integers(1, 3)), draw(st.sampled_from((2, 4)))
    layers = [nn.GroupNorm(draw(st.sampled_from((1, 2))), count), INSTANCES[dimensions](count, affine=True)]
    return draw(st.sampled_from(layers)), numbers(draw, draw(small), count, *(2 for _ in range(dimensions)))


ANY = {
    "linear": linear,
    "embedding": embedding,
    "convolution": convolution,
    "last": last_dimensions,
    "channels": channels,
}


class Between(nn.Module):
    """The layer between two elementwise functions, called twice with other numbers."""

    def __init__(self, layer: nn.Module, twice: bool) -> None:
        super().__init__()
        self.layer, self.twice = layer, twice

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first = torch.tanh(self.layer(x))
        return first + self.layer(x.flip(1) if x.dim() > 1 else x) ** 2 if self.twice else first


def both(module: nn.Module, inputs: torch.Tensor, other: type[Engine], units: torch.Tensor | None = None) -> Any:
    targets = torch.linspace(-1, 1, len(inputs), dtype=torch.float64)
    return [kind(module, halves, 0.7).clipped_sum(inputs, targets, units) for kind in (Bookkeeper, other)]


def assert_same(one: ClippedSum, other: ClippedSum, tolerance: float) -> None:
    torch.testing.assert_close(one.norms, other.norms.to(one.norms), rtol=tolerance, atol=tolerance)
    torch.testing.assert_close(one.loss, other.loss, rtol=tolerance, atol=tolerance)
    for got, expected in zip(one.sums, other.sums, strict=True):
        torch.testing.assert_close(got, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("strategy", ANY.values(), ids=ANY)
def test_a_layer_gives_the_gradients_of_rows_and_of_units_one_by_one(strategy: Callable[[], Any]) -> None:
    @settings(max_examples=30)
    @given(strategy(), st.booleans(), st.data())
    def holds(drawn: Drawn, twice: bool, data: st.DataObject) -> None:
        layer, inputs = drawn
        module = made(Between(layer, twice))
        units = torch.tensor(data.draw(st.lists(st.integers(-1, 2), min_size=len(inputs), max_size=len(inputs))))
        assert_same(*both(module, inputs, OneByOne), 1e-10)
        assert_same(*both(module, inputs, OneByOne, units), 1e-10)

    holds()


PLAIN = {
    "linear": (nn.Linear(3, 4), (3,)),
    "linear, places": (nn.Linear(3, 4), (5, 3)),
    "convolution, 1": (nn.Conv1d(2, 3, 2), (2, 6)),
    "convolution, 2": (nn.Conv2d(2, 4, 3, stride=2, padding=1, groups=2), (2, 7, 6)),
    "convolution, 3": (nn.Conv3d(1, 2, 2), (1, 3, 4, 3)),
    "layer norm": (nn.LayerNorm(4), (3, 4)),
    "RMS norm": (nn.RMSNorm(4), (3, 4)),
    "group norm": (nn.GroupNorm(2, 4), (4, 3)),
    "instance norm": (nn.InstanceNorm2d(3, affine=True), (3, 4, 4)),
    "embedding": (nn.Embedding(7, 3), None),
}


@pytest.mark.parametrize(("kind", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-4)], ids=["64", "32"])
@pytest.mark.parametrize(("layer", "shape"), PLAIN.values(), ids=PLAIN)
def test_a_layer_gives_what_opacus_gives(
    layer: nn.Module, shape: tuple[int, ...] | None, kind: torch.dtype, tolerance: float
) -> None:
    pytest.importorskip("opacus")
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(11, *shape, generator=generator).to(kind) if shape else torch.arange(44).reshape(11, 4) % 7
    assert_same(*both(made(Between(layer, False), kind), inputs, Hooks), tolerance)


def test_each_way_to_a_norm_is_the_same() -> None:
    """Few places and many weights: ghost norms; many places: gradients; too many to hold: a few rows at a time."""
    from auditkit.plugins.privacy.gradients import contributions

    generator = torch.Generator().manual_seed(0)
    for places, size, p, d in ((1, 6, 5, 4), (2, 6, 5, 4), (2, 6, 12, 11), (9, 6, 3, 2)):
        left, right = (torch.randn(size, places, side, generator=generator, dtype=torch.float64) for side in (p, d))
        gradients = torch.einsum("ntp,ntd->npd", left, right)
        factors = torch.rand(size, generator=generator, dtype=torch.float64)
        for held in (contributions.HELD, 2 * p * d):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(contributions, "HELD", held)
                part = contributions.Products(left, right)
                torch.testing.assert_close(part.squares(), gradients.square().sum((1, 2)))
                torch.testing.assert_close(part.weighted(factors).view(p, d), torch.tensordot(factors, gradients, 1))


def test_convolutions_that_do_not_fit_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = nn.Conv2d(2, 4, 3, stride=(1, 2), padding=1, groups=2)
    inputs = torch.randn(7, 2, 6, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    monkeypatch.setattr("auditkit.plugins.privacy.gradients.convolutions.HELD", 2 * layer.weight.numel())
    assert_same(*both(made(Between(layer, False)), inputs, OneByOne), 1e-10)


def test_layers_that_compute_something_else_have_no_formula() -> None:
    class Other(nn.Linear):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return 2 * super().forward(x)

    by_themselves = [
        Other(2, 2), nn.Bilinear(2, 2, 2), nn.PReLU(), nn.ConvTranspose1d(2, 2, 1),
        nn.utils.spectral_norm(nn.Linear(2, 2)),
    ]  # fmt: skip
    assert {kind_of(layer) for layer in by_themselves} == {other}
    refused = [
        nn.BatchNorm1d(2), nn.Embedding(2, 2, max_norm=1.0), nn.Embedding(2, 2, scale_grad_by_freq=True),
        nn.Embedding(2, 2, sparse=True), nn.InstanceNorm1d(2, affine=True, track_running_stats=True), nn.LSTM(2, 2),
        nn.MultiheadAttention(2, 1),
    ]  # fmt: skip
    assert [type(layer).__name__ for layer in refused if kind_of(layer)] == []
    assert all(kind_of(kind) is not other for kind, _ in PLAIN.values())
