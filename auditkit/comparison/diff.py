"""What changed from one audit to another, with the uncertainty of the change."""

from collections.abc import Iterator, Mapping, Sequence

from auditkit.comparison.audits import Named
from auditkit.comparison.keys import (
    Key,
    is_hidden,
    judged,
    key,
    masked,
    not_comparable,
    numbers,
    redefined,
    same_rows,
    settings_changed,
)
from auditkit.comparison.limits import limit_changes
from auditkit.errors import present
from auditkit.results import (
    AuditResult,
    Change,
    CheckChange,
    CheckResult,
    Comparison,
    DataInfo,
    Diff,
    Difference,
    Interval,
    Measurement,
    Side,
    meaning_text,
    verdict_line,
)
from auditkit.stats import mover

SAYS_SAME_AS = 3
"""The schema from which a definition says of which paired change it is the number."""
SYNONYMS = {"recall": "true_positive_rate", "precision": "positive_predictive_value"}
"""In older results: names of numbers that a paired change calls otherwise."""
CLOSE = 1e-9


def compare_audits(old: Named, old_audit: AuditResult, new: Named, new_audit: AuditResult) -> Diff:
    """Everything that changed.

    Where both models were audited in one command their rows are paired, and the change of a share has the paired
    interval that was measured then. Otherwise the audits are taken as independent, and the interval of a change is made
    from the two intervals (MOVER: Zou and Donner 2008, Construction of confidence limits about effect measures,
    Statistics in Medicine 27); on the same rows that is wider than need be.

    Args:
        old: where the earlier audit was read.
        old_audit: the model that is compared.
        new: where the later one was read.
        new_audit: likewise.
    """
    paired = _paired(old, old_audit, new, new_audit)
    incomparable = not_comparable(old_audit, new_audit)
    return Diff(
        old=_side(old, old_audit),
        new=_side(new, new_audit),
        same_model=old_audit.model.fingerprint == new_audit.model.fingerprint,
        same_data=same_rows(old_audit.data, new_audit.data),
        settings=settings_changed(old_audit.data, new_audit.data),
        paired=bool(paired),
        meaning=_meaning(old_audit.data, new_audit.data),
        limits=tuple(limit_changes(old_audit, new_audit)),
        checks=tuple(_checks(old_audit, new_audit, incomparable)),
        differences=tuple(_differences(old_audit, new_audit, incomparable, paired)),
    )


def _meaning(old: DataInfo, new: DataInfo) -> str:
    """What being selected is, where the owner says something else of it now; no number hangs on it."""
    if old.outcome == new.outcome:
        return ""
    was, now = (meaning_text(data.outcome, "", data.task).rstrip(".") or "not stated" for data in (old, new))
    return f"What being selected is has changed, and with it who is worse off; then: {was}; now: {now}."


def change_interval(old: Measurement, new: Measurement) -> Interval | None:
    """The interval of new less old, for two independent numbers; a number that is exact counts as its own two ends.

    None where either has no ends, their levels differ, or the ends do not hold the number.
    """
    before, after = _ends(old), _ends(new)
    if old.value is None or new.value is None or before is None or after is None or (old.exact and new.exact):
        return None
    # two levels cannot be made into one interval without a guess about the distribution
    levels = {
        measurement.interval.level
        for measurement in (old, new)
        if measurement.interval is not None and not measurement.exact
    }
    # MOVER takes the distances from the number to its ends, which must not be negative
    if len(levels) != 1 or not before[0] <= old.value <= before[1] or not after[0] <= new.value <= after[1]:
        return None
    low, high = mover.difference(mover.Ends(new.value, *after), mover.Ends(old.value, *before))
    return Interval(low=float(low), high=float(high), level=levels.pop(), method="MOVER, unpaired")


def _ends(measurement: Measurement) -> tuple[float, float] | None:
    if measurement.exact and measurement.value is not None:
        return measurement.value, measurement.value
    if measurement.interval is None or measurement.interval.low is None or measurement.interval.high is None:
        return None
    return measurement.interval.low, measurement.interval.high


def _paired(old: Named, old_audit: AuditResult, new: Named, new_audit: AuditResult) -> dict[Key, Measurement]:
    """The paired changes of one command, from the old model to the new; turned round where they were measured so."""
    if old.path != new.path or not isinstance(new.result, Comparison):
        return {}
    forward = _between(new.result.changes, new_audit.model.name, old_audit.model.name)
    back = _between(new.result.changes, old_audit.model.name, new_audit.model.name)
    # a command compares each model with its parent; somebody may ask for the other way round
    return forward or {name: _turned(measurement) for name, measurement in back.items()}


