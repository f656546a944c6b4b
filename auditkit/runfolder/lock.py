"""One writer at a time: a lock of the system on a run folder, which ends with the process that holds it.

The lock is on the folder and not on its name, so whoever writes asks first whether the name still leads to that folder.
"""

import contextlib
import os
import pathlib
from collections.abc import Iterator

from auditkit.errors import EvidenceError, EvidenceLost

_locked: dict[pathlib.Path, os.stat_result] = {}
"""{path: the folder that is locked there}."""


@contextlib.contextmanager
def locked(folder: str | os.PathLike[str] | None) -> Iterator[None]:
    """Keep every other audit out of a run folder meanwhile; on Windows, where a folder cannot be locked, nobody is.

    Args:
        folder: made where it does not exist; None: there is nothing to lock.

    Raises:
        EvidenceError: another audit writes to it, or it cannot be made.
        EvidenceLost: in the end its name leads to another folder.
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
        _locked[path] = os.fstat(descriptor)
        try:
            yield
            hold_to_locked(path)
        finally:
            _locked.pop(path, None)
            # said, for a process that was forked meanwhile and is still there holds the same lock
            with contextlib.suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)


def hold_to_locked(folder: pathlib.Path) -> None:
    """See that a folder is still the one that was locked under its name, which code of a plugin can move or replace.

    Args:
        folder: as `prepare` gave it; one that nobody locked is not looked at.

    Raises:
        EvidenceLost: it is another one, a link, or gone.
    """
    if folder not in _locked:
        return
    try:
        is_same = os.path.samestat(os.lstat(folder), _locked[folder])
    except OSError:
        is_same = False
    if not is_same:
        raise EvidenceLost(
            f"the run folder {folder} was moved or replaced while the audit wrote to it, so nothing more is written or "
            "sealed. See which plugin does that, and run the audit again"
        )
