"""How numbers went over many audits."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from auditkit.comparison.audits import Named
from auditkit.comparison.keys import Key, is_hidden, judged, key, masked, not_comparable, numbers, redefined
from auditkit.comparison.rows import rows_of
from auditkit.errors import ConfigError, closest
from auditkit.results import AuditResult, CheckResult, History, Measurement, Point, Series, pairs
from auditkit.text import one_line


def history(audits: Sequence[Named], measure: str = "", where: Mapping[str, str] | None = None) -> History:
    """The numbers of several audits, each a series with the oldest first.

    Args:
        audits: as they were read.
        measure: `check.measurement`; empty: every number that a limit is about in any of them.
        where: only about this group.

    Raises:
        ConfigError: no audit has such a number; the message names the nearest.
    """
    dated = sorted(
        ((named, audit) for named in audits for audit in named.audits), key=lambda each: each[1].run.finished
    )
    tables = [(named, audit, numbers(audit)) for named, audit in dated]
    keys = [
        place
        for place in dict.fromkeys(place for _, _, table in tables for place in table)
        if _wanted(place, measure, where, tables)
    ]
    if not keys:
        raise ConfigError(_nothing(measure, where, tables))
    return History(series=tuple(_series(place, tables) for place in keys))


_Tables = Sequence[tuple[Named, AuditResult, Mapping[Key, tuple[CheckResult, Measurement]]]]


def _wanted(place: Key, measure: str, where: Mapping[str, str] | None, tables: _Tables) -> bool:
    if measure:
        if f"{place[0]}.{place[1]}" != measure and not (measure == place[0] and _alone(measure, tables)):
            return False
    elif not any(place in judged(audit) for _, audit, _ in tables):
        return False
    return where is None or dict(place[2]) == {name: repr(value) for name, value in where.items()}


def _alone(check: str, tables: _Tables) -> bool:
    """Whether a check has only one number's name."""
    return len({place[1] for _, _, table in tables for place in table if place[0] == check}) == 1


def _series(place: Key, tables: _Tables) -> Series:
    points, title, about = [], place[1], ""
    at_least: float | None = None
    at_most: float | None = None
    secret = {rows_of(audit.data) for _, audit, table in tables if place in table and is_hidden(table[place][1])}
    for named, audit, table in tables:
        if place not in table:
            continue
        result, measurement = table[place]
        if rows_of(audit.data) in secret:
            measurement = masked(measurement)
        if measurement.name in result.definitions:
            title = result.definitions[measurement.name].title
        about = _about(measurement)
        verdict = judged(audit).get(key(result.check, measurement))
        if verdict is not None:
            at_least, at_most = verdict.limit.at_least, verdict.limit.at_most
        points.append(
            Point(
                audit=named.name, model=audit.model.name, date=audit.run.finished.date(), measurement=measurement,
                auditkit=audit.provenance.auditkit, data_digest=audit.data.digest,
            )
        )  # fmt: skip
    return Series(
        check=place[0], title=title, about=about, points=tuple(points), at_least=at_least, at_most=at_most,
        breaks=tuple(_breaks(place, tables)),
    )  # fmt: skip


def _breaks(place: Key, tables: _Tables) -> Iterator[str]:
    holding = [table for table in tables if place in table[2]]
    for (before, old, first), (after, new, second) in itertools.pairwise(holding):
        reason = not_comparable(old, new).get(place[0], "")
        reason = reason or redefined(first[place][0], second[place][0], place[1])
        if reason:
            yield f"From {before.name} to {after.name} {reason}"


def _about(each: Measurement) -> str:
    over = f"over {' and '.join(each.across)}" if each.across else ""
    return "; ".join(filter(None, (pairs(each.slice), over, pairs(each.conditions)))) or "everyone"


def _nothing(measure: str, where: Mapping[str, str] | None, tables: _Tables) -> str:
    group = f" about {pairs(dict(where))}" if where else ""
    if not measure:
        return f"no limit of these audits is about a number{group}; name one with --measure"
    known = {f"{place[0]}.{place[1]}" for _, _, table in tables for place in table}
    if measure in known:
        return f"no audit has {one_line(measure)}{group}; leave --slice out to see what there is"
    return f"measure must be a number of these audits; {one_line(measure)!r} is none, {closest(measure, known)}"
