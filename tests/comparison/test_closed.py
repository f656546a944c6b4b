"""What must not slip through a comparison: weaker limits, models that are gone, hidden groups, other definitions."""

from __future__ import annotations

import json

import pytest

from auditkit.command import comparison
from auditkit.comparison import compare_audits, history, open_audit, open_audits
from auditkit.comparison.diff import change_interval
from auditkit.errors import EvidenceError
from auditkit.plugins.performance.definitions import DEFINITIONS
from auditkit.reports.diffpage import diff_html, diff_markdown, history_html, series_figure
from auditkit.results import Change, Interval, Measurement, canonical
from tests import fakes
from tests.comparison.test_diff import QUIET, diff_between, saved

SECRET = 0.123456


def test_a_limit_that_was_met_and_is_met_only_because_it_was_weakened_counts_as_missed(tmp_path):
    audit = fakes.audit()
    (met,) = [verdict for verdict in audit.verdicts if verdict.limit.name == "accuracy-floor"]
    stricter = met.limit.model_copy(update={"at_least": 0.0})
    value = met.judged[0].measurement.value
    before = met.model_copy(update={"limit": met.limit.model_copy(update={"at_least": value + 0.1})})

    def having(verdict):
        others = tuple(verdict for verdict in audit.verdicts if verdict.limit.name != "accuracy-floor")
        return audit.model_copy(update={"verdicts": (*others, verdict)})

    diff = diff_between(tmp_path / "weaker", having(before), having(met))
    (change,) = [limit for limit in diff.limits if limit.name == "accuracy-floor"]
    assert change.bound_changed and change.broken and diff.exit_code == 1
    assert "as the limit was before, it is missed now" in change.reason
    diff = diff_between(tmp_path / "stronger", having(met.model_copy(update={"limit": stricter})), having(met))
    (change,) = [limit for limit in diff.limits if limit.name == "accuracy-floor"]
    assert change.bound_changed and not change.broken and diff.exit_code == 0


def test_a_model_that_met_limits_and_is_gone_ends_in_1(tmp_path, capsys):
    whole = fakes.comparison()
    fewer = whole.model_copy(update={"results": whole.results[:2], "changes": ()})
    many, few = saved(tmp_path / "many", whole), saved(tmp_path / "few", fewer)
    assert comparison.diff(many, few, comparison.ComparisonOptions(md=str(tmp_path / "diff.md"))) == 1
    assert "Models that met a limit are gone: credit-mlp-private." in " ".join(capsys.readouterr().out.split())
    assert "credit-mlp-private" in (tmp_path / "diff.md").read_text()
    assert comparison.diff(many, few, comparison.ComparisonOptions(json=True)) == 1
    assert json.loads(capsys.readouterr().out)[0]["gone"] == ["credit-mlp-private"]
    assert comparison.diff(few, many, QUIET) == 0


def with_group(value, n, reason=None, digest=None):
    """The fake audit with one number about a group, shown or hidden."""
    audit = fakes.audit()
    ends = None if value is None else Interval(low=value - 0.05, high=value + 0.05, method="m")
    number = Measurement(name="accuracy", value=value, reason=reason, interval=ends, n=n, slice={"site": "small"})
    (first, *rest) = audit.results
    first = first.model_copy(update={"measurements": (*first.measurements, number)})
    data = audit.data.model_copy(update={"digest": digest or audit.data.digest})
    return audit.model_copy(update={"results": (first, *rest), "data": data})


@pytest.mark.parametrize("turned", [False, True])
def test_what_one_audit_hides_the_other_does_not_give_away(tmp_path, turned, capsys):
    shown, hidden = with_group(SECRET, 11), with_group(None, None, "fewer than 10 people")
    old, new = (hidden, shown) if turned else (shown, hidden)
    diff = diff_between(tmp_path, old, new)
    (change,) = [difference for difference in diff.differences if difference.new.slice == {"site": "small"}]
    assert (change.value, change.interval, change.old.value, change.new.value) == (None, None, None, None)
    assert (change.old.n, change.new.n) == (None, None)
    comparison.diff(str(tmp_path / "old"), str(tmp_path / "new"), comparison.ComparisonOptions(all=True))
    text = diff.model_dump_json() + diff_html([diff]) + diff_markdown([diff]) + capsys.readouterr().out
    assert "0.1234" not in text and "12.3%" not in text


def test_a_number_that_is_undefined_but_not_hidden_is_still_told(tmp_path):
    diff = diff_between(tmp_path, with_group(0.5, 40), with_group(None, 40, "no positives"))
    (change,) = [difference for difference in diff.differences if difference.new.slice == {"site": "small"}]
    assert change.old.value == 0.5 and change.value is None


def test_a_history_hides_a_group_in_every_audit_of_the_same_data(tmp_path):
    same = [with_group(SECRET, 11), with_group(None, None, "fewer than 10 people")]
    grown = with_group(0.5, 200, digest="ab" * 32)
    folders = [saved(tmp_path / f"audit-{number}", audit) for number, audit in enumerate([*same, grown])]
    check = fakes.audit().results[0].check
    lined_up = history(open_audits(folders), f"{check}.accuracy", {"site": "small"})
    (series,) = lined_up.series
    assert [point.measurement.value for point in series.points] == [None, None, 0.5]
    assert "0.1234" not in lined_up.model_dump_json() and "12.3%" not in history_html(lined_up)


