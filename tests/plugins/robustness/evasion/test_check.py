"""The check as a whole: what its parameters do, and models that its controls must catch."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
import torch

import auditkit
from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.errors import TimeLimit
from auditkit.plugins.robustness.certificates.check import Certificates
from auditkit.plugins.robustness.evasion import controls
from auditkit.plugins.robustness.evasion.check import Evasion
from auditkit.plugins.robustness.evasion.findings import UNTRIED
from auditkit.predictions import Predictions
from auditkit.results import CheckResult
from auditkit.run.controls import apply_controls

SMALL = {"rows": 40, "steps": 10, "trial_rows": 10, "noise_draws": 20, "square_queries": 200, "max_queries": 400}


@pytest.fixture(scope="module")
def pictures(digits: Any) -> AuditData:
    return AuditData(digits.pictures[:40], labels=digits.labels[:40], task="multiclass", modality="image")


def run(module: Any, data: AuditData, **options: Any) -> CheckResult:
    model = auditkit.wrap(module.eval(), classes=tuple(range(10)), task="multiclass")
    context = Context(rng=np.random.default_rng(0), predictions=Predictions(model, data))
    return apply_controls(Evasion(**{**SMALL, **options})(model, data, context))


@pytest.fixture(scope="module")
def plain(digits: Any, pictures: AuditData) -> CheckResult:
    """Of the network as it is."""
    return run(digits.network, pictures)


def curve(result: CheckResult) -> dict[Any, float | None]:
    return {
        measurement.conditions["epsilon"]: measurement.value
        for measurement in result.measurements
        if measurement.name == "robust_accuracy"
    }


def failed(result: CheckResult) -> set[str]:
    return {
        control.name for control in result.controls if control.holds is not True and control.on_failure == "invalid"
    }


class Around(torch.nn.Module):
    """Something done to the picture before the network sees it."""

    def __init__(self, inner: Any) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Any) -> Any:
        return self.inner(self.before(x))

    def before(self, x: Any) -> Any:
        return x


class Purified(Around):
    """A defence that searches, by gradients, before it answers."""

    def before(self, x: Any) -> Any:
        with torch.enable_grad():
            at = x.detach().clone().requires_grad_(True)
            (slope,) = torch.autograd.grad(at.square().sum(), at)
        return x - 1e-3 * slope.detach()


class Detached(Around):
    """The same decisions, with gradients that point the wrong way by what was cut off."""

    def before(self, x: Any) -> Any:
        return x + 2 * (x.detach() - x)


class Turned(torch.autograd.Function):
    """Nothing is done, and the gradient turned round."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, slope: Any) -> Any:
        return -slope


class Misled(Around):
    """The same decisions, with gradients that are made up."""

    def before(self, x: Any) -> Any:
        return Turned.apply(x)  # type: ignore[no-untyped-call]


def test_a_model_that_searches_while_it_answers_is_invalid(digits: Any, pictures: AuditData) -> None:
    result = run(Purified(digits.network), pictures)
    assert "gradient-inside" in failed(result)
    assert all(
        measurement.validity == "invalid"
        for measurement in result.measurements
        if measurement.name == "robust_accuracy"
    )
    assert min(value for value in curve(result).values() if value is not None) < 0.2, "decisions answered all the same"


def test_a_model_whose_gradient_leads_astray_is_invalid_and_seen_through(
    digits: Any, pictures: AuditData, plain: CheckResult
) -> None:
    misled = run(Misled(digits.network), pictures)
    assert not failed(plain)
    assert {"black-box", "slopes-hold"} <= failed(misled)
    last = max(curve(plain))
    # by gradients alone nothing would be found; what is reported is the least that any attack left
    assert (curve(misled)[last] or 0) <= (curve(plain)[last] or 0) + 0.05


def test_a_gradient_that_is_cut_off_is_put_back(digits: Any, pictures: AuditData, plain: CheckResult) -> None:
    detached = run(Detached(digits.network), pictures)
    assert not failed(detached) and curve(detached) == pytest.approx(curve(plain), abs=0.02)


