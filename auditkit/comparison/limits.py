"""What became of each limit from one audit to another."""

from collections.abc import Iterator, Mapping

from auditkit.comparison.keys import HIDDEN, Key, is_hidden, key, numbers
from auditkit.errors import present
from auditkit.judge import about, bounds, is_bare, judge
from auditkit.results import AuditResult, Limit, LimitChange, Verdict
from auditkit.results.difference import Kind
from auditkit.text import first_few

SCOPED = 3
"""The schema from which a limit without slice is about everyone; before, it was about every group too."""


def limit_changes(old: AuditResult, new: AuditResult) -> Iterator[LimitChange]:
    """A row for each limit of either audit, those of the new one first."""
    before = {verdict.limit.name: _as_it_was_meant(verdict, old) for verdict in old.verdicts}
    after = {verdict.limit.name: _as_it_was_meant(verdict, new) for verdict in new.verdicts}
    measured = numbers(new)
    visible = {number_key for number_key, (_, measurement) in measured.items() if not is_hidden(measurement)}
    hidden = visible & {number_key for number_key, (_, measurement) in numbers(old).items() if is_hidden(measurement)}
    for name in dict.fromkeys([*after, *before]):
        change = _limit(name, before.get(name), after.get(name), new)
        judged_now = after[name].judged if name in after else ()
        if any(key(judged.check, judged.measurement) in hidden for judged in judged_now):
            change = change.model_copy(update={"reason": f"a number that it is about is {HIDDEN}"})
        if name in before and name in after and after[name].judged:
            change = change.model_copy(update={"lost": _lost(before[name], measured)})
        yield change


def _lost(old: Verdict, measured: Mapping[Key, object]) -> str:
    """Whom the limit was judged for, and no number is about now."""
    unmeasured = [
        judgement.measurement for judgement in old.judged if key(judgement.check, judgement.measurement) not in measured
    ]
    return "; ".join(dict.fromkeys(map(about, unmeasured)))


def less_asked(old: Limit, new: Limit) -> str:
    """How a limit asks less than it did, in words; empty where it does not.

    Args:
        old: as it was.
        new: under the same name, as it is.
    """
    lower = old.at_least is not None and (new.at_least is None or new.at_least < old.at_least)
    higher = old.at_most is not None and (new.at_most is None or new.at_most > old.at_most)
    ways = {
        'it was about every group too, and is about everyone only; groups = "each" asks for them again': (
            old.groups and not new.groups and (is_bare(new) or new.everyone)
        ),
        f"it was {bounds(old)}, and is {bounds(new)}": lower or higher,
        "it was judged by the whole interval, and is by the point alone": (
            old.judge == "interval" and new.judge == "point"
        ),
    }
    return "; ".join(sentence for sentence, holds in ways.items() if holds)


def _no_longer_asked(old: Verdict, new: Verdict, measured: Mapping[Key, object]) -> str:
    """That the limit passes over numbers that it was about and that are still there, in words; empty where it does not.

    A name that an owner gave stays while what stands under it changes: another group, number or radius.
    """
    now = {key(judgement.check, judgement.measurement) for judgement in new.judged}
    passed = [
        passed_over
        for passed_over in old.judged
        if (number_key := key(passed_over.check, passed_over.measurement)) in measured and number_key not in now
    ]
    numbers = dict.fromkeys(
        f"{passed_over.check}.{passed_over.measurement.name} of {about(passed_over.measurement)}"
        for passed_over in passed
    )
    return f"it was about {first_few([*numbers], 3)}, and is no more" if passed and new.judged else ""


def _as_it_was_meant(verdict: Verdict, audit: AuditResult) -> Verdict:
    """The verdict, its limit put into the words of today: an old one without slice asked for every group."""
    groups = [judged for judged in verdict.judged if judged.measurement.slice]
    if audit.schema_version >= SCOPED or not is_bare(verdict.limit) or not 0 < len(groups) < len(verdict.judged):
        return verdict
    return verdict.model_copy(update={"limit": verdict.limit.model_copy(update={"groups": "each"})})


def _limit(name: str, old: Verdict | None, new: Verdict | None, audit: AuditResult) -> LimitChange:
    was, now = old.status if old else None, new.status if new else None
    latest = present(new or old, "the name came from one of them")
    changed = old is not None and new is not None and _demanded(old.limit) != _demanded(new.limit)
    waived = new is not None and new.waived
    lapsed = old is not None and old.waived and new is not None and not waived and now != "met"
    broken = was == "met" and now in (None, "missed", "error", "not tested") and not waived
    reason = latest.reason if new else "the limit is in the old audit alone"
    kind, weakened = _kind(was, now), ""
    if changed and old is not None and new is not None:
        weakened = less_asked(old.limit, new.limit) or _no_longer_asked(old, new, numbers(audit))
        # judged anew by the old bound: only so is it known whether the number or the limit changed the verdict
        as_before = judge([old.limit], [], audit.results, audit.run.finished.date()).verdicts[0]
        if now == "met" and as_before.status != "met":
            kind = "met as it asks less"
            reason = f"as the limit was before, it is {as_before.status} now: {as_before.reason}"
            broken = was == "met" and as_before.status in ("missed", "error", "not tested") and not waived
    return LimitChange(
        name=name, kind=kind, old=was, new=now, limit=latest.limit, waived=waived, bound_changed=changed, reason=reason,
        broken=broken, weakened=weakened, lapsed=lapsed,
    )  # fmt: skip


def _kind(was: str | None, now: str | None) -> Kind:
    if was is None or now is None:
        return "added" if was is None else "gone"
    if was == now:
        return "the same"
    if now in ("missed", "met"):
        return "newly missed" if now == "missed" else "newly met"
    if was in ("met", "missed"):
        return "no longer decided"
    return "no longer tested" if (was, now) == ("inconclusive", "not tested") else "otherwise changed"


def _demanded(limit: Limit) -> tuple[object, ...]:
    everyone = limit.everyone or is_bare(limit)
    return (
        limit.measurement, limit.at_least, limit.at_most, limit.across, sorted(limit.slice.items()), everyone,
        limit.groups, sorted(limit.conditions.items()), limit.judge,
    )  # fmt: skip
