"""How much memory processes hold together: the pages that none of them shares with any other process."""

import os
from collections.abc import Collection


def held(processes: Collection[int], inherited: int, limit: float) -> int:
    """Bytes that processes hold; exact only where they may be beyond a limit, for an exact look is slow.

    A page that two processes share is not counted, such as what a fork has of its parent or libraries of their file: it
    is the parent's, or nobody's.

    Args:
        processes: their ids.
        inherited: bytes that they had from the process that they were forked from, for systems that do not tell pages.
        limit: bytes that are allowed.
    """
    most = sum(map(resident, processes))
    return most if most <= limit else sum(_alone(process, inherited) for process in processes)


def resident(process: int) -> int:
    """Bytes of memory that a process sees, shared ones too; 0 where that is not known."""
    try:
        with open(f"/proc/{process}/statm", encoding="ascii") as pages:
            return int(pages.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


def _alone(process: int, inherited: int) -> int:
    try:
        with open(f"/proc/{process}/smaps_rollup", encoding="ascii") as lines:
            return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
    except (OSError, IndexError, ValueError):
        return max(resident(process) - inherited, 0)
