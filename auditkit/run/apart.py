"""One piece of work in a process of its own: what it hands back in plain words, what it raised, or how it ended."""

import json
import traceback
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from auditkit import errors
from auditkit.errors import AuditkitError, Mend, PluginError, TimeLimit, present
from auditkit.foreign_code import ProcessEnded
from auditkit.host import Host
from auditkit.memory import machine_memory
from auditkit.run.context import AuditContext
from auditkit.run.plain_values import NotPlain, plain, value_of
from auditkit.run.request import Request
from auditkit.text import class_name
from auditkit.workers.engine import Engine, Job, Outcome, Watch, cannot_fork
from auditkit.workers.parcel import parcel_of
from auditkit.workers.shared_arrays import SharedArrays
from auditkit.workers.spawn import SpawnEngine
from auditkit.workers.worker import Ending, Limits, Tell, silence

SHARE_OF_MEMORY: Final = 0.9
"""Of the machine's memory, which a process may take where nobody says otherwise."""
MANY: Final = 2_000_000
"""Rows above which only `TOGETHER` processes work at once: each may sort and copy columns as large as the data's."""
TOGETHER: Final = 2
MOST_LINES: Final = 20_000
"""Letters of a traceback that are handed back."""


class Elsewhere(Exception):
    """What was raised in another process, in the words of its traceback; in memory alone, as an exception is."""


class Process(NamedTuple):
    """In which process something was done."""

    name: str
    here: str = ""
    """Why it was the audit's own; empty where it was one of its own."""
    died: str = ""
    """How a first process ended, after which it was done again; empty where none did."""


class Apart(NamedTuple):
    """What became of a piece of work."""

    process: Process
    record: dict[str, Any] | None = None
    """What it handed back; None where it must be done here, or where its process ended."""
    ending: Ending | None = None
    """How its process ended, where it handed nothing back."""
    is_copied: bool = False
    """Whether a fresh process did it, with copies of all, which met other settings there."""


def at_once(context: AuditContext) -> int:
    """How many processes work at once."""
    return min(context.request.jobs, TOGETHER) if len(context.data) > MANY else context.request.jobs


def limits_of(request: Request) -> Limits:
    """What a process may take."""
    gigabytes = request.gigabytes_per_check
    return Limits(
        request.seconds_per_check, machine_memory() * SHARE_OF_MEMORY if gigabytes is None else gigabytes * 1e9
    )


def why_here(request: Request, host: Host, plugin: str | None = None) -> str:
    """Why something is not to be done in a process of its own; empty where it is.

    Args:
        request: what the user asked for.
        host: knows which plugins are auditkit's own.
        plugin: whose code it is; None: a model's, which is never auditkit's own.
    """
    isolate = request.isolate
    if isolate == "none" or (isolate == "plugins" and plugin is not None and host.is_builtin(plugin)):
        return f'isolate = "{isolate}"'
    return ""


def may_fork(devices: Iterable[str]) -> bool:
    """Whether work can be done in forks of this process: a fork cannot share an accelerator."""
    return all(device == "cpu" for device in devices) and not cannot_fork()


class Piece(NamedTuple):
    """A piece of work for a process of its own."""

    name: str
    work: Callable[[Tell], dict[str, Any]]
    """Called there, pickled for a fresh process; gives what JSON can hold, and writes the rest to the arrays."""
    arrays: SharedArrays
    device: str
    """Where the work is done."""
    here: str = ""
    """Why it must be done in this process, which is then left to the caller; empty where it need not."""

    def __call__(self, tell: Tell) -> bytes:
        """Do it, in whatever process this is."""
        try:
            self.arrays.clear()
            record = self.work(tell)
            return json.dumps(record).encode() + b"\n" + self.arrays.carried()
        except AuditkitError as error:
            return json.dumps({"error": error_record(error)}).encode()
        except Exception as error:  # a fault of auditkit's own is raised again where it can be seen
            why = f"its result cannot leave a process ({class_name(error)})"
            return json.dumps({"here": why}).encode()


def apart(piece: Piece, context: AuditContext, tell: Tell = silence) -> Apart:
    """Do something in a process of its own.

    Args:
        piece: of work.
        context: of the audit.
        tell: is told how far it is.

    Raises:
        AuditkitError: the work raised it.
    """
    (done,) = all_apart([piece], context, tell)
    if isinstance(done, AuditkitError):
        raise done
    return done


