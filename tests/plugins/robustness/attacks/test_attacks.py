"""Attacks where the exact robustness is known: never more than there is, and nearly all of it."""

import itertools
from functools import partial

import numpy as np
import pytest
import torch
from scipy.optimize import Bounds, LinearConstraint, milp
from sklearn.datasets import load_digits

from auditkit.plugins.robustness.attacks.autopgd import APGD
from auditkit.plugins.robustness.attacks.ensemble import chain
from auditkit.plugins.robustness.attacks.epsilon_sweep import sweep
from auditkit.plugins.robustness.attacks.fmn import fmn_within
from auditkit.plugins.robustness.attacks.losses import temperature
from auditkit.plugins.robustness.attacks.pgd import PGD, fgsm
from auditkit.plugins.robustness.attacks.problem import Problem, zero_slopes
from auditkit.plugins.robustness.attacks.square import square
from benchmarks.robustness_rows.assembled import ensemble

GRID = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3)
DUAL = {"Linf": 1, "L2": 2, "L1": float("inf")}


@pytest.fixture(scope="module")
def digits():
    images, labels = load_digits(return_X_y=True)
    x = torch.tensor(images / 16, dtype=torch.float32).reshape(-1, 1, 8, 8)
    y = torch.tensor(labels)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = torch.nn.Sequential(
            torch.nn.Conv2d(1, 8, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2), torch.nn.Flatten(),
            torch.nn.Linear(128, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10),
        )  # fmt: skip
        optimiser = torch.optim.Adam(net.parameters(), 3e-3)
        for _ in range(12):
            for at in torch.randperm(1400).split(64):
                optimiser.zero_grad()
                torch.nn.functional.cross_entropy(net(x[at]), y[at]).backward()
                optimiser.step()
    net.zero_grad(set_to_none=True)
    net.eval().requires_grad_(False)
    return net, x[1400:1500], y[1400:1500]


def linear(norm, seed=0, n=60, width=12):
    """A linear rule of two classes on a wide box, rows, classes, and their exact distance in the norm."""
    rng = np.random.default_rng(seed)
    weight = torch.tensor(rng.normal(size=width), dtype=torch.float32)
    x = torch.tensor(rng.normal(size=(n, width)), dtype=torch.float32)
    y = (x @ weight > 0).long()
    distance = (x @ weight).abs() / weight.norm(p=DUAL[norm])
    problem = Problem(lambda points: torch.stack([-(points @ weight), points @ weight], dim=1), norm, -100.0, 100.0)
    return problem, x, y, distance


ATTACKS = {"pgd": PGD(), "apgd": APGD(), "apgd on the margin": APGD(loss="margin"), "fmn": fmn_within}


@pytest.mark.parametrize("norm", ["Linf", "L2", "L1"])
@pytest.mark.parametrize("name", ATTACKS)
def test_of_a_linear_rule_attacks_find_what_there_is(norm, name):
    problem, x, y, distance = linear(norm)
    least = 0.9 if name == "fmn" else 0.97  # it looks for the nearest point, and is one of several in an ensemble
    hits = breakable_rows = 0
    for radius in (0.2, 0.5, 1.0, 1.5):
        attempt = ATTACKS[name](problem, x, y, radius * distance.median().item())
        broken = problem.confirm(attempt.points, x, y, radius * distance.median().item()) & attempt.broken
        breakable = distance <= radius * distance.median()
        clearly = distance <= 0.99 * radius * distance.median()
        assert not (broken & ~breakable).any()
        hits, breakable_rows = hits + int((broken & clearly).sum()), breakable_rows + int(clearly.sum())
    assert hits >= least * breakable_rows


@pytest.mark.parametrize("norm", ["Linf", "L2"])
def test_square_sees_through_without_a_gradient(norm):
    problem, x, y, distance = linear(norm, width=8)
    radius = 3 * distance.median().item()
    attempt = square(problem, x, y, radius, queries=300)
    assert (attempt.broken & problem.confirm(attempt.points, x, y, radius)).float().mean() > 0.7
    assert problem.backward == 0


