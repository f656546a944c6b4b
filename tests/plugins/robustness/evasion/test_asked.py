"""`robustness.evasion` answers what it was asked: the norm, the declared range, inputs with distances, rounding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas
import pytest
import torch

import auditkit
from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.plugins.robustness.attackability import word_numbers
from auditkit.plugins.robustness.certificates.check import Certificates
from auditkit.plugins.robustness.changes.check import Changes
from auditkit.plugins.robustness.corruptions.check import Corruptions
from auditkit.plugins.robustness.evasion.check import Evasion
from auditkit.predictions import Predictions
from auditkit.results import CheckResult
from auditkit.run.controls import apply_controls

FEATURES = 20
RNG = np.random.default_rng(0)
PIXELS = (0.15 + 0.6 * RNG.random((150, FEATURES))).astype(np.float32)
WEIGHTS = RNG.normal(size=FEATURES).astype(np.float32)
MARGIN = (PIXELS - 0.45) @ WEIGHTS
LABELS = (MARGIN > 0).astype(int)


def linear(dtype: torch.dtype = torch.float32) -> torch.nn.Module:
    """Two logits whose difference is (x - 0.45) . WEIGHTS."""
    network = torch.nn.Linear(FEATURES, 2)
    with torch.no_grad():
        network.weight.copy_(torch.tensor(np.stack([-WEIGHTS / 2, WEIGHTS / 2])))
        network.bias.copy_(torch.tensor([0.5, -0.5]) * 0.45 * float(WEIGHTS.sum()))
    return network.to(dtype)


def run(check: Any, network: Any, data: AuditData) -> CheckResult:
    model = network
    if isinstance(network, torch.nn.Module):
        model = auditkit.wrap(network, classes=(0, 1), output="logits")
    context = Context(rng=np.random.default_rng(0), predictions=Predictions(model, data), seed=0)
    return apply_controls(check(model, data, context))


def audit_data(inputs: Any = PIXELS, labels: np.ndarray = LABELS, **facts: Any) -> AuditData:
    return AuditData(inputs, labels=labels, positive=1, **facts)


def robust(result: CheckResult) -> dict[Any, float | None]:
    return {
        measurement.conditions["epsilon"]: measurement.value
        for measurement in result.measurements
        if measurement.name == "robust_accuracy"
    }


CHECK = Evasion(rows=150, steps=10, trial_rows=20, square_queries=20, noise_draws=10)


def test_a_declared_range_gives_the_closed_form_and_the_datas_own_scale_flatters() -> None:
    exact = {epsilon: float((np.abs(MARGIN) / np.abs(WEIGHTS).sum() > epsilon).mean()) for epsilon in CHECK.grid}
    declared = robust(run(CHECK, linear(), audit_data(range=(0, 1))))
    assert declared == pytest.approx(exact, abs=1 / 150)
    assert robust(run(CHECK, linear(), audit_data()))[0.02] > exact[0.02] + 0.05  # type: ignore[operator]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("as_tensor", [True, False])
def test_half_precision_runs_along_gradients(dtype: torch.dtype, as_tensor: bool) -> None:
    inputs = torch.tensor(PIXELS).to(dtype) if as_tensor else PIXELS
    data, network = audit_data(inputs, range=(0, 1)), linear(dtype)
    result = run(CHECK, network, data)
    assert {m.conditions["norm"] for m in result.measurements if m.name == "robust_accuracy"} == {"Linf"}
    full = robust(run(CHECK, linear(), audit_data(range=(0, 1))))
    assert robust(result) == pytest.approx(full, abs=0.05)
    small = data.take(np.arange(20))
    assert run(Corruptions(), network, small).measurements
    assert run(Certificates(samples=100, selection=20), network, small).measurements


@pytest.mark.parametrize("norm", ["Linf", "L2", "L1"])
def test_a_norm_that_needs_gradients_is_refused_where_there_are_none(norm: Any) -> None:
    from sklearn.linear_model import LogisticRegression

    data, model = audit_data(), auditkit.wrap(LogisticRegression().fit(PIXELS, LABELS))
    reason = Evasion(norm=norm).applies(model, data)
    assert (
        reason is not None
        and f'norm = "{norm}"' in reason
        and reason.endswith('write norm = "L2 scaled" under [checks."robustness.evasion"]')
    )
    for possible in (Evasion(norm="L2 scaled"), Evasion()):
        assert possible.applies(model, data) is None
    result = run(Evasion(norm="L2 scaled", rows=20, max_queries=60), model, data.take(np.arange(20)))
    assert {m.conditions["norm"] for m in result.measurements if m.name == "robust_accuracy"} == {"L2 scaled"}


def test_the_scaled_norm_is_refused_where_gradients_answer() -> None:
    model = auditkit.wrap(linear(), classes=(0, 1), output="logits")
    assert "Linf, L2 or L1" in str(Evasion(norm="L2 scaled").applies(model, audit_data()))
    assert Evasion(norm="L2").applies(model, audit_data()) is None


class Words(torch.nn.Module):
    """Looks words up, and casts first where they come as numbers with decimals."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.last = torch.nn.Embedding(50, 4), torch.nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.table(x.long()).mean(1))


