"""How a command ends: with an exit code that is reported, and with a sentence whatever happens."""

import contextlib
import errno
import json
import os
import sys
import traceback
from collections.abc import Iterator
from typing import NoReturn

import typer

from auditkit import foreign_code
from auditkit.command import foreign_output
from auditkit.errors import AuditkitError, ConfigError, EvidenceLost, ModelEnded
from auditkit.memory import cause, out_of_memory
from auditkit.supervisor import CHANNEL, INTERNAL, INTERRUPTED, NO_RESULT, WHEN_INTERRUPTED, opened
from auditkit.text import class_name, one_line, printable

USAGE = 2
BROKEN_PIPE = 141

_reported: list[int] = []


def listen() -> None:
    """Report to the supervisor, where one started this process."""
    words = os.environ.pop(CHANNEL, None)  # a command that a plugin starts is no part of this audit
    if words is not None:
        channel, ended, mark = json.loads(words)
        foreign_code.connect(opened(channel), ended, mark)
        foreign_output.set_apart()


def report(code: int) -> typer.Exit:
    """The end of a command that came to its end."""
    sys.stdout.flush()  # a result that could not be printed is none
    _reported.append(code)
    foreign_code.tell(code=code)
    return typer.Exit(code)


def by_flags(code: int, fail_on: str, exit_zero: bool) -> int:
    """The exit code of an audit as `--fail-on` and `--exit-zero` have it.

    Raises:
        ConfigError: `fail_on` is not one of its two words.
    """
    if fail_on not in ("any", "missed"):
        raise ConfigError(f"--fail-on must be 'any' or 'missed'; {fail_on!r} was given")
    if exit_zero:
        flag, exit_code = "--exit-zero", 0
    elif fail_on == "missed":
        flag, exit_code = "--fail-on missed", code if code in (1, 2) else 0
    else:
        return code
    typer.echo(f"exit code {exit_code} by {flag}; without it {code}", err=True)
    return exit_code


@contextlib.contextmanager
def printed() -> Iterator[None]:
    """While help is printed, which is no result: an output that takes nothing more ends in a sentence too."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        _leave(NO_RESULT, f"the system refused: {one_line(error)}")


@contextlib.contextmanager
def in_sentences() -> Iterator[None]:
    """End the process by whatever is raised inside: a sentence, and an exit code that is never taken for a verdict."""
    _reported.clear()
    foreign_output.hold_against(None)
    try:
        foreign_code.tell(listens=True)
        yield
    except SystemExit as end:
        if _reported:
            raise
        _unreported(end)
    except KeyboardInterrupt:
        _interrupted()
    except BaseException as error:  # a panic of a library in Rust is no Exception
        answers = foreign_code.answers_for_itself(error)
        _leave(*_in_a_sentence(error if answers else foreign_code.in_words(error, one_line(error))))


def _in_a_sentence(error: BaseException) -> tuple[int, str]:
    """The exit code and the sentence that an error ends in."""
    if isinstance(error, AuditkitError):
        code = NO_RESULT if isinstance(error, ModelEnded | EvidenceLost) else USAGE
        return code, foreign_output.sayable(printable(error, 4000), is_sentence=True)
    if isinstance(error, OSError):
        # a name that no file can have was written by the user
        code = USAGE if error.errno == errno.ENAMETOOLONG else NO_RESULT
        return code, f"the system refused: {one_line(error)}. This is no verdict"
    if out_of_memory(error):
        return NO_RESULT, (
            f"out of memory ({printable(cause(error), 200)}). Give fewer rows, or take a machine with more memory; "
            "checks that were finished are kept, and the same command goes on from them"
        )
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{os.path.basename(frame.filename)}, line {frame.lineno}"
    words = foreign_output.sayable(one_line(error))
    return INTERNAL, (
        f"internal error, see run.log: {class_name(error)}: {words} ({where}). This is no verdict; please report it"
    )


def _unreported(end: SystemExit) -> NoReturn:
    """An exit that no command asked for: wrong usage, an interrupt, a closed pipe, or code of a stranger."""
    if end.code == USAGE:
        report(USAGE)
        raise end
    if end.code == INTERRUPTED:
        _interrupted()
    if isinstance(end.__context__, OSError):
        foreign_code.tell(code=BROKEN_PIPE)
        os._exit(BROKEN_PIPE)  # the reader of stdout is gone: nothing more can be said
    _leave(NO_RESULT, f"ended by SystemExit({one_line(end.code)}), without a result. This is no verdict")


def _interrupted() -> NoReturn:
    if foreign_code.supervised():  # the supervisor says it, for an audit that is interrupted twice may not be able to
        foreign_code.tell(code=INTERRUPTED)
        sys.exit(INTERRUPTED)
    _leave(INTERRUPTED, WHEN_INTERRUPTED)


def _leave(code: int, sentence: str) -> NoReturn:
    with contextlib.suppress(OSError):  # a terminal that is gone
        typer.echo(f"auditkit: {sentence}", err=True)
    foreign_code.tell(code=code)
    sys.exit(code)
