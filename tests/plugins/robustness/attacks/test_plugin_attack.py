"""An attack of a stranger: as good as it is, and never better than the model's own answers say."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import auditkit
from auditkit.checks import Offer
from auditkit.data import AuditData
from auditkit.errors import ConfigError, PluginError
from auditkit.hookspecs import Attack
from auditkit.plugins.robustness.attacks import PGD, Problem, registry
from auditkit.plugins.robustness.evasion.parameters import ATTACKS
from auditkit.results import CheckResult
from tests.plugins.recorded import control

SMALL = {
    "rows": 30, "steps": 10, "max_queries": 100, "square_queries": 20, "noise_draws": 5, "trial_rows": 10,
    "epsilons": (0.02, 0.05), "permutations": 100,
}  # fmt: skip
WEIGHTS = torch.tensor([[-1.0, 0.5, 0.3, 0.0], [1.0, -0.5, -0.3, 0.1]])


def climb(problem, x, y, radius, start):
    """Descent on the margin by steps of a quarter of the radius."""
    scale, now = problem.scale(problem.logits(x), "margin"), x
    for _ in range(10):
        slope = problem.look(now, y, "margin", scale).slope
        now = problem.project(now + slope.sign() * radius[:, None] / 4, x, radius)
    return now


def idle(problem, x, y, radius, start):
    return x


def leave_the_ball(problem, x, y, radius, start):
    problem.high = problem.high * 100  # its own copy: nothing that its points are held to
    return 1 - x


def offer(attack, norms=("Linf",)) -> Offer:
    return Offer(Attack("acme.x", lambda problem, classes, steps, restarts, seed: attack, 1, norms), "acme", "1")


def audited(attack, **more) -> CheckResult:
    network = torch.nn.Linear(4, 2)
    with torch.no_grad():
        network.weight.copy_(WEIGHTS)
        network.bias.copy_(torch.tensor([0.2, -0.2]))
    inputs = np.random.default_rng(0).uniform(0, 1, (60, 4)).astype(np.float32)
    inputs[:, 0] = inputs[:, 0] > 0.5  # at the ends of the range, where rounding leaves the box
    labels = network(torch.as_tensor(inputs)).argmax(1).numpy()
    plugin = type("Acme", (), {"__name__": "acme"})()
    plugin.register_attacks = auditkit.hookimpl(lambda: [offer(attack).value])
    parameters = {"robustness.evasion": {**SMALL, "attack": "acme.x", **more}}
    data = AuditData(inputs=inputs, labels=labels, task="binary", positive=1)
    return auditkit.audit(
        network, data, checks=["robustness.evasion"], parameters=parameters, plugins=[plugin]
    ).results[0]


def test_a_good_attack_is_valid_and_a_bad_one_is_caught_and_neither_changes_what_is_true():
    good, lazy, cheat = map(audited, (climb, idle, leave_the_ball))
    values = [
        [number.value for number in result.measurements if number.name == "robust_accuracy"]
        for result in (good, lazy, cheat)
    ]
    assert values[0] == values[1] == values[2], "the trials find what the attack does not, and refuse what breaks rules"
    assert {measurement.validity for measurement in good.measurements} == {"valid"}
    for bad in (lazy, cheat):
        assert (
            next(measurement for measurement in bad.measurements if measurement.name == "robust_accuracy").validity
            == "invalid"
        )
    assert not control(lazy, "unbounded").holds and control(good, "unbounded").holds
    assert not control(cheat, "returned-points").holds and control(good, "returned-points").holds


def no_box(problem, x, y, radius, start):
    """Descent that keeps to the ball and knows of no box."""
    problem.low, problem.high = problem.low - 1, problem.high + 1  # its own copy
    return climb(problem, x, y, radius, start)


def too_far(problem, x, y, radius, start):
    return climb(problem, x, y, radius * 1.001, start)


def some_nan(problem, x, y, radius, start):
    points = climb(problem, x, y, radius, start)
    points[::3] = torch.nan
    return points


@pytest.mark.parametrize("attack", [no_box, too_far, some_nan])
def test_an_attack_that_leaves_the_box_or_the_ball_by_little_is_caught(attack):
    assert not control(audited(attack), "returned-points").holds


def test_points_that_rounding_takes_out_of_the_box_count_and_break_no_rule():
    def rounded(*given):
        return climb(*given) + 1e-7

    exact, off = audited(climb), audited(rounded)
    assert control(off, "returned-points").holds
    values = [
        [measurement.value for measurement in result.measurements if measurement.name == "robust_accuracy"]
        for result in (exact, off)
    ]
    assert values[0] == values[1]


def test_a_norm_in_which_the_attack_cannot_search_is_refused():
    result = audited(climb, norm="L2", epsilons=(0.1, 0.2))
    assert result.status == "skipped"
    why = "the attack 'acme.x' searches in the norm Linf; norm = 'L2' is asked for"
    assert result.reason == f'{why}; write norm = "Linf" under [checks."robustness.evasion"]'


def raises(problem, x, y, radius, start):
    raise KeyError("step")


@pytest.mark.parametrize(
    ("attack", "message"),
    [
        (raises, "plugin 'acme': the attack 'acme.x' raised KeyError"),
        (lambda *given: given[1][:1], r"plugin 'acme': the attack 'acme.x' must give points, a tensor \(3, 2\)"),
        (lambda *given: None, "it gave a NoneType"),
        (None, "plugin 'acme': make of the attack 'acme.x' must give a function; it gave NoneType"),
    ],
)
def test_what_a_plugin_gets_wrong_names_it(attack, message):
    problem, x = Problem(lambda points: points @ torch.tensor([[1.0, -1], [-1, 1]])), torch.full((3, 2), 0.5)
    with pytest.raises(PluginError, match=message):
        registry.chosen("acme.x", {"acme.x": offer(attack)}).make(problem, 2, 10, 1, 0)(
            problem, x, torch.zeros(3, dtype=torch.int64), 0.1
        )


def test_an_attack_of_a_plugin_breaks_what_descent_breaks_and_its_questions_are_counted():
    problem = Problem(lambda points: points @ torch.tensor([[1.0, -1], [-1, 1]]))
    x = torch.tensor([[0.6, 0.5], [0.9, 0.1], [0.55, 0.5]])
    y = torch.zeros(3, dtype=torch.int64)
    tried = registry.chosen("acme.x", {"acme.x": offer(climb)}).make(problem, 2, 10, 1, 0)(problem, x, y, 0.1)
    counts = problem.forward, problem.backward
    assert tried.broken.tolist() == PGD()(problem, x, y, 0.1).broken.tolist() == [True, False, True]
    forward = (1 + 10 + 1) * 3  # once for the scale, ten steps, once to see what its points break
    assert counts == (forward, 30)
    assert problem.confirm(tried.points, x, y, 0.1).tolist() == tried.broken.tolist()


def test_the_names_that_a_user_may_write_are_those_of_the_registry():
    assert set(ATTACKS) == set(registry.ATTACKS)
    with pytest.raises(ConfigError, match="attack must be one of the registry; 'pdg' was given, did you mean 'pgd'"):
        registry.chosen("pdg", {})
