"""Trainers work in processes of their own: the model that comes back is the one that was made there."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pandas
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import auditkit
from auditkit.demos.networks import fit, make_mlp, seeded
from auditkit.errors import CapabilityError
from auditkit.results import canonical
from auditkit.run.plain_values import NotPlain
from auditkit.run.trained_model import model_in, record_of_model
from auditkit.testing import ToyModel, toy_data
from auditkit.workers.shared_arrays import shared_arrays
from tests.faults import lay_out

FAULTS = {
    "quit": ("os._exit(0)", "it ended the process that ran it (exit code 0"),
    "segfault": ("ctypes.string_at(0)", "signal 11, SIGSEGV"),
    "killed": ("os.kill(os.getpid(), 9)", "signal 9, SIGKILL"),
    "exit": ("sys.exit(0)", "SystemExit"),
    "hang": ("while True: pass", "was ended after 3 seconds and 2 more"),
    "memory": ("held = []\n        while True: held.append(b'x' * 10 ** 7)", "out of memory (it held"),
}
PLUGIN = """
import ctypes, os, sys
import auditkit
class Faulty(auditkit.Trainer):
    '''Does it come to its end?'''
    id = "faulty"
    needs = frozenset({{"train"}})
    def train(self, model, data, context):
        {fault}
"""
PROGRAM = """
import auditkit
from auditkit.testing import ToyModel, toy_data
result = auditkit.compare([ToyModel()], toy_data(60), checks=["performance.quality"], budget="quick",
                          plugins=["faulty.py"], train=[{{"trainer": "faulty"}}], {options})
(parent,) = result.results
print([check.status for check in parent.results], parent.results[0].reason)
"""


@pytest.mark.workers
@pytest.mark.parametrize(("fault", "words"), FAULTS.values(), ids=FAULTS)
def test_a_trainer_that_fails_costs_its_model_alone_in_python(tmp_path, fault, words, monkeypatch, capfd):
    (tmp_path / "faulty.py").write_text(PLUGIN.format(fault=fault))
    limit = {"while": "seconds_per_check=3", "held ": "gigabytes_per_check=0.3"}.get(fault[:5], "")
    program = PROGRAM.format(options=limit)
    if fault.startswith(("os", "ctypes")):  # what might end the process of the tests
        done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, timeout=200)
        assert done.returncode == 0
    else:
        monkeypatch.chdir(tmp_path)
        exec(program, {})
    stdout, stderr = capfd.readouterr()
    # a check may take longer than the limit of the trainer that hangs
    rest = "" if "seconds" in limit else " 'measured']"
    assert stdout.startswith(f"['error',{rest}") and words in stdout and stderr == ""


def test_a_trainer_that_ends_its_process_is_an_error_of_the_command(tmp_path):
    lay_out(tmp_path, {"faulty": PLUGIN.format(fault="os._exit(0)")}, model='object = "sound:make"\nclasses = [0, 1]')
    (tmp_path / "sound.py").write_text("def make():\n    return lambda rows: rows['sex'].eq('f').astype(int)\n")
    with (tmp_path / "auditkit.toml").open("a") as config:
        config.write("[[train]]\ntrainer = 'faulty'\n")
    text = (tmp_path / "auditkit.toml").read_text()
    (tmp_path / "auditkit.toml").write_text(text.replace('groups = ["sex"]', 'groups = ["sex"]\ntrain = "people.csv"'))
    done = subprocess.run(
        [sys.executable, "-m", "auditkit", "train", "-q"], cwd=tmp_path, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 3 and "goes on without" not in done.stderr, done.stderr
    (result,) = json.loads((tmp_path / "audit" / "results.json").read_text())["results"]
    assert "exit code 0, in train.faulty" in result["results"][0]["reason"]


def people() -> auditkit.AuditData:
    rng = np.random.default_rng(0)
    sex = rng.integers(0, 2, 600)
    inputs = pandas.DataFrame({"sex": sex, "income": rng.normal(size=600) + sex, "age": rng.normal(size=600)})
    labels = (inputs["income"] + rng.normal(size=600) > 0.5).astype(int).to_numpy()
    named = {"sex": np.array(["f", "m"])[sex]}
    parts = [
        auditkit.AuditData(inputs[rows].reset_index(drop=True), labels[rows], groups={"sex": named["sex"][rows]})
        for rows in (np.arange(600) < 300, np.arange(600) >= 300)
    ]
    return auditkit.AuditData(
        parts[0].inputs, parts[0].labels, groups=dict(parts[0].groups), train=parts[1], task="binary", positive=1
    )


def networks() -> tuple[auditkit.Model, auditkit.AuditData]:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(400, 4)).astype(np.float32)
    labels = (inputs[:, 0] + inputs[:, 1] > 0).astype(np.int64)
    train = auditkit.AuditData(inputs[:200], labels[:200], task="binary", positive=1)
    network = seeded(make_mlp, 4)
    fit(network, inputs[:200], labels[:200], epochs=3)
    data = auditkit.AuditData(inputs[200:], labels[200:], task="binary", positive=1, train=train)
    return auditkit.wrap(network, name="network"), data


def compared(model, data, table, isolate):
    return auditkit.compare(
        [model], data, checks=["performance.quality"], budget="quick", train=[{"name": "new", **table}], isolate=isolate
    )


def without_run(comparison) -> list[bytes]:
    return [canonical(result.model_copy(update={"run": None})) for result in comparison.results]


ESTIMATORS = {
    "reweighing": {"trainer": "reweighing"},
    "mixture": {"trainer": "exponentiated-gradient", "max_iter": 3},
    "thresholds": {"trainer": "threshold-optimizer"},
}


@pytest.mark.workers
@pytest.mark.parametrize("kind", ESTIMATORS)
def test_an_estimator_comes_back_as_it_was_made(kind):
    data = people()
    if kind == "thresholds":  # which decides by the group, so it must be among the inputs as it is among the groups
        named = [data.groups["sex"], data.train.groups["sex"]]
        inputs = [part.inputs.assign(sex=names) for part, names in zip((data, data.train), named, strict=True)]
        train = auditkit.AuditData(inputs[1], data.train.labels, groups={"sex": named[1]})
        data = auditkit.AuditData(
            inputs[0], data.labels, groups={"sex": named[0]}, train=train, task="binary", positive=1
        )
        columns = make_column_transformer((OneHotEncoder(), ["sex"]), remainder="passthrough")
        pipeline = make_pipeline(columns, LogisticRegression())
        model = auditkit.wrap(pipeline.fit(inputs[1], train.labels), name="parent")
    else:
        kinds = {"reweighing": GradientBoostingClassifier(n_estimators=5), "mixture": LogisticRegression()}
        model = auditkit.wrap(kinds[kind].fit(data.train.inputs, data.train.labels), name="parent")
    apart, here = (compared(model, data, ESTIMATORS[kind], isolate) for isolate in ("all", "none"))
    assert [check.status for check in apart.results[1].results] == ["measured", "measured"]
    assert without_run(apart) == without_run(here)
    assert [result.run.not_isolated for result in apart.results] == [{}, {}]


@pytest.mark.workers
def test_a_network_comes_back_as_it_was_made():
    model, data = networks()
    table = {"trainer": "adversarial", "epochs": 1}
    apart = compared(model, data, table, "all")
    model, data = networks()
    assert without_run(apart) == without_run(compared(model, data, table, "none"))
    assert [result.run.not_isolated for result in apart.results] == [{}, {}]


THREADS = """
import threading, time
import auditkit
from auditkit.testing import ToyModel, toy_data
threading.Thread(target=time.sleep, args=(600,), daemon=True).start()

