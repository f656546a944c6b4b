"""Calls of foreign code: whatever it raises is an exception, and whoever ends the process is known afterwards."""

import abc
import builtins
import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Final, TextIO

from auditkit.descendants import end_with_parent
from auditkit.errors import AuditkitError, TimeLimit
from auditkit.text import class_name, one_line


class ForeignError(Exception):
    """What foreign code raised, in words: it meant to end the audit, as `sys.exit()` does, or runs code when asked."""


class ProcessEnded(ForeignError):
    """A call of foreign code ended its process in an earlier attempt, and is not made again."""


class _Telling:
    """What this process tells its supervisor; nothing where there is none."""

    channel: int | None = None
    mark = ""
    """What each message begins with."""
    ended: Mapping[str, str] = {}
    """{who: how}: whose calls ended the process of an earlier attempt, and are not made again."""
    at_work: tuple[tuple[str, bool, float | None], ...] = ()
    """Who was called and has not returned, the innermost last; whether the audit needs it; seconds that it may take."""
    output: TextIO | None = None
    """Where foreign code prints; None: where everybody does."""


def connect(channel: int, ended: Mapping[str, str], mark: str) -> None:
    """Tell a supervisor from now on who is at work, and end with it.

    Args:
        channel: a file descriptor to write to.
        ended: {who: how}: calls that ended the process of an earlier attempt.
        mark: what the supervisor knows its messages by.
    """
    os.set_inheritable(channel, False)
    _Telling.channel, _Telling.ended, _Telling.mark = channel, dict(ended), mark
    end_with(os.getppid())


def leave_supervisor(parent: int, number: signal.Signals) -> None:
    """In a fork of this process: tell the supervisor nothing more, and end with the process that was forked.

    Args:
        parent: the id of that process.
        number: the signal by which to end.
    """
    if _Telling.channel is not None:
        os.close(_Telling.channel)
    _Telling.channel, _Telling.at_work = None, ()
    end_with(parent, number)


def supervised() -> bool:
    """Whether there is a supervisor."""
    return _Telling.channel is not None


def print_to(output: TextIO) -> None:
    """From now on, give foreign code this stream in place of stdout and stderr."""
    _Telling.output = output


def tell(**message: Any) -> None:
    """Tell the supervisor something, on one line; nothing where there is none."""
    if _Telling.channel is not None:
        with contextlib.suppress(OSError):  # a supervisor that is gone has no use for it
            # on a line of its own, whatever somebody else wrote before
            os.write(_Telling.channel, f"\n{_Telling.mark} {json.dumps(message)}\n".encode())


_BUILTINS: Final = vars(builtins)
_MODULES: Final = sys.modules


class foreign:
    """Run foreign code, so that it cannot end the audit by what it raises, nor by what it makes of Python's builtins.

    Args:
        who: what is called, in words, the same in every attempt: a plugin and its hook, a check and its model.
        needed: the audit cannot go on without it.
        seconds: after which the supervisor ends this process, where there is one; None: any time.

    Raises:
        ForeignError: in place of what is no Exception, such as SystemExit, or a KeyboardInterrupt without the user's
            interrupt; and of what cannot be asked about itself.
        ProcessEnded: this call ended the process of an earlier attempt.
    """

    def __init__(self, who: str, needed: bool = False, seconds: float | None = None) -> None:
        self._call = _foreign(who, needed, seconds)

    def __enter__(self) -> None:
        self._builtins, self._modules = _BUILTINS.copy(), _MODULES.copy()
        self._call.__enter__()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, places: Any) -> bool | None:
        # first of all, and without any builtin: what follows, in Python's own library too, is made of them
        _BUILTINS.update(self._builtins)
        sys.modules = _MODULES
        _MODULES.update(self._modules)
        return self._call.__exit__(kind, error, places)


@contextlib.contextmanager
def _foreign(who: str, needed: bool, seconds: float | None) -> Iterator[None]:
    if who in _Telling.ended:
        raise ProcessEnded(f"it ended the process that ran it ({_Telling.ended[who]}), and was not called again")
    process = os.getpid()
    outer, _Telling.at_work = _Telling.at_work, (*_Telling.at_work, (who, needed, seconds))
    _tell_who_works()
    try:
        with _streams_and_limits(), _interrupts() as came:
            try:
                yield
            except BaseException as error:
                if type(error) is KeyboardInterrupt and came():
                    raise
                words = one_line(error)  # foreign code too, which is first asked while it is known whose it is
                answers = answers_for_itself(error)
                if answers and isinstance(error, Exception):
                    raise
                raise in_words(error, words) from (error if answers else None)
    finally:
        if os.getpid() != process:
            os._exit(1)  # a copy of this process that foreign code forked and left running
        _Telling.at_work = outer
        _tell_who_works()


