"""What all stages of one audit need, in one record, and the rule packs that it is held against."""

import datetime
import functools
import pathlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from auditkit.data import AuditData
from auditkit.data.labels import WITHOUT_LABELS
from auditkit.errors import ConfigError, closest
from auditkit.host import Host
from auditkit.rulepacks import RulePack, load_pack
from auditkit.run.request import Request
from auditkit.text import one_line


class Clock(NamedTuple):
    """When something started, by the calendar and by a clock that nobody sets."""

    started: datetime.datetime
    tick: float

    @classmethod
    def now(cls) -> Self:
        """A clock that starts now."""
        return cls(datetime.datetime.now(datetime.UTC), time.monotonic())

    @property
    def seconds(self) -> float:
        """How long ago it started, to the millisecond."""
        return round(time.monotonic() - self.tick, 3)


@dataclass(frozen=True)
class AuditContext:
    """One audit, of one model or of several on the same data; every stage is given it."""

    host: Host
    data: AuditData
    request: Request
    folder: pathlib.Path | None = None
    """The run folder; None: nothing is written."""
    several: bool = False
    """Whether a Comparison comes of it."""
    title: str = ""
    """Of the Comparison."""
    train: Sequence[Mapping[str, Any]] = ()
    """The trainers that were asked for."""
    clock: Clock = field(default_factory=Clock.now)

    def __getstate__(self) -> dict[str, Any]:
        # what crosses to another process: no folder for anybody to write to; the host comes first, for it brings the
        # modules in which plugins define their classes
        return {**self.__dict__, "folder": None}

    @functools.cached_property
    def packs(self) -> tuple[RulePack, ...]:
        """The rule packs that the audit is held against.

        Raises:
            ConfigError: nobody offers one that was asked for.
            PluginError: one cannot be read.
        """
        return tuple(chosen_packs(self.host, self.request.rules))

    @functools.cached_property
    def evidence(self) -> frozenset[str]:
        """What the rule packs name as evidence, or to complete it: `check.measurement`, `check` or `family`.

        Of cases with scores, of answers in words, of groups known by probability and of labels that are not known
        the checks about them, too: of other data nobody asks for these unless they are named.
        """
        clauses = [clause for pack in self.packs for clause in pack.clauses]
        named = {key for clause in clauses for key in (*clause.evidence, *clause.complete_with)}
        special = {
            self.data.task: self.data.task in WITHOUT_LABELS,
            "group_probabilities": bool(self.data.group_probabilities),
            "unlabelled": self.data.known is not None,
        }
        there = {need for need, holds in special.items() if holds}
        named |= {id for id, offer in self.host.checks().items() if there & offer.value.needs}
        return frozenset(named)

    @functools.cached_property
    def protected(self) -> frozenset[str]:
        """Characteristics that the rule packs protect, as columns may be called."""
        return frozenset(name for pack in self.packs for name in pack.protected)


def chosen_packs(host: Host, rules: Sequence[str]) -> list[RulePack]:
    """The packs by their ids, or by the paths of their files.

    Raises:
        ConfigError: nobody offers such a pack, and there is no such file.
        PluginError: a pack cannot be read.
    """
    offered = {file.stem: file for file in host.rules()}
    packs = []
    for name in rules:
        path = pathlib.Path(name)
        if name not in offered and not (path.suffix == ".toml" and path.is_file()):
            raise ConfigError(f"rules: there is no rule pack {one_line(name)!r}; {closest(name, offered)}")
        packs.append(load_pack(offered.get(name, path)))
    return packs
