"""A model file is opened in a process of its own first: a parser in C can end the process that it works in.

What comes of it there is thrown away, and an error is left to the second opening, which makes the same one. Not
rehearsed are `.safetensors`, whose parser is in Rust and reads no more than a list of tensors, large files, which would
take twice their time, and files where no process can be forked.
"""

import contextlib
import importlib
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

from auditkit.errors import ModelFileRejected
from auditkit.memory import machine_memory
from auditkit.workers.engine import Engine, Job
from auditkit.workers.worker import Limits, Tell

LIBRARIES: Final[Mapping[str, tuple[str, ...]]] = {
    "skops": ("skops.io", "sklearn.ensemble"), "xgboost": ("xgboost",), "lightgbm": ("lightgbm",),
    "exported": ("torch.export",), "torch": ("torch",), "pickle": ("joblib",),
}  # fmt: skip
"""{format that is rehearsed: what reads it}; imported before the fork, so that the import is not made twice."""
COUNTED: Final = frozenset({"skops", "xgboost", "lightgbm", "exported"})
"""Formats whose memory is known from the file; of the others the user's own code is run."""
LARGEST: Final = 100_000_000
"""Bytes of a file that is rehearsed."""
SECONDS: Final = 600.0
"""Until a parser that does not end is ended; none of a file of this size takes as long."""


def rehearse(form: str, name: str, length: int, most: int, open_it: Callable[[], Any]) -> None:
    """Open a file in a process of its own, and see whether that process lives through it.

    Args:
        form: the format.
        name: of the file.
        length: bytes that it has.
        most: bytes that opening it may take.
        open_it: opens it.

    Raises:
        ModelFileRejected: it ended its process, or took more time or memory than it may.
    """
    if form not in LIBRARIES or length > LARGEST:
        return
    for library in LIBRARIES[form]:
        with contextlib.suppress(Exception):  # what lacks is said where the file is opened
            importlib.import_module(library)

    def try_it(job: Job, tell: Tell, is_apart: bool) -> bytes:
        if is_apart:
            _say_nothing()
            with contextlib.suppress(BaseException):
                open_it()
        return b""

    engine = Engine(1, Limits(SECONDS, most if form in COUNTED else machine_memory()), lambda *step: None)
    engine.start(try_it)
    try:
        engine.send(Job(name, form))
        outcome = engine.result()
    finally:
        engine.stop()
    if outcome is None or outcome.ending.answer is not None:
        return
    how, cause = outcome.ending.how, outcome.ending.cause
    if cause == "memory":
        raise ModelFileRejected(
            f"{name}: opening the {form} file took more memory than it may: {how}. If that is meant, give memory_limit "
            "under [model] more"
        )
    if cause == "time":
        raise ModelFileRejected(f"{name}: opening the {form} file was ended {how}; it is damaged, or not what it seems")
    raise ModelFileRejected(
        f"{name}: the {form} file ended the process that opened it ({how}), and again when it was opened once more; it "
        "is damaged, or its library is at fault. Save the model again, with the versions that are installed here"
    )


def _say_nothing() -> None:
    """What a library prints and warns of is said when the file is opened again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 # of a process that ends soon
