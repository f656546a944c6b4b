"""Plan, run, judge, write: what holds for every check, whatever it does."""

from __future__ import annotations

import json
import logging
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import auditkit
from auditkit import runfolder
from auditkit.errors import ConfigError, DataError, ModelError
from auditkit.models import Answers
from auditkit.results import AuditResult, canonical
from auditkit.run.plan import draw_rows, seed_for
from auditkit.testing import ToyModel, toy_data

ACCURATE = {"name": "accurate", "measurement": "performance.quality.accuracy", "slice": {}, "at_least": 0.1}


@auditkit.check("acme.share", unit="share", direction="higher")
def share(predictions):
    """How many are decided positive?"""
    return predictions.selected


@auditkit.check("acme.draw", exact=True)
def draw(rng):
    """Which number is drawn?"""
    return float(rng.random())


@auditkit.check("acme.boom")
def boom(predictions):
    """Does it break?"""
    raise RuntimeError("broken\x1b[31m in " + os.getcwd())


@auditkit.check("acme.exit")
def leave(predictions):
    """Does it leave?"""
    sys.exit(0)


@auditkit.check("acme.nonsense")
def nonsense(predictions):
    """Does it answer?"""
    return "yes"


@auditkit.check("acme.nan")
def not_a_number(predictions):
    """Is it a number?"""
    return float("nan")


@auditkit.check("acme.slow")
def slow(context, predictions):
    """Is it fast?"""
    for step in range(100):
        time.sleep(0.01)
        context.progress(step, 100, "sleeping")
    return 1.0


@auditkit.check("acme.extra", requires=(("no_such_package", "lime"),))
def extra(predictions):
    """Is the package there?"""
    return 1.0


@auditkit.check("acme.vandal")
def vandal(model, data):
    """Does it leave things as they were?"""
    random.seed(5)
    np.random.seed(5)
    logging.getLogger().setLevel(logging.ERROR)
    logging.getLogger().addHandler(logging.NullHandler())
    os.chdir("/")
    raise RuntimeError("and then it fails")


MODULE = sys.modules[__name__]


def audit(*ids: str, **options) -> AuditResult:
    options.setdefault("limits", [])
    checks = [getattr(MODULE, id).check() if isinstance(id, str) else id for id in ids]
    return auditkit.audit(ToyModel(), toy_data(), checks=checks, budget="quick", **options)


def test_every_number_of_a_row_check_comes_with_interval_n_and_groups():
    result = audit(
        "share", limits=[{"name": "l", "measurement": "acme.share", "slice": {"sex": "male"}, "at_least": 0.01}]
    )
    first, *groups = result.results[0].measurements
    assert first.value == pytest.approx(ToyModel().predict(toy_data().inputs).tolist().count("yes") / 200)
    assert first.n == 200
    assert first.interval.method == "Wilson"
    assert {str(each.slice) for each in groups} == {
        "{'sex': 'female'}", "{'sex': 'male'}", "{'region': 'north'}", "{'region': 'south'}",
    }  # fmt: skip
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("boom", "exception", "broken"),
        ("leave", "exception", "0"),
        ("nonsense", "findings", "a check must return"),
        ("not_a_number", "findings", "finite"),
        ("extra", "missing extra", "pip install 'auditkit-rai[lime]'"),
        ("vandal", "exception", "and then it fails"),
    ],
)
def test_a_failure_is_a_loud_result_and_stops_no_other(name, kind, said):
    limits = [{"name": "l", "measurement": "acme.share", "at_least": 0.0}]
    result = audit(name, "share", limits=limits)
    by_id = {each.check: each for each in result.results}
    assert by_id["acme.share"].status == "measured"
    bad = next(each for id, each in by_id.items() if id != "acme.share")
    assert (bad.status, bad.error.kind) == ("error", kind)
    assert said in bad.error.message
    assert (result.exit_code, result.verdict) == (3, "error")


