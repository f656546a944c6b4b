"""Trainers make models: what they say is held to limits, and a resumed audit goes on with the very same model."""

from __future__ import annotations

import dataclasses
import json
import pathlib

import numpy as np
import pytest

import auditkit
from auditkit import runfolder
from auditkit.data import AuditData
from auditkit.demos.networks import fit, make_mlp, seeded
from auditkit.errors import ConfigError
from auditkit.results import CheckResult
from auditkit.runfolder import verify
from auditkit.testing import ToyModel, toy_data
from auditkit.trainers import Trained
from tests.run.acme import share
from tests.test_plugin_validation import Masked


@pytest.fixture(scope="module")
def setting() -> tuple[auditkit.Model, AuditData]:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(600, 4)).astype(np.float32)
    labels = (inputs[:, 0] + inputs[:, 1] > 0).astype(np.int64)
    train = AuditData(inputs[:300], labels[:300], task="binary", positive=1)
    data = AuditData(inputs[300:], labels[300:], task="binary", positive=1, train=train)
    network = seeded(make_mlp, 4)
    fit(network, inputs[:300], labels[:300], epochs=5)
    return auditkit.wrap(network, name="network", classes=(0, 1)), data


def run(setting, folder: pathlib.Path, **options) -> auditkit.Comparison:
    model, data = setting
    train = [{"trainer": "dp-sgd", "name": "private", "target_epsilon": 8.0, "epochs": 2, "canary_steps": 0, **options}]
    return auditkit.compare([model], data, checks=["performance.quality"], budget="quick", train=train, out=folder)


def without_run(folder: pathlib.Path) -> list[dict]:
    document = json.loads((folder / "results.json").read_bytes())
    return [{key: value for key, value in result.items() if key != "run"} for result in document["results"]]


def test_a_resumed_audit_audits_the_same_private_model(setting, tmp_path):
    run(setting, tmp_path / "a")
    first = without_run(tmp_path / "a")
    assert (tmp_path / "a" / "models" / "private.safetensors").is_file()
    assert verify(tmp_path / "a") == []
    run(setting, tmp_path / "a")
    assert without_run(tmp_path / "a") == first
    elsewhere = run(setting, tmp_path / "b")
    assert elsewhere.results[1].model.fingerprint != first[1]["model"]["fingerprint"]  # the noise is drawn anew
    assert elsewhere.results[0].model.fingerprint == first[0]["model"]["fingerprint"]


def test_other_parameters_or_altered_weights_train_anew(setting, tmp_path):
    first = run(setting, tmp_path / "a").results[1].model.fingerprint
    assert run(setting, tmp_path / "a", target_epsilon=4.0).results[1].model.fingerprint != first
    again = run(setting, tmp_path / "a", target_epsilon=4.0).results[1].model.fingerprint
    path = tmp_path / "a" / "models" / "private.safetensors"
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    assert verify(tmp_path / "a") != []
    assert run(setting, tmp_path / "a", target_epsilon=4.0).results[1].model.fingerprint != again


def test_the_seed_of_the_noise_is_nowhere(setting, tmp_path):
    run(setting, tmp_path / "a")
    trained = next(
        record for record in json.loads((tmp_path / "a" / "results.json").read_bytes())["results"][1]["results"]
        if record["check"] == "train.dp-sgd"
    )  # fmt: skip
    assert trained["seed"] is None
    assert not [key for key in trained["parameters"] if "seed" in key]


def test_the_parent_is_left_as_it_was(setting, tmp_path):
    model, _ = setting
    before = model.fingerprint
    module = model.estimator()
    module.train()
    run(setting, tmp_path / "a")
    assert module.training
    assert model.fingerprint == before
    assert all(parameter.grad is None and parameter.requires_grad for parameter in module.parameters())


def test_all_that_a_trainer_can_say_has_a_place_in_the_result():
    fields = {field.name for field in dataclasses.fields(Trained)} - {"model"}
    assert fields <= set(CheckResult.model_fields)


