"""What changed between two audits: exit codes, intervals, what cannot be compared, and what stays hidden."""

from __future__ import annotations

import dataclasses
import datetime
import json

import numpy as np
import pytest
from hypothesis import given, strategies as st
from markdown_it import MarkdownIt

import auditkit
from auditkit import runfolder
from auditkit.command import comparison
from auditkit.comparison import compare_audits, open_audit
from auditkit.comparison.diff import change_interval
from auditkit.errors import ConfigError, EvidenceError
from auditkit.host import Host
from auditkit.reports import difftext
from auditkit.reports.diffpage import diff_html, diff_markdown
from auditkit.results import AuditResult, Diff, Interval, Measurement, canonical
from auditkit.testing import ToyModel, toy_data
from tests import fakes
from tests.chromium import needs_chromium, visit
from tests.reports import golden
from tests.reports.test_markdown import HOSTILE

QUIET = comparison.ComparisonOptions()


def saved(folder, result):
    result.save(folder)
    runfolder.seal(folder)
    return str(folder)


def diff_between(tmp_path, old: AuditResult, new: AuditResult) -> Diff:
    opened = [open_audit(saved(tmp_path / name, audit)) for name, audit in (("old", old), ("new", new))]
    return compare_audits(opened[0], opened[0].audits[0], opened[1], opened[1].audits[0])


def with_status(audit: AuditResult, limit: str, status: str | None, *, waived: bool = False) -> AuditResult:
    """The audit with another verdict on a limit; None: without the limit."""
    verdicts = [
        verdict.model_copy(update={"status": status, "waived": waived} if verdict.limit.name == limit else {})
        for verdict in audit.verdicts
        if verdict.limit.name != limit or status is not None
    ]
    return audit.model_copy(update={"verdicts": tuple(verdicts)})


def test_the_same_audit_twice_changes_nothing(tmp_path):
    diff = diff_between(tmp_path, fakes.audit(), fakes.audit())
    assert (diff.exit_code, diff.same_model, diff.same_data, diff.paired) == (0, True, True, False)
    assert {limit.kind for limit in diff.limits} == {"the same"} and diff.checks == ()
    assert len(diff.differences) > 20
    assert {difference.value for difference in diff.differences} <= {0.0, None}
    assert not any(difference.moved for difference in diff.differences)


@pytest.mark.parametrize(
    ("was", "now", "waived", "kind", "code"),
    [
        ("met", "missed", False, "newly missed", 1),
        ("met", "error", False, "no longer decided", 1),
        ("met", "not tested", False, "no longer decided", 1),
        ("met", None, False, "gone", 1),
        ("met", "inconclusive", False, "no longer decided", 0),
        ("met", "missed", True, "newly missed", 0),
        ("missed", "met", False, "newly met", 0),
        ("missed", "missed", False, "the same", 0),
        ("inconclusive", "missed", False, "newly missed", 0),
    ],
)
def test_the_exit_code_follows_limits_that_were_met(tmp_path, was, now, waived, kind, code):
    old = with_status(fakes.audit(), "accuracy-floor", was)
    new = with_status(fakes.audit(), "accuracy-floor", now, waived=waived)
    diff = diff_between(tmp_path, old, new)
    (change,) = [limit for limit in diff.limits if limit.name == "accuracy-floor"]
    assert (change.kind, diff.exit_code) == (kind, code)


def test_the_command_ends_with_the_code_and_says_why(tmp_path, capsys):
    old = saved(tmp_path / "old", fakes.audit())
    new = saved(tmp_path / "new", with_status(fakes.audit(), "accuracy-floor", "missed"))
    assert comparison.diff(old, new, QUIET) == 1
    out = capsys.readouterr().out
    assert "not met any more: accuracy-floor" in out
    assert comparison.diff(old, new, comparison.ComparisonOptions(json=True)) == 1
    (document,) = json.loads(capsys.readouterr().out)
    assert document["exit_code"] == 1 and document["limits"]


def number(value, low=None, high=None, **more):
    ends = None if low is None else Interval(low=low, high=high, method="m")
    return Measurement(name="x", value=value, interval=ends, exact=low is None, **more)


