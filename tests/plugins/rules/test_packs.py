"""The packs that auditkit brings: dated, sourced, honest about what no number can show."""

from __future__ import annotations

import datetime
import re

import pytest

from auditkit import rulepacks
from auditkit.host import Host
from auditkit.plugins import rules
from auditkit.results import About, CheckResult, Measurement

PATHS = rules.register_rules()
PACKS = {path.stem: rulepacks.load_pack(path) for path in PATHS}
CHECKS = {
    **{id: offer.value.definitions for id, offer in Host().checks().items()},
    **{f"train.{id}": offer.value.definitions for id, offer in Host().trainers().items()},
}
FAMILIES = {name.partition(".")[0] for name in CHECKS}


def measured(name: str, measurement: str = "x") -> CheckResult:
    return CheckResult(
        check=name,
        plugin="p",
        plugin_version="1",
        about=About(title="t", question="q?"),
        status="measured",
        measurements=(Measurement(name=measurement, value=1.0, exact=True),),
    )


def test_there_are_packs():
    assert {path.stem for path in PATHS} >= {"eu-ai-act", "iso-42001", "nist-ai-rmf", "four-fifths", "nyc-ll144"}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_pack_is_dated_and_sourced(path):
    pack = rulepacks.load_pack(path)
    assert pack.source_url.startswith("https://")
    assert pack.verified_on == "unverified" or pack.verified_on <= datetime.date.today()
    for clause in pack.clauses:
        for key in clause.evidence:
            check, _, name = key.rpartition(".")
            known = key in CHECKS or key in FAMILIES or name in CHECKS.get(check, ())
            assert known, f"{clause.id}: {key} is no number of any check"


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_pack_never_speaks_of_compliance(path):
    everything = [measured(name, "epsilon") for name in CHECKS]
    for results in ([], everything):
        text = rulepacks.coverage(rulepacks.load_pack(path), results).model_dump_json()
        text = text.replace("robustness.certificates", "")  # a check's name, not a claim
        assert not re.search(r"compl(ian|y|ies)|satisf|certif|conform", text, re.IGNORECASE)


def test_nist_has_every_clause_of_measure():
    pack = PACKS["nist-ai-rmf"]
    counts = {1: 3, 2: 13, 3: 3, 4: 3}
    assert [clause.id for clause in pack.clauses] == [
        f"MEASURE {part}.{number}" for part, count in counts.items() for number in range(1, count + 1)
    ]


def test_nist_holds_the_main_families_against_its_clauses():
    pack = PACKS["nist-ai-rmf"]
    families = ["performance.quality", "fairness.groups", "privacy.membership", "explanations.gradients"]
    clauses = {clause.id: clause for clause in rulepacks.coverage(pack, [measured(name) for name in families]).clauses}
    assert clauses["MEASURE 2.11"].status == "present"
    assert clauses["MEASURE 2.5"].status == "partial"
    assert clauses["MEASURE 2.5"].missing == ("data.integrity: the check was not run",)
    assert clauses["MEASURE 2.6"].status == "absent"
    assert clauses["MEASURE 2.9"].evidence == ("explanations.gradients",)
    assert clauses["MEASURE 2.10"].evidence == ("privacy.membership",)
    assert clauses["MEASURE 1.3"].status == "not computable"
    nothing = {clause.status for clause in rulepacks.coverage(pack, []).clauses}
    assert nothing == {"absent", "not computable"}


def test_the_ai_act_is_dated_by_its_amendment_and_says_what_was_not_read():
    pack = PACKS["eu-ai-act"]
    assert "2 December 2027" in pack.in_force_from and "2026/1744" in pack.source
    assert "not in the Official Journal" in pack.note
    assert [clause.id for clause in pack.clauses if clause.verified_on == "unverified"] == ["4a(1), formerly 10(5)"]


def test_the_ai_act_asks_for_what_annex_iv_lists():
    ids = {clause.id for clause in PACKS["eu-ai-act"].clauses}
    articles = {"9(8)", "10(2)(f)", "11(1)", "12(1)", "13(3)(b)(v)", "14(4)(c)", "15(1)", "15(5), adversarial examples"}
    assert articles <= ids
    points = {text.removeprefix("Annex IV(").partition(")")[0] for text in ids if text.startswith("Annex IV")}
    assert points == {"1", "2", "3", "4", "5", "6", "7", "9"}  # 8 is a copy of a declaration


def test_groups_are_evidence_for_accuracy_of_groups_whatever_the_task():
    for check, name in (("fairness.groups", "accuracy"), ("fairness.regression", "mean_absolute_error")):
        clauses = rulepacks.coverage(PACKS["eu-ai-act"], [measured(check, name)]).clauses
        assert {clause.id: clause.status for clause in clauses}["Annex IV(3), accuracy for groups"] == "present"
    clauses = rulepacks.coverage(PACKS["eu-ai-act"], [measured("fairness.groups", "selection_rate")]).clauses
    assert {clause.id: clause.status for clause in clauses}["Annex IV(3), accuracy for groups"] == "absent"


def test_the_standard_is_unverified_for_its_text_was_not_read():
    pack = PACKS["iso-42001"]
    assert pack.verified_on == "unverified" and "was not read" in pack.note
    assert all(re.match(r"A\.[4-9]\.\d", clause.id) for clause in pack.clauses)