class Halving(auditkit.Trainer):
    """Can a model be made that answers by lot?"""

    id = "halving"
    needs = frozenset({"train"})
    fail: bool = False
    masked: bool = False
    gives: str = ""

    def train(self, model, data, context):
        if self.masked:
            return Masked()
        if self.gives:
            return auditkit.Trained(model if self.gives == "parent" else self.gives)
        if self.fail:
            raise RuntimeError("no convergence")
        context.progress(1, 2, "epoch")
        child = ToyModel(constant=True)
        number = auditkit.Measurement(name="epochs", value=2.0, exact=True)
        return auditkit.Trained(child, measurements=(number,), notes=("by lot",))


def compare(**options):
    class Plug:
        @auditkit.hookimpl
        def register_trainers(self):
            return [Halving]

    options.setdefault("limits", [])
    return auditkit.compare([ToyModel()], toy_data(), checks=[share.check()], plugins=[Plug()], **options)


def test_a_trained_model_is_audited_beside_its_parent(tmp_path):
    limits = [{"name": "epochs", "measurement": "train.halving.epochs", "at_most": 3}]
    comparison = compare(train=[{"trainer": "halving", "name": "by lot"}], out=tmp_path / "a", limits=limits)
    parent, child = comparison.results
    assert (parent.model.name, child.model.name, child.parent) == ("toy", "by lot", "toy")
    assert child.results[0].check == "train.halving"
    assert child.results[0].notes == ("by lot",)
    assert [verdict.status for verdict in child.verdicts] == ["met"]
    assert parent.verdicts == () and parent.exit_code == 5, "no limit is about the parent, so nothing was judged"
    assert parent.outcome.sentence == "nothing was judged: every limit is about another model"
    assert comparison.exit_code == 0, "what the limits are about was judged"
    assert runfolder.verify(tmp_path / "a") == []


@pytest.mark.parametrize(("most", "code"), [(3, 0), (1, 1)])
def test_a_limit_on_a_trainer_is_about_the_models_that_it_made(most, code):
    limits = [
        {"name": "epochs", "measurement": "train.halving.epochs", "at_most": most},
        {"name": "selected", "measurement": "acme.share", "at_least": 0},
    ]
    waivers = [{"limit": "epochs", "reason": "tried", "approver": "me", "expires": "2020-01-01"}]
    comparison = compare(train=[{"trainer": "halving", "name": "by lot"}], limits=limits, waivers=waivers)
    parent, child = comparison.results
    assert [verdict.limit.name for verdict in parent.verdicts] == ["selected"] and parent.waivers == ()
    assert [verdict.limit.name for verdict in child.verdicts] == ["epochs", "selected"]
    assert comparison.exit_code == code


def test_a_limit_on_a_trainer_that_fails_is_an_error_of_the_parent():
    limits = [{"name": "epochs", "measurement": "train.halving.epochs", "at_most": 3}]
    comparison = compare(train=[{"trainer": "halving", "fail": True}], limits=limits)
    assert [verdict.status for verdict in comparison.results[0].verdicts] == ["error"] and comparison.exit_code == 3


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"fail": True}, "no convergence"),
        ({"masked": True}, "SystemExit"),
        (
            {"gives": "parent"},
            "must be a new Model, such as model.fresh() after its training; the parent itself was given",
        ),
        ({"gives": "weights"}, "must be a new Model, such as model.fresh() after its training; a str was given"),
    ],
)
def test_a_trainer_that_fails_is_an_error_of_the_parents_audit(fault, words):
    comparison = compare(train=[{"trainer": "halving", **fault}])
    assert len(comparison.results) == 1 and comparison.results[0].model.name == "toy"
    assert comparison.results[0].exit_code == 3
    assert words in comparison.results[0].outcome.reasons[0]


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ({"trainer": "halvin"}, "did you mean 'halving'"),
        ({"trainer": "halving", "model": "other"}, "must name the parent"),
        ({"trainer": "halving", "fial": True}, "did you mean 'fail'"),
    ],
)
def test_wrong_training_settings_are_errors(train, message):
    with pytest.raises(ConfigError, match=message):
        compare(train=[train])