def test_the_interval_of_a_change_by_hand():
    ends = change_interval(number(0.5, 0.4, 0.6), number(0.7, 0.65, 0.75))
    assert ends.low == pytest.approx(0.2 - np.hypot(0.05, 0.1)) and ends.high == pytest.approx(
        0.2 + np.hypot(0.05, 0.1)
    )
    assert change_interval(number(0.5), number(0.7)) is None, "both are exact"
    ends = change_interval(number(0.5), number(0.7, 0.65, 0.75))
    assert (ends.low, ends.high) == pytest.approx((0.15, 0.25))


@given(st.floats(0, 1), st.floats(0, 0.3), st.floats(0, 1), st.floats(0, 0.3))
def test_the_interval_holds_the_change_and_turns_with_it(a, half_a, b, half_b):
    old, new = number(a, a - half_a, a + half_a), number(b, b - half_b, b + half_b)
    forth, back = change_interval(old, new), change_interval(new, old)
    assert forth.low <= b - a <= forth.high
    assert (forth.low, forth.high) == pytest.approx((-back.high, -back.low))


def test_unpaired_intervals_cover():
    from auditkit.stats import wilson

    rng, hits = np.random.default_rng(0), 0
    for _ in range(1000):
        a, b = int(rng.binomial(80, 0.3)), int(rng.binomial(60, 0.45))
        old, new = wilson(a, 80), wilson(b, 60)
        ends = change_interval(number(a / 80, old.low, old.high), number(b / 60, new.low, new.high))
        hits += ends.low <= 0.15 <= ends.high
    assert hits > 930


def test_a_change_that_is_more_than_chance_is_told_with_its_way(tmp_path):
    diff = diff_between(tmp_path, fakes.audit(), fakes.audit(shift=-0.2))
    (accuracy,) = [
        difference for difference in diff.differences
        if (difference.check, difference.new.name) == ("performance.quality", "accuracy") and not difference.new.slice
    ]  # fmt: skip
    assert accuracy.moved and accuracy.better is False and accuracy.interval.high < 0 and not accuracy.paired


def other_parameters(audit, **parameters):
    first = audit.results[0].model_copy(update={"parameters": {**audit.results[0].parameters, **parameters}})
    return audit.model_copy(update={"results": (first, *audit.results[1:])})


def test_another_parameter_cannot_be_compared_but_more_rows_can(tmp_path):
    check = fakes.audit().results[0].check
    diff = diff_between(tmp_path, fakes.audit(), other_parameters(fakes.audit(), strength=3))
    (change,) = diff.checks
    assert (change.check, change.kind) == (
        check,
        "not comparable",
    ) and "strength was not there and is 3" in change.reason
    assert not [difference for difference in diff.differences if difference.check == check]
    same = diff_between(
        tmp_path / "b", other_parameters(fakes.audit(), rows=3), other_parameters(fakes.audit(), rows=9)
    )
    assert same.checks == ()


def test_another_label_makes_nothing_comparable(tmp_path):
    audit = fakes.audit()
    other = audit.model_copy(update={"data": audit.data.model_copy(update={"positive": "no"})})
    diff = diff_between(tmp_path, audit, other)
    assert diff.differences == () and all("positive was" in check.reason for check in diff.checks)


def test_a_number_with_another_formula_is_not_compared(tmp_path):
    audit = fakes.audit()
    first = next(result for result in audit.results if result.definitions and result.measurements)
    name = next(iter(first.definitions))
    changed = {**first.definitions, name: first.definitions[name].model_copy(update={"formula": "another"})}
    results = tuple(
        result.model_copy(update={"definitions": changed}) if result.check == first.check else result
        for result in audit.results
    )
    diff = diff_between(tmp_path, audit, audit.model_copy(update={"results": results}))
    assert not [
        difference for difference in diff.differences if difference.check == first.check and difference.new.name == name
    ]


def test_checks_that_are_gone_or_added_are_told(tmp_path):
    audit = fakes.audit()
    measured = next(result for result in audit.results if result.status == "measured")
    fewer = audit.model_copy(update={"results": tuple(result for result in audit.results if result is not measured)})
    assert [(check.check, check.kind) for check in diff_between(tmp_path / "a", audit, fewer).checks] == [
        (measured.check, "gone")
    ]
    assert [(check.check, check.kind) for check in diff_between(tmp_path / "b", fewer, audit).checks] == [
        (measured.check, "added")
    ]


