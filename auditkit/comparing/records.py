"""What is said about two audits, or about many: data only."""

from __future__ import annotations

import datetime
from typing import Literal, TypeAlias

from auditkit.results import Direction, Interval, Limit, Record, Scalar, VerdictStatus

Seal: TypeAlias = Literal["intact", "not sealed", "altered"]
"""What is known of a source: verified against its manifest, without one, or taken although it does not fit it."""
Turn: TypeAlias = Literal["same", "better", "worse", "higher", "lower", "not told apart", "no number"]
"""What became of a number. `not told apart`: the interval of the change holds 0, or there is none."""


class Audit(Record):
    """One of the audits, as it is named in a comparison."""

    source: str
    """The folder or file, without where it lies."""
    seal: Seal
    results_digest: str
    title: str = ""
    model: str
    model_digest: str
    data: str
    data_digest: str
    rows: int
    finished: datetime.datetime
    verdict: str
    auditkit: str


class Known(Record):
    """One number of one audit."""

    value: float
    interval: Interval | None = None
    exact: bool = False
    n: int | None = None


class Key(Record):
    """What a number is about; numbers with different conditions are different measurements."""

    check: str
    name: str
    slice: dict[str, str] = {}
    across: tuple[str, ...] = ()
    conditions: dict[str, Scalar] = {}


class Moved(Record):
    """One measurement that both audits have."""

    key: Key
    unit: str = ""
    direction: Direction = "none"
    old: Known | None = None
    new: Known | None = None
    change: float | None = None
    """The new number less the old one."""
    interval: Interval | None = None
    """Of the change."""
    paired: bool = False
    """Whether it comes from the same rows, row by row."""
    turn: Turn
    reason: str = ""
    """Why there is no number or no interval, or what weakens it."""


class Aside(Record):
    """A check or measurement that is in one audit only, or that does not mean the same in both."""

    what: str
    """A check's id, or `check.measurement` with its group and conditions."""
    kind: Literal["added", "gone", "not comparable", "noted"]
    """`noted`: comparable, but something about it differs."""
    reason: str = ""


class LimitChange(Record):
    """What became of a limit."""

    limit: Limit
    """As the new audit has it; as the old one had it where it is gone."""
    kind: Literal["newly missed", "newly met", "no longer met", "gone", "added", "changed", "as before"]
    old: VerdictStatus | None = None
    new: VerdictStatus | None = None
    waived: bool = False
    """Whether the new audit has a waiver for it that holds."""
    fails: bool = False
    """It was met, and is not met now."""
    reason: str = ""


class ModelDiff(Record):
    """What changed between two audits of one model each."""

    old: Audit
    new: Audit
    same_model: bool
    same_data: bool
    notes: tuple[str, ...] = ()
    limits: tuple[LimitChange, ...] = ()
    measurements: tuple[Moved, ...] = ()
    asides: tuple[Aside, ...] = ()


class Diff(Record):
    """What changed, model by model."""

    schema_version: Literal[1] = 1
    models: tuple[ModelDiff, ...]
    added: tuple[str, ...] = ()
    """Models that only the new audit has."""
    gone: tuple[str, ...] = ()
    """Models that only the old audit has."""
    notes: tuple[str, ...] = ()
    exit_code: Literal[0, 1]
    sentence: str


class Point(Record):
    """One number of one audit in a history."""

    audit: int
    """Which of the audits, from 0."""
    known: Known | None = None
    limits: tuple[Limit, ...] = ()
    reason: str = ""
    """Why there is no number, or what weakens it."""


class Trend(Record):
    """One measurement over audits, oldest first."""

    key: Key
    unit: str = ""
    direction: Direction = "none"
    points: tuple[Point, ...]
    breaks: tuple[str, ...] = ()
    """Between which audits its meaning changed, each in a sentence."""


class History(Record):
    """Measurements over audits, oldest first."""

    schema_version: Literal[1] = 1
    audits: tuple[Audit, ...]
    trends: tuple[Trend, ...]
    notes: tuple[str, ...] = ()
