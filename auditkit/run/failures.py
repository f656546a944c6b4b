"""What went wrong in a check or a trainer, as a result says it."""

import os
import pathlib
import sys
import traceback

import pydantic

from auditkit.errors import AuditkitError, FindingsError, MissingExtra, PluginError, TimeLimit
from auditkit.memory import WAY_OUT, out_of_memory
from auditkit.redaction import scrubbed
from auditkit.results import ErrorInfo, ErrorKind
from auditkit.text import class_name, one_line, printable

KINDS: dict[ErrorKind, tuple[type[BaseException], ...]] = {
    "missing extra": (MissingExtra,),
    "time limit": (TimeLimit,),
    "findings": (FindingsError, pydantic.ValidationError),
    "plugin": (PluginError,),
    "exception": (BaseException,),
}
"""What a result calls an error, by the first that it is."""


def describe(error: BaseException) -> ErrorInfo:
    """An exception in words and in lines, without a path of the machine and without control characters."""
    kind = next(kind for kind, classes in KINDS.items() if isinstance(error, classes))
    lines: tuple[str, ...] = ()
    if is_foreign(error):
        # the last frames are those of the check; the first are auditkit's own and tell an auditor nothing
        frames = traceback.extract_tb(error.__traceback__)[-8:]
        lines = tuple(map(_place, frames))
    # redacted before it is cut: half an address or half a key would no longer be recognised
    message = one_line(scrubbed(without_paths(printable(error, 4000))), 1000) or class_name(error)
    if isinstance(error, ValueError) and "read-only" in message:
        message = f"{message}: what a check is given is shared with the other checks; copy it first"
    if out_of_memory(error):
        message = f"out of memory ({message[:200]}). {WAY_OUT}; what was finished is kept"
    return ErrorInfo(kind=kind, type=class_name(error), message=message, traceback=lines)


def _place(frame: traceback.FrameSummary) -> str:
    """Where a frame is; what code that was made while the program ran calls itself may be made of anything."""
    if not frame.filename.startswith("<frozen ") and not os.path.isfile(frame.filename):
        return f"generated code:{frame.lineno}"
    return f"{pathlib.PurePath(frame.filename).name}:{frame.lineno} in {frame.name}"


def is_foreign(error: BaseException) -> bool:
    """Whether what an exception says is not auditkit's own: raised or quoted from a library, a plugin or a model."""
    if not isinstance(error, AuditkitError):
        return True
    frames = traceback.extract_tb(error.__traceback__)
    raised_elsewhere = bool(frames) and _PACKAGE not in pathlib.Path(frames[-1].filename).parents
    cause = error.__cause__
    return raised_elsewhere or (cause is not None and is_foreign(cause))


_PACKAGE = pathlib.Path(__file__).parents[1]


def without_paths(text: str) -> str:
    """`text` without the folders that would tell whose machine this is."""
    for folder, name in ((os.getcwd(), "."), (str(pathlib.Path.home()), "~"), (sys.prefix, "python")):
        if len(folder) > 1:
            text = text.replace(folder, name)
    return text
