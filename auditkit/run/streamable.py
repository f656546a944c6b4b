"""Data that are counts of a file that was not read into memory: a check that was named and cannot run on them."""

from collections.abc import Sequence
from typing import NamedTuple

from auditkit.checks import Check, runs_on_counts
from auditkit.errors import ConfigError, Mend
from auditkit.host import Host
from auditkit.run.plan import selected
from auditkit.text import one_line


class Counted(NamedTuple):
    """That people are counted in a stream."""

    reason: str
    people: int | None
    """How many there are; None where nobody knows before the file is read."""


def refuse_uncounted(host: Host, names: Sequence[str | Check], counted: Counted) -> None:
    """Refuse a check that was named, or a family of which no check can run on counts; those of a family are skipped.

    Args:
        host: offers the checks.
        names: families, ids and Check instances, as under `[audit] checks` and `--only`.
        counted: why and how many.

    Raises:
        ConfigError: such a check was named, or a name is neither a check nor a family.
    """
    offers = host.checks()
    for name in names:
        is_instance = isinstance(name, Check)
        kinds = [type(name)] if isinstance(name, Check) else [offers[id].value for id in selected(host, [name])]
        if any(runs_on_counts(kind, counted.people) for kind in kinds):
            continue
        known = name.id if isinstance(name, Check) else name
        subject = (
            f"{one_line(known)} needs" if is_instance or name in offers else f"every check of {one_line(known)} needs"
        )
        mend = Mend("data.stream", False)
        raise ConfigError(
            f"checks: {subject} a row for each person, and {counted.reason}. Take the name out of [audit] checks and "
            f"--only, or say {mend} to read a single file into memory",
            mend=mend,
        )