def test_a_measurement_with_another_definition_is_named(tmp_path):
    audit = fakes.audit()
    first = next(result for result in audit.results if result.definitions and result.measurements)
    name = first.measurements[0].name
    changed = {**first.definitions, name: first.definitions[name].model_copy(update={"formula": "another"})}
    results = tuple(
        result.model_copy(update={"definitions": changed}) if result.check == first.check else result
        for result in audit.results
    )
    diff = diff_between(tmp_path, audit, audit.model_copy(update={"results": results}))
    assert [(check.check, check.kind) for check in diff.checks] == [(f"{first.check}.{name}", "not comparable")]


def test_a_new_major_version_of_a_plugin_is_not_comparable_and_a_smaller_one_is(tmp_path):
    audit = fakes.audit()

    def version(text):
        return audit.model_copy(
            update={"results": tuple(result.model_copy(update={"plugin_version": text}) for result in audit.results)}
        )

    assert diff_between(tmp_path / "a", version("1.2.0"), version("1.3.1")).checks == ()
    diff = diff_between(tmp_path / "b", version("1.2.0"), version("2.0.0"))
    assert diff.differences == () and all("1.2.0 and is 2.0.0" in check.reason for check in diff.checks)


def number(low, value, high, level=0.95):
    return Measurement(name="x", value=value, interval=Interval(low=low, high=high, level=level, method="m"))


@pytest.mark.parametrize(
    "other", [number(0.4, 0.5, 0.6, level=0.9), number(0.6, 0.5, 0.7)], ids=["another level", "not around the number"]
)
def test_intervals_that_do_not_go_together_give_none(other):
    assert change_interval(number(0.1, 0.2, 0.3), other) is None


def test_a_file_on_its_own_is_read_and_said_to_be_unsealed(tmp_path):
    (tmp_path / "old.json").write_bytes(canonical(fakes.audit()))
    folder = saved(tmp_path / "new", fakes.audit())
    file, sealed = open_audit(str(tmp_path / "old.json")), open_audit(folder)
    diff = compare_audits(file, file.audits[0], sealed, sealed.audits[0])
    assert (diff.old.sealed, diff.new.sealed) == (False, True)
    assert "shown that these are unchanged: old.json." in diff_markdown([diff]).replace("\\", "")


def test_a_folder_without_a_manifest_is_refused(tmp_path):
    fakes.audit().save(tmp_path / "a")
    with pytest.raises(EvidenceError, match="not as an audit was sealed"):
        open_audit(str(tmp_path / "a"))


def test_folders_of_the_same_name_are_told_apart(tmp_path):
    folders = []
    for month, shift in (("may", 0.0), ("june", -0.1)):
        (tmp_path / month).mkdir()
        folders.append(saved(tmp_path / month / "audit", fakes.audit(shift=shift)))
    assert [audit.name for audit in open_audits(folders)] == ["may/audit", "june/audit"]
    (series,) = history(open_audits(folders), "performance.quality.accuracy", {}).series
    assert [point["audit"] for point in series_figure(series).data] == ["may/audit", "june/audit"]


def test_recall_and_precision_have_the_paired_interval_of_the_same_numbers(tmp_path):
    whole = fakes.comparison()
    check, kinds = "performance.quality", {"recall": "true_positive_rate", "precision": "positive_predictive_value"}

    def having(audit, value):
        more = tuple(
            Measurement(name=name, value=value, interval=Interval(low=value - 0.1, high=value + 0.1, method="m"))
            for name in kinds
        )
        defined = {name: DEFINITIONS[name] for name in kinds}
        results = tuple(
            result.model_copy(
                update={"measurements": (*result.measurements, *more), "definitions": {**result.definitions, **defined}}
            )
            if result.check == check
            else result
            for result in audit.results
        )
        return audit.model_copy(update={"results": results})

    first, second = having(whole.results[0], 0.5), having(whole.results[1], 0.6)
    ends = Interval(low=0.08, high=0.12, method="together, paired")
    changes = tuple(
        Change(
            model=second.model.name, beside=first.model.name,
            measurement=Measurement(name=name, value=0.6 - 0.5, interval=ends),
        )
        for name in kinds.values()
    )  # fmt: skip
    folder = saved(tmp_path / "both", whole.model_copy(update={"results": (first, second), "changes": changes}))
    opened = open_audit(folder)
    diff = compare_audits(opened, opened.audits[0], opened, opened.audits[1])
    moved = {difference.new.name: difference for difference in diff.differences if difference.new.name in kinds}
    assert set(moved) == set(kinds) and all(
        measurement.paired and measurement.interval == ends for measurement in moved.values()
    )
    assert "Intervals called paired" in diff_markdown([diff])
