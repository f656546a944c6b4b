"""Finished checks are taken up again, and only where nothing that they depend on has changed."""

from __future__ import annotations

import json
import pathlib
import signal
import subprocess
import sys
import time

import pytest

import auditkit
from auditkit import runfolder
from auditkit.testing import ToyModel, toy_data
from tests.run.acme import audit, draw


def without_run(folder: pathlib.Path) -> dict:
    document = json.loads((folder / "results.json").read_bytes())
    del document["run"]
    return document


def test_finished_checks_are_taken_up_and_a_changed_limit_judges_again(tmp_path):
    limits = [{"name": "l", "measurement": "acme.share", "slice": {"sex": "male"}, "at_least": 0.0}]
    first = audit("share", "draw", out=tmp_path / "a", limits=limits)
    written = without_run(tmp_path / "a")
    again = audit("share", "draw", out=tmp_path / "a", limits=limits)
    assert (first.run.resumed, again.run.resumed) == ((), ("acme.share", "acme.draw"))
    assert without_run(tmp_path / "a") == written
    stricter = [{**limits[0], "at_least": 1.0}]
    judged = audit("share", "draw", out=tmp_path / "a", limits=stricter)
    assert judged.run.resumed == ("acme.share", "acme.draw")
    assert (first.exit_code, judged.exit_code) == (0, 1)
    assert "limits were changed after" in judged.provenance.notes[0]
    assert first.provenance.notes == ()


@pytest.mark.parametrize("change", [{"seed": 1}, {"budget": "standard"}])
def test_a_check_is_measured_anew_where_anything_differs(tmp_path, change):
    auditkit.audit(ToyModel(), toy_data(), checks=[draw.check()], out=tmp_path / "a")
    again = auditkit.audit(ToyModel(), toy_data(), checks=[draw.check()], out=tmp_path / "a", **change)
    assert again.run.resumed == (("acme.draw",) if "budget" in change else ())
    other = auditkit.audit(ToyModel(), toy_data(seed=9), checks=[draw.check()], out=tmp_path / "a")
    assert other.run.resumed == ()


def test_an_error_is_tried_again(tmp_path):
    audit("boom", out=tmp_path / "a")
    assert audit("boom", out=tmp_path / "a").run.resumed == ()


SCRIPT = """
import sys, time
sys.path.insert(0, {root!r})
import auditkit
from auditkit.testing import ToyModel, toy_data

def make(number):
    def measure(predictions, rng):
        time.sleep(0.15)
        return float(rng.random())
    measure.__doc__ = "Which number?"
    return auditkit.check(f"acme.c{{number}}", exact=True)(measure).check()

limits = [dict(name="l", measurement="acme.c1", at_least=0.0, because="b")]
auditkit.audit(ToyModel(), toy_data(), checks=[make(n) for n in range(6)], limits=limits, out={out!r})
"""


def test_a_killed_audit_resumes_to_the_same_bytes(tmp_path):
    root = str(pathlib.Path(__file__).resolve().parent.parent)

    def start(out: pathlib.Path) -> subprocess.Popen:
        return subprocess.Popen([sys.executable, "-c", SCRIPT.format(root=root, out=str(out))])

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert start(whole).wait() == 0
    process = start(killed)
    while len(list(killed.glob("checks/*.json"))) < 2:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (killed / "results.json").exists()
    assert runfolder.verify(killed) != []
    assert start(killed).wait() == 0
    assert runfolder.verify(killed) == []
    assert without_run(killed) == without_run(whole)
    resumed = json.loads((killed / "results.json").read_bytes())["run"]["resumed"]
    assert 2 <= len(resumed) < 6
