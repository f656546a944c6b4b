"""One process that does one job: forked from this one, limited, and ended with all that it started."""

import contextlib
import functools
import gc
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from traceback import extract_tb
from typing import Any, Final, Literal, NamedTuple, NoReturn

from auditkit import foreign_code
from auditkit.descendants import SECONDS_TO_END, descendants, send_all_below
from auditkit.memory import size
from auditkit.supervisor import in_words
from auditkit.workers.fork import fork, threads_left
from auditkit.workers.guard import guard
from auditkit.workers.usage import held, resident

GRACE: Final = 2.0
"""Seconds beyond its time limit in which a job may end by itself and leave what it has."""
OPEN_FILES: Final = 4096
"""The most files that a worker may have open at once, beyond those that its parent had."""
LARGEST_ANSWER: Final = 256_000_000
"""Bytes of an answer."""
SECONDS_BETWEEN: Final = 0.05
"""Between two messages on how far a job is."""
_SHARE_OF_LOOKS: Final = 10
"""Times as long as a look at its memory took, until the next."""
_END: Final = b"\nend of the answer"

log = logging.getLogger("auditkit.workers")

Tell = Callable[[int, int, str], None]
"""Called with (done, total, what)."""


def silence(done: int, total: int, what: str) -> None:
    """Tell nobody."""


class Limits(NamedTuple):
    """What one job may take."""

    seconds: float | None = None
    memory: float = float("inf")
    """Bytes of its process and of all that it starts, beyond what they share with other processes."""


class Ending(NamedTuple):
    """How a worker ended."""

    answer: bytes | None
    how: str = ""
    """In words, where it gave no answer."""
    cause: Literal["done", "died", "time", "memory", "size"] = "done"


class Worker:
    """A process that is doing one job.

    Args:
        work: what it does; called with a function that tells how far it is, and gives the answer.
        limits: of the job.
        others: the workers that run at the same time, which are none of its business.
    """

    def __init__(self, work: Callable[[Tell], bytes], limits: Limits, others: Iterable["Worker"] = ()) -> None:
        self._limits, self._began = limits, time.monotonic()
        self._next_look = 0.0
        self._unread = b""
        self._answer = os.memfd_create("auditkit")
        self.messages, messages = os.pipe()
        allowed, allow = os.pipe()
        parent = os.getpid()
        _flush()
        try:
            self._pid = fork()
            if self._pid == 0:
                os.close(allow)
                for other in others:
                    other.close()  # of the copies in this process, for an answer could be written there
                guard(functools.partial(_do, work, allowed, messages, self._answer), parent)
            os.set_blocking(self.messages, False)
            self._inherited = resident(self._pid)
            self.refused = threads_left()
            """Why it must not begin, and the job be done elsewhere; empty where it has begun."""
            if not self.refused:
                os.write(allow, b"1")
        except BaseException:
            self.close()
            raise
        finally:
            for descriptor in (allowed, allow, messages):
                os.close(descriptor)  # without leave a worker that waits for it ends

    def progress(self) -> Iterator[tuple[int, int, str]]:
        """How far it said to be since this was asked last."""
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(self.messages, 65536):
                self._unread += chunk
        *lines, self._unread = self._unread.split(b"\n")
        for line in lines:
            # code in the worker may write there too
            with contextlib.suppress(ValueError, TypeError, OverflowError, RecursionError):
                done, total, what = json.loads(line)
                yield int(done), int(total), str(what)

    def ending(self) -> Ending | None:
        """How it ended; None while it runs within its limits. Beyond them it is ended."""
        status = _status(self._pid)
        if status is not None:
            ending = self._last_words(status)
            self.close()
            return ending
        beyond = overrun(self._limits, self._began, self._held())
        if beyond is not None:
            self.stop()
        return beyond

    def stop(self) -> None:
        """End it, with all that it started."""
        latest = time.monotonic() + SECONDS_TO_END
        while _status(self._pid) is None:
            send_all_below(self._pid, signal.SIGKILL)
            # then its guard ends by itself, unless a process that the system holds is below it
            os.kill(self._pid, signal.SIGCONT if time.monotonic() < latest else signal.SIGKILL)
            time.sleep(0.002)
        self.close()

    def close(self) -> None:
        """Give back what it was heard through."""
        for descriptor in (self.messages, self._answer):
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def _held(self) -> int:
        """Bytes that it holds with all that it started; 0 where it was looked at a moment ago."""
        began = time.monotonic()
        if began < self._next_look:
            return 0
        bytes_ = held(descendants(self._pid), self._inherited, self._limits.memory)
        now = time.monotonic()
        self._next_look = now + _SHARE_OF_LOOKS * (now - began)
        return bytes_

    def _last_words(self, status: int) -> Ending:
        length = os.fstat(self._answer).st_size
        if length > LARGEST_ANSWER:
            return Ending(None, f"what it found takes {size(length)}; at most {size(LARGEST_ANSWER)} are taken", "size")
        content = os.pread(self._answer, length, 0)
        if content.endswith(_END):
            return Ending(content.removesuffix(_END))
        return Ending(None, in_words(status), "died")


