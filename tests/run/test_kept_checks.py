"""Finished checks are taken up again, and only where nothing that they depend on has changed."""

from __future__ import annotations

import json
import pathlib
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import auditkit
from auditkit import runfolder
from auditkit.predictions import Predictions
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


def test_a_model_into_which_nobody_can_look_is_asked_again(tmp_path):
    """A callable reads a file: other answers about the rows of the audit change the key; of more nobody knows."""
    (tmp_path / "sign").write_text("1")

    def answers(rows):
        is_old = rows["age"] > 40
        return np.where(is_old == bool(int((tmp_path / "sign").read_text())), "yes", "no")

    def once():
        model = auditkit.wrap(answers, classes=["no", "yes"], name="m")
        checks = ["performance.quality", "explanations.importance", "data.integrity"]
        return auditkit.audit(model, toy_data(), checks=checks, budget="quick", out=tmp_path / "a")

    first = once()
    assert "explanations.importance" not in once().run.resumed and "performance.quality" in once().run.resumed
    (tmp_path / "sign").write_text("0")
    turned = once()
    assert "performance.quality" not in turned.run.resumed
    assert turned.results != first.results


def test_of_a_model_that_answers_by_chance_only_what_is_about_the_data_is_taken_up(tmp_path):
    def answers(rows):
        return np.random.default_rng().choice(["no", "yes"], len(rows))

    def once():
        model = auditkit.wrap(answers, classes=["no", "yes"], name="m", random=True)
        return auditkit.audit(model, toy_data(), checks=["performance.quality", "data"], out=tmp_path / "a")

    once()
    assert set(once().run.resumed) <= {"data.integrity"}


def test_six_digits_of_a_score_are_what_the_key_sees():
    data = toy_data()

    def digest(change):
        predictions = Predictions(ToyModel(), data)
        scores = np.linspace(0.1, 0.9, len(data)) * (1 + change)
        return Predictions(ToyModel(), data, predictions.answers._replace(scores=scores)).digest

    assert digest(0) == digest(1e-12) != digest(1e-4)


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


@pytest.mark.parametrize("changed", ["code", "closure", "function that it calls"])
def test_a_live_check_that_is_another_one_is_measured_anew(tmp_path, changed):
    def made(value: float, plain: bool = True):
        def helper() -> float:
            return value

        if plain:

            def measure(predictions):
                return helper()

        else:

            def measure(predictions):
                return helper() + 0.0

        return auditkit.check("acme.live", exact=True)(measure).check()

    audit(made(1.0), out=tmp_path / "a")
    assert audit(made(1.0), out=tmp_path / "a").run.resumed == ("acme.live",)
    other = made(1.0, plain=False) if changed == "code" else made(2.0)
    again = audit(other, out=tmp_path / "a")
    assert again.run.resumed == () and again.results[0].measurements[0].value == (1.0 if changed == "code" else 2.0)
