"""What a whole audit says: plan, provenance, coverage, and the result that is saved."""

from __future__ import annotations

import datetime
import os
import pathlib
from collections import Counter
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from auditkit.lazy import pandas
from auditkit.results.base import Level, Record, canonical, optional
from auditkit.results.data_facts import DataInfo
from auditkit.results.disparity_text import left_out_text, pairs, whose_text
from auditkit.results.findings import CheckResult, ErrorInfo, Interval, Measurement, Section
from auditkit.results.transmission import Sending, Sent
from auditkit.results.verdicts import Limit, Outcome, Verdict, Waiver


class PlannedCheck(Record):
    """A row of the plan: a check that will run, or why it will not."""

    check: str
    plugin: str
    plugin_version: str
    parameters: dict[str, Any] = {}
    rows: int | None = None
    calls: int | None = None
    """About how many rows the model will be asked about, beyond the one shared pass."""
    skipped: str | None = None
    error: ErrorInfo | None = None
    ways_out: tuple[str, ...] = optional((), description="Settings with any one of which a skipped check would go on.")
    uses: dict[str, str] = optional({})
    """{plugin: version} of the plugins whose attacks or corruptions the check's parameters name."""


class Plan(Record):
    """What will be done, fixed and hashed before anything is measured."""

    checks: tuple[PlannedCheck, ...]
    limits: tuple[Limit, ...] = ()
    budget: str
    seed: int
    digest: str
    notes: tuple[str, ...] = optional((), description="What the limits do not cover, with the way to ask for it.")
    asked_again: int | None = optional(description="Rows that the model is asked about again, where it answers alike.")
    asked_at_most: int | None = optional(description="Rows of these questions at most, where its answers differ.")
    sending: Sending | None = optional()


class PluginInfo(Record):
    """A plugin that was seen, loaded or not."""

    name: str
    distribution: str
    version: str
    source: Literal["built-in", "entry point", "file", "object"]
    loaded: bool
    hooks: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    error: str | None = None


class Run(Record):
    """The one object that differs between two runs of the same audit."""

    started: datetime.datetime
    finished: datetime.datetime
    seconds: float
    # never filled: the name of a machine is often the name of its owner
    host: str = ""
    check_seconds: dict[str, float] = {}
    resumed: tuple[str, ...] = ()
    repeated: dict[str, str] = optional({})
    """{check: how the first process that ran it ended}, of those that were run again in another."""
    not_isolated: dict[str, tuple[str, ...]] = optional({})
    """{reason: the checks that ran in the audit's own process for it}."""
    sent: Sent | None = optional()


class Provenance(Record):
    """What the numbers depend on, apart from model and data."""

    auditkit: str
    python: str
    platform: str
    packages: dict[str, str]
    threads: int
    device: str
    plugins: tuple[PluginInfo, ...]
    settings_digest: str
    notes: tuple[str, ...] = ()


class Consistency(Record):
    """Whether the model answers about a row alone: by itself, in other company, in another order, and again."""

    finding: Literal["alike", "dependence", "randomness"]
    """`dependence`: on company, order or history; `randomness`: the same question gets another answer by chance."""
    rows: int
    """Rows asked about again, in batches of the usual size and in other company and order."""
    alone: int
    """Rows asked about one by one."""
    asked: int
    """Rows asked about in all, beyond the shared pass."""
    changed: float
    """The share of those rows that was decided otherwise."""
    interval: Interval
    largest: float
    """The largest difference of a score, as a share of the range of the scores."""
    meant: bool = False
    """The owner says that the model answers by chance on purpose."""
    reason: str = ""


def system_text(kind: str, task: str) -> str:
    """What kind of system it is, in words: `sklearn, binary`, or `endpoint, generation: text in, text out`."""
    return f"{kind}, {task}" + (": text in, text out" if task == "generation" else "")


class ModelInfo(Record):
    """The model under audit, as the report names it."""

    name: str
    kind: str
    task: str
    classes: tuple[str, ...] = ()
    positive: str | None = None
    threshold: float | None = None
    threshold_note: str = ""
    capabilities: tuple[str, ...] = ()
    device: str = "cpu"
    batch: int | None = None
    fingerprint: str
    loaded: str = ""
    """How it was opened: live object, skops file, pickle by flag …"""
    stochastic: bool = False
    consistency: Consistency | None = optional()
    """None: nobody can be asked, as of recorded answers, or it was not tried."""
    notes: tuple[str, ...] = ()


class Coverage(Record):
    """What was tested, what was not, and why."""

    check: str
    question: str
    status: Literal["measured", "skipped", "error", "not selected"]
    reason: str = ""
    level: Level | None = None
    higher_level: str = ""


class Clause(Record):
    """A clause of a rule pack and the evidence that this audit has for it."""

    id: str
    text: str
    status: Literal["present", "partial", "absent", "not computable"]
    evidence: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    note: str = ""


class RuleCoverage(Record):
    """A rule pack held against an audit: coverage, never compliance."""

    pack: str
    title: str
    source: str
    source_url: str = ""
    status: str
    in_force_from: str = ""
    superseded_by: str = ""
    verified_on: str = ""
    note: str = ""
    clauses: tuple[Clause, ...] = ()