def all_apart(pieces: Sequence[Piece], context: AuditContext, tell: Tell = silence) -> list[Apart | AuditkitError]:
    """Do each piece in a process of its own: forks of this one, some at once, or fresh ones where none can be made.

    What is given back for each is what became of it, or what the work raised.
    """
    if not may_fork(piece.device for piece in pieces):
        return [_received(piece, *_fresh(piece, context, tell)) for piece in pieces]

    def do(job: Job, report: Tell, is_apart: bool) -> bytes:
        return pieces[int(job.model)](report) if is_apart else b""

    engine = Engine(at_once(context), limits_of(context.request), _watch(tell))
    engine.start(do)
    outcomes: dict[int, Outcome] = {}
    try:
        for number, piece in enumerate(pieces):
            engine.send(Job(str(number), piece.name), piece.here)
        while (outcome := engine.result()) is not None:
            outcomes[int(outcome.job.model)] = outcome
    finally:
        engine.stop()
    return [_received(piece, outcomes[number], False) for number, piece in enumerate(pieces)]


def _watch(tell: Tell) -> Watch:
    def watch(job: Job, done: int | None, total: int, what: str) -> None:
        if done is not None:
            tell(done, total, what)

    return watch


def _fresh(piece: Piece, context: AuditContext, tell: Tell) -> tuple[Outcome, bool]:
    """How a fresh process did it, and whether there was one."""
    why = piece.here
    parcel = why or parcel_of(_Alone(piece), "first answers or a trainer", (context.data,))
    if isinstance(parcel, str):
        why = why or f"it {parcel}"
        return Outcome(Job("", piece.name), Ending(None), 0, "", why), False
    descriptors = () if piece.arrays.file is None else (piece.arrays.file,)
    request = context.request
    engine = SpawnEngine(1, limits_of(request), _watch(tell), request.threads, forks=False, descriptors=descriptors)
    engine.start(lambda job, report, is_apart: b"", parcel, lambda question, content: b"")
    try:
        engine.send(Job("", piece.name))
        return present(engine.result(), "a job was sent"), True
    finally:
        engine.stop()


class _Alone:
    """A piece of work, as a fresh process does it."""

    def __init__(self, piece: Piece) -> None:
        self._piece = piece

    def __call__(self, job: Job, tell: Tell, apart: bool) -> bytes:
        return self._piece(tell)


def _received(piece: Piece, outcome: Outcome, is_copied: bool) -> Apart | AuditkitError:
    """What became of a piece of work."""
    name, ending = piece.name, outcome.ending
    if outcome.here or ending.answer is None:
        return Apart(Process(name, outcome.here, outcome.died), None, None if outcome.here else ending)
    try:
        head, _, carried = ending.answer.partition(b"\n")
        record = json.loads(head)
        piece.arrays.take(carried)
        if "error" in record:
            return error_of(record["error"])
        reason = str(record.get("here", ""))
    except Exception:  # foreign code can write there too
        return Apart(Process(name), None, Ending(None, "what it handed back cannot be read", "died"))
    return Apart(Process(name, reason, outcome.died), None if reason else record, None, is_copied)


def why_ended(name: str, ending: Ending) -> Exception:
    """How a process ended that handed nothing back, as an error of what it did."""
    if ending.cause == "time":
        return TimeLimit(f"{name} was ended {ending.how}")
    if ending.cause == "memory":
        return MemoryError(ending.how)
    if ending.cause == "size":
        return PluginError(f"{name}: {ending.how}")
    return ProcessEnded(
        f"it ended the process that ran it ({ending.how}, in {name}), and again when it was tried once more"
    )


def error_record(error: AuditkitError) -> dict[str, Any]:
    """An error in plain words: its kind, its sentence, its ways out, and where another one led to it."""
    kind = next(base.__name__ for base in type(error).__mro__ if getattr(errors, base.__name__, None) is base)
    cause = None
    if error.__cause__ is not None or kind != class_name(error):
        cause = "".join(traceback.format_exception(error))[-MOST_LINES:]
    mends = []
    for mend in error.mend:
        try:
            mends.append([mend.setting, plain(mend.value)])
        except NotPlain:
            continue
    return {"kind": kind, "sentence": str(error), "mend": mends, "cause": cause}


def error_of(record: dict[str, Any]) -> AuditkitError:
    """The error that such words are about."""
    kind = getattr(errors, record["kind"])
    if not issubclass(kind, AuditkitError):
        raise TypeError(f"{kind} is no error of auditkit")
    error: AuditkitError = kind(str(record["sentence"]))
    error.mend = tuple(Mend(str(setting), value_of(value)) for setting, value in record["mend"])
    if record["cause"] is not None:
        error.__cause__ = Elsewhere(str(record["cause"]))
    return error