def overrun(limits: Limits, began: float, held: float) -> Ending | None:
    """How a job is ended that takes more than it may; None while it does not.

    Args:
        limits: of the job.
        began: when, by the monotonic clock.
        held: bytes of memory that it took.
    """
    seconds = limits.seconds
    if seconds is not None and time.monotonic() > began + max(seconds, 0) + GRACE:
        return Ending(None, f"after {seconds:g} seconds and {GRACE:g} more, in which it did not end itself", "time")
    if held > limits.memory:
        return Ending(None, f"it held {size(held)}, and {size(limits.memory)} are allowed", "memory")
    return None


def _status(pid: int) -> int | None:
    """The exit code, or minus the signal, of a child that ended; None while it runs."""
    try:
        ended, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:  # somebody else waited for it
        return 0
    return os.waitstatus_to_exitcode(status) if ended else None


def _do(work: Callable[[Tell], bytes], allowed: int, messages: int, answer: int, parent: int) -> NoReturn:
    """The worker's life; it never returns into the code that forked it."""
    code = 1
    try:
        os.setpgid(0, 0)  # what it sends to its group does not reach its guard
        foreign_code.leave_supervisor(parent, signal.SIGKILL)
        _nothing_to_read()
        _print_to_standard()
        if os.read(allowed, 1):
            _limit_open_files()
            gc.freeze()  # a collection would write to, and so copy, every page of what was inherited
            content = memoryview(work(_teller(messages)) + _END)
            while content:
                content = content[os.write(answer, content) :]
            code = 0
    except BaseException as error:  # a fault of auditkit itself: places alone, for its text may hold a row
        places = [f"{frame.filename}:{frame.lineno}" for frame in extract_tb(error.__traceback__)]
        log.error("internal error in a worker: %s at %s", type(error).__name__, " < ".join(reversed(places)))
    finally:
        _flush()
        os._exit(code)


def _flush() -> None:
    """Write what is still to be printed, so that it is not printed twice."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # closed, none at all, or of a class of the caller's own
            stream.flush()


def _print_to_standard() -> None:
    """Close what leads to the command's own output, which is none of a worker's business.

    Where the streams lead to descriptors of their own, those are led to where all else that is printed goes.
    """
    for standard, stream in ((1, sys.stdout), (2, sys.stderr)):
        with contextlib.suppress(Exception):  # closed, none at all, or of a class of the caller's own
            if stream.fileno() > 2:
                os.dup2(standard, stream.fileno())


def _nothing_to_read() -> None:
    """Let whoever waits for the user's words meet their end at once."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    if nothing != 0:
        os.dup2(nothing, 0)
        os.close(nothing)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)


def _limit_open_files() -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = OPEN_FILES + max(map(int, os.listdir("/proc/self/fd")))  # beyond what was inherited
    limit = allowed if hard == resource.RLIM_INFINITY else min(hard, allowed)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, limit) if soft >= 0 else limit, limit))


def _teller(messages: int) -> Tell:
    last = [float("-inf")]

    def tell(done: int, total: int, what: str) -> None:
        now = time.monotonic()
        if now - last[0] >= SECONDS_BETWEEN or done == total:
            last[0] = now
            line: list[Any] = [int(done), int(total), str(what)[:200]]
            with contextlib.suppress(OSError):
                os.write(messages, f"{json.dumps(line)}\n".encode())

    return tell
