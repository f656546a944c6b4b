"""Folders of MLflow: each flavour through its own door, and MLmodel files that must not be believed."""

import pathlib
import pickle

import numpy as np
import pandas as pd
import pytest
import torch
import xgboost
import yaml
from sklearn.linear_model import LogisticRegression

import auditkit
from auditkit.errors import ModelFileRejected
from tests.plugins.models.mlflow.folders import skops_folder, write
from tests.plugins.models.tables import numbers, truth

X = pd.DataFrame(numbers(), columns=list("abcd"))
Y = truth(X.to_numpy())
FITTED = LogisticRegression().fit(X, Y)


def test_the_same_model_through_two_doors_gives_the_same_numbers(tmp_path):
    model = auditkit.wrap(skops_folder(tmp_path / "loan", FITTED, columns=["a", "b", "c", "d"]))
    live = auditkit.wrap(FITTED)
    assert np.array_equal(model.probabilities(X), live.probabilities(X)) and model.fingerprint == live.fingerprint
    assert model.name == "loan" and model.loaded == "skops file, no foreign code"
    assert model.stated == ("a", "b", "c", "d")
    assert any("flavour sklearn" in note for note in model.notes) and any("signature" in note for note in model.notes)
    assert pathlib.Path(model.source["path"]) == tmp_path / "loan" / "model.skops"


def test_what_the_user_says_of_the_columns_comes_before_the_signature(tmp_path):
    folder = skops_folder(tmp_path / "loan", FITTED, columns=["a", "b", "c", "d"])
    assert auditkit.wrap(folder, inputs=("a",)).stated == ("a",)


def test_boosters_and_graphs_of_torch_go_through_their_own_doors(tmp_path):
    trees = xgboost.XGBClassifier(n_estimators=3, n_jobs=1).fit(X, Y)
    raw = bytes(trees.get_booster().save_raw("ubj"))
    boosted = write(tmp_path / "x", {"xgboost": {"data": "model.ubj", "model_format": "ubj"}}, model__ubj=raw)
    model = auditkit.wrap(boosted)
    assert "trees" in model.capabilities and np.allclose(model.probabilities(X), trees.predict_proba(X), atol=1e-6)
    network = torch.nn.Linear(4, 2)
    rows = {0: torch.export.Dim("rows")}
    torch.export.save(torch.export.export(network, (torch.zeros(5, 4),), dynamic_shapes=(rows,)), tmp_path / "m.pt2")
    folder = write(
        tmp_path / "t", {"pytorch": {"model_data": "data"}}, data_in_model__pt2=(tmp_path / "m.pt2").read_bytes()
    )
    graph = auditkit.wrap(folder, classes=(0, 1))
    inputs = X.to_numpy(dtype=np.float32).copy()
    expected = torch.softmax(network(torch.as_tensor(inputs)), 1).detach().numpy()
    assert np.allclose(graph.probabilities(inputs), expected, atol=1e-6)


class Trap:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was opened",))


@pytest.mark.parametrize(
    "flavours",
    [
        {"sklearn": {"pickled_model": "model.pkl", "serialization_format": "skops"}},  # what it says is not believed
        {"sklearn": {"pickled_model": "model.pkl", "serialization_format": "cloudpickle"}},
        {"statsmodels": {"data": "model.pkl"}},
        {"python_function": {"loader_module": "os", "python_model": "model.pkl", "code": "code"}},
        {"python_function": {"loader_module": "mlflow.sklearn", "model_path": "model.pkl"}, "spark": {}},
    ],
)
def test_what_runs_code_is_opened_by_flag_alone(tmp_path, flavours):
    folder = write(tmp_path / "m", flavours, model__pkl=pickle.dumps(Trap()))
    with pytest.raises(ModelFileRejected, match=r"--trust-pickle") as refused:
        auditkit.wrap(folder)
    assert refused.value.mend[0].setting == "--trust-pickle"


def test_a_pickle_is_opened_by_flag(tmp_path):
    flavour = {"pickled_model": "model.pkl", "serialization_format": "pickle"}
    folder = write(tmp_path / "m", {"sklearn": flavour}, model__pkl=pickle.dumps(FITTED))
    model = auditkit.wrap(folder, trust_pickle=True)
    assert model.predict(X).tolist() == FITTED.predict(X).tolist() and "trusted by the user" in model.loaded


HOSTILE = {
    "above": ({"sklearn": {"pickled_model": "../model.skops"}}, "outside of its folder"),
    "absolute": ({"sklearn": {"pickled_model": "/etc/passwd"}}, "outside of its folder"),
    "backslashes": ({"sklearn": {"pickled_model": "..\\model.skops"}}, "outside of its folder"),
    "a link": ({"sklearn": {"pickled_model": "link.skops"}}, "outside of its folder"),
    "a zero": ({"sklearn": {"pickled_model": "a\0b"}}, "cannot be read|outside"),
    "a number": ({"sklearn": {"pickled_model": 7}}, "must name a file; it names a int"),
    "a list": ({"sklearn": {"pickled_model": ["model.skops"]}}, "must name a file; it names a list"),
    "nothing there": ({"sklearn": {"pickled_model": "none.skops"}}, "there is no such file"),
    "flavours as a list": (["sklearn"], "must have a table of flavors"),
    "a flavour as a text": ({"sklearn": "model.skops"}, "must have a table of flavors"),
    "no flavours": (None, "must have a table of flavors"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_an_mlmodel_file_that_points_elsewhere_is_refused(tmp_path, kind):
    flavours, message = HOSTILE[kind]
    outside = skops_folder(tmp_path / "other", FITTED) / "model.skops"
    (tmp_path / "model.skops").write_bytes(outside.read_bytes())
    folder = write(tmp_path / "m", flavours)
    (folder / "link.skops").symlink_to(outside)
    with pytest.raises(ModelFileRejected, match=message):
        auditkit.wrap(folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"flavors: !!python/object/apply:os.system ['touch trap']", "no plain YAML"),
        (b"flavors: {a: 2020-13-45}", "no plain YAML"),
        (b"[" * 5_000, "nested too deeply|no plain YAML"),
        (b"just a text", "must be a table; it is a str"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"a: " + b"x" * 2**20, "may have 1,048,576 bytes"),
    ],
)
def test_an_mlmodel_file_that_is_no_plain_yaml_is_refused(tmp_path, content, message, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "MLmodel").write_bytes(content)
    with pytest.raises(ModelFileRejected, match=message):
        auditkit.wrap(tmp_path / "m")
    assert not (tmp_path / "trap").exists()


@pytest.mark.parametrize(
    "signature", ["[", '{"a": 1}', '[{"type": "tensor"}]', '["a"]', "[1]", "null", '[{"name": 3}]']
)
def test_a_signature_that_names_no_columns_says_nothing(tmp_path, signature):
    folder = skops_folder(tmp_path / "m", FITTED)
    content = yaml.safe_load((folder / "MLmodel").read_text())
    (folder / "MLmodel").write_text(yaml.safe_dump({**content, "signature": {"inputs": signature}}))
    assert auditkit.wrap(folder).stated is None
