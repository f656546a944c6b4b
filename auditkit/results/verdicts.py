"""Limits, and what they came to: verdicts, waivers, and the outcome of an audit."""

import datetime
import math
from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from auditkit.results.base import Record, Scalar, VerdictStatus, optional
from auditkit.results.findings import Measurement


class Limit(Record):
    """What the owner decided beforehand about one or many measurements."""

    name: str = ""
    """Where left out, it is made from measurement and scope; waivers and `auditkit diff` go by it."""
    measurement: str
    """`check.measurement`, or the id of a check that has only one."""
    at_least: float | None = None
    at_most: float | None = None
    across: tuple[str, ...] = ()
    slice: dict[str, str] = {}
    everyone: bool = False
    """Only the number about everyone, as where neither slice nor groups is given."""
    groups: Literal["each"] | None = optional(description="`each`: everyone, and every group that is measured")
    scope: str = optional("", description="Whom it is about, in words; written by the plan.")
    conditions: dict[str, Scalar] = {}
    judge: Literal["interval", "point"] = "interval"
    because: str = ""

    @field_validator("slice", mode="before")
    @classmethod
    def _groups_are_texts(cls, value: Any) -> Any:
        """A group that is called by a number may be written as one."""
        if not isinstance(value, dict):
            return value
        whole = {name: int(group) for name, group in value.items() if isinstance(group, float) and group.is_integer()}
        return {
            name: str(whole.get(name, group)) if isinstance(group, int | float) else group
            for name, group in value.items()
        }

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        # a limit without a name is not named yet when this is checked
        called = f"limit {self.name or self.measurement!r}"
        # both would be about nobody: a slice is never everyone
        if self.everyone and self.slice:
            raise ValueError(f"{called} has both everyone and a slice; leave one out")
        if self.groups and (self.everyone or self.slice or self.across):
            second = "everyone" if self.everyone else "a slice" if self.slice else "across"
            raise ValueError(f'{called} has both groups = "each" and {second}; leave one out')
        # a limit that nothing can miss would be counted as met
        if self.at_least is None and self.at_most is None:
            raise ValueError(f"{called} needs at_least, at_most or both; neither was given")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"{called} has at_least {self.at_least} above at_most {self.at_most}")
        return self


class Waiver(Record):
    """A missed or undecided limit that somebody accepted, until a day."""

    limit: str
    reason: str = Field(min_length=1)
    approver: str = Field(min_length=1)
    expires: datetime.date


class Judged(Record):
    """One measurement under a limit."""

    check: str
    measurement: Measurement
    status: VerdictStatus
    reason: str


class Verdict(Record):
    """A limit applied to its measurements."""

    limit: Limit
    status: VerdictStatus
    reason: str
    judged: tuple[Judged, ...] = ()
    waiver: Waiver | None = None
    """The waiver written for this limit, expired or not."""
    waived: bool = False
    """True where the waiver takes this limit out of the verdict."""


def furthest_off(limit: Limit, judged: Sequence[Judged], status: VerdictStatus) -> Judged | None:
    """Of the measurements with this status, the one furthest to the wrong side of a limit's bounds; None for none.

    One without a number comes last; of several alike, the first.
    """

    def slack(one_judged: Judged) -> float:
        value = one_judged.measurement.value
        return math.inf if value is None else room(limit, value, value)

    return min((judgement for judgement in judged if judgement.status == status), key=slack, default=None)


def room(limit: Limit, low: float, high: float) -> float:
    """How far what reaches from `low` to `high` is inside of a limit's bounds; below 0, how far outside of one.

    In the units of the number, so only numbers under one limit may be compared.
    """
    above = math.inf if limit.at_least is None else low - limit.at_least
    return min(above, math.inf if limit.at_most is None else limit.at_most - high)


class Outcome(Record):
    """The one computation that every format, `.passed` and the exit code read."""

    verdict: Literal["met", "missed", "inconclusive", "error", "not tested"]
    exit_code: int
    sentence: str
    reasons: tuple[str, ...] = ()
    """The reasons that matter most, worst first."""
    counts: dict[str, int] = {}
    notes: tuple[str, ...] = optional((), description="What the limits do not cover, with the way to ask for it.")
