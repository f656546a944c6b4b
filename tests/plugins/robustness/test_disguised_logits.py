"""Logits are found beneath a softmax, a rounding, labels or a vote."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from auditkit.plugins.robustness import disguised_logits
from auditkit.plugins.robustness.forward_trace import INPUT, Pass

LEVELS = torch.linspace(0, 1, 8)


class Dressed(torch.nn.Module):
    """A network, its input and its output dressed up."""

    def __init__(self, forward: Callable[[Any, Tensor], Tensor], outputs: int = 4) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.network = torch.nn.Sequential(
                torch.nn.Linear(6, 16), torch.nn.ReLU(), torch.nn.Linear(16, outputs)
            ).requires_grad_(False)  # fmt: skip
        self.way = forward

    def forward(self, x: Tensor) -> Tensor:
        return self.way(self.network, x)


def points(rows: int = 200) -> Tensor:
    return torch.rand((rows, 6), generator=torch.Generator().manual_seed(1))


def read(output: Any) -> Tensor:
    return output if output.shape[1] > 1 else torch.cat([0.5 - output, output - 0.5], 1)  # type: ignore[no-any-return]


PLAIN: list[Callable[[Any, Tensor], Tensor]] = [
    lambda net, x: net(x), lambda net, x: 100 * net(x), lambda net, x: net(x) / 100,
    lambda net, x: net(x).log_softmax(1),
]  # fmt: skip
HIDDEN: list[Callable[[Any, Tensor], Tensor]] = [
    lambda net, x: net(x).softmax(1), lambda net, x: (1e4 * net(x)).softmax(1),
    lambda net, x: torch.nn.functional.one_hot(net(x).argmax(1), 4).float(),
    lambda net, x: 2 * torch.nn.functional.one_hot(net(x).argmax(1), 4).float() - 1,
    lambda net, x: (100 * net(x)).softmax(1).clamp(1e-6, 1).log(),
    lambda net, x: torch.where(net(x) == net(x).amax(1, keepdim=True), net(x), -1e9),
    lambda net, x: net(x).half().softmax(1).float(), lambda net, x: torch.nn.functional.softmin(-net(x), dim=1),
]  # fmt: skip
ROUNDED: list[Callable[[Any, Tensor], Tensor]] = [
    lambda net, x: net((x * 16).round() / 16), lambda net, x: net((x * 255).to(torch.uint8).float() / 255),
    lambda net, x: net(LEVELS[torch.bucketize(x, (LEVELS[1:] + LEVELS[:-1]) / 2)]),
    lambda net, x: net(x - torch.remainder(x, 1 / 32)), lambda net, x: net((x > 0.5).float()),
    lambda net, x: net(torch.from_numpy(np.round(x.detach().numpy() * 32) / 32).float()),
    lambda net, x: net[2]((net[:2](x) * 8).round() / 8), lambda net, x: net((x * 7).round() / 7).softmax(1),
]  # fmt: skip


def without_gradients(net: Any, x: Tensor) -> Tensor:
    with torch.no_grad():
        return net(x)  # type: ignore[no-any-return]


@torch.inference_mode()
def in_inference(net: Any, x: Tensor) -> Tensor:
    return net(x)  # type: ignore[no-any-return]


def switched_off(net: Any, x: Tensor) -> Tensor:
    before = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    output = net(x)
    torch.set_grad_enabled(before)
    return output  # type: ignore[no-any-return]


def half(net: Any, x: Tensor) -> Tensor:
    hidden = net[:2](x)
    return net[2](torch.cat([hidden[:, :8], hidden[:, 8:].detach()], 1))  # type: ignore[no-any-return]


CUT: list[Callable[[Any, Tensor], Tensor]] = [
    lambda net, x: net(x).detach(), lambda net, x: net(x.detach().clone()), lambda net, x: net(x.data),
    lambda net, x: net(x.detach().requires_grad_(False)), without_gradients, in_inference, switched_off, half,
    lambda net, x: in_inference(net, x).softmax(1),
]  # fmt: skip
ELSEWHERE: list[Callable[[Any, Tensor], Tensor]] = [
    lambda net, x: net(torch.from_numpy(x.detach().numpy())), lambda net, x: net(x.new_tensor(x.tolist())),
    lambda net, x: net[2](torch.from_numpy(net[:2](x).detach().numpy())),
]  # fmt: skip


@pytest.mark.parametrize("way", [*CUT, *ELSEWHERE])
def test_a_slope_that_is_cut_off_is_put_back(way: Callable[[Any, Tensor], Tensor]) -> None:
    module = Dressed(way)
    lens = disguised_logits.find(module, points(), read)
    assert lens is not None and lens.cut is (way in CUT or "detach" in way.__code__.co_names)
    unit = points().requires_grad_(True)
    output, under = disguised_logits.see(module, unit * 1, lens)
    slope, true_slope = (
        torch.autograd.grad(logits.amax(1).sum(), unit, retain_graph=True)[0]
        for logits in (output if under is None else under, module.network(unit))
    )
    assert torch.allclose(slope / slope.norm(), true_slope / true_slope.norm(), atol=1e-5)
    with torch.inference_mode():
        assert torch.is_inference_mode_enabled(), "as it was"


@pytest.mark.parametrize("way", PLAIN)
def test_a_plain_output_is_attacked_as_it_is(way: Callable[[Any, Tensor], Tensor]) -> None:
    assert disguised_logits.find(Dressed(way), points(), read) is None


@pytest.mark.parametrize("way", HIDDEN)
def test_logits_beneath_an_output_that_hides_them_are_found(way: Callable[[Any, Tensor], Tensor]) -> None:
    module = Dressed(way)
    lens = disguised_logits.find(module, points(), read)
    assert lens is not None and not lens.steps
    unit = points().requires_grad_(True)
    _, logits = disguised_logits.see(module, unit, lens)
    truth = module.network(unit)
    assert logits is not None and torch.equal(logits.argmax(1), truth.argmax(1))
    slope, true_slope = (
        torch.autograd.grad(outputs.amax(1).sum(), unit, retain_graph=True)[0] for outputs in (logits, truth)
    )
    assert torch.allclose(slope / slope.norm(), true_slope / true_slope.norm(), atol=1e-5)


@pytest.mark.parametrize(
    "way",
    [
        lambda net, x: net(x).sigmoid(), lambda net, x: (1e3 * net(x)).sigmoid(), lambda net, x: (net(x) > 0).float(),
        lambda net, x: torch.nn.functional.hardsigmoid(9 * net(x)), lambda net, x: 1 - (-net(x)).sigmoid(),
    ],
)  # fmt: skip
def test_one_logit_beneath_is_found(way: Callable[[Any, Tensor], Tensor]) -> None:
    shifted = Dressed(lambda net, x: way(lambda y: net(y) - net(points()).median(), x), outputs=1)
    lens = disguised_logits.find(shifted, points(), read)
    assert lens is not None
    _, logits = disguised_logits.see(shifted, points(), lens)
    assert logits is not None and torch.equal(logits.argmax(1), read(shifted(points())).argmax(1))
    assert len(logits[:, 0].unique()) > 190


@pytest.mark.parametrize("way", ROUNDED)
def test_what_is_rounded_inside_gets_a_slope_and_keeps_its_value(way: Callable[[Any, Tensor], Tensor]) -> None:
    module = Dressed(way)
    lens = disguised_logits.find(module, points(), read)
    assert lens is not None and lens.steps and not lens.exact
    unit = points().requires_grad_(True)
    output, under = disguised_logits.see(module, unit, lens)
    assert torch.allclose(output, module(points()), atol=1e-5)
    (slope,) = torch.autograd.grad((output if under is None else under).amax(1).sum(), unit)
    assert float((slope != 0).any(1).double().mean()) > 0.9


def test_the_models_decision_is_lifted_and_how_far_it_was_stays_visible() -> None:
    under = torch.tensor([[2.0, 1.0, 0.0], [2.0, 1.0, 0.0], [5.0, 1.0, 0.0]], requires_grad=True)
    raised = disguised_logits.aligned(under, torch.tensor([0, 1, 1]))
    lifted = raised.detach()
    assert lifted.argmax(1).tolist() == [0, 1, 1] and lifted[0].tolist() == [2.0, 1.0, 0.0]
    # the margin is a thousandth over one more than the distance: 1 and 4
    assert np.allclose([float(lifted[1, 1] - 2), float(lifted[2, 1] - 5)], [0.001 / 2, 0.001 / 5], atol=1e-6)
    (slope,) = torch.autograd.grad((raised[:, 0] - raised[:, 1]).sum(), under)
    assert slope.tolist() == [[1.0, -1.0, 0.0]] * 3


def test_a_vote_is_attacked_through_the_mean_of_its_members() -> None:
    members = [torch.nn.Linear(6, 3, bias=False) for _ in range(3)]
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(3)
        for member in members:
            member.weight.copy_(torch.eye(3, 6) + torch.randn(3, 6) / 2)

    def vote(net: Any, x: Tensor) -> Tensor:
        return torch.stack([(20 * member(x)).softmax(1) for member in members]).mean(0)

    lens = disguised_logits.find(Dressed(vote, outputs=3), points(), read)
    assert lens is not None and len(lens.ends) > 1 and not lens.exact
    votes, itself = disguised_logits.other_lenses(lens)
    assert itself.ends == () and votes.votes
    unit = points().requires_grad_(True)
    _, turned = disguised_logits.see(Dressed(vote, outputs=3), unit, votes)
    assert turned is not None
    assert float((turned.argmax(1) == vote(None, points()).argmax(1)).double().mean()) > 0.9
    (slope,) = torch.autograd.grad((turned[:, 0] - turned[:, 1]).sum(), unit)
    assert bool((slope != 0).any(dim=1).all())


def test_one_sure_member_outweighs_two_in_the_mean_and_not_in_the_vote() -> None:
    rows = ([10.0, 0.0, -9.0], [0.0, 1.0, -9.0], [0.0, 2.0, -9.0])
    outputs = {at: torch.tensor([row]) for at, row in enumerate(rows)}
    ends = tuple(disguised_logits.End(at) for at in outputs)
    mean, vote = (disguised_logits.scores(outputs, ends, 3, votes=votes) for votes in (False, True))
    assert (int(mean.argmax()), int(vote.argmax())) == (0, 1)
    # by hand: the first member is for class 0 already, the second has a margin of 1 to lose; all on average -7/3
    assert np.allclose(vote.numpy(), [[-(1 + 0.01 * -7 / 3), 0, -(9 + 10 + 0.01 * 10)]])


def test_one_member_in_two_forms_votes_once() -> None:
    members = [torch.nn.Linear(6, 3) for _ in range(2)]
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(5)
        for member in members:
            member.weight.copy_(3 * torch.eye(3, 6) + torch.randn(3, 6) / 2)

    def mean(net: Any, x: Tensor) -> Tensor:
        return sum((2 * member(x)).log_softmax(1).softmax(1) for member in members) / 2  # type: ignore[return-value]

    lens = disguised_logits.find(Dressed(mean, outputs=3), points(), read)
    assert lens is not None and len(lens.voters) == 2


@pytest.mark.parametrize("way", HIDDEN)
def test_one_network_in_a_disguise_has_no_members(way: Callable[[Any, Tensor], Tensor]) -> None:
    lens = disguised_logits.find(Dressed(way), points(), read)
    assert lens is not None and disguised_logits.other_lenses(lens) == ()


def test_an_output_whose_ties_decide_is_looked_at_as_it_is_too() -> None:
    second = Dressed(lambda net, x: net(x))(points()).topk(2, dim=1).values[:, 1]
    most = float(second.quantile(0.95))  # the two largest of one row in twenty are cut off alike
    lens = disguised_logits.find(Dressed(lambda net, x: net(x).clamp(max=most)), points(), read)
    assert lens is not None and lens.ends and not lens.exact
    (itself,) = disguised_logits.other_lenses(lens)
    assert itself.ends == () and not itself.exact
    # told from ties alone, also where the order of classes decides as the logits beneath do
    alike = Dressed(lambda net, x: net(x).sort(dim=1, descending=True).values.clamp(max=most))
    lens = disguised_logits.find(alike, points(), read)
    assert lens is not None and lens.ends and len(disguised_logits.other_lenses(lens)) == 1


def test_wide_results_are_not_held_while_a_module_is_watched() -> None:
    network, outputs = torch.nn.Sequential(torch.nn.Linear(6, 1000), torch.nn.ReLU(), torch.nn.Linear(1000, 4)), []
    network[0].register_forward_hook(lambda module, given, output: outputs.append(weakref.ref(output)))
    given = points()
    with torch.no_grad(), Pass(given, widths={4}) as watched:
        network(given)
    assert {tensor[0].numel() for at, tensor in watched.made.items() if at != INPUT} == {4}
    assert len(outputs) == 1 and outputs[0]() is None, (
        "all results together take many times what the module itself does"
    )


def test_a_module_that_refuses_to_be_watched_is_left_alone() -> None:
    def refuses(net: Any, x: Tensor) -> Tensor:
        raise RuntimeError("not now")

    assert disguised_logits.find(Dressed(refuses), points(), read) is None