def exact_distance(weights, x, own):
    """The smallest Linf change that turns a ReLU net of two layers against `own`, by mixed-integer programming."""
    (w1, b1), (w2, b2) = weights
    d, h, big = len(x), len(b1), 100.0
    other = 1 - own
    # variables: x' (d), z (h), a (h, binary), t
    n = d + 2 * h + 1
    rows, low, high = [], [], []

    def add(terms, floor, ceiling):
        row = np.zeros(n)
        for at, value in terms:
            row[at] += value
        rows.append(row)
        low.append(floor)
        high.append(ceiling)

    for k in range(d):
        add([(k, 1), (n - 1, -1)], -np.inf, x[k])
        add([(k, 1), (n - 1, 1)], x[k], np.inf)
    for j in range(h):
        pre = [(k, -w1[j, k]) for k in range(d)]
        add([(d + j, 1), *pre], b1[j], np.inf)
        add([(d + j, 1), *pre, (d + h + j, big)], -np.inf, b1[j] + big)
        add([(d + j, 1), (d + h + j, -big)], -np.inf, 0)
    add([(d + j, w2[other, j] - w2[own, j]) for j in range(h)], b2[own] - b2[other], np.inf)
    bounds = Bounds(
        [0.0] * d + [0.0] * (2 * h) + [0.0], [1.0] * d + [np.inf] * h + [1.0] * h + [1.0]
    )  # fmt: skip
    cost = np.zeros(n)
    cost[-1] = 1
    whole = np.array([0] * (d + h) + [1] * h + [0])
    solved = milp(cost, constraints=LinearConstraint(np.array(rows), low, high), bounds=bounds, integrality=whole)
    return float(solved.x[-1]) if solved.success else np.inf


def test_of_a_small_relu_net_attacks_never_beat_the_exact_distance_and_come_close():
    rng = np.random.default_rng(3)
    w1, b1 = rng.normal(size=(12, 4)), rng.normal(size=12) * 0.3
    w2, b2 = rng.normal(size=(2, 12)), np.zeros(2)
    inputs = rng.uniform(0, 1, (24, 4))
    logits = np.maximum(inputs @ w1.T + b1, 0) @ w2.T
    b2[0] = np.median(logits[:, 1] - logits[:, 0])  # half of the rows in each class
    net = torch.nn.Sequential(torch.nn.Linear(4, 12), torch.nn.ReLU(), torch.nn.Linear(12, 2))
    for layer, (weight, bias) in zip((net[0], net[2]), ((w1, b1), (w2, b2)), strict=True):
        layer.weight.data, layer.bias.data = torch.tensor(weight).float(), torch.tensor(bias).float()
    net.eval().requires_grad_(False)
    x = torch.tensor(inputs, dtype=torch.float32)
    y = net(x).argmax(dim=1)
    exact = np.array(
        [exact_distance(((w1, b1), (w2, b2)), row, own) for row, own in zip(x.numpy(), y.tolist(), strict=True)]
    )
    problem = Problem(net)
    strong = chain(APGD(steps=60), APGD(steps=60, loss="margin", seed=1), partial(fmn_within, steps=200))
    for radius in np.quantile(exact[np.isfinite(exact)], [0.3, 0.6, 0.9]):
        points = ensemble(problem, x, y, float(radius), {"strong": strong}).broken.numpy()
        assert not (points & (exact > radius + 1e-5)).any()
        clearly = exact <= 0.98 * radius
        assert (points & clearly).sum() >= 0.97 * clearly.sum()


