"""What models and plugins print: it goes to run.log, so that stdout holds the result alone."""

import contextlib
import os
import pathlib
import sys
import tempfile
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any

from auditkit import foreign_code
from auditkit.text import printable

if TYPE_CHECKING:  # it loads the readers
    from auditkit.run.foreign_text import ForeignText

LINES_SHOWN = 20
"""Of what was printed before there was a run folder, or without one."""

_judges: list["ForeignText"] = []
"""What says which words of a foreign text may be printed, once the data is known."""
_kept: list[IO[bytes]] = []
"""The file that holds what was printed while there was no run.log."""


def set_apart() -> None:
    """From now on, keep what foreign code prints, by whatever means, apart from what the command prints.

    The command's own streams move to other descriptors; 1 and 2 are left to everybody else.
    """
    kept = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process
    _kept.append(kept)
    sys.stdout, sys.stderr = (_moved(stream) for stream in (sys.stdout, sys.stderr))
    _lead_to(kept.fileno())
    foreign_code.print_to(os.fdopen(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False, buffering=1))


def hold_against(judge: "ForeignText | None") -> None:
    """From now on, print of foreign texts only what gives nobody away.

    Args:
        judge: knows the data; None: there is none yet.
    """
    _judges[:] = () if judge is None else (judge,)


def sayable(text: str, is_sentence: bool = False) -> str:
    """What of a text may be printed.

    Args:
        text: what foreign code said.
        is_sentence: it is a sentence of auditkit that may quote foreign code.
    """
    if not _judges:
        return text
    return _judges[0].sentence(text) if is_sentence else _judges[0].allowed(text)


@contextlib.contextmanager
def into(log: pathlib.Path | None) -> Iterator[None]:
    """Meanwhile, lead what foreign code prints into a file, with what it printed before.

    Args:
        log: None: it is dropped.
    """
    if not _kept:
        yield
        return
    with open(os.devnull if log is None else log, "ab") as target:
        target.write(_taken())
        target.flush()
        _lead_to(target.fileno())
        try:
            yield
        finally:
            _lead_to(_kept[-1].fileno())


@contextlib.contextmanager
def shown() -> Iterator[None]:
    """At the end, print on stderr, as far as it may be said, what foreign code printed and no run.log holds."""
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # a terminal that is gone
            _show()


def _show() -> None:
    if not _kept:
        return
    lines = [sayable(printable(line, 500)) for line in _taken().decode("utf-8", "replace").splitlines()]
    more = [f"… and {len(lines) - LINES_SHOWN:,} more lines"] if len(lines) > LINES_SHOWN else []
    for line in (*lines[:LINES_SHOWN], *more):
        print(f"auditkit: a model or plugin printed: {line}", file=sys.stderr)


def _taken() -> bytes:
    kept = _kept[-1]
    kept.seek(0)
    content = kept.read()
    kept.seek(0)
    kept.truncate()
    return content


def _moved(stream: Any) -> Any:
    stream.flush()
    return os.fdopen(
        os.dup(stream.fileno()), "w", encoding=stream.encoding, errors=stream.errors,
        buffering=1 if stream.line_buffering else -1,
    )  # fmt: skip


def _lead_to(descriptor: int) -> None:
    for standard in (1, 2):
        os.dup2(descriptor, standard)
