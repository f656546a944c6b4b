"""Between the audit's process and a worker: who takes up whatever the worker leaves behind, and ends it."""

import os
import signal
from collections.abc import Callable
from typing import NoReturn

from auditkit import foreign_code
from auditkit.descendants import end_all_below, take_up_orphans
from auditkit.workers.fork import fork
from auditkit.workers.leftovers import remove_leftovers


def guard(work: Callable[[int], NoReturn], parent: int) -> NoReturn:
    """Be the guard of a worker, in a process that was forked for it.

    A process that left the group and the session of the worker, whose parent ended, or whose worker ended, is still
    below its guard. It runs no foreign code, and ends as the worker did, once all are gone; where the audit's process
    is gone, it ends them itself.

    Args:
        work: the worker's life; called with its parent's id.
        parent: the id of the audit's process.
    """
    worker = 0

    def end(number: int, frame: object) -> NoReturn:
        end_all_below()
        remove_leftovers(worker)
        os._exit(1)

    try:
        os.setpgid(0, 0)  # an interrupt of the terminal reaches the parent alone
        foreign_code.leave_supervisor(parent, signal.SIGTERM)
        take_up_orphans()
        _own_signals()
        signal.signal(signal.SIGTERM, end)
        guardian = os.getpid()
        try:
            worker = fork()
        except OSError:  # no further process is allowed: a worker without a guard
            work(parent)
        if worker == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            work(guardian)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.closerange(0, 1 + max(map(int, os.listdir("/proc/self/fd"))))  # locks, pipes, answers, a terminal
        status = _status_of(worker)
        end_all_below()
        remove_leftovers(worker)
        _end_as(status)
    finally:
        os._exit(1)


def _status_of(worker: int) -> int:
    while True:
        ended, status = os.waitpid(-1, 0)  # those whom it takes up, too
        if ended == worker:
            return os.waitstatus_to_exitcode(status)


def _end_as(status: int) -> None:
    if status >= 0:
        os._exit(status)
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))  # one core is enough
    if -status != signal.SIGKILL:
        signal.signal(-status, signal.SIG_DFL)
    os.kill(os.getpid(), -status)


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