class Refit(auditkit.Trainer):
    \"\"\"Is a model made?\"\"\"
    id = "refit"
    needs = frozenset({"train"})

    def train(self, model, data, context):
        return auditkit.Trained(ToyModel(constant=True))

class Plugin:
    @auditkit.hookimpl
    def register_trainers(self):
        return [Refit]

data = auditkit.AuditData(toy_data(60).inputs, toy_data(60).labels, positive="yes", train=toy_data(60))
result = auditkit.compare([ToyModel()], data, checks=["performance.quality"], budget="quick", plugins=[Plugin()],
                          train=[{"trainer": "refit"}])
child = result.results[-1]
print(child.results[0].check, child.results[0].status, child.run.not_isolated)
"""


def test_a_program_with_threads_has_trainers_in_fresh_processes():
    done = subprocess.run([sys.executable, "-"], input=THREADS, capture_output=True, text=True, timeout=250)
    assert done.stdout == "train.refit measured {}\n", done.stdout + done.stderr


class Child(ToyModel):
    """A model of a class that only its plugin knows how to make."""


class Maker(auditkit.Trainer):
    """Is a model made?"""

    id = "maker"
    needs = frozenset({"train"})

    def train(self, model, data, context):
        os.chdir("/")
        os.environ["AUDITKIT_OF_A_TEST"] = "changed"
        return auditkit.Trained(ToyModel(constant=True) if self.own else Child())

    own: bool = True


class Plug:
    @auditkit.hookimpl
    def register_trainers(self):
        return [Maker]


@pytest.mark.workers
@pytest.mark.parametrize("own", [True, False])
def test_a_model_that_cannot_come_back_is_trained_here(own):
    before = os.getcwd()
    progress = []
    comparison = auditkit.compare(
        [ToyModel()], toy_data(100), checks=["performance.quality"], budget="quick", plugins=[Plug()],
        train=[{"trainer": "maker", "own": own, "name": "made"}], progress=lambda *step: progress.append(step),
    )  # fmt: skip
    child = comparison.results[1]
    assert [check.status for check in child.results] == ["measured", "measured"] and os.getcwd() == before
    why = {"its result cannot leave a process (NotPlain)": ("train.maker",)}
    assert child.run.not_isolated == ({} if own else why)


def test_what_is_no_model_of_auditkit_is_refused():
    parent = ToyModel()
    with shared_arrays() as arrays:
        record = record_of_model(ToyModel(constant=True), parent, arrays)
        for address in (["os", "system"], ["auditkit.errors", "Mend"], ["auditkit.io.strict_json", "json"]):
            with pytest.raises(ValueError, match="is not handed over"):
                model_in(record | {"class": address}, parent, arrays)
        with pytest.raises(CapabilityError, match="is another one"):
            model_in(record | {"fingerprint": "forged"}, parent, arrays)
        with pytest.raises(NotPlain):
            record_of_model(Child(), parent, arrays)


def test_types_that_the_parent_does_not_hold_are_refused():
    inputs, labels = np.random.default_rng(0).normal(size=(50, 2)), np.arange(50) % 2
    linear = auditkit.wrap(LogisticRegression().fit(inputs, labels))
    trees = auditkit.wrap(GradientBoostingClassifier(n_estimators=2).fit(inputs, labels))
    assert trees.with_skops(trees.as_skops()).fingerprint == trees.fingerprint
    with pytest.raises(CapabilityError, match="types that are not this model's"):
        linear.with_skops(trees.as_skops())
