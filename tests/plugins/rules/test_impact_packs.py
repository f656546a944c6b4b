"""The packs on adverse impact and bias audits name numbers that exist, and cover what was measured and no more."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit import rulepacks
from auditkit.plugins import rules
from auditkit.plugins.fairness.impact.adverse_check import AdverseImpact
from auditkit.plugins.fairness.impact.audit_check import BiasAudit
from tests.plugins.recorded import recorded, run

PACKS = {path.stem: rulepacks.load_pack(path) for path in rules.register_rules()}
MINE = {"four-fifths": AdverseImpact, "nyc-ll144": BiasAudit}
SEX = ["F", "M"] * 60
RACE = ["A", "A", "B", "B"] * 30


def statuses(pack, check, *model_and_data):
    results = [run(check, *model_and_data)] if check is not None else []
    return {clause.id: clause.status for clause in rulepacks.coverage(PACKS[pack], results).clauses}


@pytest.mark.parametrize("name", MINE)
def test_evidence_is_a_measurement_of_the_check(name):
    for clause in PACKS[name].clauses:
        for key in (*clause.evidence, *clause.complete_with):
            check, _, measurement = key.rpartition(".")
            assert check == MINE[name].id and measurement in MINE[name].definitions, key


@pytest.mark.parametrize("name", MINE)
def test_every_measurement_but_the_lowest_ratio_is_evidence(name):
    used = {key.rpartition(".")[2] for clause in PACKS[name].clauses for key in clause.evidence}
    lowest = {measure for measure in MINE[name].definitions if measure.startswith("lowest_impact_ratio")}
    beside = {measure for measure in MINE[name].definitions if measure.endswith(("_large_groups", "_to_reference"))}
    assert set(MINE[name].definitions) - lowest - beside == used


def test_only_what_was_read_in_a_copy_of_the_text_is_called_verified():
    unverified = {
        name: {clause.id for clause in PACKS[name].clauses if clause.verified_on == "unverified"} for name in MINE
    }
    assert "1607.15(A)(2)(c)" in unverified["four-fifths"] and "20-871(b); 5-304" in unverified["nyc-ll144"]
    assert "pending" in PACKS["four-fifths"].status and "Unverified" in PACKS["four-fifths"].note


def test_the_rule_of_new_york_names_no_four_fifths():
    text = PACKS["nyc-ll144"].model_dump_json()
    assert "fifths" not in text and "0.8" not in text and "80" not in text


def test_selection_covers_the_clauses_on_selection():
    by_clause = statuses("nyc-ll144", BiasAudit(), *recorded([0, 1, 1] * 40, None, {"sex": SEX, "race": RACE}))
    present = {
        "5-301(b)(1)", "5-301(b)(2); 5-301(c)(3)", "5-301(b)(3)(i); 5-301(c)(4)(i)", "5-301(b)(3)(ii); 5-301(c)(4)(ii)",
        "5-301(b)(3)(iii); 5-301(c)(4)(iii)", "5-301(b)(5); 5-301(c)(5)",
    }  # fmt: skip
    assert {by_clause[clause] for clause in present} == {"present"}
    assert by_clause["5-301(c)(1)"] == by_clause["5-301(c)(2)"] == "absent"
    assert by_clause["5-303(a), summary"] == "partial" and by_clause["5-303(c)"] == "not computable"


def test_scoring_covers_the_clauses_on_scoring_and_a_missing_attribute_leaves_its_clauses_absent():
    model_and_data = recorded(None, None, {"sex": SEX}, scores=np.linspace(0, 1, 120))
    by_clause = statuses("nyc-ll144", BiasAudit(), *model_and_data)
    assert by_clause["5-301(c)(1)"] == "present" and by_clause["5-301(b)(1)"] == "absent"
    assert by_clause["5-301(b)(3)(i); 5-301(c)(4)(i)"] == "present"
    assert by_clause["5-301(b)(3)(ii); 5-301(c)(4)(ii)"] == by_clause["5-301(b)(3)(iii); 5-301(c)(4)(iii)"] == "absent"


EACH_CATEGORY = ("5-301(b)(1)", "5-301(b)(2); 5-301(c)(3)", "5-301(b)(5); 5-301(c)(5)", "5-301(c)(2)")


@pytest.mark.parametrize("scored", [False, True])
@pytest.mark.parametrize("groups", [{"sex": SEX}, {"race": RACE}, {"sex": SEX, "race": RACE}])
def test_what_is_asked_of_each_category_is_complete_with_sex_and_race_and_both_together(groups, scored):
    model_and_data = recorded(
        None if scored else [0, 1, 1] * 40, None, groups, scores=np.linspace(0, 1, 120) if scored else None
    )
    covered = rulepacks.coverage(PACKS["nyc-ll144"], [run(BiasAudit(), *model_and_data)]).clauses
    by_clause = {clause.id: clause for clause in covered}
    for clause in map(by_clause.get, EACH_CATEGORY):
        of_the_other_kind = clause.id == ("5-301(b)(1)" if scored else "5-301(c)(2)")
        whole = "present" if len(groups) == 2 else "partial"
        assert clause.status == ("absent" if of_the_other_kind else whole), clause.id
        for kind, words in (("sex", "sex"), ("race_ethnicity", "race/ethnicity")):
            reason = f"no valid number: no attribute is named as {words}"
            lacking = {f"fairness.bias_audit.{table}_categories: {reason}" for table in (kind, "intersectional")}
            is_there = any(name in kind for name in groups)
            assert lacking.isdisjoint(clause.missing) if is_there else lacking <= set(clause.missing)


def test_adverse_impact_covers_the_ratio_and_leaves_validity_to_people():
    by_clause = statuses(
        "four-fifths", AdverseImpact(draws=1000, trials=20), *recorded([0, 1, 1] * 40, None, {"sex": SEX})
    )
    assert by_clause["1607.4(D), the ratio"] == "present" and by_clause["1607.4(D), smaller differences"] == "partial"
    assert by_clause["1607.5"] == "not computable"
    assert set(statuses("four-fifths", None).values()) == {"absent", "not computable"}
