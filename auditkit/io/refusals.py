"""What the system says where it refuses to open or to read a file, which is no fault of the file."""

import errno
import os
from typing import Final

REFUSALS: Final = frozenset({
    errno.EACCES, errno.EAGAIN, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENODEV, errno.ENOMEM,
    errno.ENXIO, errno.EPERM, errno.ESTALE, errno.ETIMEDOUT,
})  # fmt: skip
"""Too many open files, too little memory, no right, a disk or a server that does not answer."""


def refusal(error: BaseException | None) -> str:
    """Why the system refused, in its words; empty where an error, and what led to it, is none of the system's.

    Args:
        error: as a reader raised it; libraries raise an OSError for a broken file too.
    """
    visited: set[int] = set()
    while error is not None and id(error) not in visited:
        visited.add(id(error))
        if isinstance(error, OSError) and error.errno in REFUSALS:
            return f"the system refused ({os.strerror(error.errno)}), which says nothing of the file"
        error = error.__cause__ or error.__context__
    return ""