class Looked(torch.nn.Module):
    """As Words, without a module that is called Embedding."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.last = torch.nn.Parameter(torch.randn(50, 4)), torch.nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(torch.nn.functional.embedding(x.long(), self.table).mean(1))


class Indexed(Looked):
    """As Looked, by an index."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.table[x.long()].mean(1))


class ByColumn(Looked):
    """As Looked, one column after the other."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(sum(self.table.index_select(0, column) for column in x.long().T))


class OneHot(Looked):
    """As Looked, by numbers that are all 0 but for one."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(torch.nn.functional.one_hot(x.long(), 50).float().mean(1) @ self.table)


class Mixed(torch.nn.Module):
    """One column is a category that is looked up; the others are numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.last = torch.nn.Embedding(50, 4), torch.nn.Linear(4 + FEATURES - 1, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(torch.cat([self.table(x[:, 0].long()), x[:, 1:].float()], dim=1))


@pytest.mark.parametrize("network", [Words, Looked, Indexed, ByColumn, OneHot])
@pytest.mark.parametrize("kind", [np.int64, np.int32, np.float32])
def test_numbers_of_words_are_not_attacked(network: type[torch.nn.Module], kind: type) -> None:
    words = np.random.default_rng(1).integers(0, 50, (40, 6)).astype(kind)
    model, data = auditkit.wrap(network(), classes=(0, 1), output="logits"), audit_data(words, LABELS[:40])
    assert word_numbers(model, data)
    for check in (Evasion(), Corruptions(), Certificates(), Changes()):
        assert "ids of a vocabulary" in str(check.applies(model, data))


def test_numbers_of_words_in_the_columns_of_a_table_are_not_attacked() -> None:
    words = np.random.default_rng(1).integers(0, 50, (40, 6))
    table = pandas.DataFrame(words, columns=[f"word {place}" for place in range(6)])
    network = torch.nn.Sequential(torch.nn.Embedding(50, 2), torch.nn.Flatten(), torch.nn.Linear(12, 2))
    model, data = auditkit.wrap(network, classes=(0, 1), output="logits"), AuditData(table, LABELS[:40])
    np.testing.assert_array_equal(model.predict(table), model.predict(words))
    for check in (Evasion(), Corruptions(), Certificates(), Changes()):
        assert "ids of a vocabulary" in str(check.applies(model, data))
    assert not word_numbers(
        auditkit.wrap(torch.nn.Linear(6, 2), classes=(0, 1), output="logits"), AuditData(table, LABELS[:40])
    )


def test_whole_numbers_of_a_declared_sequence_are_words_for_any_model() -> None:
    words = np.random.default_rng(1).integers(0, 50, (40, 6))
    model = auditkit.wrap(lambda x: x.sum(axis=1) > 100, classes=(False, True))
    assert word_numbers(model, audit_data(words, LABELS[:40] > 0, modality="sequence"))


def test_a_column_that_is_looked_up_does_not_make_numbers_words() -> None:
    numbers = PIXELS.copy()
    numbers[:, 0] = np.arange(150) % 50
    model, data = auditkit.wrap(Mixed(), classes=(0, 1), output="logits"), audit_data(numbers)
    assert not word_numbers(model, data) and Evasion().applies(model, data) is None


def test_rounding_past_the_radius_is_no_broken_rule() -> None:
    """A pixel that is rarely lit has a narrow unit and a wide box, where float32 rounds past the radius."""
    rng = np.random.default_rng(2)
    rare = np.where(rng.random((150, FEATURES)) < 0.02, rng.uniform(0, 4000, (150, FEATURES)), 0)
    pixels = (rare + rng.random((150, FEATURES))).astype(np.float32)
    labels = (((pixels - 0.45) @ WEIGHTS) > 0).astype(int)
    for norm in ("Linf", "L2", "L1"):
        check = Evasion(rows=150, norm=norm, steps=10, trial_rows=20, square_queries=20, noise_draws=10)
        result = run(check, linear(), audit_data(pixels, labels))
        control = next(control for control in result.controls if control.name == "returned-points")
        assert control.value == 0 and control.holds
