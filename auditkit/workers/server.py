"""A fresh process that does jobs: a program of its own, so that nothing of its caller's program runs anew in it.

It has one thread, so on Linux every job gets a fork of it. Where it cannot be forked it does one job after another.
"""

import functools
import gc
import json
import os
import signal
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO, NoReturn

from auditkit.descendants import take_up_orphans
from auditkit.foreign_code import end_with
from auditkit.text import class_name, one_line
from auditkit.workers.engine import Engine, Job, Outcome
from auditkit.workers.fork import refusal
from auditkit.workers.library_settings import take_settings
from auditkit.workers.parcel import open_parcel
from auditkit.workers.threads import at_most
from auditkit.workers.worker import Limits

USED_AGAIN = "a process that does several jobs"
"""Why a job has no process of its own where a server cannot be forked."""

_streams: list[BinaryIO] = []
"""From and to the process that started this one."""


def send(target: BinaryIO, content: bytes = b"", **message: Any) -> None:
    """Send a message: a line of JSON, and the bytes that it announces."""
    target.write(f"{json.dumps({**message, 'bytes': len(content)})}\n".encode())
    target.write(content)
    target.flush()


def messages(source: BinaryIO) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Every message with its bytes, until the other side has gone.

    Raises:
        ValueError, LookupError, TypeError: what came is none.
    """
    while line := source.readline():
        message = json.loads(line)
        content = source.read(message["bytes"])
        if len(content) < message["bytes"]:
            return
        yield message, content


def ask(content: bytes, **question: Any) -> bytes:
    """Ask the process that started this one, from a job that runs in this process itself.

    Args:
        content: goes along.
        question: what JSON can hold.
    """
    source, target = _streams
    send(target, content, ask=question)
    return next(messages(source))[1]


def serve(settings: dict[str, Any]) -> NoReturn:
    """Do the jobs that come, until nobody sends any more.

    Args:
        settings: as `SpawnEngine` gives them.
    """
    gc.set_threshold(50_000)  # libraries, which leave no garbage, are loaded a tenth sooner
    _streams.extend(_own_streams())
    source, target = _streams
    end_with(settings["parent"])
    take_up_orphans()
    memory = settings["memory"]
    try:
        take_settings(settings["libraries"])
        work = open_parcel(source if memory is None else memory, settings["sizes"])
    except BaseException as error:  # it runs code of whoever wrote the classes of what came
        send(target, failed=f"{class_name(error)}: {one_line(error, 400)}")
        os._exit(1)
    with at_most(settings["threads"]):
        _work(source, target, work, settings)
    os._exit(0)  # whatever threads libraries left running


def _work(source: BinaryIO, target: BinaryIO, work: Any, settings: dict[str, Any]) -> None:
    def watch(job: Job, done: int | None, total: int, what: str) -> None:
        send(target, step=[*job], done=done, total=total, what=what)

    forks = settings["forks"] and not refusal()
    limits = Limits(*settings["limits"]) if forks else Limits()  # else whoever started this process sees to them
    engine = Engine(settings["at_once"], limits, watch)
    engine.start(work)
    if forks:
        os.register_at_fork(after_in_child=functools.partial(_leave, source, target))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        send(target, forks=forks)
        for message, _ in messages(source):
            for job in message["jobs"]:
                engine.send(Job(*job), "" if forks else USED_AGAIN)
            while (outcome := engine.result()) is not None:
                _report(target, outcome)
    except SystemExit:
        pass
    finally:
        engine.stop()


def _report(target: BinaryIO, outcome: Outcome) -> None:
    answer, how, cause = outcome.ending
    send(
        target, answer or b"", outcome=[*outcome.job], answered=answer is not None, how=how, cause=cause,
        seconds=outcome.seconds, died=outcome.died,
    )  # fmt: skip


def _own_streams() -> tuple[BinaryIO, BinaryIO]:
    """The streams to who started this process; others here read nothing, and print to stderr."""
    source, target = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return source, target


def _leave(source: BinaryIO, target: BinaryIO) -> None:
    """In a fork: let nothing there write to who started this process."""
    for stream in (source, target):
        stream.close()  # nothing is left to be written; and once more in the fork of a fork, where it is closed
