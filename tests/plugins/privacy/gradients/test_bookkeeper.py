"""Book-keeping of whole networks: clipping, units, what is frozen, and nothing left behind."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from auditkit.errors import ModelError
from auditkit.plugins.privacy.gradients.alone import OneByOne
from auditkit.plugins.privacy.gradients.bookkeeper import Bookkeeper
from auditkit.plugins.privacy.gradients.hooks import Hooks
from tests.plugins.privacy.gradients.networks import Tied, Words, made, mlp, pictures, problem, words

NETWORKS = {
    "pictures": (pictures, problem(2, 9, 9)),
    "words": (Words, words()),
    "tied": (Tied, words()),
    "mlp, in place": (lambda: mlp(inplace=True), problem(4)),
}


@pytest.mark.parametrize("kind", [torch.float64, torch.float32], ids=["64", "32"])
@pytest.mark.parametrize(("network", "rows"), NETWORKS.values(), ids=NETWORKS)
def test_a_network_gives_the_clipped_sum_of_one_pass_a_row(network, rows, kind) -> None:
    inputs, targets = rows
    inputs = inputs.to(kind) if inputs.is_floating_point() else inputs
    module = made(network(), kind).eval()
    units = torch.arange(len(inputs)) // 5 * 3
    tolerance = 1e-10 if kind == torch.float64 else 1e-4
    for codes in (None, units):
        one, other = (
            engine(module, functional.cross_entropy, 0.05).clipped_sum(inputs, targets, codes)
            for engine in (Bookkeeper, OneByOne)
        )
        assert len(one.norms) == (24 if codes is None else 5)
        torch.testing.assert_close(one.norms, other.norms, rtol=tolerance, atol=tolerance)
        for got, expected in zip(one.sums, other.sums, strict=True):
            torch.testing.assert_close(got, expected, rtol=tolerance, atol=tolerance)


def test_norms_of_half_precision_are_computed_in_full() -> None:
    inputs, targets = words()
    module = made(Words(), torch.bfloat16).eval()
    one, other = (
        kind(module, functional.cross_entropy, 0.1).clipped_sum(inputs, targets) for kind in (Bookkeeper, OneByOne)
    )
    assert one.norms.dtype == torch.float32 and one.sums[0].dtype == torch.bfloat16
    torch.testing.assert_close(one.norms, other.norms, rtol=0.03, atol=0.03)


def test_a_sum_by_hand() -> None:
    """Two rows of one weight: gradients 3 and -0.5, clipped to 1: 1 - 0.5."""
    module = nn.Linear(1, 1, bias=False).double()
    nn.init.zeros_(module.weight)
    inputs, targets = torch.tensor([[3.0], [0.5]]).double(), torch.tensor([-1.0, 1.0]).double()
    taken = Bookkeeper(module, lambda outputs, wanted: ((outputs[:, 0] - wanted) ** 2).mean() / 2, 1.0).clipped_sum(
        inputs, targets
    )
    torch.testing.assert_close(taken.norms, torch.tensor([3.0, 0.5]).double())
    torch.testing.assert_close(taken.sums[0], torch.tensor([[0.5]]).double(), rtol=0, atol=1e-6)
    assert float(taken.loss) == 0.5


def test_a_unit_is_clipped_once() -> None:
    inputs, targets = problem(4)
    engine = Bookkeeper(made(mlp()).eval(), functional.cross_entropy, 1e-3)
    for units, bound in ((None, 24), (torch.zeros(24, dtype=torch.int64), 1), (torch.arange(24) % 4, 4)):
        taken = engine.clipped_sum(inputs, targets, units)
        assert len(taken.norms) == bound
        assert float(torch.cat([part.flatten() for part in taken.sums]).norm()) <= bound * 1e-3 * (1 + 1e-9)


@pytest.mark.filterwarnings("ignore:Full backward hook")
def test_a_step_is_that_of_opacus_with_the_same_noise() -> None:
    opacus = pytest.importorskip("opacus")
    for kind, tolerance in ((torch.float64, 1e-10), (torch.float32, 1e-4)):
        inputs, targets = problem(4, kind=kind)
        module = made(mlp(), kind)
        module[2].p = 0.0
        taken = Bookkeeper(module, functional.cross_entropy, 0.1).clipped_sum(inputs, targets)
        noise = torch.Generator().manual_seed(5)
        steps = [(total + torch.normal(0, 0.2, total.shape, generator=noise, dtype=kind)) / 24 for total in taken.sums]
        wrapped = opacus.GradSampleModule(module)
        optimizer = opacus.optimizers.DPOptimizer(
            torch.optim.SGD(module.parameters(), lr=1.0), noise_multiplier=2.0, max_grad_norm=0.1,
            expected_batch_size=24, generator=torch.Generator().manual_seed(5),
        )  # fmt: skip
        functional.cross_entropy(wrapped(inputs), targets).backward()
        optimizer.pre_step()
        for parameter, step in zip(module.parameters(), steps, strict=True):
            torch.testing.assert_close(parameter.grad, step, rtol=tolerance, atol=tolerance)


def test_frozen_parameters_are_left_out_and_biases_alone_are_trained() -> None:
    inputs, targets = problem(2, 9, 9)
    module = made(pictures()).eval()
    for name, parameter in module.named_parameters():
        parameter.requires_grad_(name.endswith("bias"))
    one, other = (
        engine(module, functional.cross_entropy, 0.1).clipped_sum(inputs, targets) for engine in (Bookkeeper, OneByOne)
    )
    assert [part.shape for part in one.sums] == [p.shape for n, p in module.named_parameters() if n.endswith("bias")]
    for got, expected in zip(one.sums, other.sums, strict=True):
        torch.testing.assert_close(got, expected)
    assert [name for name, p in module.named_parameters() if p.requires_grad] == [
        name for name, _ in module.named_parameters() if name.endswith("bias")
    ]


@pytest.mark.parametrize("kind", [Bookkeeper, Hooks, OneByOne])
def test_no_rows_give_zeros(kind) -> None:
    if kind is Hooks:
        pytest.importorskip("opacus")
    inputs, targets = problem(4)
    taken = kind(made(mlp()), functional.cross_entropy, 1.0).clipped_sum(inputs[:0], targets[:0])
    assert all(not part.any() for part in taken.sums) and len(taken.norms) == 0 and bool(taken.loss.isnan())


def test_nothing_stays_on_the_module() -> None:
    inputs, targets = problem(4)
    module = made(mlp())
    before = {name: value.clone() for name, value in module.state_dict().items()}
    engine = Bookkeeper(module, functional.cross_entropy, 1.0)
    engine.clipped_sum(inputs, targets)
    with pytest.raises(RuntimeError, match="shape"):
        engine.clipped_sum(inputs[:, :3], targets)
    assert all(p.grad is None and p.requires_grad for p in module.parameters())
    assert not any(layer._forward_hooks for layer in module.modules())
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())


def test_a_parameter_that_is_not_reached_has_a_sum_of_zero() -> None:
    class Idle(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.idle = nn.Linear(4, 3), nn.Linear(4, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            with torch.no_grad():
                self.idle(x)
            return self.used(x) + self.idle(x).detach()

    taken = Bookkeeper(made(Idle()), functional.cross_entropy, 1.0).clipped_sum(*problem(4))
    assert taken.sums[0].any() and not taken.sums[2].any() and not taken.sums[3].any()


def test_what_was_overwritten_in_place_is_refused() -> None:
    class Overwrites(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(4, 3), nn.Linear(3, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            hidden = self.first(x) * 2
            out = self.second(hidden)
            hidden += 1
            return out + hidden

    with pytest.raises(ModelError, match="overwritten"):
        Bookkeeper(made(Overwrites()), functional.cross_entropy, 1.0).clipped_sum(*problem(4))


def test_a_module_without_formula_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match="there is no formula for 1, a BatchNorm1d"):
        Bookkeeper(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)), functional.cross_entropy, 1.0)
