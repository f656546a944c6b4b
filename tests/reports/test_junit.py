"""junit.xml: failures where the exit code says so, well-formed whatever anybody wrote."""

from __future__ import annotations

import re
from collections import Counter
from xml.etree import ElementTree

import pytest
from hypothesis import given, strategies as st

from auditkit.reports import junit
from auditkit.results import AuditResult, Interval, Judged, Limit, Measurement, Outcome, Verdict
from tests import fakes
from tests.reports.test_markdown import HOSTILE

NOTHING = Outcome(verdict="not tested", exit_code=5, sentence="Nothing was judged.")


def parse(result) -> ElementTree.Element:
    return ElementTree.fromstring(junit.render(result))


def cases(result) -> dict[str, ElementTree.Element | None]:
    """{limit: what stands in its case, None where it passed}."""
    elements = parse(result).findall("testsuite/testcase")
    return {f"{case.get('classname')}/{case.get('name')}": next(iter(case), None) for case in elements}


def missed(measurement: Measurement, **bound: float) -> Verdict:
    limit = Limit(name="l", measurement="a.b.ratio", **bound)
    judged = Judged(check="a.b", measurement=measurement, status="missed", reason="r")
    return Verdict(limit=limit, status="missed", reason="r", judged=(judged,))


def test_one_suite_a_check_and_one_case_a_limit():
    root = parse(fakes.audit())
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites)[-1] == "auditkit"
    names = [case.get("name") for suite in root for case in suite.findall("testcase")]
    assert sorted(names) == sorted([*(limit.name for limit in fakes.audit().limits), "explanations.concepts"])
    assert [case.get("name") for case in suites["fairness.groups"].findall("testcase")] == [
        "dp-sex",
        "eo-race",
        "eo-sex",
    ]
    assert suites["explanations.gradients"].find("testcase").get("name") == "gradients", "it was skipped"


def test_a_case_ends_as_the_exit_code_counts_it():
    by_limit = {name.partition("/")[2]: element for name, element in cases(fakes.audit()).items()}
    ended = {
        name: (element.tag, element.get("type")) if element is not None else None for name, element in by_limit.items()
    }
    assert ended == {
        "accuracy-floor": None,
        "calibrated": None,
        "members": None,
        "dp-sex": ("failure", "missed"),
        "robust-linf": ("failure", "missed"),
        "eo-race": ("error", "inconclusive"),
        "proxies": ("error", "inconclusive"),
        "eo-sex": ("skipped", "waived"),
        "concepts": ("error", "error"),
        "gradients": ("error", "not tested"),
        "explanations.concepts": ("error", "ValueError"),
    }


def test_the_counts_of_a_suite_are_those_of_its_cases():
    for suite in parse(fakes.comparison()):
        held = Counter(child.tag for case in suite.findall("testcase") for child in case)
        assert int(suite.get("tests")) == len(suite.findall("testcase"))
        assert (int(suite.get("failures")), int(suite.get("errors")), int(suite.get("skipped"))) == (
            held["failure"],
            held["error"],
            held["skipped"],
        )


def test_the_message_of_a_missed_limit():
    ratio = Measurement(
        name="demographic_parity_ratio",
        value=0.72,
        interval=Interval(low=0.61, high=0.78, method="score"),
        n=1181,
        across=("sex",),
    )
    message = "demographic_parity_ratio over sex 0.720 < 0.800 (95% interval 0.610 to 0.780, n=1,181)"
    assert junit.message(missed(ratio, at_least=0.8)) == message


@pytest.mark.parametrize(
    ("measurement", "bound", "message"),
    [
        (Measurement(name="x", value=0.79996, exact=True), {"at_least": 0.8}, "x 0.79996 < 0.8 (exact)"),
        (Measurement(name="x", value=3.0, exact=True), {"at_most": 2.0}, "x 3.00 > 2.00 (exact)"),
        (Measurement(name="x", value=0.3, exact=True, unit="share"), {"at_most": 0.25}, "x 30.0% > 25.0% (exact)"),
        (
            Measurement(name="x", value=0.5, n=20, slice={"sex": "F"}, conditions={"epsilon": 0.1}),
            {"at_least": 0.6},
            "x [sex=F, epsilon=0.1] 0.500 < 0.600 (no interval, n=20)",
        ),
    ],
)
def test_the_message_says_which_side(measurement, bound, message):
    assert junit.message(missed(measurement, **bound)) == message


