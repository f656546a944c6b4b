"""The packs that auditkit brings: dated, sourced, honest about what no number can show."""

from __future__ import annotations

import datetime
import re

import pytest

from auditkit import rulepacks
from auditkit.plugins import rules
from auditkit.results import About, CheckResult, Measurement

PATHS = rules.register_rules()
PACKS = {path.stem: rulepacks.load_pack(path) for path in PATHS}
CHECKS = {
    "performance.quality",
    "data.integrity",
    "fairness.groups",
    "fairness.adverse_impact",
    "fairness.bias_audit",
    "explanations.importance",
    "explanations.gradients",
    "robustness.evasion",
    "privacy.membership",
    "train.dp-sgd",
}


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
    assert {path.stem for path in PATHS} >= {"nist-ai-rmf", "four-fifths", "nyc-ll144"}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_pack_is_dated_and_sourced(path):
    pack = rulepacks.load_pack(path)
    assert pack.source_url.startswith("https://")
    assert pack.verified_on == "unverified" or pack.verified_on <= datetime.date.today()
    for clause in pack.clauses:
        for key in clause.evidence:
            assert key in CHECKS or key.rpartition(".")[0] in CHECKS, f"{key} is of no check"


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_pack_never_speaks_of_compliance(path):
    everything = [measured(name, "epsilon") for name in CHECKS]
    for results in ([], everything):
        text = rulepacks.coverage(rulepacks.load_pack(path), results).model_dump_json()
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
    found = {each.id: each for each in rulepacks.coverage(pack, [measured(name) for name in families]).clauses}
    assert found["MEASURE 2.11"].status == "present"
    assert found["MEASURE 2.5"].status == "partial"
    assert found["MEASURE 2.5"].missing == ("data.integrity: the check was not run",)
    assert found["MEASURE 2.6"].status == "absent"
    assert found["MEASURE 2.9"].evidence == ("explanations.gradients",)
    assert found["MEASURE 2.10"].evidence == ("privacy.membership",)
    assert found["MEASURE 1.3"].status == "not computable"
    nothing = {each.status for each in rulepacks.coverage(pack, []).clauses}
    assert nothing == {"absent", "not computable"}