def test_every_image_that_art_breaks_is_broken(digits):
    from auditkit.art import quiet, require_art

    net, x, y = digits
    attacks = require_art("art.attacks.evasion.projected_gradient_descent.projected_gradient_descent_pytorch")
    estimators = require_art("art.estimators.classification.pytorch")
    with quiet():
        classifier = estimators.PyTorchClassifier(
            net, torch.nn.CrossEntropyLoss(), (1, 8, 8), 10, clip_values=(0.0, 1.0), device_type="cpu"
        )
    own_attacks = chain(PGD(), APGD(steps=40), APGD(loss="dlr", steps=40, targets=9, seed=1))
    swept = sweep(Problem(net), x, y, GRID, own_attacks)
    for epsilon in GRID:
        with quiet():
            points = attacks.ProjectedGradientDescentPyTorch(
                classifier, eps=epsilon, eps_step=2.5 * epsilon / 40, max_iter=40, num_random_init=0, verbose=False
            ).generate(x.numpy(), y=y.numpy())
        broken = net(torch.tensor(points)).argmax(dim=1) != y
        assert not (broken & (swept.broken_at > epsilon)).any()
    net.requires_grad_(False)


def test_a_sweep_is_monotone_confirmed_and_the_fast_one_finds_the_same(digits):
    net, x, y = digits
    problem = Problem(net)
    exact = sweep(problem, x, y, GRID, PGD())
    spent = problem.forward
    won = torch.isfinite(exact.broken_at) & (exact.broken_at > 0)
    assert won.any() and problem.confirm(exact.points[won], x[won], y[won], exact.broken_at[won]).all()
    quick = Problem(net)
    fast = sweep(quick, x, y, GRID, PGD(), mode="fast")
    assert fast.mode == "fast" and quick.forward < spent
    tried = [PGD()(problem, x[:16], y[:16], epsilon) for epsilon in GRID]
    held = [
        attempt.broken & problem.confirm(attempt.points, x[:16], y[:16], at)
        for attempt, at in zip(tried, GRID, strict=True)
    ]
    assert all(not (small & ~large).any() for small, large in itertools.pairwise(held))
    by_itself = torch.full((len(x),), float("inf"), dtype=torch.float64)
    steady, later = torch.ones(len(x), dtype=torch.bool), torch.ones(len(x), dtype=torch.bool)
    for epsilon in reversed(GRID):
        alone = PGD()(problem, x, y, epsilon)
        held = alone.broken & problem.confirm(alone.points, x, y, epsilon)
        assert not (held & (exact.broken_at > epsilon)).any()
        by_itself[held] = epsilon
        steady &= ~held | later  # once broken at a radius, broken at all larger ones
        later = held
    assert steady.float().mean() > 0.9
    # rows are packed in other batches, whose sums round otherwise: a sign may turn, and with it a path
    assert (fast.broken_at <= by_itself)[steady].float().mean() >= 0.95


DISGUISES = {
    "times 100": lambda f: lambda x: 100 * f(x),
    "over 100": lambda f: lambda x: f(x) / 100,
    "softmax": lambda f: lambda x: f(x).softmax(dim=1),
    "log softmax": lambda f: lambda x: f(x).log_softmax(dim=1),
    "quantised": lambda f: lambda x: f((x * 8).round() / 8),
    "one hot": lambda f: lambda x: torch.nn.functional.one_hot(f(x).argmax(dim=1), 10).float(),
}


@pytest.mark.parametrize("name", DISGUISES)
def test_a_disguised_function_is_broken_alike_or_shows_no_slope(digits, name):
    net, x, y = digits
    strong = chain(APGD(steps=30), APGD(steps=30, loss="margin", seed=1))
    plain = ensemble(Problem(net), x, y, 0.1, {"strong": strong}).broken.float().mean()
    problem = Problem(DISGUISES[name](net))
    average = ensemble(problem, x, y, 0.1, {"strong": strong}).broken.float().mean()
    blind = zero_slopes(problem, x, y, 0.1).float().mean()
    assert abs(average - plain) <= 0.05 or blind > 0.1
    assert zero_slopes(Problem(net), x, y, 0.1).float().mean() <= 0.01