def test_the_worst_of_several_is_named_and_the_rest_counted():
    limit = Limit(name="l", measurement="a.b.x", at_least=0.8)
    judged = tuple(
        Judged(
            check="a.b",
            measurement=Measurement(name="x", value=value, exact=True, slice={"g": str(value)}),
            status="met" if value >= 0.8 else "missed",
            reason="r",
        )
        for value in (0.9, 0.7, 0.5, 0.6)
    )
    verdict = Verdict(limit=limit, status="missed", reason="r", judged=judged)
    assert junit.message(verdict) == "x [g=0.5] 0.500 < 0.800 (exact), and 2 more"


def test_a_waiver_that_does_not_apply_is_told_and_changes_nothing():
    audit = fakes.audit()
    verdicts = tuple(verdict.model_copy(update={"waived": False}) for verdict in audit.verdicts)
    case = cases(audit.model_copy(update={"verdicts": verdicts}))["fairness.groups/eo-sex"]
    assert case is not None and case.tag == "failure"
    assert "a waiver does not apply; it was written until 2027-01-31 by Head of Credit Risk" in case.text


def test_a_limit_that_matches_no_check_is_an_error_of_its_own():
    limit = Limit(name="typo", measurement="fairnes.groups.ratio", at_least=0.8)
    verdict = Verdict(limit=limit, status="not tested", reason="nothing matched")
    test_cases = cases(fakes.audit().model_copy(update={"verdicts": (verdict,)}))
    assert test_cases["auditkit/typo"].tag == "error"


def test_an_audit_that_judged_nothing_does_not_look_green():
    empty = fakes.audit().model_copy(update={"verdicts": (), "results": (), "outcome": NOTHING})
    test_cases = cases(empty)
    assert test_cases["auditkit/audit"].tag == "error"
    assert test_cases["auditkit/audit"].get("message") == "Nothing was judged."


@given(st.lists(st.sampled_from(range(10)), unique=True), st.booleans(), st.sampled_from([1, 3, 5]))
def test_red_exactly_where_the_exit_code_is_not_zero(chosen, broken, code):
    audit = fakes.audit()
    verdicts = tuple(audit.verdicts[index] for index in chosen)
    results = audit.results if broken else tuple(result for result in audit.results if result.status != "error")
    good = all(verdict.status == "met" or verdict.waived for verdict in verdicts) and not broken
    outcome = NOTHING.model_copy(update={"exit_code": 0 if good else code})
    result = audit.model_copy(update={"verdicts": verdicts, "results": results, "outcome": outcome})
    red = [case for case in cases(result).values() if case is not None and case.tag in ("failure", "error")]
    assert bool(red) is not good


def test_several_models_are_told_apart():
    root = parse(fakes.comparison())
    assert {suite.get("name").partition(": ")[0] for suite in root} == {
        "credit-gbm",
        "credit-mlp",
        "credit-mlp-private",
    }
    keys = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert len(keys) == len(set(keys))


# hostile text


@pytest.mark.parametrize(
    "payload", [*filter(None, HOSTILE), "]]>", "\x01\x08\ufffe\uffff", '"><x y="', "\U0001f600", "&#0;"]
)
def test_no_text_of_a_stranger_changes_the_structure(payload):
    raw = junit.render(fakes.hostile(payload))
    plain = junit.render(fakes.hostile("x"))

    def shape(xml: bytes) -> list[tuple[str, list[str]]]:
        return [(element.tag, sorted(element.keys())) for element in ElementTree.fromstring(xml).iter()]

    assert shape(raw) == shape(plain)
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", raw.decode())


@given(st.text())
def test_any_name_makes_readable_xml(text):
    audit = fakes.audit()
    verdict = audit.verdicts[2].model_copy(
        update={"reason": text, "limit": audit.limits[2].model_copy(update={"name": text})}
    )
    result: AuditResult = audit.model_copy(update={"verdicts": (verdict,)})
    assert len(parse(result).findall("testsuite/testcase")) == 2
