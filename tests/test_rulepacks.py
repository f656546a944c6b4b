"""Rule packs: every mistake named with file and key; coverage that never overstates."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from hypothesis import given, strategies as st

from auditkit import rulepacks
from auditkit.errors import PluginError
from auditkit.results import About, CheckResult, Measurement

ABOUT = About(title="t", question="q?")
HEAD = """
pack = 1
id = "acme-policy"
title = "Policy of Acme"
source = "Policy 4.2"
status = "in force"
verified_on = 2026-11-02
"""
CLAUSE = '[[clauses]]\nid = "3.2"\ntext = "Rates are compared."\n'


def pack_of(tmp_path: pathlib.Path, text: str, name: str = "acme-policy.toml") -> rulepacks.RulePack:
    path = tmp_path / name
    path.write_text(text)
    return rulepacks.load_pack(path)


def clause(**facts: Any) -> rulepacks.RulePack:
    record = {"id": "1", "text": "t", **facts}
    return rulepacks.RulePack.model_validate(
        {
            "pack": 1,
            "id": "p",
            "title": "t",
            "source": "s",
            "status": "x",
            "verified_on": "unverified",
            "clauses": [record],
        }
    )


def check(name: str, *measurements: Measurement, status: str = "measured", reason: str | None = None) -> CheckResult:
    return CheckResult.model_validate(
        {"check": name, "plugin": "p", "plugin_version": "1", "about": ABOUT, "status": status, "reason": reason}
        | {"measurements": measurements}
    )


GOOD = Measurement(name="good", value=0.5, exact=True)
UNSURE = Measurement(name="unsure", value=0.5, validity="inconclusive", reason="too few rows")
INVALID = Measurement(name="invalid", value=0.5, validity="invalid", reason="a control did not hold")
HIDDEN = Measurement(name="hidden", value=None, reason="fewer than 10 people")
RESULTS = [
    check("a.one", GOOD, UNSURE, INVALID),
    check("a.blank", GOOD, HIDDEN, HIDDEN),
    check("a.two", UNSURE, INVALID, HIDDEN),
    check("a.three", INVALID, HIDDEN),
    check("a.empty"),
    check("b.skipped", GOOD, status="skipped", reason="needs labels"),
    check("b.broken", GOOD, status="error", reason="it raised"),
]


@pytest.mark.parametrize(
    ("key", "status", "reason"),
    [
        ("a.one.good", "present", None),
        ("a.one.unsure", "partial", "inconclusive: too few rows"),
        ("a.one.invalid", "absent", "no valid number: a control did not hold"),
        ("a.blank.hidden", "absent", "no valid number: fewer than 10 people"),
        ("a.blank.good", "present", None),
        ("a.blank", "partial", "2 of 3 numbers are blank: fewer than 10 people"),
        ("a.one.other", "absent", "measured no such number"),
        ("a.one", "present", None),
        ("a.two", "partial", "1 of 3 numbers is blank"),
        ("a.three", "absent", "a control did not hold"),
        ("a.empty", "absent", "measured no such number"),
        ("b", "absent", "no check of this family"),
        ("none", "absent", "no check of this family"),
        ("a.on", "absent", "was not run"),
        ("b.skipped.good", "absent", "was skipped (needs labels)"),
        ("b.broken", "absent", "ended in an error (it raised)"),
    ],
)
def test_a_measurement_counts_only_where_it_is_there_and_valid(key, status, reason):
    covered = rulepacks.coverage(clause(evidence=[key]), RESULTS).clauses[0]
    assert covered.status == status
    assert covered.evidence == ((key,) if status == "present" else ())
    assert (reason is None and covered.missing == ()) or (
        reason in covered.missing[0] and covered.missing[0].startswith(key)
    )


@pytest.mark.parametrize(
    ("keys", "require", "status"),
    [
        (["a.one", "a.two"], "all", "partial"),
        (["a.one", "a.blank"], "all", "partial"),
        (["a.blank", "a.three"], "any", "partial"),
        (["a.one", "a.three"], "all", "partial"),
        (["a.one", "a.one.good"], "all", "present"),
        (["a.three", "a.empty"], "all", "absent"),
        (["a.one", "a.three"], "any", "present"),
        (["a.two", "a.three"], "any", "partial"),
        (["a.three", "a.empty"], "any", "absent"),
    ],
)
def test_all_and_any(keys, require, status):
    assert rulepacks.coverage(clause(evidence=keys, require=require), RESULTS).clauses[0].status == status


def test_a_clause_that_asks_more_than_numbers_is_never_wholly_present():
    covered = rulepacks.coverage(clause(evidence=["a.one"], part="the people's view."), RESULTS).clauses[0]
    assert (covered.status, covered.evidence) == ("partial", ("a.one",))
    assert covered.note == "Beyond this evidence: the people's view."
    assert rulepacks.coverage(clause(evidence=["z"], part="more"), RESULTS).clauses[0].status == "absent"


@pytest.mark.parametrize(
    ("evidence", "beside", "status"),
    [("a.one", "a.one.good", "present"), ("a.one", "a.two", "partial"), ("a.one", "none", "partial"),
     ("a.blank", "a.one", "partial"), ("a.three", "a.one", "absent")],
)  # fmt: skip
def test_what_completes_evidence_is_none_by_itself(evidence, beside, status):
    covered = rulepacks.coverage(clause(evidence=[evidence], complete_with=[beside]), RESULTS).clauses[0]
    assert covered.status == status and beside not in covered.evidence
    lacking = [] if beside.startswith("a.one") else [beside]
    assert [line.partition(":")[0] for line in covered.missing if not line.startswith(evidence)] == lacking


def test_a_family_counts_by_the_best_of_its_checks():
    def of(*results):
        return rulepacks.coverage(clause(evidence=["a"]), results).clauses[0]

    assert of(*RESULTS[3:5]).status == "absent"
    assert (of(*RESULTS[1:5]).status, of(*RESULTS[1:5]).evidence) == ("partial", ())
    assert of(*RESULTS[2:5]).missing == ("a: 1 of 3 numbers is blank: fewer than 10 people",)
    assert (of(*reversed(RESULTS)).status, of(*RESULTS).evidence) == ("present", ("a.one",))
    assert of(*RESULTS, check("a.more", GOOD)).evidence == ("a.one", "a.more")
    assert of(check("ab.one", GOOD)).status == "absent"


def test_what_no_number_can_show_is_said_with_the_reason():
    covered = rulepacks.coverage(clause(computable=False, why="A matter of people.", verified_on="unverified"), RESULTS)
    assert covered.clauses[0].status == "not computable"
    assert covered.clauses[0].note == "A matter of people. Not verified against the source."


def test_the_longest_check_name_owns_a_measurement():
    results = [check("a", Measurement(name="b", value=1.0, exact=True)), check("a.b", HIDDEN)]
    assert rulepacks.coverage(clause(evidence=["a.b"]), results).clauses[0].status == "absent"
    assert rulepacks.coverage(clause(evidence=["a.b"]), results[::-1]).clauses[0].status == "absent"


KEYS = st.lists(st.sampled_from(["a.one", "a.one.good", "a.two", "a.three", "b.broken", "none"]), min_size=1)


@given(KEYS, st.sampled_from(["all", "any"]), st.booleans(), KEYS | st.just([]))
def test_more_results_never_take_evidence_away(keys, require, beyond, beside):
    order = ["absent", "partial", "present"]
    pack = clause(evidence=keys, require=require, part="more" if beyond else "", complete_with=beside)
    before = 0
    for count in range(len(RESULTS) + 1):
        now = order.index(rulepacks.coverage(pack, RESULTS[:count]).clauses[0].status)
        assert now >= before
        before = now


def test_a_pack_is_read_with_its_dates(tmp_path):
    text = HEAD + 'source_url = "https://a.example"\nin_force_from = 2026-03-01\nsuperseded_by = "5.0"\n' + CLAUSE
    pack = pack_of(tmp_path, text + 'evidence = ["a.one"]\n')
    covered = rulepacks.coverage(pack, RESULTS)
    assert (covered.in_force_from, covered.verified_on, covered.superseded_by) == ("2026-03-01", "2026-11-02", "5.0")
    assert (covered.pack, covered.source_url, covered.clauses[0].status) == (
        "acme-policy",
        "https://a.example",
        "present",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pack = ", "is not valid TOML"),
        ('a = 1\na = 2\n"', "is not valid TOML"),
        (HEAD, "the key 'clauses' is required"),
        (HEAD.replace('title = "Policy of Acme"', "") + CLAUSE + 'evidence = ["a"]', "the key 'title' is required"),
        (HEAD + 'tilte = "x"\n' + CLAUSE + 'evidence = ["a"]', "'tilte' is not known; did you mean 'title'?"),
        (HEAD + CLAUSE + 'evidense = ["a"]', "'clauses.0.evidense' is not known; did you mean 'evidence'?"),
        (HEAD + CLAUSE, "clauses.0: needs evidence, or computable = false and why"),
        (HEAD + CLAUSE + "computable = false", "clauses.0: is not computable, so it needs why"),
        (HEAD + CLAUSE + 'computable = false\nwhy = "x"\nevidence = ["a"]', "clauses.0: is not computable, so it has"),
        (HEAD + CLAUSE + 'computable = false\nwhy = "x"\ncomplete_with = ["a"]', "is not computable, so it has"),
        (HEAD + CLAUSE + "evidence = [3]", "clauses.0.evidence.0: Input should be a valid string; it is 3"),
        (HEAD + CLAUSE + 'evidence = ["a"]\nrequire = "some"', "clauses.0.require: Input should be 'all' or 'any'"),
        (HEAD + (CLAUSE + 'evidence = ["a"]\n') * 2, "the clause '3.2' appears 2 times"),
        (HEAD.replace("pack = 1", "pack = 2") + CLAUSE + 'evidence = ["a"]', "pack: Input should be 1; it is 2"),
        (HEAD.replace("2026-11-02", '"soon"') + CLAUSE + 'evidence = ["a"]', "verified_on"),
        (
            HEAD.replace("acme-policy", "other") + CLAUSE + 'evidence = ["a"]',
            "id must be the file's name, 'acme-policy'",
        ),
    ],
)
def test_a_mistake_is_named_with_file_and_key(tmp_path, text, message):
    with pytest.raises(PluginError) as caught:
        pack_of(tmp_path, text)
    assert "the rule pack acme-policy.toml" in str(caught.value)
    assert message in str(caught.value)


def test_a_pack_that_cannot_be_read(tmp_path):
    with pytest.raises(PluginError, match="cannot be read"):
        rulepacks.load_pack(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_bytes(b"\xff")
    with pytest.raises(PluginError, match=r"bad\.toml is not valid TOML"):
        rulepacks.load_pack(tmp_path / "bad.toml")
