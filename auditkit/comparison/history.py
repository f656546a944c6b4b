"""How numbers went over many audits."""

import itertools
from collections.abc import Iterator, Mapping, Sequence

from auditkit.comparison.audits import Named
from auditkit.comparison.keys import Key, is_hidden, judged, key, masked, not_comparable, numbers, redefined, rows_of
from auditkit.errors import ConfigError, closest
from auditkit.figures import label
from auditkit.results import AuditResult, CheckResult, History, Measurement, Point, Series, pairs
from auditkit.text import one_line


def history(audits: Sequence[Named], measure: str = "", group: Mapping[str, str] | None = None) -> History:
    """The numbers of several audits, each a series with the oldest first.

    Args:
        audits: as they were read.
        measure: `check.measurement`; empty: every number that a limit is about in any of them.
        group: only about this group.

    Raises:
        ConfigError: no audit has such a number; the message names the nearest.
    """
    dated = sorted(
        ((named, audit) for named in audits for audit in named.audits), key=lambda pair: pair[1].run.finished
    )
    tables = [(named, audit, numbers(audit)) for named, audit in dated]
    keys = [
        number_key
        for number_key in dict.fromkeys(number_key for _, _, table in tables for number_key in table)
        if _is_shown(number_key, measure, group, tables)
    ]
    if not keys:
        raise ConfigError(_nothing(measure, group, tables))
    return History(series=tuple(_series(number_key, tables) for number_key in keys))


_Tables = Sequence[tuple[Named, AuditResult, Mapping[Key, tuple[CheckResult, Measurement]]]]


def _is_shown(number_key: Key, measure: str, group: Mapping[str, str] | None, tables: _Tables) -> bool:
    check, name, where = number_key[:3]
    if measure:
        # where all numbers of a check have one name, the check's own will do
        alone = measure == check and {key[1] for _, _, table in tables for key in table if key[0] == check} == {name}
        is_meant = alone or measure == f"{check}.{name}"
    else:
        is_meant = any(number_key in judged(audit) for _, audit, _ in tables)
    return is_meant and (group is None or dict(where) == group)


def _series(number_key: Key, tables: _Tables) -> Series:
    points, title, about = [], number_key[1], ""
    at_least: float | None = None
    at_most: float | None = None
    secret = {
        rows_of(audit.data) for _, audit, table in tables if number_key in table and is_hidden(table[number_key][1])
    }
    for named, audit, table in tables:
        if number_key not in table:
            continue
        result, measurement = table[number_key]
        if rows_of(audit.data) in secret:
            measurement = masked(measurement)
        if measurement.name in result.definitions:
            title = result.definitions[measurement.name].title
        # the words of the latest audit stand: a title may have been mended since
        about = label(measurement)
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
        check=number_key[0], title=title, about=about, points=tuple(points), at_least=at_least, at_most=at_most,
        breaks=tuple(_breaks(number_key, tables)),
    )  # fmt: skip


def _breaks(number_key: Key, tables: _Tables) -> Iterator[str]:
    holding = [table for table in tables if number_key in table[2]]
    for (before, old, first), (after, new, second) in itertools.pairwise(holding):
        reason = not_comparable(old, new).get(number_key[0]) or redefined(
            first[number_key][0], second[number_key][0], number_key[1]
        )
        if reason:
            yield f"From {before.name} to {after.name} {reason}"


def _nothing(measure: str, group: Mapping[str, str] | None, tables: _Tables) -> str:
    of_group = f" about {pairs(dict(group))}" if group else ""
    if not measure:
        return f"no limit of these audits is about a number{of_group}; name one with --measure"
    known = {f"{number_key[0]}.{number_key[1]}" for _, _, table in tables for number_key in table}
    if measure in known:
        return f"no audit has {one_line(measure)}{of_group}; leave --slice out to see what there is"
    return f"measure must be a number of these audits; {one_line(measure)!r} is none, {closest(measure, known)}"
