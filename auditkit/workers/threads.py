"""How many threads libraries may use: a setting, for the last digits of a number can depend on it."""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def at_most(threads: int | None) -> Iterator[None]:
    """Let libraries use this many threads meanwhile, those too that are imported later, and processes forked later.

    Args:
        threads: None leaves all as it is.
    """
    if threads is None:
        yield
        return
    from threadpoolctl import threadpool_limits

    before, torch = os.environ.get("OMP_NUM_THREADS"), _torch()
    torch_before = torch.get_num_threads() if torch is not None else threads
    os.environ["OMP_NUM_THREADS"] = str(threads)
    try:
        with threadpool_limits(threads):
            _set_torch(threads)
            yield
    finally:
        if before is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = before
        _set_torch(torch_before)


def _torch() -> Any:
    return sys.modules.get("torch")


def _set_torch(threads: int) -> None:
    torch = _torch()
    # only where it changes: setting it can start or stop a pool of threads
    if torch is not None and torch.get_num_threads() != threads:
        torch.set_num_threads(threads)