def test_the_ensemble_is_at_least_each_attack_and_keeps_the_rules(digits):
    net, x, y = digits
    x, y = x[:40], y[:40]
    free = torch.ones(1, 8, 8, dtype=torch.bool)
    free[:, :2] = False
    problem = Problem(net, free=free)
    attacks = {"fgsm": fgsm, "pgd": PGD(), "targeted": APGD(loss="dlr", steps=20, targets=3)}
    together = ensemble(problem, x, y, 0.15, attacks)
    for attack in attacks.values():
        alone = attack(problem, x, y, 0.15)
        assert not (problem.confirm(alone.points, x, y, 0.15) & ~together.broken).any()
    assert (together.points[:, :, :2] == x[:, :, :2]).all() and together.names == tuple(attacks)
    assert {name for name in together.by if name is not None} <= set(attacks)
    again = ensemble(problem, x, y, 0.15, attacks)
    assert torch.equal(again.points, together.points)


def test_nothing_of_the_model_is_written_to(digits):
    net, x, y = digits
    before = {name: value.clone() for name, value in net.state_dict().items()}
    state = torch.random.get_rng_state()
    sweep(Problem(net), x[:10], y[:10], GRID[:2], APGD())
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert all(parameter.grad is None for parameter in net.parameters())
    assert torch.equal(torch.random.get_rng_state(), state)


def test_a_point_outside_the_rules_is_not_counted(digits):
    net, x, y = digits
    problem = Problem(net)
    far = torch.clamp(x + 0.5, 0, 1)
    assert not problem.confirm(far, x, y, 0.1).any()
    assert not problem.confirm(torch.full_like(x, torch.nan), x, y, 10.0).any()
    assert not problem.confirm(x + 2.0, x, y, 10.0).any()


def test_what_makes_no_sense_is_refused(digits):
    net, x, y = digits
    with pytest.raises(ValueError, match="norm must be"):
        Problem(net, "L7")
    with pytest.raises(ValueError, match="epsilons must ascend"):
        sweep(Problem(net), x, y, (0.2, 0.1), PGD())
    with pytest.raises(ValueError, match="mode must be"):
        sweep(Problem(net), x, y, GRID, PGD(), mode="quick")


def test_the_rows_on_which_the_fast_mode_is_tried_keep_their_smallest_radius(digits):
    net, x, y = digits
    attack = PGD(steps=20)
    problem = Problem(net)
    fast = sweep(problem, x[:8], y[:8], GRID, attack, mode="fast")
    alone = torch.stack([attack(problem, x[:8], y[:8], radius).broken for radius in GRID])
    smallest = torch.tensor([*GRID, torch.inf], dtype=torch.float64)[torch.where(
        alone.any(dim=0), alone.int().argmax(dim=0), len(GRID)
    )]  # fmt: skip
    right = ~problem.wrong(x[:8], y[:8])
    assert right.any() and (fast.broken_at[right] <= smallest[right]).all()


@pytest.mark.parametrize(("margin", "expected"), [(2.0, 1.0), (8.0, 1.0), (50.0, 1.0), (1000.0, 100.0), (0.1, 0.01)])
def test_logits_of_the_usual_size_are_climbed_as_they_are(margin, expected):
    logits = torch.tensor([[margin, 0.0, -1.0]] * 5)
    assert temperature(logits) == pytest.approx(expected)
    assert temperature(logits * 0) == 1.0


def test_patience_leaves_rows_alone_that_get_no_nearer(digits):
    net, x, y = digits
    long, short = Problem(net), Problem(net)
    every = PGD(steps=60, loss="margin")(long, x, y, 0.02)
    few = PGD(steps=60, loss="margin", patience=3)(short, x, y, 0.02)
    assert short.forward < 0.8 * long.forward and not (few.broken & ~every.broken).any()
