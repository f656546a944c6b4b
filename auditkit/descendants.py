"""The processes below a process: who they are, and an end for all of them, in whatever group or session; on Linux."""

import contextlib
import os
import signal
import sys
import time
from typing import Final

SECONDS_TO_END: Final = 10.0
"""In which a process that was killed is gone, unless the system holds it."""
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36


def descendants(process: int) -> list[int]:
    """The processes that a process started, and those that they started, as long as it or they are there.

    Args:
        process: its id.
    """
    below, waiting = dict.fromkeys([process]), [process]
    while waiting:
        children = [child for child in _children(waiting.pop()) if child not in below]
        below.update(dict.fromkeys(children))
        waiting.extend(children)
    return list(below)[1:]


def _children(process: int) -> list[int]:
    tasks, children = f"/proc/{process}/task", []
    with contextlib.suppress(OSError):  # it ended meanwhile
        for task in os.listdir(tasks):
            with open(f"{tasks}/{task}/children", encoding="ascii") as listed:
                children += [int(child) for child in listed.read().split()]
    return children


def take_up_orphans() -> None:
    """From now on, become the parent of every process below this one whose parent ends: none gets away by that."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def end_with_parent(number: signal.Signals) -> None:
    """Have the system send this process a signal as soon as its parent is gone."""
    _prctl(_PR_SET_PDEATHSIG, number)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(option, value)


def end_all_below() -> None:
    """End all processes below this one, which takes up orphans; what the system holds is left after some seconds."""
    latest = time.monotonic() + SECONDS_TO_END
    while time.monotonic() < latest:
        send_all_below(os.getpid(), signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.002)


def send_all_below(process: int, number: signal.Signals) -> None:
    """Send a signal to all processes below one.

    Args:
        process: its id.
        number: the signal.
    """
    for descendant in descendants(process):
        with contextlib.suppress(OSError):  # it ended meanwhile, or is another user's
            os.kill(descendant, number)
