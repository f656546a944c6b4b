"""How much memory there is, and errors that mean that it was not enough."""

import contextlib
import errno
import os
import pathlib
import sys
from collections.abc import Iterable, Iterator
from typing import Final

from auditkit.errors import AuditkitError, Mend
from auditkit.text import class_name, one_line, printable

WAY_OUT: Final = "Give fewer rows or a smaller model, or take a machine with more memory"
ROOT: Final = pathlib.Path("/")
"""Where the system's files are; another place in tests."""
PHRASES: Final = (
    "out of memory", "can't allocate memory", "cannot allocate memory", "not enough memory", "bad_alloc",
    "bad allocation", "failed to allocate memory", "failed to launch worker thread", "failed to spawn thread",
    "can't start new thread",
)  # fmt: skip
"""What libraries say that have no error of their own for it, such as torch on a processor; a thread needs a stack."""


def machine_memory() -> int:
    """Bytes of memory that this process may have: the machine's, or its control group's where that is less."""
    # a container sees the memory of the whole machine, and is ended at the limit of its group
    return min([_physical(), *_limits(ROOT)])


def _physical() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return sys.maxsize  # not known, as on Windows


def _limits(root: pathlib.Path) -> Iterator[int]:
    """The limits of this process's control groups and of those around them, of either version."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, kinds, path = (*line.split(":", 2), "", "")[:3]
        if kinds == "":
            base, name = root / "sys/fs/cgroup", "memory.max"
        elif "memory" in kinds.split(","):
            base, name = root / "sys/fs/cgroup/memory", "memory.limit_in_bytes"
        else:
            continue
        group = pathlib.PurePosixPath(path.lstrip("/"))
        for folder in (group, *group.parents):
            sentence = _text(base / folder / name).strip()
            if sentence.isdigit() and int(sentence) > 0:
                yield int(sentence)


def room() -> int | None:
    """Bytes that this process may still ask for, where its user limited it (`ulimit -v`); None where nobody did."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    pages = [int(part) for part in _text(pathlib.Path("/proc/self/statm")).split()]
    if len(pages) < 6:
        return None
    unit = resource.getpagesize()
    taken = ((resource.RLIMIT_AS, pages[0] * unit), (resource.RLIMIT_DATA, pages[5] * unit))
    soft = [(resource.getrlimit(kind)[0], used) for kind, used in taken]
    return min([limit - used for limit, used in soft if limit != resource.RLIM_INFINITY], default=None)


def _text(path: pathlib.Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeError):
        return ""


def size(count: float) -> str:
    """A number of bytes in words, rounded."""
    for unit, bytes_ in (("GB", 1e9), ("MB", 1e6)):
        if count >= bytes_:
            return f"{float(f'{count / bytes_:.2g}'):,g} {unit}"
    return f"{count / 1e3:.0f} kB"


def json_size(text: bytes) -> int:
    """Bytes of memory that JSON takes at most once it is read, told without reading it."""
    objects, lists, entries, names = (text.count(sign) for sign in (b"{", b"[", b",", b'"'))
    return len(text) + 240 * objects + 96 * lists + 40 * entries + 36 * names


def out_of_memory(error: BaseException | None) -> bool:
    """Whether an error, or one that led to it, means that memory was not enough, whichever library raised it."""
    # a chain of causes can go round
    visited: set[int] = set()
    while error is not None and id(error) not in visited:
        visited.add(id(error))
        if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
            return True
        words = printable(error).lower()
        if not isinstance(error, AuditkitError) and any(phrase in words for phrase in PHRASES):
            return True
        # libraries wrap the error in one of their own
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return False


@contextlib.contextmanager
def in_words(kind: type[AuditkitError], doing: str, way_out: str, mend: Mend | Iterable[Mend] = ()) -> Iterator[None]:
    """Turn an error that means that memory was not enough into a sentence.

    Args:
        kind: of the error that is raised in its place.
        doing: what was tried, as in "reading people.csv".
        way_out: what to do, after the sentence.
        mend: the settings that `way_out` proposes.

    Raises:
        AuditkitError: of that kind; any other error passes as it is.
    """
    try:
        yield
    except Exception as error:
        if not out_of_memory(error):
            raise
        raise kind(f"{doing}: out of memory ({cause(error)}). {way_out}", mend=mend) from error


def cause(error: BaseException) -> str:
    """What the library said, in a line."""
    first: BaseException = error
    while first.__cause__ is not None and not isinstance(first, MemoryError):
        first = first.__cause__
    return one_line(first, 200).rstrip(".") or class_name(first)