class Refused(torch.autograd.Function):
    """Nothing is done, and no gradient given."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, slope: Any) -> Any:
        raise NotImplementedError("no gradients here")


class Refusing(Around):
    """Answers, and fails backward by a function of its own."""

    def before(self, x: Any) -> Any:
        return Refused.apply(x)  # type: ignore[no-untyped-call]


class InPlace(Around):
    """Answers, and fails backward, for a result that a slope needs is written over: exp(2 z) is log(exp(z)^2)."""

    def forward(self, x: Any) -> Any:
        power = (0.3 * self.inner(x)).exp()
        square = power * power
        power += 1
        return square.log()


@pytest.mark.parametrize("way", [Refusing, InPlace])
def test_a_model_that_fails_backward_is_asked_for_decisions(
    way: Any, digits: Any, pictures: AuditData, plain: CheckResult
) -> None:
    result, truth = run(way(digits.network), pictures), curve(plain)
    assert "No gradient to follow" in " ".join(result.notes) and not failed(result)
    assert max((value or 0) - (truth[epsilon] or 0) for epsilon, value in curve(result).items()) <= 0.05
    model = auditkit.wrap(way(digits.network).eval(), classes=tuple(range(10)), task="multiclass")
    context = Context(rng=np.random.default_rng(0), predictions=Predictions(model, pictures))
    certified = apply_controls(Certificates(rows=40, samples=200, steps=3)(model, pictures, context))
    assert not failed(certified)


def test_probabilities_said_to_be_logits_are_seen_through(digits: Any, pictures: AuditData, plain: CheckResult) -> None:
    model = auditkit.wrap(
        torch.nn.Sequential(digits.network, torch.nn.Softmax(1)).eval(), classes=tuple(range(10)), task="multiclass",
        output="logits",
    )  # fmt: skip
    context = Context(rng=np.random.default_rng(0), predictions=Predictions(model, pictures))
    result = apply_controls(Evasion(**SMALL)(model, pictures, context))
    assert "looks like probabilities" in " ".join(result.notes)
    noted = next(control for control in result.controls if control.name == "output-probability")
    assert noted.value == 1 and noted.on_failure == "note" and not failed(result)
    assert curve(result) == curve(plain)


@pytest.mark.parametrize("norm", ["L2", "L1"])
def test_every_norm_has_its_grid(norm: Any, digits: Any, pictures: AuditData) -> None:
    result = run(digits.network, pictures, norm=norm)
    check = Evasion(norm=norm)
    assert set(curve(result)) == set(check.grid) and check.middle == check.grid[1]
    assert {
        measurement.conditions["norm"] for measurement in result.measurements if measurement.name == "robust_accuracy"
    } == {norm}
    assert not failed(result) and (curve(result)[check.grid[0]] or 0) > (curve(result)[check.grid[-1]] or 0)


def test_fast_mode_says_so_and_finds_the_same(digits: Any, pictures: AuditData, plain: CheckResult) -> None:
    fast = run(digits.network, pictures, mode="fast")
    assert any(note.startswith("Fast mode") for note in fast.notes) and not any("Fast" in note for note in plain.notes)
    for epsilon, value in curve(plain).items():
        assert abs((value or 0) - (curve(fast)[epsilon] or 0)) <= 0.026


def test_weaker_compositions_never_find_more(digits: Any, pictures: AuditData, plain: CheckResult) -> None:
    pgd, standard = (curve(run(digits.network, pictures, attack=name)) for name in ("pgd", "standard"))
    for epsilon, value in pgd.items():
        assert max(standard[epsilon] or 0, curve(plain)[epsilon] or 0) <= (value or 0)


def test_what_was_found_by_the_time_limit_is_kept(
    digits: Any, pictures: AuditData, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    from auditkit.plugins.robustness.evasion import attack_checklist

    model = auditkit.wrap(digits.network, classes=tuple(range(10)), task="multiclass")
    context = Context(rng=np.random.default_rng(0), predictions=Predictions(model, pictures))

    def late(bench: Any) -> float:
        context.deadline = time.monotonic() - 1
        context.progress(0, 1, "late")
        raise AssertionError

    monkeypatch.setattr(attack_checklist, "longer", late)
    with pytest.raises(TimeLimit) as caught:
        Evasion(**SMALL)(model, pictures, context)
    kept = caught.value.findings
    assert kept is not None
    robust = [measurement for measurement in kept.measurements if measurement.name == "robust_accuracy"]  # type: ignore[attr-defined]
    assert len(robust) == 4 and all(
        measurement.validity == "inconclusive" and measurement.reason == UNTRIED for measurement in robust
    )


def test_a_gap_between_groups_is_found_where_there_is_one() -> None:
    """Two groups of pictures, one on the boundary and one far from it."""

    class Line(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.tensor(1.0))

        def forward(self, x: Any) -> Any:
            return 10 * self.weight * (x.flatten(1).mean(1) - 0.5)

    rng = np.random.default_rng(0)
    near = np.arange(80) % 2 == 0
    level = np.where(rng.random(80) < 0.5, 1, -1) * np.where(near, 0.03, 0.3) + 0.5
    inputs = np.broadcast_to(level[:, None, None, None], (80, 1, 3, 3)).astype(np.float32).copy()
    ends = np.stack([np.zeros((1, 3, 3)), np.ones((1, 3, 3))]).astype(np.float32)
    common = {"task": "binary", "modality": "image", "positive": 1}
    data = AuditData(
        inputs, labels=(level > 0.5).astype(int), groups={"far": np.where(near, "near", "far")},
        train=AuditData(ends, labels=np.array([0, 1]), **common), **common,  # type: ignore[arg-type]
    )  # fmt: skip
    model = auditkit.wrap(Line().eval(), classes=(0, 1), task="binary", output="logits")
    context = Context(rng=np.random.default_rng(0), predictions=Predictions(model, data))
    result = apply_controls(Evasion(**{**SMALL, "rows": 80})(model, data, context))
    gap = next(measurement for measurement in result.measurements if measurement.name == "robust_accuracy_difference")
    assert gap.value == 1 and gap.test is not None and (gap.test.p_adjusted or 1) < 0.01 and not failed(result)
    assert gap.across == ("far",) and gap.interval is not None and (gap.interval.low or 0) > 0.8


@pytest.mark.parametrize(("rows", "broken"), [(10, 0), (25, 0), (40, 1), (170, 1), (1000, 5)])
def test_one_row_of_a_small_sample_shows_no_share_above_a_fifth_of_a_percent(rows: int, broken: int) -> None:
    from scipy import stats

    room = controls.beaten_room(rows)
    assert room == max(broken / rows, controls.BEATEN)
    # what is beyond has a chance of under 5 % where the true share is 0.2 %
    assert stats.binom.sf(broken, rows, controls.BEATEN) < 0.05