@contextlib.contextmanager
def _streams_and_limits() -> Iterator[None]:
    """Put back what the rest of the audit stands on."""
    streams, depth, mask = (sys.stdout, sys.stderr), sys.getrecursionlimit(), os.umask(0o077)
    os.umask(mask)
    if _Telling.output is not None:
        sys.stdout = sys.stderr = _Telling.output
    try:
        yield
    finally:
        sys.stdout, sys.stderr = streams
        sys.setrecursionlimit(depth)
        os.umask(mask)


def _tell_who_works() -> None:
    who, needed, seconds = _Telling.at_work[-1] if _Telling.at_work else ("", True, None)
    tell(at_work=who, dispensable=not needed, seconds=seconds)


def raised(error: BaseException, limit: int = 200) -> str:
    """What foreign code raised, in a few words that can follow "raised".

    Args:
        error: what was caught.
        limit: of its own text.
    """
    text = one_line(error, limit)
    # what was put in words says its own kind
    kind = "" if type(error) is ForeignError else class_name(error)
    return one_line(": ".join(filter(None, (kind, text))), limit + 80)


_ASKED: Final = frozenset({"__getattribute__", "__setattr__", "findings", "mend"})
"""What decides what an exception says of itself, beside the attributes that Python's own classes give it."""


def answers_for_itself(error: BaseException) -> bool:
    """Whether what is asked of an exception, and of those that led to it, runs no foreign code, its text apart.

    A class can have a property for `__class__`, `__traceback__` or `__cause__`, and its own class one for `__name__`.
    """
    waiting: list[BaseException | None] = [error]
    visited: set[int] = set()
    while waiting:
        if (asked := waiting.pop()) is None or id(asked) in visited:
            continue
        visited.add(id(asked))
        kind = type(asked)
        if type(kind) not in (type, abc.ABCMeta):
            return False
        own = [base for base in kind.__mro__ if not base.__flags__ & _HEAP]
        given = {name for base in own for name, value in vars(base).items() if not callable(value)} - {"__doc__"}
        others = [base for base in kind.__mro__ if base not in own and base not in (AuditkitError, TimeLimit)]
        if any((given | _ASKED) & vars(base).keys() for base in others):
            return False
        waiting += [asked.__cause__, None if asked.__suppress_context__ else asked.__context__]
        waiting += asked.exceptions if isinstance(asked, BaseExceptionGroup) else ()
    return True


_HEAP: Final = 1 << 9
"""The flag of a class that was made while Python runs (CPython, Py_TPFLAGS_HEAPTYPE)."""
_TRACEBACK: Final = vars(BaseException)["__traceback__"]


def in_words(error: BaseException, words: str) -> ForeignError:
    """An exception of auditkit's own in place of a foreign one, with its places.

    Args:
        error: as it was raised.
        words: its text.
    """
    places: TracebackType | None = _TRACEBACK.__get__(error)  # past whatever its class has under this name
    return ForeignError(f"{class_name(error)}: {words}").with_traceback(places)


@contextlib.contextmanager
def _interrupts() -> Iterator[Any]:
    """Whether the user interrupted meanwhile; said to be so where that cannot be known."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is not signal.default_int_handler or threading.current_thread() is not threading.main_thread():
        yield lambda: True
        return
    came: list[int] = []

    def note(number: int, frame: Any) -> None:
        came.append(number)
        signal.default_int_handler(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(came)
    finally:
        signal.signal(signal.SIGINT, handler)


def end_with(parent: int, number: signal.Signals | None = None) -> None:
    """End this process as soon as the one that started it is gone, so that nobody goes on writing unseen.

    Args:
        parent: the id of that process.
        number: the signal by which to end; None: whatever ends it for certain.
    """
    if sys.platform == "linux":  # at once, by the system
        end_with_parent(number or signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
