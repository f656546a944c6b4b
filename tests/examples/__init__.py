"""The examples as their first lines say, each in this process: trained, audited, read.

An example is a folder `examples/NAME` with `train.py`, which writes into `work/`, and `auditkit.toml`, whose evidence
goes to `work/audit`. A file `test_NAME.py` here runs it and holds its headline to a number worked out with numpy.
"""

from __future__ import annotations

import contextlib
import json
import pathlib
import runpy
import shutil
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple
from unittest import mock

from tests.command import auditkit

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent.parent / "examples"


class Audited(NamedTuple):
    """What an example left behind."""

    folder: pathlib.Path
    """The copy of the example; what it wrote is in `work`."""
    code: int
    """The exit code."""
    results: dict[str, Any]
    """results.json."""

    def value(
        self,
        measurement: str,
        where: dict[str, str] | None = None,
        model: str | None = None,
        conditions: dict[str, str] | None = None,
    ) -> float | None:
        """One number of the evidence.

        Args:
            measurement: such as `performance.quality.accuracy`.
            where: the slice, such as `{"sex": "female"}`; everyone unless given.
            model: its name, where several were audited.
            conditions: such as `{"class": "rehab"}`; none unless given.
        """
        audits = [self.results] if "model" in self.results else self.results["results"]
        check, _, name = measurement.rpartition(".")
        (value,) = (
            entry["value"]
            for audit in audits
            if model in (None, audit["model"]["name"])
            for result in audit["results"]
            if result["check"] == check
            for entry in result["measurements"]
            if entry["name"] == name and entry["slice"] == (where or {}) and entry["conditions"] == (conditions or {})
        )
        return value


def audited(name: str, folder: pathlib.Path, more: str = "", words: tuple[str, ...] = ("--budget", "quick")) -> Audited:
    """Train and audit an example in a folder of its own; its evidence must be whole, and none of its checks in error.

    Args:
        name: of the folder in `examples/`.
        folder: an empty one.
        more: lines for the end of auditkit.toml, such as fewer questions for a slow check.
        words: of the command, after `auditkit run`.
    """
    shutil.copytree(EXAMPLES / name, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("work", "__pycache__"))
    with (folder / "auditkit.toml").open("a") as config:
        config.write(more)
    with _forgotten(folder):
        _train(folder)
        done = auditkit(folder, "run", *words)
    evidence = folder / "work" / "audit"
    assert (evidence / "results.json").is_file(), done.stdout + done.stderr
    results = json.loads((evidence / "results.json").read_text())
    for audit in results["results"] if "model" not in results else [results]:
        failed = {result["check"]: result["reason"] for result in audit["results"] if result["status"] == "error"}
        assert not failed, failed
    assert auditkit(folder, "verify", str(evidence)).returncode == 0
    return Audited(folder, done.returncode, results)


def _train(folder: pathlib.Path) -> None:
    """Run train.py there, which may import its neighbours."""
    patched = mock.patch.multiple(sys, path=[str(folder), *sys.path], argv=["train.py"])
    with contextlib.chdir(folder), patched:
        runpy.run_path(str(folder / "train.py"), run_name="__main__")


@contextlib.contextmanager
def _forgotten(folder: pathlib.Path) -> Iterator[None]:
    """Modules of that folder are forgotten afterwards: the next example may have one of the same name."""
    before = set(sys.modules)
    try:
        yield
    finally:
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file is not None and pathlib.Path(file).is_relative_to(folder):
                del sys.modules[name]