def test_an_exception_brings_no_path_and_no_escape_into_the_evidence():
    text = canonical(audit("boom")).decode()
    assert os.getcwd() not in text
    assert "\\u001b" not in text
    assert str(pathlib.Path.home()) + "/" not in text


def test_everything_is_left_as_it_was_found_also_after_an_exception():
    random.seed(1)
    np.random.seed(1)
    before = (
        random.getstate(), np.random.get_state()[1].tolist(), logging.getLogger().level,
        list(logging.getLogger().handlers), os.getcwd(),
    )  # fmt: skip
    audit("vandal")
    assert before == (
        random.getstate(), np.random.get_state()[1].tolist(), logging.getLogger().level,
        list(logging.getLogger().handlers), os.getcwd(),
    )  # fmt: skip


def test_adding_a_check_changes_no_other_checks_numbers():
    alone = audit("draw").results[0]
    beside = next(each for each in audit("share", "draw").results if each.check == "acme.draw")
    assert canonical(alone) == canonical(beside)
    assert audit("draw", seed=1).results[0].measurements != alone.measurements


def test_seeds_depend_on_the_name_and_the_root():
    seeds = {seed_for(root, name) for root in range(20) for name in ("a.b", "a.c", "b.a")}
    assert len(seeds) == 60
    assert seed_for(0, "fairness.groups") == seed_for(0, "fairness.groups") < 2**31


def test_a_time_limit_is_an_error_with_the_place():
    result = audit("slow", seconds_per_check=0.05)
    assert result.results[0].error.kind == "time limit"
    assert "sleeping" in result.results[0].error.message
    assert result.exit_code == 3


def test_what_a_check_had_when_its_time_ran_out_is_in_the_error():
    @auditkit.check("acme.halfway")
    def halfway(context, predictions):
        """How far does it get?"""
        first = auditkit.Measurement(name="first", value=1.0, exact=True)
        context.keep(auditkit.Findings([first]))
        for step in range(100):
            time.sleep(0.01)
            context.progress(step, 100, "sleeping")
        return 2.0

    limits = [{"name": "l", "measurement": "acme.halfway.first", "at_least": 0}]
    result = audit(halfway.check(), seconds_per_check=0.05, limits=limits)
    had = result.results[0]
    assert (had.status, had.error.kind) == ("error", "time limit")
    assert [(each.name, each.value, each.validity) for each in had.measurements] == [("first", 1.0, "inconclusive")]
    assert (result.verdicts[0].status, result.exit_code) == ("error", 3)


def test_the_same_audit_gives_the_same_bytes_but_for_run():
    def plain() -> dict:
        document = json.loads(canonical(audit("share", "draw")))
        del document["run"]
        return document

    assert plain() == plain()


@pytest.mark.parametrize("name", ["performnce", "performance.qualty", "x"])
def test_an_unknown_check_is_a_configuration_error(name):
    with pytest.raises(ConfigError, match="neither a check nor a family"):
        auditkit.audit(ToyModel(), toy_data(), checks=[name])


def test_an_empty_selection_is_not_a_pass():
    assert auditkit.audit(ToyModel(), toy_data(), checks=[]).exit_code == 5
    limits = [{"name": "l", "measurement": "acme.share", "at_least": 0}]
    with pytest.raises(ConfigError, match="no check measures"):
        auditkit.audit(ToyModel(), toy_data(), checks=[], limits=limits)


def test_one_pass_serves_every_check():
    asked = []

    class Counting(ToyModel):
        def answer(self, inputs):
            asked.append(len(inputs))
            return super().answer(inputs)

    auditkit.audit(Counting(), toy_data(), checks=[share.check(), draw.check()])
    assert sum(asked) == 200 + 2 * 200 + 32  # the pass, and again in two mixed batches and row by row


def test_a_stochastic_model_is_detected_and_reported():
    class Dice(ToyModel):
        def answer(self, inputs):
            answers = super().answer(inputs)
            return Answers(np.random.default_rng().permutation(answers.labels), None, None)

    assert auditkit.audit(Dice(), toy_data(), checks=[share.check()]).model.stochastic is True
    assert audit("share").model.stochastic is False


