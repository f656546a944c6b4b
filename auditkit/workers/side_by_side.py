"""Pieces of auditkit's own work done at once, each in a fork of this process."""

from collections.abc import Callable, Sequence

from auditkit.workers.engine import Engine, Job
from auditkit.workers.worker import Limits, Tell


def side_by_side(pieces: Sequence[Callable[[], bytes]]) -> list[bytes]:
    """What each piece gives, empty where it could not be done in a process of its own; then it is left to the caller.

    Args:
        pieces: of work, all of which are done at once.
    """

    def do(job: Job, tell: Tell, is_apart: bool) -> bytes:
        return pieces[int(job.check)]() if is_apart else b""

    engine = Engine(len(pieces), Limits(), lambda *step: None)
    engine.start(do)
    given = [b""] * len(pieces)
    try:
        for number in range(len(pieces)):
            engine.send(Job("", str(number)))
        while (outcome := engine.result()) is not None:
            given[int(outcome.job.check)] = outcome.ending.answer or b""
    finally:
        engine.stop()
    return given
