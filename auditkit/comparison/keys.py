"""Which rows and which numbers of two audits are the same, and which only look like it."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from auditkit.results import AuditResult, CheckResult, DataInfo, Measurement, Verdict, pairs
from auditkit.text import first_few

Key: TypeAlias = tuple[Any, ...]
FREE = frozenset({"rows", "shuffles", "permutations", "draws", "replicates", "resamples", "trials"})
"""Parameters that change how precise a number is, not what it says."""


def key(check: str, measurement: Measurement) -> Key:
    """A number's check, name, group, groups and conditions."""
    return (check, measurement.name, tuple(sorted(measurement.slice.items())), measurement.across, measurement.under)


HIDDEN = "hidden, for the group is too small to show in one of the audits"


def is_hidden(measurement: Measurement) -> bool:
    """Whether it may be about a group that is too small to show: it has neither number nor size."""
    return bool(measurement.slice) and measurement.value is None and measurement.n is None


def masked(measurement: Measurement) -> Measurement:
    """The measurement with nothing told of the group: what one audit hides, another must not give away."""
    return Measurement(
        name=measurement.name, value=None, reason=measurement.reason if is_hidden(measurement) else HIDDEN,
        unit=measurement.unit, direction=measurement.direction, slice=measurement.slice, across=measurement.across,
        conditions=measurement.conditions,
    )  # fmt: skip


def numbers(audit: AuditResult) -> dict[Key, tuple[CheckResult, Measurement]]:
    """Every number of the checks that measured; of two with the same key, the first."""
    first_of: dict[Key, tuple[CheckResult, Measurement]] = {}
    for result in audit.results:
        for measurement in result.measurements:
            # a plugin may give one number twice; which is meant nobody knows, so the order decides, as it does for
            # limits
            first_of.setdefault(key(result.check, measurement), (result, measurement))
    return first_of


def judged(audit: AuditResult) -> dict[Key, Verdict]:
    """Every number that a limit is about, with the limit's verdict."""
    return {
        key(judgement.check, judgement.measurement): verdict
        for verdict in audit.verdicts
        for judgement in verdict.judged
    }


def not_comparable(old: AuditResult, new: AuditResult) -> dict[str, str]:
    """{check: why its numbers in the two audits do not mean the same}."""
    question_changed = _another_question(old, new)
    before = {result.check: result for result in old.results if result.status == "measured"}
    in_both = [result for result in new.results if result.status == "measured" and result.check in before]
    reasons = {result.check: question_changed or _another_setting(before[result.check], result) for result in in_both}
    return {check: reason for check, reason in reasons.items() if reason}


def _another_question(old: AuditResult, new: AuditResult) -> str:
    for fact in ("task", "modality", "label", "positive"):
        was, is_now = getattr(old.data, fact), getattr(new.data, fact)
        if was != is_now:
            return f"the data's {fact} was {was or 'none'} and is {is_now or 'none'}"
    return "only one of the audits weighs its rows" if old.data.weighted != new.data.weighted else ""


def _another_setting(old: CheckResult, new: CheckResult) -> str:
    if old.plugin != new.plugin:
        return f"it was measured by {old.plugin} and is by {new.plugin}"
    if _major(old) != _major(new):
        return f"the version of {old.plugin} was {old.plugin_version} and is {new.plugin_version}"
    touches = {**old.touches, **new.touches}
    return _settings_text([name for name in _changed(old, new) if name not in touches], old, new)


def _changed(old: CheckResult, new: CheckResult) -> list[str]:
    """Parameters that differ, those left out that change only how precise a number is."""
    names = sorted({*old.parameters, *new.parameters} - FREE)
    return [name for name in names if old.parameters.get(name) != new.parameters.get(name)]


def _settings_text(changed: Sequence[str], old: CheckResult, new: CheckResult) -> str:
    return first_few(
        [
            f"{name} was {_setting_text(old.parameters, name)} and is {_setting_text(new.parameters, name)}"
            for name in changed
        ],
        3,
        "; ",
    )


def _major(result: CheckResult) -> str:
    """What changes where numbers may mean something else; smaller versions are told apart by definitions alone."""
    return result.plugin_version.partition(".")[0]


def redefined(old: CheckResult, new: CheckResult, name: str) -> str:
    """Why the number called `name` does not mean the same in two results of a check; empty where it does."""
    touches = {**old.touches, **new.touches}
    touching = [parameter for parameter in _changed(old, new) if name in touches.get(parameter, ())]
    if touching:
        return _settings_text(touching, old, new)
    was, is_now = (
        definition and (definition.formula, definition.range, definition.unit, definition.direction)
        for definition in (old.definitions.get(name), new.definitions.get(name))
    )
    return "" if was == is_now else "its definition has another formula, range, unit or direction"


def _setting_text(parameters: Mapping[str, Any], name: str) -> str:
    return repr(parameters[name]) if name in parameters else "not there"


SETTINGS = ("minimum_rate", "minimum_cell", "largest_left_out", "reference", "disclosure")
"""Fields of DataInfo that say how rows are read and shown, not what they are."""


def rows_of(data: DataInfo) -> str:
    """The digest of the rows alone; of older results, that of rows and settings."""
    return data.rows_digest or data.digest


def same_rows(old: DataInfo, new: DataInfo) -> bool:
    """Whether both are known to be the same rows with the same groups."""
    return old.digest == new.digest or (bool(old.rows_digest) and old.rows_digest == new.rows_digest)


def settings_changed(old: DataInfo, new: DataInfo) -> str:
    """What was read otherwise, in words: `minimum_rate was 10 and is 5`; empty for nothing."""
    if old.digest == new.digest:
        return ""
    sentences = [
        f"{name} was {_data_setting_text(old, name)} and is {_data_setting_text(new, name)}"
        for name in SETTINGS
        if _setting(old, name) != _setting(new, name)
    ]
    return "; ".join(sentences) or ("kinds, ranges or notation of columns changed" if same_rows(old, new) else "")


def _setting(data: DataInfo, name: str) -> object:
    """The value of a setting; a result before `minimum_rate` had one minimum for both."""
    value = getattr(data, name)
    return data.minimum_cell if name == "minimum_rate" and value is None else value


def _data_setting_text(data: DataInfo, name: str) -> str:
    value = _setting(data, name)
    return (pairs(value) or "none") if isinstance(value, dict) else str(value)
