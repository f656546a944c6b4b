"""Libraries in an environment of their own, asked one thing at a time: not all install beside today's packages."""

from __future__ import annotations

import json
import os
import pathlib
import select
import subprocess
import sys
import venv
from typing import Any

CHILDREN = pathlib.Path(__file__).parent / "children"


def environment(folder: pathlib.Path, requirement: str) -> pathlib.Path:
    """The interpreter of an environment that has the requirement; made if it is not there yet.

    Args:
        folder: where environments are kept; one folder for each requirement.
        requirement: a package with its version, as pip takes it, and after a blank what must be beside it.
    """
    home = folder / requirement.replace("==", "-").replace(" ", "-")
    python = home / "bin" / "python"
    done = home / "done"
    if not done.exists():
        print(f"installing {requirement} into an environment of its own …", file=sys.stderr, flush=True)
        venv.create(home, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check", *requirement.split()]
        subprocess.run(install, check=True, stdout=sys.stderr)
        done.touch()
    return python


class Child:
    """A process that answers questions, one JSON object a line; ended with the block that it is used in."""

    def __init__(self, script: str, *arguments: str, python: pathlib.Path | str = sys.executable):
        command = [str(python), "-W", "ignore", str(CHILDREN / script), *arguments]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"}
        )

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()  # a child without questions ends by itself, also when this process is killed
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def ask(self, question: str, seconds: float = 1800, **details: Any) -> dict[str, Any]:
        """What the child answers.

        Raises:
            RuntimeError: it ended, or did not answer in time.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"ask": question, **details}).encode() + b"\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], seconds)
        answer = self._process.stdout.readline() if ready else b""
        if not answer:
            raise RuntimeError(f"{question}: no answer within {seconds} s, or the child has ended")
        return json.loads(answer)
