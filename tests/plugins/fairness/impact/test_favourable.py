"""Employment practice takes a benefit: it says so, and refuses a burden until the favourable class is named."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit import audit
from auditkit.data import AuditData
from auditkit.plugins.fairness.impact.adverse_check import AdverseImpact
from auditkit.plugins.fairness.impact.audit_check import BiasAudit
from tests.plugins.recorded import recorded, run

CHECKS = [AdverseImpact(draws=1000, trials=20), BiasAudit()]


def model_and_data(**more):
    decisions = np.concatenate([np.arange(60) < 20, np.arange(60) < 30]).astype(int)
    return recorded(decisions, np.roll(decisions, 1), {"sex": np.repeat(["a", "b"], 60)}, **more)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_burden_is_refused_with_the_way_out(check):
    model, data = model_and_data(outcome="burden")
    refusal = check.applies(model, data)
    assert "is a burden" in refusal and "positive = 0" in refusal and 'outcome = "benefit"' in refusal
    model, data = model_and_data(positive=0, outcome="benefit")
    assert check.applies(model, data) is None, "the way out leads out"
    assert run(check, model, data).measurements


def test_scores_are_turned_round_too():
    model, data = recorded(None, np.tile([0, 1], 60), {"sex": np.repeat(["a", "b"], 60)}, scores=np.linspace(0, 1, 120),
                           outcome="burden")  # fmt: skip
    assert "scores that are higher the likelier that class is" in BiasAudit().applies(model, data)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_what_is_assumed_is_said(check):
    assert any("taken for a benefit" in note for note in run(check, *model_and_data()).notes)
    assert not any("taken for a benefit" in note for note in run(check, *model_and_data(outcome="benefit")).notes)


def test_a_class_that_is_a_burden_has_no_ratio():
    decisions = np.tile(["hired", "waiting", "dismissed"], 60)
    model, data = recorded(
        decisions, None, {"sex": np.repeat(["a", "b"], 90)}, task="multiclass", positive=None,
        outcome={"hired": "benefit", "dismissed": "burden"},
    )  # fmt: skip
    result = run(BiasAudit(), model, data)
    assert {number.conditions["classified as"] for number in result.measurements if number.name == "impact_ratio"} == {
        "hired", "waiting",
    }  # fmt: skip
    assert any("decided for dismissed" in note for note in result.notes)


def of_three(outcome):
    decisions = np.tile(["hired", "waiting", "dismissed"], 60)
    groups = {"sex": np.repeat(["a", "b"], 90)}
    return recorded(decisions, None, groups, task="multiclass", positive=None, outcome=outcome)


def test_of_more_than_two_classes_what_is_assumed_is_said_of_each():
    (note,) = [note for note in run(BiasAudit(), *of_three({"hired": "benefit", "dismissed": "burden"})).notes
               if "taken for a benefit" in note]  # fmt: skip
    assert ": waiting." in note
    every = {"hired": "benefit", "waiting": "benefit", "dismissed": "burden"}
    assert not any("taken for a benefit" in note for note in run(BiasAudit(), *of_three(every)).notes)
    assert any(": dismissed, hired, waiting." in note for note in run(BiasAudit(), *of_three(None)).notes)


def test_one_word_for_more_than_two_classes_is_refused_where_it_is_a_burden():
    refused = BiasAudit().applies(*of_three("burden"))
    assert "say it for each class" in refused.lower()
    assert BiasAudit().applies(*of_three({"dismissed": "burden"})) is None


def test_a_high_number_that_is_a_burden_is_turned_round_by_its_sign():
    numbers = np.linspace(-1, 1, 120)
    model, data = recorded(numbers, numbers, {"sex": np.repeat(["a", "b"], 60)}, task="regression", positive=None,
                           outcome="burden")  # fmt: skip
    refusal = BiasAudit().applies(model, data)
    assert "turn the sign" in refusal and "positive =" not in refusal


@pytest.mark.parametrize("pack", ["four-fifths", "nyc-ll144"])
def test_a_rule_pack_says_why_it_has_no_evidence(pack):
    _, data = model_and_data(outcome="burden")
    result = audit(data=data, checks=["fairness"], rules=[pack], budget="quick")
    (coverage,) = result.rules
    missing = [text for clause in coverage.clauses for text in clause.missing]
    assert missing and all("is a burden" in text for text in missing)
    assert {clause.status for clause in coverage.clauses} <= {"absent", "not computable"}


def test_counts_of_selected_people_name_those_who_were_not(tmp_path):
    (tmp_path / "a.csv").write_text("sex,n,k\na,50,5\nb,60,20\n")
    common = {"groups": ["sex"], "people": "n", "selected": "k"}
    burden = AuditData.from_table(tmp_path / "a.csv", outcome="burden", **common)
    assert "positive = 0" in AdverseImpact().applies(None, burden)
    spared = AuditData.from_table(tmp_path / "a.csv", positive=0, outcome="benefit", **common)
    assert AdverseImpact().applies(None, spared) is None