def test_a_model_that_fails_is_a_sentence():
    class Broken(ToyModel):
        def answer(self, inputs):
            raise KeyError("income")

    class Short(ToyModel):
        def answer(self, inputs):
            return Answers(*(None if each is None else each[:-1] for each in super().answer(inputs)))

    class Odd(ToyModel):
        classes = ("no", "maybe")

    with pytest.raises(ModelError, match="failed on the audit data: KeyError"):
        auditkit.audit(Broken(), toy_data(), checks=[])
    with pytest.raises(ModelError, match="one answer per row is required"):
        auditkit.audit(Short(), toy_data(), checks=[])
    with pytest.raises(DataError, match="must be one of the model's classes"):
        auditkit.audit(Odd(), toy_data(), checks=[])


def test_missing_arguments_are_sentences():
    with pytest.raises(DataError, match="data is required"):
        auditkit.audit(ToyModel())
    with pytest.raises(ModelError, match="a model is required, or recorded"):
        auditkit.audit(None, toy_data())
    with pytest.raises(ConfigError, match="budget must be one of"):
        auditkit.audit(ToyModel(), toy_data(), budget="cheap")
    with pytest.raises(ConfigError, match="there is no rule pack 'x'"):
        auditkit.audit(ToyModel(), toy_data(), checks=[], rules=["x"])
    with pytest.raises(ConfigError, match="limits: at_leats is not a known key; did you mean 'at_least'"):
        auditkit.audit(ToyModel(), toy_data(), checks=[], limits=[{"name": "l", "measurement": "m", "at_leats": 1}])


def test_parameters_reach_the_check_and_unknown_ones_are_errors():
    with pytest.raises(ConfigError, match="is not a known key"):
        auditkit.audit(
            ToyModel(), toy_data(), checks=["fairness"], parameters={"fairness.groups": {"intersectoins": 1}}
        )
    with pytest.raises(ConfigError, match="there is no such check"):
        auditkit.audit(ToyModel(), toy_data(), checks=["fairness"], parameters={"fairness.group": {}})


def test_coverage_lists_every_check_that_is_offered():
    result = audit("share")
    rows = {each.check: each.status for each in result.coverage}
    assert rows["fairness.groups"] == "not selected"
    assert rows["acme.share"] == "measured"


def test_rows_are_drawn_in_their_share():
    data = toy_data(1000)
    at = draw_rows(data, 100, 3)
    assert len(set(at)) == 100
    assert sorted(at) == list(at)
    whole = np.mean(data.labels == "yes")
    assert abs(np.mean(data.labels[at] == "yes") - whole) <= 0.05
    assert draw_rows(data, 5000, 3).tolist() == list(range(1000))
    counts = np.bincount(np.concatenate([draw_rows(data, 100, seed) for seed in range(300)]), minlength=1000)
    assert counts.mean() == pytest.approx(30)
    assert counts.max() < 62
    assert counts.min() > 8


# ---- resume


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


