"""What a diff says of limits that ask less, are no longer tested, or were about every group."""

from __future__ import annotations

from auditkit.comparison.keys import not_comparable, redefined
from auditkit.comparison.limits import less_asked, limit_changes
from auditkit.judge import judge
from auditkit.reports import difftext
from auditkit.results import AuditResult, Definition, Limit, Verdict, count_line
from tests import fakes
from tests.comparison.test_diff import diff_between
from tests.judge.test_decision import TODAY, measurement, result


def audited(limit: Limit, *measurements, version: int = 3) -> AuditResult:
    results = (result(*measurements),)
    judged = judge([limit], [], results, TODAY)
    update = {"limits": (limit,), "results": results, "verdicts": judged.verdicts, "outcome": judged.outcome}
    return fakes.audit().model_copy(update={**update, "waivers": (), "schema_version": version})


LIMIT = Limit(name="l", measurement="a.check.rate", at_least=0.8)
GROUP = measurement(0.5, 0.4, 0.6, slice={"sex": "F"})


def old_style(*measurements) -> AuditResult:
    """As version 2 judged it: a limit without slice was about every group."""
    audit = audited(LIMIT.model_copy(update={"groups": "each"}), *measurements, version=2)
    verdicts = tuple(verdict.model_copy(update={"limit": LIMIT}) for verdict in audit.verdicts)
    return audit.model_copy(update={"verdicts": verdicts, "limits": (LIMIT,)})


def test_a_limit_that_was_about_every_group_is_weakened_and_judged_as_it_was():
    fine = measurement(0.9, 0.85, 0.95, slice={"sex": "F"})
    (change,) = limit_changes(old_style(measurement(), fine), audited(LIMIT, measurement(), GROUP))
    assert (change.old, change.new, change.broken, change.kind) == ("met", "met", True, "met as it asks less")
    assert 'groups = "each" asks for them again' in change.weakened and "it is missed now" in change.reason
    (change,) = limit_changes(old_style(measurement(), GROUP), audited(LIMIT, measurement(), GROUP))
    assert (change.old, change.kind, change.broken) == ("missed", "met as it asks less", False)
    (change,) = limit_changes(old_style(measurement()), audited(LIMIT, measurement()))
    assert (change.weakened, change.bound_changed) == ("", False)  # it never had groups


def test_less_asked_is_said():
    assert "at least 0.8, and is at least 0.7" in less_asked(LIMIT, LIMIT.model_copy(update={"at_least": 0.7}))
    assert "point alone" in less_asked(LIMIT, LIMIT.model_copy(update={"judge": "point"}))
    assert less_asked(LIMIT, LIMIT.model_copy(update={"at_least": 0.9})) == ""


def test_another_number_under_the_same_name_is_said():
    wide, near = (measurement(conditions={"epsilon": epsilon}) for epsilon in (0.1, 0.01))
    group = measurement(slice={"sex": "F"})
    for_women = LIMIT.model_copy(update={"slice": {"sex": "F"}})
    (change,) = limit_changes(audited(LIMIT, measurement(), group), audited(for_women, measurement(), group))
    assert change.weakened == "it was about a.check.rate of everyone, and is no more"
    far, close = (LIMIT.model_copy(update={"conditions": {"epsilon": epsilon}}) for epsilon in (0.1, 0.01))
    (change,) = limit_changes(audited(far, wide, near), audited(close, wide, near))
    assert "of epsilon=0.1, and is no more" in change.weakened
    for_each_group = LIMIT.model_copy(update={"groups": "each"})
    (change,) = limit_changes(audited(LIMIT, measurement(), group), audited(for_each_group, measurement(), group))
    assert (change.weakened, change.bound_changed) == ("", True)  # more is asked


def test_undecided_and_now_not_tested_is_worse(tmp_path):
    old = audited(LIMIT, measurement(0.8, 0.7, 0.9))
    diff = diff_between(tmp_path, old, audited(LIMIT, measurement(name="other")))
    assert diff.limits[0].kind == "no longer tested"
    judged_verdict = difftext.verdict(diff)
    assert "but: undecided before and not tested now: l" in judged_verdict and "exit code 0" in judged_verdict
    assert any("0 met · 0 missed · 0 waived · 1 undecided" in fact for fact in difftext.facts(diff))


def test_a_parameter_that_touches_no_number_leaves_all_comparable():
    definitions = {name: Definition(title=name, formula="f", range="r") for name in ("rate", "ece")}
    common = {"definitions": definitions, "touches": {"top": (), "bins": ("ece",)}}
    numbers = (measurement(), measurement(name="ece"))
    old, new = (result(*numbers, parameters={"top": n, "bins": n, "depth": 1}, **common) for n in (1, 2))
    audits = [fakes.audit().model_copy(update={"results": (check_result,)}) for check_result in (old, new)]
    assert not_comparable(*audits) == {}
    assert redefined(old, new, "rate") == "" and "bins was 1 and is 2" in redefined(old, new, "ece")
    deeper = new.model_copy(update={"parameters": {"top": 2, "bins": 2, "depth": 2}})
    audits[1] = audits[1].model_copy(update={"results": (deeper,)})
    assert not_comparable(*audits) == {"a.check": "depth was 1 and is 2"}