class _Versioned(Record):
    """What results.json holds: written back in the shape in which it was read."""

    schema_version: Literal[1, 2, 3, 4] = 4
    new_in_2: ClassVar[frozenset[str]] = frozenset()
    """Fields that schema 1 does not have."""

    @model_validator(mode="after")
    def _of_its_version(self) -> Self:
        for name in sorted(self.new_in_2) if self.schema_version == 1 else ():
            # a file that says it is of schema 1 and has fields of schema 2 was not written by auditkit
            if getattr(self, name):
                raise ValueError(f"a result of schema 1 has no {name}")
        return self

    @model_serializer(mode="wrap")
    def _in_its_version(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # an old result must be written back to its own bytes, or its seal and its signature would not fit any more
        written: dict[str, Any] = handler(self)
        return {name: value for name, value in written.items() if self.schema_version > 1 or name not in self.new_in_2}

    def save(self, folder: str | os.PathLike[str]) -> pathlib.Path:
        """Write results.json into `folder`; `auditkit render FOLDER` makes every other format from it."""
        path = pathlib.Path(folder, "results.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(canonical(self))
        return path


class AuditResult(_Versioned):
    """One model on one data set, measured and judged."""

    new_in_2 = frozenset({"title"})
    title: str = ""
    """What the owner calls the audit; empty for none."""
    run: Run
    provenance: Provenance
    model: ModelInfo
    parent: str | None = None
    """The name of the model that a trainer made this one from."""
    data: DataInfo
    plan: Plan
    limits: tuple[Limit, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    results: tuple[CheckResult, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    outcome: Outcome
    coverage: tuple[Coverage, ...] = ()
    card: dict[str, Any] = {}
    rules: tuple[RuleCoverage, ...] = ()
    sections: tuple[Section, ...] = optional(())
    """What plugins add to the report, made once and saved, so that it is rendered without them."""

    @property
    def audits(self) -> tuple[AuditResult, ...]:
        """Itself, so that one audit and a comparison are gone through alike."""
        return (self,)

    def __repr__(self) -> str:
        """In a line: model, verdict, how many limits came to what, and how many checks there are."""
        counts = Counter("waived" if verdict.waived else verdict.status for verdict in self.verdicts)
        limits = ", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "none"
        return (
            f"<AuditResult of {self.model.name!r}: {self.verdict}, exit code {self.exit_code}; "
            f"limits: {limits}; checks: {len(self.results)}>"
        )

    __str__ = __repr__

    @property
    def verdict(self) -> str:
        """`met`, `missed`, `inconclusive`, `error` or `not tested`: the whole audit in a word."""
        return self.outcome.verdict

    @property
    def passed(self) -> bool:
        """True where every limit is met or waived; never by absence."""
        return self.outcome.exit_code == 0

    @property
    def exit_code(self) -> int:
        """0 met, 1 missed, 3 error, inconclusive or not tested, 5 nothing judged."""
        return self.outcome.exit_code

    def frame(self) -> pandas.DataFrame:
        """All measurements, one row each: check, name, slice, across, conditions, value, low, high, n, and so on.

        Where the number is a bound on that over all groups, the end of its interval that does not hold is None.
        Those of a check are followed by its numbers of smaller groups together, if any, which nothing is judged by.
        """
        return pandas.DataFrame(self.rows(), columns=list(FRAME_COLUMNS))

    def rows(self) -> list[dict[str, Any]]:
        """As `frame`, without pandas: {column: value} for each measurement."""
        return [_frame_row(result.check, measurement) for result in self.results for measurement in result.every]


class Change(Record):
    """How much a number differs between two models that were asked about the same rows."""

    model: str
    beside: str
    """The model that it is held against: the parent, or the first."""
    measurement: Measurement
    """The number of `model` less that of `beside`, with a paired interval."""


class Comparison(_Versioned):
    """Several models on the same data, side by side."""

    new_in_2 = frozenset({"changes"})
    title: str
    results: tuple[AuditResult, ...] = Field(min_length=1)
    changes: tuple[Change, ...] = ()

    def __repr__(self) -> str:
        """A line for each audit."""
        return "\n".join(map(repr, self.results))

    __str__ = __repr__

    @property
    def audits(self) -> tuple[AuditResult, ...]:
        """One for each model: the results."""
        return self.results

    @property
    def exit_code(self) -> int:
        """The first that applies to any of the audits, in the order 2, 1, 3, 0; 5 where none judged anything."""
        codes = {result.exit_code for result in self.results}
        return next(code for code in (2, 1, 3, 0, 5) if code in codes)

    @property
    def passed(self) -> bool:
        """True where every audit passed."""
        return self.exit_code == 0


FRAME_COLUMNS = (
    "check", "name", "slice", "across", "conditions", "value", "low", "high", "n", "unit", "direction", "validity",
    "reason", "p", "p_adjusted", "bound", "between", "left_out",
)  # fmt: skip


def _frame_row(check: str, measurement: Measurement) -> dict[str, Any]:
    low, high = measurement.holding_ends
    return {
        "check": check,
        "name": measurement.name,
        "slice": pairs(measurement.slice),
        "across": ", ".join(measurement.across),
        "conditions": pairs(measurement.conditions),
        "value": measurement.value,
        "low": low,
        "high": high,
        "n": measurement.n,
        "unit": measurement.unit,
        "direction": measurement.direction,
        "validity": measurement.validity,
        "reason": measurement.reason or "",
        "p": measurement.test.p if measurement.test else None,
        "p_adjusted": measurement.test.p_adjusted if measurement.test else None,
        "bound": measurement.bound or "",
        "between": whose_text(measurement),
        # a hidden group is its own entry there; its reason says it already
        "left_out": "" if measurement.slice and measurement.value is None else left_out_text(measurement.left_out),
    }
