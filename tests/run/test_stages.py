"""A model goes through each stage once, in the order that docs/design.md gives."""

from __future__ import annotations

import functools

import pytest

import auditkit
from auditkit.run import audit, audited_model, write
from auditkit.testing import ToyModel, toy_data

PLACES = (
    (audit, "settled"), (audit, "train_models"), (audited_model, "answers_of"), (audited_model, "make_plan"),
    (audited_model, "rules_for"), (audit, "measure_all"), (audit, "judged"), (audit, "hide"),
    (audit, "scrubbed_result"), (write, "write"),
)  # fmt: skip
OF_EACH = ["measure_all", "judged", "hide", "scrubbed_result"]


@pytest.fixture
def entered(monkeypatch):
    """The stages as they are entered."""
    names: list[str] = []

    def noted(name, stage, *given, **more):
        names.append(name)
        return stage(*given, **more)

    for module, name in PLACES:
        monkeypatch.setattr(module, name, functools.partial(noted, name, getattr(module, name)))
    return names


def test_one_model_enters_each_stage_once(entered, tmp_path):
    auditkit.audit(ToyModel(), toy_data(60), checks=["performance.quality"], budget="quick", out=tmp_path / "out")
    assert entered == ["settled", "answers_of", "make_plan", "rules_for", *OF_EACH, "write"]


def test_each_of_two_models_enters_each_stage_once(entered):
    auditkit.compare(
        [ToyModel(), ToyModel(constant=True)], toy_data(60), checks=["performance.quality"], budget="quick"
    )
    before = ["settled", "train_models", "answers_of", "make_plan", "make_plan", "rules_for"]
    # measured together, so that checks of both can run at once
    assert entered == [*before, *OF_EACH, *OF_EACH[1:]]
