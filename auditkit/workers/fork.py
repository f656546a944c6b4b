"""Whether this process may be forked: a fork takes one thread along, and what the others held stays held for ever."""

import ctypes
import os
import pathlib
import socket
import stat
import sys
import time
import warnings
from collections.abc import Iterator
from threading import active_count
from typing import Any, Final

TASKS: Final = pathlib.Path("/proc/self/task")
"""A folder for each thread of this process."""
FORK_SAFE: Final = "jemalloc_bg_thd"
"""The thread of an allocator that starts it anew in a fork."""
_PAUSE_HARD: Final = 2
"""`omp_pause_hard` of OpenMP 5.0, section 3.2.44: the threads end, and begin again where they are wanted."""


def fork() -> int:
    """As `os.fork`, without its warning of threads, which `refusal` and `threads_left` have looked for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def refusal() -> str:
    """Why no worker can be forked from this process as it is now, in a few words; empty where one can.

    Libraries that keep threads of OpenMP are made to end them, for a fork would wait for them for ever.
    """
    if sys.platform != "linux":
        return f"processes are forked on Linux alone, not on {sys.platform}"
    torch: Any = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return "this process uses an accelerator, which no fork can share"
    if active_count() > 1:
        return "other threads run in this process"
    if any(_is_connection(int(name)) for name in os.listdir("/proc/self/fd")):
        return "a connection is open, which processes cannot share"
    _end_openmp()
    return ""


def _is_connection(descriptor: int) -> bool:
    """Whether this process opened it to talk to another, as a model that asks a server does.

    Two processes that speak on one connection hear each other's answers. What was there when the process began, such as
    a log that takes what it prints, and pairs of sockets, which have no name, are none.
    """
    try:
        if not stat.S_ISSOCK(os.fstat(descriptor).st_mode) or os.get_inheritable(descriptor):
            return False
        with socket.socket(fileno=os.dup(descriptor)) as opened:
            return bool(opened.getpeername())
    except OSError:  # closed meanwhile, or connected to nobody
        return False


def threads_left() -> str:
    """Why a fork that was just made is of no use, in a few words; empty where it is.

    Asked right after the fork, when libraries that end their threads for it, as OpenBLAS does, have done so.
    """
    for _ in range(20):
        if len(list(_tasks())) <= 1 + _fork_aware():
            return ""
        time.sleep(0.005)  # threads that were told to end may need a moment
    return "threads of a library run in this process"


def _tasks() -> Iterator[str]:
    for task in TASKS.iterdir():
        try:
            name = (task / "comm").read_text(encoding="utf-8", errors="replace").strip()
        except OSError:  # it ended meanwhile
            continue
        if name != FORK_SAFE:
            yield name


def _fork_aware() -> int:
    """The most threads that Arrow keeps, whose pools begin anew in a fork (Apache Arrow 12, GH-34314)."""
    arrow: Any = sys.modules.get("pyarrow")
    return 0 if arrow is None else arrow.cpu_count() + arrow.io_thread_count()


def _end_openmp() -> None:
    from threadpoolctl import threadpool_info

    for pool in threadpool_info():
        if pool["user_api"] == "openmp":
            pause = getattr(ctypes.CDLL(pool["filepath"]), "omp_pause_resource_all", None)
            if pause is not None:
                pause(_PAUSE_HARD)
