"""What is reported of three accountants, and that a faulty one is noticed."""

from __future__ import annotations

import math
from typing import Any

import pytest

from auditkit.errors import ConfigError
from auditkit.plugins.privacy.accounting import spent as module
from auditkit.plugins.privacy.accounting.findings import agreement
from auditkit.plugins.privacy.accounting.spent import spent

PHASES = ((1.1, 0.02, 500),)


def test_the_bound_by_loss_distributions_is_reported() -> None:
    cost = spent(PHASES, 1e-5)
    assert cost.prv is not None and cost.pld is not None
    assert cost.prv.low <= cost.reported == cost.pld <= cost.prv.high < cost.rdp
    assert agreement(cost).holds


@pytest.mark.parametrize(
    ("planted", "factor"), [("pld_epsilon", 0.5), ("pld_epsilon", 2.0), ("rdp_epsilon", 0.5), ("prv_epsilon", 2.0)]
)
def test_a_planted_accountant_that_is_wrong_is_noticed(
    planted: str, factor: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = spent(PHASES, 1e-5).reported
    right = getattr(module, planted)

    def wrong(*arguments: Any, **named: Any) -> Any:
        cost = right(*arguments, **named)
        return (
            cost._replace(low=cost.low * factor, high=cost.high * factor) if planted == "prv_epsilon" else cost * factor
        )

    monkeypatch.setattr(module, planted, wrong)
    cost = spent(PHASES, 1e-5)
    assert not cost.agrees and cost.reported > honest, "the largest is reported"
    control = agreement(cost)
    assert control.holds is False and control.on_failure == "inconclusive" and "epsilon" in control.guards


def test_an_accountant_that_does_not_answer_is_no_agreement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "prv_epsilon", lambda *arguments: None)
    assert agreement(spent(PHASES, 1e-5)).holds is None


def test_a_finer_grid_mends_what_a_coarse_one_spoils(monkeypatch: pytest.MonkeyPatch) -> None:
    right = module.pld_epsilon
    monkeypatch.setattr(
        module, "pld_epsilon",
        lambda history, delta, neighbours, finer=1: right(history, delta, neighbours) + (3 if finer == 1 else 0),
    )  # fmt: skip
    assert spent(PHASES, 1e-5).agrees


def test_an_epsilon_that_promises_nothing_is_not_refined() -> None:
    cost = spent(((0.2, 0.1, 500),), 1e-5)
    assert cost.prv is None and cost.pld is None and cost.reported == cost.rdp > 300
    assert agreement(cost).holds is None


def test_every_training_on_the_same_rows_is_paid_for() -> None:
    """Ten trainings of 50 steps are one of 500, and cost more than one of 50."""
    ten = spent(((1.1, 0.02, 50),), 1e-5, trainings=10)
    assert ten == spent(PHASES, 1e-5) and ten.reported > spent(((1.1, 0.02, 50),), 1e-5).reported
    with pytest.raises(ConfigError, match="trainings must be at least 1"):
        spent(PHASES, 1e-5, trainings=0)


def test_no_step_costs_nothing() -> None:
    assert spent(((1.1, 0.02, 0),), 1e-5).reported == 0 and spent((), 1e-5).agrees


@pytest.mark.parametrize(
    ("phase", "delta", "message"),
    [
        ((1e-6, 0.1, 10), 1e-5, "noise_multiplier must be finite and at least 0.06"),
        ((1.0, 0.1, 10**12), 1e-5, "steps times trainings must be at most 5,000,000"),
        ((0.0, 0.1, 10), 1e-5, "noise_multiplier must be finite and at least 0.06"),
        ((-1.0, 0.1, 10), 1e-5, "noise_multiplier must be finite and at least 0.06"),
        ((math.nan, 0.1, 10), 1e-5, "noise_multiplier must be finite and at least 0.06"),
        ((math.inf, 0.1, 10), 1e-5, "noise_multiplier must be finite and at least 0.06"),
        ((1.0, 0.0, 10), 1e-5, "sampling rate"),
        ((1.0, 1.5, 10), 1e-5, "sampling rate"),
        ((1.0, math.nan, 10), 1e-5, "sampling rate"),
        ((1.0, 0.1, -1), 1e-5, "steps must be a whole number"),
        ((1.0, 0.1, 1.5), 1e-5, "steps must be a whole number"),
        ((1.0, 0.1, math.nan), 1e-5, "steps must be a whole number"),
        ((1.0, 0.1, 10), 0.0, "delta must lie between"),
        ((1.0, 0.1, 10), 2.0, "delta must lie between"),
        ((1.0, 0.1, 10), math.nan, "delta must lie between"),
        ((1.0, 0.1, 10), 1e-12, "delta must be at least 1e-10"),
    ],
)
def test_what_makes_an_accountant_lie_is_refused(phase: Any, delta: float, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        spent((phase,), delta)


def test_a_large_delta_never_gives_a_negative_epsilon() -> None:
    cost = spent(((1.0, 0.1, 1),), 0.5)
    assert cost.rdp == cost.reported == 0
