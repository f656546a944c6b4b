"""Twenty-eight faults at five places: each is named, all else is finished, and no exit code 0 comes of it."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import pytest

from tests.command import auditkit
from tests.faults import ENDS_THE_PROCESS, FAULTS, lay_out

PLACES = {
    "import": "def fault():\n    {fault}\nfault()\n",
    "check": "@auditkit.check('acme.{name}')\ndef fault(data):\n    {fault}\n",
    "format": (
        "from auditkit.hookspecs import Format\ndef fault(result):\n    {fault}\n"
        "@auditkit.hookimpl\ndef register_formats():\n    return [Format('acme-{name}', 'acme-{name}.txt', fault)]\n"
    ),
    "notification": "@auditkit.hookimpl\ndef check_finished(result):\n    {fault}\n",
}


def audit(folder: pathlib.Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "auditkit", "run", "-q", *flags],
        cwd=folder, capture_output=True, text=True, errors="surrogateescape", timeout=300,
    )  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_every_fault_is_named_and_costs_itself_alone(tmp_path, place):
    plugins = {f"bad_{name}": PLACES[place].format(name=name, fault=fault) for name, fault in FAULTS.items()}
    lay_out(tmp_path, plugins, checks=("acme",) if place == "check" else ())
    done = audit(tmp_path)
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stdout + done.stderr and "\x1b" not in done.stdout + done.stderr
    result = json.loads((tmp_path / "audit" / "results.json").read_text())
    assert json.loads((tmp_path / "audit" / "manifest.json").read_text())["complete"]
    assert [verdict["status"] for verdict in result["verdicts"]] == ["met"], "what is sound was measured"
    reasons = "\n".join(result["outcome"]["reasons"])
    for name in FAULTS:
        key = {"check": f"acme.{name}:", "format": f"'acme-{name}'"}.get(place, f"'bad_{name}'")
        assert key in reasons, f"{name} at {place} is not named:\n{reasons}"
    assert reasons.count("ended the process that ran it") == len(ENDS_THE_PROCESS)
    assert all((tmp_path / "audit" / name).is_file() for name in ("report.html", "summary.md", "junit.xml"))


IN_A_PROCESS = ENDS_THE_PROCESS | {"error", "exit", "keyboard"}
"""Faults of a model that are tried on a whole command; what else is raised costs no process of its own."""


@pytest.mark.workers
@pytest.mark.parametrize("fault", FAULTS)
def test_a_model_that_fails_at_its_first_answers_is_no_verdict(tmp_path, fault):
    lay_out(tmp_path, {}, model=f'object = "bad_{fault}:make"\nclasses = [0, 1]')
    model = f"import os, sys, time\ndef ask(rows):\n    {FAULTS[fault]}\ndef make():\n    return ask\n"
    (tmp_path / f"bad_{fault}.py").write_text(model)
    flags = ("--exit-zero", "--fail-on", "missed")
    done = audit(tmp_path, *flags) if fault in IN_A_PROCESS else auditkit(tmp_path, "run", "-q", *flags)
    assert done.returncode == (3 if fault in ENDS_THE_PROCESS else 2), done.stderr
    assert "Traceback" not in done.stderr and "\x1b" not in done.stderr
    assert done.stderr.startswith("auditkit: ") and done.stderr.count("\n") == 1
    assert not (tmp_path / "audit" / "results.json").exists()
