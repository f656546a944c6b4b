"""A column of numbers that a network looks up as codes: held as a category, or said in a sentence where it is not seen.

The decision is linear in three columns, whose weights are known, and in what the fourth column is a code of.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas
import pytest
import torch

import auditkit
from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.errors import DataError, ModelError
from auditkit.plugins.robustness.attackability import may_change, with_codes
from auditkit.plugins.robustness.attacks import Problem
from auditkit.plugins.robustness.certificates.check import Certificates
from auditkit.plugins.robustness.changes.check import Changes
from auditkit.plugins.robustness.corruptions.check import Corruptions
from auditkit.plugins.robustness.evasion.check import Evasion
from auditkit.plugins.robustness.library_attacks.check import LibraryAttacks
from auditkit.predictions import Predictions
from auditkit.results import CheckResult
from auditkit.run.controls import apply_controls

ROWS, PLACES, CODE = 120, 7, 3
RNG = np.random.default_rng(0)
TABLE = np.column_stack([RNG.uniform(-2, 2, (ROWS, 3)), RNG.integers(0, PLACES, ROWS)]).astype(np.float32)
WEIGHTS, WORTH = np.array([1.0, -2.0, 0.5]), np.array([0.0, 1.5, -1.0, 3.0, -2.5, 0.5, -0.5])
MARGIN = TABLE[:, :3] @ WEIGHTS + WORTH[TABLE[:, CODE].astype(int)]
QUARTERED = TABLE / np.array([1, 1, 1, 4], dtype=np.float32)
EDGES = torch.arange(PLACES - 1) + 0.5

Way = Callable[["Coded", torch.Tensor], torch.Tensor]
WAYS: dict[str, Way] = {
    "embedding": lambda net, x: net.table(x[:, CODE].long()),
    "bag": lambda net, x: torch.nn.functional.embedding_bag(x[:, CODE:].long(), net.table.weight),
    "index": lambda net, x: net.table.weight[x[:, CODE].long()],
    "index_select": lambda net, x: net.table.weight.index_select(0, x[:, CODE].round().int()),
    "clamped": lambda net, x: net.table(x[:, CODE].clamp(0, PLACES - 1).long()),
    "binned": lambda net, x: net.table(torch.bucketize(x[:, CODE].contiguous(), EDGES)),
    "one-hot": lambda net, x: torch.nn.functional.one_hot(x[:, CODE].long(), PLACES).float() @ net.table.weight,
    "shifted": lambda net, x: torch.cat([net.table.weight, net.table.weight])[x[:, CODE].long() + PLACES],
}


class Coded(torch.nn.Module):
    """Two logits whose difference is the margin."""

    def __init__(self, way: Way) -> None:
        super().__init__()
        self.way, self.table = way, torch.nn.Embedding(PLACES, 1)
        self.table.weight.data = torch.tensor(WORTH, dtype=torch.float32)[:, None]
        self.weights = torch.nn.Parameter(torch.tensor(WEIGHTS, dtype=torch.float32))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        score = x[:, :CODE] @ self.weights + self.way(self, x).reshape(len(x))
        return torch.stack([-score / 2, score / 2], dim=1)


def measured(check: Any, way: Way, inputs: Any = TABLE, labels: Any = MARGIN > 0, **facts: Any) -> CheckResult:
    model: Any = auditkit.wrap(Coded(way).eval(), classes=(False, True), output="logits")
    data = AuditData(inputs, labels=labels, positive=True, **facts)
    assert check.applies(model, data) is None
    context = Context(rng=np.random.default_rng(0), predictions=Predictions(model, data))
    return apply_controls(check(model, data, context))


def held_columns(way: Way, inputs: np.ndarray = TABLE) -> list[int]:
    model: Any = auditkit.wrap(Coded(way).eval(), classes=(False, True), output="logits")
    data = AuditData(inputs, labels=MARGIN > 0, positive=True)
    return np.flatnonzero(~may_change(with_codes(model, data))).tolist()


@pytest.mark.parametrize("way", WAYS)
def test_what_a_network_looks_up_by_whatever_name_is_a_category(way: str) -> None:
    assert held_columns(WAYS[way]) == [CODE]


@pytest.mark.parametrize("range_", [None, (-6.3, 6.3)])
def test_codes_are_held_and_the_other_columns_attacked_to_the_closed_form(range_: Any) -> None:
    check = Evasion(rows=ROWS, steps=20, trial_rows=20, square_queries=50, noise_draws=20)
    result = measured(check, WAYS["embedding"], range=range_)
    unit = np.full(CODE, 12.6) if range_ else np.subtract(*np.percentile(TABLE[:, :CODE], (99, 1), axis=0))
    for number in result.measurements:
        if number.name == "robust_accuracy":
            # no corner of the box is cut off by the range: of what is near it, the ends of the data
            low, high = (-6.3, 6.3) if range_ else (TABLE[:, :CODE].min(axis=0), TABLE[:, :CODE].max(axis=0))
            away = -np.sign(MARGIN)[:, None] * WEIGHTS
            step = np.clip(TABLE[:, :CODE] + np.sign(away) * float(number.conditions["epsilon"] or 0) * unit, low, high)
            truth = float(np.mean(np.sign(MARGIN) * (MARGIN + (step - TABLE[:, :CODE]) @ WEIGHTS) > 0))
            assert number.validity == "valid" and number.value == pytest.approx(truth, abs=1.01 / ROWS)
    assert any("looked up by the model as codes): x3" in note for note in result.notes)


def test_an_array_is_measured_as_the_table_that_says_category() -> None:
    frame = pandas.DataFrame(TABLE, columns=["x0", "x1", "x2", "x3"])
    table = AuditData.from_table(frame.assign(y=MARGIN > 0), label="y", schema={"x3": {"kind": "category"}})
    forms: Any = ((TABLE, ()), (table.inputs, table.schema))
    for check, name in ((Changes(rows=ROWS, max_queries=50), "single_flip_share"), (Corruptions(), "accuracy")):
        results = [measured(check, WAYS["embedding"], inputs, schema=schema) for inputs, schema in forms]
        assert [[control.name for control in result.controls if not control.holds] for result in results] == [[], []]
        by_array, by_table = (
            {str(number.conditions): number.value for number in result.measurements if number.name == name}
            for result in results
        )
        assert by_array == pytest.approx(by_table, abs=1e-9) and by_array


CHECKS: list[Any] = [
    Evasion(rows=20, steps=5, trial_rows=10, square_queries=20, noise_draws=10),
    Certificates(rows=20, samples=200, steps=3),
    Corruptions(),
    Changes(rows=20, max_queries=20),
    LibraryAttacks(rows=4, attacks=("HopSkipJump",), max_queries=60),
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_no_check_asks_about_a_code_that_no_row_has(check: Any) -> None:
    if check.id == "robustness.library":
        pytest.importorskip("art")
    asked: list[float] = []

    def way(net: Coded, x: torch.Tensor) -> torch.Tensor:
        asked.extend(x[:, CODE].detach().unique().tolist())
        return WAYS["embedding"](net, x)

    for facts in ({}, {"range": (-6.3, 6.3)}):
        assert measured(check, way, **facts).measurements and set(asked) == set(range(PLACES))


NUMBERS: dict[str, Way] = {
    "rounded": lambda net, x: x[:, CODE].round(),
    "many values in one place": lambda net, x: net.table((x[:, CODE] >= 2).long()),
    "a place by two columns": lambda net, x: net.table.weight[((x[:, CODE] + (x[:, 0] > 0)) / 2).long()],
    "places by rows": lambda net, x: x[torch.arange(len(x)), CODE],
    "a decision's place": lambda net, x: net.table((x[:, 0] > 0).long()),
}


@pytest.mark.parametrize("way", NUMBERS)
def test_what_is_not_one_place_for_each_value_stays_a_number(way: str) -> None:
    assert held_columns(NUMBERS[way]) == []


def test_values_that_are_not_whole_are_numbers() -> None:
    assert held_columns(lambda net, x: net.table((4 * x[:, CODE]).long()), QUARTERED) == []


def test_a_network_that_looks_every_column_up_has_nothing_to_attack() -> None:
    class All(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = torch.nn.Parameter(torch.randn(PLACES + 9, 2))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return sum(self.table[column.long() + 3] for column in x.T)  # type: ignore[return-value]

    model: Any = auditkit.wrap(All(), classes=(False, True), output="logits")
    data = AuditData(np.repeat(TABLE[:, CODE:], 2, axis=1), labels=MARGIN > 0, positive=True)
    for check in (Evasion(), Certificates()):
        assert "needs a numeric feature that may change" in str(check.applies(model, data))


def test_a_place_that_is_not_there_is_a_sentence_and_what_is_known_is_kept() -> None:
    way: Way = lambda net, x: net.table((4 * x[:, CODE]).round().long())  # noqa: E731
    data = AuditData(QUARTERED, labels=MARGIN > 0, positive=True)
    checks = {"robustness.certificates": {"samples": 200}}
    audit = auditkit.audit(Coded(way).eval(), data, checks=list(checks), parameters=checks)
    (result,) = audit.results
    assert result.status == "error" and result.error is not None and result.error.type == "ModelError"
    assert "no place for a number that it looks up (its embeddings have 7 places)" in str(result.reason)
    assert 'kind = "category" under [data.features.NAME]' in str(result.reason)
    (clean,) = (number for number in result.measurements if number.name == "clean_accuracy")
    assert clean.value == 1 and clean.validity == "inconclusive" and "an error ended the check" in str(clean.reason)


def test_rows_that_hold_no_place_are_refused_with_their_range() -> None:
    model: Any = auditkit.wrap(Coded(WAYS["embedding"]).eval(), classes=(False, True), output="logits")
    with pytest.raises(ModelError, match=r"no place for a number .* go from -\d\.\d+ to 9 .* kind = .category."):
        model.predict(np.where(np.arange(4) == CODE, 9, TABLE))


def test_facts_about_columns_that_have_no_names_are_refused(tmp_path: Any) -> None:
    path = tmp_path / "rows.npz"
    np.savez(path, X=TABLE, y=MARGIN > 0)
    with pytest.raises(DataError, match=r"schema: the inputs are an array, .* 'x3'\. Give them as a table"):
        AuditData.from_table(path, label="y", schema={"x3": {"kind": "category"}})
    assert len(AuditData.from_table(path, label="y")) == ROWS


def test_a_wide_column_that_is_held_grants_the_others_no_slack() -> None:
    x = torch.zeros(1, 2)
    wide = Problem(lambda x: x, high=torch.tensor([1.0, 5e6]), free=torch.tensor([True, False]))
    assert wide.slack(x) == Problem(lambda x: x).slack(x) < 2e-6
    assert Problem(lambda x: x, high=torch.tensor([1.0, 5e6])).slack(x) > 1


def test_codes_of_many_columns_are_told_from_two_questions() -> None:
    codes = np.random.default_rng(0).integers(0, PLACES, (90, 200)).astype(np.float32)
    asked = 0

    class Wide(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            nonlocal asked
            asked += 1
            worth = torch.tensor(WORTH, dtype=torch.float32)[x[:, 1:].long() + 0]
            return torch.stack([worth.sum(dim=1), x[:, 0]], dim=1)

    model: Any = auditkit.wrap(Wide().eval(), classes=(False, True), output="logits")
    known = with_codes(model, AuditData(codes, labels=codes[:, 0] > 1, positive=True))
    assert np.flatnonzero(may_change(known)).tolist() == [0] and asked == 2
