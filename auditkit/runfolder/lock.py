"""One writer at a time: a lock of the system on a run folder, which ends with the process that holds it."""

import contextlib
import os
import pathlib
from collections.abc import Iterator

from auditkit.errors import EvidenceError


@contextlib.contextmanager
def locked(folder: str | os.PathLike[str] | None) -> Iterator[None]:
    """Keep every other audit out of a run folder meanwhile; on Windows, where a folder cannot be locked, nobody is.

    Args:
        folder: made where it does not exist; None: there is nothing to lock.

    Raises:
        EvidenceError: another audit writes to it, or it cannot be made.
    """
    if folder is None or os.name == "nt":
        yield
        return
    import fcntl  # POSIX alone has it

    path = pathlib.Path(folder).resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDONLY)
    except OSError as error:
        why = "there is a file of this name; name a folder" if path.is_file() else error.strerror or error
        raise EvidenceError(f"the run folder {path} cannot be used: {why}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EvidenceError(
                f"another audit is writing to {path}; wait until it has ended, or choose another folder with --out"
            ) from None
        except OSError:
            pass  # a file system without locks
        try:
            yield
        finally:
            # said, for a process that was forked meanwhile and is still there holds the same lock
            with contextlib.suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)
