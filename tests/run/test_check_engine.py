"""Where this process cannot be forked, checks run in fresh processes, and ask models that stay behind."""

from __future__ import annotations

import decimal
import importlib
import locale
import os
import pathlib
import sqlite3
import subprocess
import sys
import threading
import warnings

import numpy as np
import pandas
import pytest

import auditkit
from auditkit.consistency import examine
from auditkit.host import Host
from auditkit.models import Answers
from auditkit.predictions import Predictions
from auditkit.results import canonical
from auditkit.run.audit import plan_only
from auditkit.run.check_engine import not_isolated as not_isolated_checks
from auditkit.run.context import AuditContext
from auditkit.run.request import make_request
from auditkit.run.same_answers import answers_alike
from auditkit.testing import ToyModel, toy_data
from auditkit.workers.module_state import state_here

CHECKS = ["performance.quality", "fairness.groups", "robustness.changes"]
pytestmark = pytest.mark.workers


@pytest.fixture(autouse=True)
def not_to_be_forked(monkeypatch):
    """Models are first asked here, for that has tests of its own and each process takes a second."""
    monkeypatch.setattr("auditkit.run.check_engine.may_fork", lambda devices: False)
    monkeypatch.setattr("auditkit.workers.engine.refusal", lambda: "other threads run in this process")
    monkeypatch.setattr("auditkit.run.apart.cannot_fork", lambda: "")


@auditkit.check("acme.process", exact=True)
def process(labels):
    return float(os.getpid())


@auditkit.check("acme.other", exact=True)
def other(labels):
    return float(os.getpid())


def audited(model=None, **options):
    options = {"checks": CHECKS, "budget": "quick"} | options
    return auditkit.audit(ToyModel() if model is None else model, toy_data(200), **options)


def without_run(result) -> bytes:
    return canonical(result.model_copy(update={"run": None}))


def not_isolated(result) -> dict[str, list[str]]:
    """{reason: checks}, without the first answers of a model that cannot leave this process."""
    checks = {
        why: [name for name in names if name != "first answers"] for why, names in result.run.not_isolated.items()
    }
    return {why: names for why, names in checks.items() if names}


def processes(result) -> list[int]:
    return [int(check.measurements[0].value) for check in result.results if check.check.startswith("acme.")]


class Locked(ToyModel):
    """Holds what no pickle takes along."""

    def __init__(self):
        super().__init__()
        self.lock, self.connection = threading.Lock(), sqlite3.connect(":memory:")
        self.asked_by = set()

    def answer(self, inputs):
        self.asked_by.add(os.getpid())
        with self.lock:
            self.connection.execute("select 1").fetchall()
        return super().answer(inputs)


class WithAnEstimator(Locked):
    """Gives more than answers, which no message can."""

    def estimator(self):
        return self


class Elsewhere(ToyModel):
    """Answers otherwise in another process."""

    home = None

    def answer(self, inputs):
        answers = super().answer(inputs)
        if os.environ.get("AUDITKIT_OF_A_TEST") == str(os.getpid()):
            return answers
        return Answers(answers.labels, answers.scores * 0.5, answers.probabilities * 0.5 + 0.25)


def test_the_evidence_is_that_of_checks_that_run_here():
    here, apart = audited(isolate="none"), audited(jobs=2)
    assert not_isolated(apart) == {} and without_run(apart) == without_run(here)


def test_checks_run_in_other_processes_each_in_its_own():
    result = audited(checks=[process.check(), other.check()])
    assert not_isolated(result) == {}
    assert len({*processes(result), os.getpid()}) == 3


def test_a_model_that_cannot_go_there_is_asked_from_there():
    model = Locked()
    result = audited(model, checks=[*CHECKS, process.check()])
    assert not_isolated(result) == {} and model.asked_by == {os.getpid()} and os.getpid() not in processes(result)
    assert without_run(audited(Locked(), checks=[*CHECKS])) == without_run(audited(Locked(), isolate="none"))


