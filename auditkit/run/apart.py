"""One piece of work in a process of its own: what it hands back in plain words, what it raised, or how it ended."""

import json
import traceback
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from auditkit import errors
from auditkit.errors import AuditkitError, Mend, PluginError, TimeLimit, present
from auditkit.foreign_code import ProcessEnded
from auditkit.host import Host
from auditkit.memory import machine_memory
from auditkit.run.context import AuditContext
from auditkit.run.plain_values import NotPlain, plain, value_of
from auditkit.run.request import Request
from auditkit.workers.engine import Engine, Job, cannot_fork
from auditkit.workers.parcel import parcel_of
from auditkit.workers.shared_arrays import SharedArrays
from auditkit.workers.spawn import SpawnEngine
from auditkit.workers.worker import Ending, Limits, Tell

SHARE_OF_MEMORY: Final = 0.9
"""Of the machine's memory, which a process may take where nobody says otherwise."""
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


def apart(
    name: str, work: Callable[[Tell], dict[str, Any]], arrays: SharedArrays, context: AuditContext, device: str,
    here: str, tell: Tell,
) -> Apart:  # fmt: skip
    """Do something in a process of its own: a fork of this one, or a fresh one where none can be made.

    Args:
        name: of the work.
        work: called there; gives what JSON can hold. What is larger it writes to the arrays. It is pickled for a fresh
            process.
        arrays: which the work may write to.
        context: of the audit.
        device: where the work is done.
        here: why it must be done in this process, which is then left to the caller; empty where it need not.
        tell: is told how far it is.

    Raises:
        AuditkitError: the work raised it.
    """
    engine, why = _engine(_Piece(work, arrays), context, device, tell)
    try:
        engine.send(Job("", name), here or why)
        outcome = present(engine.result(), "a job was sent")
    finally:
        engine.stop()
    ending, is_copied = outcome.ending, isinstance(engine, SpawnEngine)
    if outcome.here or ending.answer is None:
        return Apart(Process(name, outcome.here, outcome.died), None, None if outcome.here else ending)
    try:
        head, _, carried = ending.answer.partition(b"\n")
        record = json.loads(head)
        arrays.take(carried)
        error = error_of(record["error"]) if "error" in record else None
        reason = str(record.get("here", ""))
    except Exception:  # foreign code can write there too
        return Apart(Process(name), None, Ending(None, "what it handed back cannot be read", "died"))
    if error is not None:
        raise error
    return Apart(Process(name, reason, outcome.died), None if reason else record, None, is_copied)


class _Piece:
    """A piece of work, as an engine does it."""

    def __init__(self, work: Callable[[Tell], dict[str, Any]], arrays: SharedArrays) -> None:
        self._work, self.arrays = work, arrays

    def __call__(self, job: Job, tell: Tell, apart: bool) -> bytes:
        try:
            self.arrays.clear()
            record = self._work(tell)
            return json.dumps(record).encode() + b"\n" + self.arrays.carried()
        except AuditkitError as error:
            return json.dumps({"error": error_record(error)}).encode()
        except Exception as error:  # a fault of auditkit's own is raised again where it can be seen
            why = f"its result cannot leave a process ({type(error).__name__})"
            return json.dumps({"here": why}).encode()


def _engine(piece: _Piece, context: AuditContext, device: str, tell: Tell) -> tuple[Engine | SpawnEngine, str]:
    """An engine, started, and why it must do the work here, which is nothing then."""

    def watch(job: Job, done: int | None, total: int, what: str) -> None:
        if done is not None:
            tell(done, total, what)

    def nothing(job: Job, report: Tell, is_apart: bool) -> bytes:
        return piece(job, report, True) if is_apart else b""

    request, why = context.request, ""
    if not may_fork([device]):
        descriptors = () if piece.arrays.file is None else (piece.arrays.file,)
        spawned = SpawnEngine(1, limits_of(request), watch, request.threads, forks=False, descriptors=descriptors)
        parcel = parcel_of(piece, "first answers or a trainer", (context.data,))
        if not isinstance(parcel, str):
            spawned.start(nothing, parcel, lambda question, content: b"")
            return spawned, ""
        why = f"it {parcel}"
    engine = Engine(1, limits_of(request), watch)
    engine.start(nothing)
    return engine, why


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
    if error.__cause__ is not None or kind != type(error).__name__:
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
