"""A privately trained model is kept, and a resumed audit goes on with the very same one."""

from __future__ import annotations

import dataclasses
import json
import pathlib

import numpy as np
import pytest

import auditkit
from auditkit.data import AuditData
from auditkit.demos.networks import fit, make_mlp, seeded
from auditkit.results import CheckResult
from auditkit.runfolder import verify
from auditkit.trainers import Trained


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
    train = [{"trainer": "dp-sgd", "name": "private", "target_epsilon": 8.0, "epochs": 2, **options}]
    return auditkit.compare([model], data, checks=["performance"], budget="quick", train=train, out=folder)


def without_run(folder: pathlib.Path) -> list[dict]:
    document = json.loads((folder / "results.json").read_bytes())
    return [{key: value for key, value in each.items() if key != "run"} for each in document["results"]]


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
    said = {field.name for field in dataclasses.fields(Trained)} - {"model"}
    assert said <= set(CheckResult.model_fields)