def test_what_raises_while_it_is_asked_from_there_is_an_error_of_the_check():
    class Tired(Locked):
        asked = 0

        def answer(self, inputs):
            self.asked += 1
            if self.asked > 3 and len(inputs) > 60:
                raise RuntimeError("the line is busy")
            return super().answer(inputs)

    results = {check.check: check for check in audited(Tired()).results}
    assert "the line is busy" in results["robustness.changes"].reason
    assert results["performance.quality"].status == "measured"


def test_a_model_that_gives_more_than_answers_and_cannot_go_stays_with_its_checks():
    result = audited(WithAnEstimator(), checks=[process.check()])
    (reason,) = not_isolated(result)
    assert reason.startswith("'toy' cannot be sent to another process (TypeError: cannot pickle")
    assert processes(result) == [os.getpid()]


def test_a_copy_that_answers_otherwise_is_not_measured(monkeypatch):
    monkeypatch.setenv("AUDITKIT_OF_A_TEST", str(os.getpid()))
    result = audited(Elsewhere(), checks=[process.check()])
    assert list(not_isolated(result)) == ["a copy of 'toy' in another process answers otherwise"]


@auditkit.check("acme.settings", exact=True)
def settings(labels):
    strict = any(action == "error" and kind is ImportWarning for action, _, kind, *_ in warnings.filters)
    signs = strict, np.geterr()["divide"] == "raise", decimal.getcontext().prec == 7, collation() == "C.UTF-8"
    return float(pandas.get_option("display.max_rows") + sum(1000 * 10**place for place in range(4) if signs[place]))


def collation(wanted=None):
    return locale.setlocale(locale.LC_COLLATE, wanted)


def test_a_fresh_process_has_the_settings_of_the_program(monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path, pathlib.Path("no text")])  # which Python passes over
    before = collation()
    context = pandas.option_context("display.max_rows", 77), decimal.localcontext(prec=7), np.errstate(divide="raise")
    with context[0], context[1], context[2], warnings.catch_warnings():
        warnings.simplefilter("error", ImportWarning)
        collation("C.UTF-8")
        try:
            result = audited(checks=[settings.check(), process.check()])
        finally:
            collation(before)
    assert before != "C.UTF-8" and result.results[0].measurements[0].value == 1_111_077
    assert result.results[1].measurements[0].value != os.getpid() and not_isolated(result) == {}


class Otherwise(ToyModel):
    """Answers with tiny numbers, or in the order of its company, as a setting wants."""

    def __init__(self, scale, by_rank):
        super().__init__()
        self.scale, self.by_rank = scale, by_rank

    def answer(self, inputs):
        income = inputs["income"].to_numpy()
        scores = (income.argsort().argsort() if self.by_rank else income) * self.scale
        return Answers(np.full(len(income), "no"), scores)


@pytest.mark.parametrize(("scale", "by_rank"), [(1e-9, False), (1.0, True)], ids=["tiny", "by rank"])
def test_a_copy_is_held_to_tiny_numbers_and_to_its_first_batch(scale, by_rank):
    model = Otherwise(scale, by_rank)
    model.batch = 100
    predictions = Predictions(model, toy_data(150))
    _ = predictions.answers
    predictions.consistency = examine(predictions)
    assert predictions.consistency.finding == ("dependence" if by_rank else "alike") and answers_alike(predictions)
    model.scale *= 1.5
    assert not answers_alike(predictions)


CHILD = """
import multiprocessing, threading
import auditkit
from auditkit.testing import ToyModel, toy_data
from auditkit.workers.module_state import state_here
class Mine(ToyModel): pass
@auditkit.check("acme.mine", exact=True)
def mine(labels): return 1.0
def audit():
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    print(auditkit.audit(Mine(), toy_data(60), checks=[mine.check()]).run.not_isolated, flush=True)
if __name__ == "__main__":
    child = multiprocessing.get_context("spawn").Process(target=audit)
    child.start()
    child.join()
"""