def test_a_hidden_number_stays_hidden(tmp_path):
    audit = fakes.audit()
    hidden = [m for result in audit.results for m in result.measurements if m.value is None]
    diff = diff_between(tmp_path, audit, audit)
    none = [
        difference for difference in diff.differences if difference.old.value is None or difference.new.value is None
    ]
    assert hidden and none and all(measurement.value is None and measurement.interval is None for measurement in none)


def test_two_models_of_one_command_are_paired_either_way_round(tmp_path):
    folder = open_audit(saved(tmp_path / "audit", fakes.comparison()))
    first, second = folder.audits[:2]
    shift = second.results[0].measurements
    assert shift
    onward, back = compare_audits(folder, first, folder, second), compare_audits(folder, second, folder, first)
    assert onward.paired and back.paired and onward.same_data
    for forth, reverse in zip(onward.differences, back.differences, strict=True):
        if forth.value is not None:
            assert forth.value == pytest.approx(-reverse.value)
    pair = [difference for difference in onward.differences if difference.paired]
    assert pair and all(measurement.interval.method == "Tango score, paired" for measurement in pair)


def test_only_the_number_of_which_a_definition_says_so_has_the_paired_interval(tmp_path):
    whole = fakes.comparison()
    stranger = [
        audit.model_copy(update={"results": (*audit.results, _under_another_id(audit.results[0]))})
        for audit in whole.results
    ]
    folder = open_audit(saved(tmp_path / "audit", whole.model_copy(update={"results": tuple(stranger)})))
    diff = compare_audits(folder, folder.audits[0], folder, folder.audits[1])
    paired = {(difference.check, difference.new.name) for difference in diff.differences if difference.paired}
    assert ("performance.quality", "accuracy") in paired and not any(check == "acme.sample" for check, _ in paired)


def _under_another_id(result):
    definitions = {
        name: definition.model_copy(update={"same_as": ""}) for name, definition in result.definitions.items()
    }
    return result.model_copy(update={"check": "acme.sample", "definitions": definitions})


def test_two_models_of_an_older_schema_are_paired_as_they_were(tmp_path):
    whole = json.loads(golden.whole(2, "comparison"))
    accuracy = whole["results"][1]["results"][0]["measurements"][0]
    accuracy["value"] += next(
        change["measurement"]["value"] for change in whole["changes"] if change["measurement"]["name"] == "accuracy"
    )
    folder = open_audit(saved(tmp_path / "audit", runfolder.parse_result(json.dumps(whole).encode())))
    diff = compare_audits(folder, folder.audits[0], folder, folder.audits[1])
    assert folder.audits[0].schema_version == 2
    assert "accuracy" in {difference.new.name for difference in diff.differences if difference.paired}


def test_every_paired_change_is_of_a_number_that_says_so():
    kinds = [offer.value for offer in Host(discover=False).checks().values()]
    named = {meaning.same_as for kind in kinds for meaning in kind.definitions.values()} - {""}
    models = ToyModel(), ToyModel(constant=True)
    measured = auditkit.compare(models, toy_data(60), checks=["data"], budget="quick").changes
    assert {change.measurement.name for change in measured} == named - {"mean_absolute_error", "mean_score"}


def test_schema_1_is_compared_with_today(tmp_path):
    old = runfolder.parse_result(golden.whole(1, "audit"))
    assert old.schema_version == 1
    diff = diff_between(tmp_path, old, fakes.audit())
    assert diff.exit_code == 0 and diff.differences


def test_an_altered_folder_is_refused_unless_asked_for(tmp_path):
    folder = saved(tmp_path / "a", fakes.audit())
    (tmp_path / "a" / "results.json").write_bytes(canonical(fakes.audit(shift=0.1)))
    with pytest.raises(EvidenceError, match="not as an audit was sealed"):
        open_audit(folder)
    assert not open_audit(folder, unverified=True).sealed
    assert open_audit(str(tmp_path / "a" / "results.json"), unverified=True).audits


