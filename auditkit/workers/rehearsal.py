"""Something is made in a process of its own first, for code that makes it can end the process that it works in.

What comes of it there is thrown away, and an error is left to the second time, which makes the same one. Where this
process cannot be forked a fresh one is given what it takes, and where that cannot be sent nothing is tried.
"""

import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from auditkit.errors import AuditkitError, present
from auditkit.text import one_line
from auditkit.workers.engine import Engine, Job, Outcome
from auditkit.workers.worker import Ending, Limits, Tell, silence

SECONDS: Final = 600.0
"""Until something that does not end is ended."""
OWN_CODE: Final[Mapping[str, str]] = {
    "memory": ". If that is meant, say rehearse = false under [model]",
    "time": ". If it takes as long, say rehearse = false under [model]",
    "died": ". Run it by itself to see why",
}
"""Ways out for who wrote the code that does it."""

if TYPE_CHECKING:
    from auditkit.workers.spawn import SpawnEngine


def rehearse(
    what: str, make: Callable[[], object], memory: float, error: type[AuditkitError], ways_out: Mapping[str, str]
) -> None:
    """Make something in a process of its own, and see whether that process lives through it.

    Args:
        what: is done, such as "opening a file".
        make: does it; it is pickled for a fresh process.
        memory: bytes that it may take.
        error: is raised where it does not live through it.
        ways_out: {how it ended, one of `died`, `time` and `memory`: what to do then}.

    Raises:
        AuditkitError: as `error` says.
    """
    ending = _ending(what, make, Limits(SECONDS, memory))
    if ending is None:
        return
    sentence = {
        "memory": f"{what} took more memory than it may: {ending.how}",
        "time": f"{what} was ended {ending.how}",
    }.get(ending.cause, f"{what} ended the process that did it ({ending.how}), and again when it was done once more")
    raise error(f"{sentence}{ways_out.get(ending.cause, '')}")


def _ending(what: str, make: Callable[[], object], limits: Limits) -> Ending | None:
    """How the process ended; None where it did not, or where there was none."""
    outcome = _outcome(_forking(make, limits), what)
    if outcome.here:
        engine = _fresh(what, make, limits)
        if engine is None:
            return None
        outcome = _outcome(engine, what)
    return None if outcome.here or outcome.ending.answer is not None else outcome.ending


def _outcome(engine: "Engine | SpawnEngine", what: str) -> Outcome:
    try:
        engine.send(Job("", what))
        return present(engine.result(), "a job was sent")
    finally:
        engine.stop()


def _forking(make: Callable[[], object], limits: Limits) -> Engine:
    """An engine that does nothing where it would have to be done in this process."""
    engine = Engine(1, limits, lambda *step: None)
    engine.start(lambda job, tell, is_apart: _Rehearsal(make)(job, tell, True) if is_apart else b"")
    return engine


def _fresh(what: str, make: Callable[[], object], limits: Limits) -> "SpawnEngine | None":
    from auditkit.workers.parcel import parcel_of  # what these import is wanted only here
    from auditkit.workers.spawn import SpawnEngine

    parcel = parcel_of(_Rehearsal(make), what)
    if isinstance(parcel, str):
        return None
    engine = SpawnEngine(1, limits, lambda *step: None, forks=False)
    engine.start(lambda job, tell, is_apart: b"", parcel, lambda question, content: b"")
    return engine


class _Rehearsal:
    """What a process does that is there for nothing else."""

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make

    def __call__(self, job: Job, tell: Tell = silence, is_apart: bool = True) -> bytes:
        _say_nothing()
        try:
            self._make()
        except BaseException as error:
            one_line(error)  # its text is foreign code too
        return b""


def _say_nothing() -> None:
    """What a library prints and warns of is said the second time."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 # of a process that ends soon