def test_the_six_counts():
    statuses = ("met", "missed", "inconclusive", "not tested", "error", "missed")
    verdicts = [Verdict(limit=LIMIT, status=status, reason="r", waived=at == 5) for at, status in enumerate(statuses)]
    assert (
        count_line(verdicts, 1)
        == "1 met · 1 missed · 1 waived (would be missed) · 1 undecided · 1 not tested · 1 error"
    )
    assert count_line([], 0) == "0 met · 0 missed · 0 waived · 0 undecided · 0 not tested · 0 errors"
    both = [Verdict(limit=LIMIT, status=status, reason="r", waived=True) for status in ("missed", "inconclusive")]
    assert "2 waived (1 would be missed, 1 undecided)" in count_line(both, 0)


def test_whom_a_limit_is_not_judged_for_any_more_is_said(tmp_path):
    for_each_group = LIMIT.model_copy(update={"groups": "each"})
    fine = measurement(0.9, 0.85, 0.95, slice={"sex": "F"})
    old, new = audited(for_each_group, measurement(), fine), audited(for_each_group, measurement())
    diff = diff_between(tmp_path / "fewer", old, new)
    (change,) = diff.limits
    assert (change.new, change.lost, change.broken) == ("met", "sex=F", False)
    assert "not judged any more for all that it was: l (sex=F)" in difftext.verdict(diff)
    assert difftext.limit_rows(diff)[0].cells[3:] == (
        "the same, for fewer", f"no number is now about sex=F; {change.reason}",
    )  # fmt: skip
    assert "not judged" not in difftext.verdict(diff_between(tmp_path / "more", new, old))


def test_a_group_whose_number_is_missing_now_is_not_called_gone():
    for_each_group = LIMIT.model_copy(update={"groups": "each"})
    (change,) = limit_changes(
        audited(for_each_group, measurement(), GROUP),
        audited(for_each_group, measurement(), measurement(None, reason="too few", slice={"sex": "F"})),
    )
    assert change.lost == ""


def test_a_waiver_that_lapsed_is_worse(tmp_path):
    missed = audited(LIMIT, measurement(0.5, 0.4, 0.6))
    waived = missed.model_copy(update={"verdicts": (missed.verdicts[0].model_copy(update={"waived": True}),)})
    diff = diff_between(tmp_path / "lapsed", waived, missed)
    assert diff.limits[0].lapsed and "but: waived before and not now: l" in difftext.verdict(diff)
    assert difftext.limit_rows(diff)[0].cells[3] == "the same, waived before"
    assert "waived before" not in difftext.verdict(diff_between(tmp_path / "granted", missed, waived))
    assert "waived before" not in difftext.verdict(
        diff_between(tmp_path / "met", waived, audited(LIMIT, measurement()))
    )


def test_undecided_and_now_in_error_is_called_so(tmp_path):
    old = audited(LIMIT, measurement(0.8, 0.7, 0.9))
    failed = old.model_copy(update={"verdicts": (old.verdicts[0].model_copy(update={"status": "error"}),)})
    judged_verdict = difftext.verdict(diff_between(tmp_path, old, failed))
    assert "in error now, and not before: l" in judged_verdict and "not tested" not in judged_verdict


def test_a_limit_that_is_met_as_it_is_about_somebody_else_is_named(tmp_path):
    women = LIMIT.model_copy(update={"slice": {"sex": "F"}})
    diff = diff_between(tmp_path, audited(women, measurement(), GROUP), audited(LIMIT, measurement(), GROUP))
    assert diff.limits[0].kind == "met as it asks less" and "weakened: l" in difftext.verdict(diff)
    gone = diff_between(tmp_path / "gone", audited(women, measurement(), GROUP), audited(LIMIT, measurement()))
    assert gone.limits[0].kind == "met as it asks less" and "met only because it asks less: l" in difftext.verdict(gone)


def test_a_reason_is_replaced_only_where_one_audit_shows_what_the_other_hides():
    for_each_group = LIMIT.model_copy(update={"groups": "each"})
    none = measurement(None, n=None, reason="fewer than 10 people with a positive label", slice={"sex": "F"})
    audit = audited(for_each_group, measurement(0.5, 0.4, 0.6), none)
    (change,) = limit_changes(audit, audit)
    assert change.reason == audit.verdicts[0].reason
    (change,) = limit_changes(audit, audited(for_each_group, measurement(), GROUP))
    assert "hidden" in change.reason and "0.5" not in change.reason