def test_errors_say_what_to_do(tmp_path):
    single, many = saved(tmp_path / "one", fakes.audit()), saved(tmp_path / "many", fakes.comparison())
    with pytest.raises(ConfigError, match="the same audit; name two of its models"):
        comparison.diff(single, single, QUIET)
    with pytest.raises(ConfigError, match="has no model 'credit-gmb'; did you mean 'credit-gbm'"):
        comparison.diff(single, many, comparison.ComparisonOptions(new_model="credit-gmb", old_model="credit-gbm"))
    other = fakes.audit("other")
    with pytest.raises(ConfigError, match="no model of the same name"):
        comparison.diff(saved(tmp_path / "other", other), saved(tmp_path / "m2", fakes.comparison()), QUIET)
    with pytest.raises(EvidenceError, match="no run folder"):
        open_audit(str(tmp_path / "nowhere"))


@needs_chromium
def test_the_page_asks_for_nothing_and_fits_a_phone(tmp_path):
    diff = diff_between(tmp_path, fakes.audit(), fakes.audit(shift=-0.05))
    path = tmp_path / "diff.html"
    path.write_text(diff_html([diff]))
    page = visit(path, 320, script="document.documentElement.scrollWidth")
    assert (page.requests, page.console) == ([], []) and page.value <= 320


@needs_chromium
@pytest.mark.parametrize("payload", HOSTILE[:8])
def test_hostile_names_do_nothing(tmp_path, payload, capsys):
    diff = diff_between(tmp_path, fakes.hostile(payload), fakes.hostile(payload))
    path = tmp_path / "diff.html"
    path.write_text(diff_html([diff]), errors="replace")
    page = visit(path, script="document.querySelectorAll('script, img:not(.chart), iframe, a').length")
    assert (page.value, page.requests, page.dialogs) == (0, [], [])
    html = MarkdownIt("commonmark").enable(["table"]).render(diff_markdown([diff]))
    assert "<img" not in html and "<script" not in html and "<a " not in html
    old, new = (saved(tmp_path / name, fakes.hostile(payload)) for name in ("c", "d"))
    comparison.diff(old, new, QUIET)
    assert not {"\x1b", "\x07", "\u202e"} & set(capsys.readouterr().out)


def test_dates_are_of_the_audits(tmp_path):
    diff = diff_between(tmp_path, fakes.audit(), fakes.audit())
    assert diff.old.date == datetime.date(2026, 3, 2) and (diff.old.audit, diff.new.audit) == ("old", "new")


def test_the_same_rows_under_other_settings_are_the_same_rows_and_the_settings_are_named(tmp_path):
    def audited(**settings):
        data = dataclasses.replace(toy_data(60, train=False), **settings)
        return auditkit.audit(ToyModel(), data, checks=["performance.quality"], budget="quick")

    first = audited()
    diff = diff_between(tmp_path, first, audited(minimum_rate=5, reference={"sex": "male"}))
    assert diff.same_data
    assert diff.settings == "minimum_rate was 10 and is 5; reference was none and is sex=male"
    assert f"the same 60 rows, read with other settings: {diff.settings}" in " ".join(difftext.facts(diff))
    again = diff_between(tmp_path, first, audited())
    assert (
        again.same_data and again.settings == "" and "read with other settings" not in " ".join(difftext.facts(again))
    )
    fewer = diff_between(
        tmp_path, first, auditkit.audit(ToyModel(), toy_data(50, train=False), checks=[], budget="quick")
    )
    assert not fewer.same_data and "on other data (60 rows then, 50 now)" in " ".join(difftext.facts(fewer))


def test_rows_are_told_by_themselves_and_by_their_training_split():
    data = toy_data(30)
    assert dataclasses.replace(data, minimum_cell=3).rows_digest == data.rows_digest != data.digest
    assert dataclasses.replace(data, train=None).rows_digest != data.rows_digest
    labels = np.where(np.arange(30) == 0, "yes", data.labels), np.where(np.arange(30) == 0, "no", data.labels)
    assert len({dataclasses.replace(data, labels=label).rows_digest for label in labels}) == 2
    groups = {**data.groups, "sex": np.full(30, "female")}
    assert dataclasses.replace(data, groups=groups).rows_digest != data.rows_digest
