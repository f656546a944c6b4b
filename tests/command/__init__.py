"""The command `auditkit` within this process, for tests whose point is not the process.

Words, outputs and exit code are those of `python -m auditkit`; the seconds that a process of its own spends on imports
are saved. What stands in a process alone (the first line of a newcomer, a terminal, a limit on memory, a kill) is
tested with `subprocess`.
"""

from __future__ import annotations

import contextlib
import io
import os
import pathlib
import sys
from typing import NamedTuple
from unittest import mock

from auditkit import cli


class Done(NamedTuple):
    """What the command left behind, with the names of subprocess.CompletedProcess."""

    returncode: int
    stdout: str
    stderr: str


def auditkit(folder: pathlib.Path, *words: str, **environment: str) -> Done:
    """Run the command in a folder, which must end without a traceback; the folder and the environment are put back."""
    stdout, stderr = io.StringIO(), io.StringIO()
    code: object = 0
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
        mock.patch.dict(os.environ, environment),
        mock.patch.object(sys, "argv", ["auditkit", *words]),
    ):
        try:
            cli.main()
        except SystemExit as end:
            code = end.code
    assert "Traceback" not in stderr.getvalue(), stderr.getvalue()
    return Done(code if isinstance(code, int) else int(code is not None), stdout.getvalue(), stderr.getvalue())