def _between(changes: Sequence[Change], model: str, beside: str) -> dict[Key, Measurement]:
    return {
        key("", change.measurement): change.measurement
        for change in changes
        if (change.model, change.beside) == (model, beside) and change.measurement.value is not None
    }


def _turned(measurement: Measurement) -> Measurement:
    ends = measurement.interval
    value = present(measurement.value, "those without were left out")
    if ends is not None:
        low, high = (None if end is None else -end for end in (ends.high, ends.low))
        ends = ends.model_copy(update={"low": low, "high": high})
    return measurement.model_copy(update={"value": -value, "interval": ends})


def _differences(
    old: AuditResult, new: AuditResult, incomparable: Mapping[str, str], paired: Mapping[Key, Measurement]
) -> Iterator[Difference]:
    before, under = numbers(old), {*judged(old), *judged(new)}
    for number_key, (result, new_measurement) in numbers(new).items():
        if number_key not in before or result.check in incomparable:
            continue
        old_result, old_measurement = before[number_key]
        if redefined(old_result, result, new_measurement.name):
            continue
        title = result.title_of(new_measurement.name)
        measured = _paired_change(result, new_measurement, new.schema_version, paired)
        yield _difference(result.check, title, old_measurement, new_measurement, measured, judged=number_key in under)


def _paired_change(
    result: CheckResult, measurement: Measurement, schema: int, paired: Mapping[Key, Measurement]
) -> Measurement | None:
    """The change of a number that was measured on the rows of both models; None where none was."""
    definition = result.definitions.get(measurement.name)
    name = (
        SYNONYMS.get(measurement.name, measurement.name)
        if schema < SAYS_SAME_AS  # the value must agree all the same, or it is another number of this name
        else definition.same_as if definition is not None else ""
    )  # fmt: skip
    return paired.get(key("", measurement.model_copy(update={"name": name}))) if name else None


def _difference(
    check: str, title: str, old: Measurement, new: Measurement, paired_change: Measurement | None, *, judged: bool
) -> Difference:
    # what one audit hides, the number of the other on nearly the same rows would give away
    if is_hidden(old) or is_hidden(new):
        old, new = masked(old), masked(new)
    common = {"check": check, "title": title, "old": old, "new": new, "judged": judged}
    if old.value is None or new.value is None or "invalid" in (old.validity, new.validity):
        return Difference(value=None, **common)  # type: ignore[arg-type]
    change = new.value - old.value
    # the paired change leaves out rows that one model declined; where that made a difference it is another number
    same = paired_change is not None and paired_change.value is not None and abs(paired_change.value - change) < CLOSE
    pair = paired_change if same else None
    interval = pair.interval if pair is not None else change_interval(old, new)
    moved = _moved(change, interval, exact=old.exact and new.exact)
    better = (change > 0) == (new.direction == "higher") if moved and new.direction != "none" else None
    return Difference(
        value=change, interval=interval, paired=pair is not None, moved=moved, better=better,
        **common,  # type: ignore[arg-type]
    )  # fmt: skip


def _moved(change: float, interval: Interval | None, *, exact: bool) -> bool | None:
    if exact:
        return change != 0
    if interval is None or interval.low is None or interval.high is None:
        return None
    return interval.low > 0 or interval.high < 0


def _checks(old: AuditResult, new: AuditResult, incomparable: Mapping[str, str]) -> Iterator[CheckChange]:
    before = {result.check: result for result in old.results}
    after = {result.check: result for result in new.results}
    for name in sorted({*before, *after}):
        was = name in before and before[name].status == "measured"
        now = name in after and after[name].status == "measured"
        if now and not was:
            why = before[name].reason if name in before else "it was not selected"
            yield CheckChange(check=name, kind="added", reason=f"before: {why or 'it did not measure'}")
        elif was and not now:
            why = after[name].reason if name in after else "it is not selected"
            yield CheckChange(check=name, kind="gone", reason=f"now: {why or 'it did not measure'}")
        elif name in incomparable:
            yield CheckChange(check=name, kind="not comparable", reason=incomparable[name])
        elif was and now:
            shared = {measurement.name for measurement in after[name].measurements} & {
                measurement.name for measurement in before[name].measurements
            }
            for measurement in sorted(shared):
                reason = redefined(before[name], after[name], measurement)
                if reason:
                    yield CheckChange(check=f"{name}.{measurement}", kind="not comparable", reason=reason)


def _side(named: Named, audit: AuditResult) -> Side:
    return Side(
        audit=named.name, model=audit.model.name, fingerprint=audit.model.fingerprint, data=audit.data.name,
        data_digest=audit.data.digest, rows=audit.data.rows, date=audit.run.finished.date(),
        auditkit=audit.provenance.auditkit, plan=audit.plan.digest, sealed=named.sealed,
        counts=verdict_line(audit) if audit.verdicts else "",
    )  # fmt: skip
