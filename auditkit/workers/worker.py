"""One process that does one job: forked from this one, limited, and ended with all that it started."""

import contextlib
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
from auditkit.memory import size
from auditkit.supervisor import in_words
from auditkit.workers.fork import fork, threads_left
from auditkit.workers.leftovers import remove_leftovers

GRACE: Final = 2.0
"""Seconds beyond its time limit in which a job may end by itself and leave what it has."""
OPEN_FILES: Final = 4096
"""The most files that a worker may have open at once, beyond those that its parent had."""
LARGEST_ANSWER: Final = 256_000_000
"""Bytes of an answer."""
SECONDS_BETWEEN: Final = 0.05
"""Between two messages on how far a job is."""
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
    """Bytes, beyond what it shares with the process that it was forked from."""


class Ending(NamedTuple):
    """How a worker ended."""

    answer: bytes | None
    how: str = ""
    """In words, where it gave no answer."""
    cause: Literal["done", "died", "time", "memory"] = "done"


class Worker:
    """A process that is doing one job.

    Args:
        work: what it does; called with a function that tells how far it is, and gives the answer.
        limits: of the job.
        others: the workers that run at the same time, which are none of its business.
    """

    def __init__(self, work: Callable[[Tell], bytes], limits: Limits, others: Iterable["Worker"] = ()) -> None:
        self._limits, self._began = limits, time.monotonic()
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
                _do(work, allowed, messages, self._answer, parent)
            os.set_blocking(self.messages, False)
            self._inherited = held_memory(self._pid)
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
            self._end_group()
            remove_leftovers(self._pid)
            answer = self._read()
            self.close()
            return Ending(answer) if answer is not None else Ending(None, in_words(status), "died")
        beyond = overrun(self._limits, self._began, held_memory(self._pid) - self._inherited)
        if beyond is not None:
            self.stop()
        return beyond

    def stop(self) -> None:
        """End it, with all that it started."""
        self._end_group()
        with contextlib.suppress(OSError):
            os.kill(self._pid, signal.SIGKILL)  # before it has a group of its own
            os.waitpid(self._pid, 0)
        remove_leftovers(self._pid)
        self.close()

    def close(self) -> None:
        """Give back what it was heard through."""
        for descriptor in (self.messages, self._answer):
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def _end_group(self) -> None:
        with contextlib.suppress(OSError):
            os.killpg(self._pid, signal.SIGKILL)

    def _read(self) -> bytes | None:
        length = os.fstat(self._answer).st_size
        if length > LARGEST_ANSWER:
            return None
        content = os.pread(self._answer, length, 0)
        return content.removesuffix(_END) if content.endswith(_END) else None


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


def held_memory(pid: int) -> int:
    """The bytes of memory that a process holds, 0 where that is not known."""
    try:
        with open(f"/proc/{pid}/statm", encoding="utf-8") as pages:
            return int(pages.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


def _do(work: Callable[[Tell], bytes], allowed: int, messages: int, answer: int, parent: int) -> NoReturn:
    """The worker's life; it never returns into the code that forked it."""
    code = 1
    try:
        os.setpgid(0, 0)  # an interrupt of the terminal reaches the parent alone; and all that it starts is one group
        foreign_code.leave_supervisor(parent)
        _own_signals()
        _nothing_to_read()
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


def _own_signals() -> None:
    """Undo what the caller's program does at signals, for its functions are about the process that was forked."""
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # where it is ignored nobody learns how a child ended
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTTIN, signal.SIGTTOU):
        signal.signal(number, signal.SIG_IGN)  # a terminal would stop whoever is in the background, for ever


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
