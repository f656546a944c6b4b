"""What changed between two audits, and how a number went over many: data only."""

import datetime
from typing import Literal, TypeAlias

from auditkit.results.base import Record, VerdictStatus, optional
from auditkit.results.findings import Interval, Measurement
from auditkit.results.verdicts import Limit

Kind: TypeAlias = Literal[
    "newly missed", "newly met", "met as it asks less", "no longer decided", "no longer tested", "gone", "added",
    "the same", "otherwise changed",
]  # fmt: skip


class Side(Record):
    """One of the two audits, as the other is told apart from it."""

    audit: str
    """The name of the folder or file."""
    model: str
    fingerprint: str
    data: str
    data_digest: str
    rows: int
    date: datetime.date
    auditkit: str
    plan: str
    sealed: bool = True
    """Whether every byte was as it was sealed; a file on its own never is."""
    counts: str = ""
    """How many limits came to what; empty where none was set."""


class Difference(Record):
    """A number in both audits."""

    check: str
    title: str
    old: Measurement
    new: Measurement
    value: float | None
    """New less old; None where either has no number."""
    interval: Interval | None = None
    paired: bool = False
    """Whether the interval is from the same rows under both models; otherwise the audits are taken as independent."""
    moved: bool | None = None
    """Whether the change is more than chance; None where that cannot be said."""
    better: bool | None = None
    """Whether it went the way its definition calls better; None where it moved nowhere or has no way."""
    judged: bool = False
    """Whether a limit is about it, in either audit."""


class LimitChange(Record):
    """A limit in one audit or both."""

    name: str
    kind: Kind
    old: VerdictStatus | None
    new: VerdictStatus | None
    limit: Limit
    """As it is now; as it was, where it is gone."""
    waived: bool = False
    """Whether a waiver covers it now."""
    bound_changed: bool = False
    reason: str = ""
    broken: bool = False
    """Whether it was met, is not known to be met, and no waiver covers that: exit code 1."""
    weakened: str = ""
    """How it asks less than before; empty where it does not."""
    lost: str = optional("")
    """Whom it was judged for before, and no number is about now; empty for nobody."""
    lapsed: bool = optional(False)
    """Whether a waiver covered it before and does not now, though it is not met."""


class CheckChange(Record):
    """A check that is not in both audits alike."""

    check: str
    """Its id; `check.measurement` where only that cannot be compared."""
    kind: Literal["added", "gone", "not comparable"]
    reason: str


class Diff(Record):
    """What changed from one audit to another."""

    auditkit: Literal["diff"] = "diff"
    version: Literal[1] = 1
    old: Side
    new: Side
    same_model: bool
    same_data: bool
    """Whether both are about the same rows, whatever settings they are read with."""
    settings: str = optional("", description="How the data is read otherwise than before, in words; empty where not.")
    paired: bool
    """Whether both models were asked about the same rows in one command."""
    meaning: str = optional("")
    """That the owner says something else now of what being selected is; empty where not."""
    limits: tuple[LimitChange, ...] = ()
    checks: tuple[CheckChange, ...] = ()
    differences: tuple[Difference, ...] = ()
    gone: tuple[str, ...] = ()
    """Other models that met a limit in the old audit and are not in the new one; said once, in the first of several."""

    @property
    def exit_code(self) -> int:
        """1 where a limit that was met is missed, in error, not tested or gone, with its model or without; else 0."""
        # other changes for the worse are told in words and leave the exit code, which pipelines stop at
        return int(bool(self.gone) or any(limit.broken for limit in self.limits))


class Point(Record):
    """A number at one audit."""

    audit: str
    model: str
    date: datetime.date
    measurement: Measurement
    auditkit: str
    data_digest: str


class Series(Record):
    """One number over audits, oldest first."""

    check: str
    title: str
    about: str
    """Whom and what it is about: `everyone`, `over sex`, `sex=F; epsilon=0.1`."""
    points: tuple[Point, ...]
    at_least: float | None = None
    at_most: float | None = None
    """The bounds of the latest audit's limit on it."""
    breaks: tuple[str, ...] = ()
    """Between which audits its meaning changed, and how."""


class History(Record):
    """Numbers over audits."""

    auditkit: Literal["history"] = "history"
    version: Literal[1] = 1
    series: tuple[Series, ...]