def test_in_a_child_of_multiprocessing_the_script_goes_along(tmp_path):
    (tmp_path / "script.py").write_text(CHILD)
    done = subprocess.run(
        [sys.executable, tmp_path / "script.py"], capture_output=True, text=True, timeout=300, check=True
    )
    assert (done.stdout, done.stderr) == ("{}\n", "")


def test_on_an_accelerator_one_process_takes_all_checks_in_turn():
    class OnADevice(Locked):
        device = "accelerator:0"

    result = audited(OnADevice(), checks=[process.check(), other.check()], jobs=2)
    first, second = processes(result)
    assert first == second != os.getpid() and not_isolated(result) == {}


PLUGIN = """
import os
import auditkit

@auditkit.check("acme.of_a_file", exact=True)
def of_a_file(labels):
    return float(os.getpid())
"""


def test_a_plugin_of_a_file_goes_along_unless_it_changed_meanwhile(tmp_path):
    file = tmp_path / "acme_file.py"
    file.write_text(PLUGIN)
    result = audited(checks=["acme.of_a_file"], plugins=[str(file)])
    assert processes(result) != [os.getpid()] and not_isolated(result) == {}

    class Changes(ToyModel):
        def answer(self, inputs):
            file.write_text(PLUGIN + "\n# changed")
            return super().answer(inputs)

    (reason,) = not_isolated(audited(Changes(), checks=["acme.of_a_file"], plugins=[str(file)]))
    assert "plugin 'acme_file' is not there as it was when the audit began" in reason


PROGRAM = """
import sys, threading, time
import auditkit, os
import auditkit.workers.parcel
from auditkit.testing import toy_data

if {platform!r}: sys.platform = {platform!r}

threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
print("the program runs")

class Mine:
    weight = "own"

    def predict(self, inputs):
        return (inputs["housing"] == self.weight).map({{True: "yes", False: "no"}}).to_numpy()

@auditkit.check("mine.process", exact=True)
def process(labels):
    return float(os.getpid())

mine = Mine()
limit = "own"
for model in (mine.predict, lambda inputs: (inputs["housing"] == limit).map({{True: "yes", False: "no"}}).to_numpy()):
    result = auditkit.audit(model, toy_data(60), checks=["performance.quality", process.check()], jobs=2)
    own = [check for check in result.results if check.check == "mine.process"][0]
    print([check.status for check in result.results], result.run.not_isolated, own.measurements[0].value != os.getpid())
"""


@pytest.mark.parametrize("platform", ["", "darwin"])
def test_a_program_with_threads_and_without_a_guard(platform):
    """As in a notebook: classes and functions of `__main__`, which has no file that another process could import."""
    program = PROGRAM.format(platform=platform)
    run = subprocess.run([sys.executable, "-"], input=program, capture_output=True, text=True, timeout=250)
    line = "['measured', 'measured'] {} True"
    assert run.stdout.splitlines() == ["the program runs", line, line], run.stderr


OF_A_MODULE = """
import auditkit
SCALE, SHAPES = 1.0, {"a": [1, 2]}

class Settings:
    depth = 2

def factor():
    return 1.0

@auditkit.check("mine.scale", exact=True)
def scale(labels):
    return SCALE * factor() * Settings.depth
"""