def test_a_folder_with_something_else_in_it_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(auditkit.AuditkitError, match=r"thesis\.txt"):
        audit("share", out=tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "precious"


def test_a_format_that_fails_loses_nothing_and_is_named(tmp_path):
    class Odd:
        @auditkit.hookimpl
        def register_formats(self):
            def render(result):
                raise RuntimeError("no ink")

            return [auditkit.Format("odd", "odd.txt", render)]

    limits = [{"name": "l", "measurement": "acme.share", "slice": {"sex": "male"}, "at_least": 0.0}]
    result = audit("share", out=tmp_path / "a", plugins=[Odd()], limits=limits)
    assert result.exit_code == 3
    assert any("'odd'" in reason and "no ink" in reason for reason in result.outcome.reasons)
    broken = tmp_path / "broken.py"
    broken.write_text("1 / 0\n")
    both = audit("share", out=tmp_path / "b", plugins=[Odd(), broken], limits=limits).outcome.reasons
    assert any("'odd'" in reason for reason in both)
    assert any("'broken' did not load" in reason for reason in both)
    assert (tmp_path / "a" / "report.html").is_file()
    assert runfolder.verify(tmp_path / "a") == []


# ---- several models, trainers


class Halving(auditkit.Trainer):
    """Can a model be made that answers by lot?"""

    id = "halving"
    needs = frozenset({"train"})
    fail: bool = False

    def train(self, model, data, context):
        if self.fail:
            raise RuntimeError("no convergence")
        context.progress(1, 2, "epoch")
        made = ToyModel(constant=True)
        number = auditkit.Measurement(name="epochs", value=2.0, exact=True)
        return auditkit.Trained(made, measurements=(number,), notes=("by lot",))


def compare(**options):
    class Plug:
        @auditkit.hookimpl
        def register_trainers(self):
            return [Halving]

    options.setdefault("limits", [])
    return auditkit.compare([ToyModel()], toy_data(), checks=[share.check()], plugins=[Plug()], **options)


def test_a_trained_model_is_audited_beside_its_parent(tmp_path):
    limits = [{"name": "epochs", "measurement": "train.halving.epochs", "at_most": 3}]
    made = compare(train=[{"trainer": "halving", "name": "by lot"}], out=tmp_path / "a", limits=limits)
    parent, child = made.results
    assert (parent.model.name, child.model.name, child.parent) == ("toy", "by lot", "toy")
    assert child.results[0].check == "train.halving"
    assert child.results[0].notes == ("by lot",)
    assert [each.status for each in child.verdicts] == ["met"]
    assert parent.verdicts == () and parent.exit_code == 5, "no limit is about the parent, so nothing was judged"
    assert parent.outcome.sentence == "nothing was judged: every limit is about another model"
    assert made.exit_code == 0, "what the limits are about was judged"
    assert runfolder.verify(tmp_path / "a") == []


@pytest.mark.parametrize(("most", "code"), [(3, 0), (1, 1)])
def test_a_limit_on_a_trainer_is_about_the_models_that_it_made(most, code):
    limits = [
        {"name": "epochs", "measurement": "train.halving.epochs", "at_most": most},
        {"name": "selected", "measurement": "acme.share", "at_least": 0},
    ]
    waivers = [{"limit": "epochs", "reason": "tried", "approver": "me", "expires": "2020-01-01"}]
    made = compare(train=[{"trainer": "halving", "name": "by lot"}], limits=limits, waivers=waivers)
    parent, child = made.results
    assert [verdict.limit.name for verdict in parent.verdicts] == ["selected"] and parent.waivers == ()
    assert [verdict.limit.name for verdict in child.verdicts] == ["epochs", "selected"]
    assert made.exit_code == code


def test_a_limit_on_a_trainer_that_fails_is_an_error_of_the_parent():
    limits = [{"name": "epochs", "measurement": "train.halving.epochs", "at_most": 3}]
    made = compare(train=[{"trainer": "halving", "fail": True}], limits=limits)
    assert [verdict.status for verdict in made.results[0].verdicts] == ["error"] and made.exit_code == 3


def test_a_trainer_that_fails_is_an_error_of_the_parents_audit():
    made = compare(train=[{"trainer": "halving", "fail": True}])
    assert len(made.results) == 1
    assert made.results[0].exit_code == 3
    assert "no convergence" in made.results[0].outcome.reasons[0]


@pytest.mark.parametrize(
    ("train", "said"),
    [
        ({"trainer": "halvin"}, "did you mean 'halving'"),
        ({"trainer": "halving", "model": "other"}, "must name the parent"),
        ({"trainer": "halving", "fial": True}, "did you mean 'fail'"),
    ],
)
def test_wrong_training_settings_are_errors(train, said):
    with pytest.raises(ConfigError, match=said):
        compare(train=[train])