@pytest.mark.parametrize(
    "change", ["", "SCALE = 3.0", "factor = lambda: 3.0", "Settings.depth = 5", "SHAPES['a'][1] = 9"]
)
def test_what_the_program_changed_in_its_modules_is_never_measured_as_it_is_written(change, tmp_path, monkeypatch):
    (tmp_path / "of_a_module.py").write_text(OF_A_MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("of_a_module")
    try:
        if change:
            exec(f"import of_a_module\nof_a_module.{change}")
        result = audited(checks=[module.scale.check()])
        plain = audited(checks=[module.scale.check()], isolate="none")
    finally:
        del sys.modules["of_a_module"]
    assert result.results == plain.results
    reasons = list(not_isolated(result))
    assert bool(reasons) == bool(change)
    assert not change or f"of_a_module.{change.split()[0].partition('[')[0]} is another one here" in reasons[0]


def test_what_libraries_change_as_they_run_is_no_change_of_the_program():
    import torch

    torch.ops.auditkit_of_a_test = torch.ops.aten
    try:
        assert not_isolated(audited(checks=[process.check()])) == {}
    finally:
        del torch.ops.auditkit_of_a_test
    assert not {name.partition(".")[0] for name in state_here()} & {"auditkit", "numpy", "pytest", "sklearn", "torch"}


NO_LOCK = "cannot be sent to another process (TypeError: cannot pickle '_thread.lock' object)"


@pytest.mark.parametrize("model", [ToyModel, Locked])
def test_a_check_that_cannot_go_there_runs_here_and_the_others_do_not(model):
    lock = threading.Lock()

    @auditkit.check("acme.locked", exact=True)
    def locked(labels):
        with lock:
            return float(os.getpid())

    result = audited(model(), checks=["performance.quality", locked.check(), process.check()])
    assert not_isolated(result) == {f"the check {NO_LOCK}": ["acme.locked"]}
    stayed, gone = processes(result)
    assert stayed == os.getpid() != gone
    assert result.results[0] == audited(model(), checks=["performance.quality"], isolate="none").results[0]


class Plugin:
    """Holds a lock, as what talks to a server does."""

    def __init__(self):
        self.lock = threading.Lock()

    @auditkit.hookimpl
    def register_checks(self):
        return [process, other]


class Wrapper(Plugin):
    """Takes part in every check."""

    @auditkit.hookimpl(wrapper=True)
    def run_check(self, check):
        return (yield)


def test_a_plugin_that_cannot_go_there_keeps_its_checks_from_nothing_unless_it_takes_part_in_all():
    result = audited(checks=["acme"], plugins=[Plugin()])
    assert not_isolated(result) == {} and os.getpid() not in processes(result)
    result = audited(checks=["performance.quality", "acme"], plugins=[Wrapper()])
    why = f"the plugin 'Wrapper', which takes part in every check, {NO_LOCK}"
    assert not_isolated(result) == {why: ["performance.quality", "acme.other", "acme.process"]}
    assert {*processes(result)} == {os.getpid()}


def test_a_model_that_stays_with_inputs_that_no_message_takes_says_so():
    inputs = toy_data(60).inputs.assign(mixed=["a", 1] * 30)
    data = auditkit.AuditData(inputs, toy_data(60).labels, positive="yes")
    result = auditkit.audit(Locked(), data, checks=[process.check()])
    why = f"'toy' {NO_LOCK}, and its inputs cannot be sent from there (ArrowTypeError)"
    assert not_isolated(result) == {why: ["acme.process"]} and processes(result) == [os.getpid()]
    result = auditkit.audit(ToyModel(), data, checks=[process.check()])
    assert not_isolated(result) == {} and processes(result) != [os.getpid()]


def test_the_plan_says_what_stays():
    lock = threading.Lock()

    @auditkit.check("acme.locked", exact=True)
    def locked(labels):
        with lock:
            return 1.0

    def planned(*checks, plugins=()):
        context = AuditContext(Host(plugins), toy_data(60), make_request(checks=["performance.quality", *checks]))
        _, steps = plan_only(context, model := ToyModel())
        return not_isolated_checks(context, [model], steps)

    assert planned(process.check()) == []
    assert planned(process.check(), locked.check()) == [f"acme.locked, for the check {NO_LOCK}"]
    assert planned(plugins=[Wrapper()]) == [f"the plugin 'Wrapper', which takes part in every check, {NO_LOCK}"]
