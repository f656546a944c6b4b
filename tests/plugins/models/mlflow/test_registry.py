"""Where a URI of MLflow leads: a client that was made by hand stands for MLflow's, whose import takes half a minute."""

from __future__ import annotations

import types

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import auditkit
from auditkit.errors import ModelFileRejected
from auditkit.plugins.models.mlflow import registry
from tests.plugins.models.mlflow.folders import skops_folder
from tests.plugins.models.tables import numbers, truth

X = numbers()
FITTED = LogisticRegression().fit(X, truth(X))


class Client:
    """What `mlflow.MlflowClient` gives of one model: version 1, the alias champion, logged by the run r1."""

    def __init__(self, files: str) -> None:
        self.logged = types.SimpleNamespace(name="model", artifact_location=files)

    def get_logged_model(self, model_id):
        assert model_id == "m-1"
        return self.logged

    def get_model_version_by_alias(self, name, alias):
        assert (name, alias) == ("loan", "champion")
        return types.SimpleNamespace(version="1")

    def get_model_version_download_uri(self, name, version):
        if (name, version) != ("loan", "1"):
            raise LookupError(f"Registered Model with name={name} not found")
        return "models:/m-1"

    def get_run(self, run_id):
        outputs = types.SimpleNamespace(model_outputs=[types.SimpleNamespace(model_id="m-1")])
        info = types.SimpleNamespace(artifact_uri=self.logged.artifact_location.rpartition("/")[0])
        return types.SimpleNamespace(outputs=outputs, info=info)


@pytest.fixture
def store(tmp_path, monkeypatch):
    """The folder of the files, and the stores as a test sets them."""
    folder = skops_folder(tmp_path / "artifacts", FITTED)
    stores = types.SimpleNamespace(tracking=f"file://{tmp_path}", registry=f"sqlite:///{tmp_path}/m.db")
    stores.files = folder.as_uri()
    mlflow = types.SimpleNamespace(
        get_tracking_uri=lambda: stores.tracking, get_registry_uri=lambda: stores.registry,
        MlflowClient=lambda: Client(stores.files),
    )  # fmt: skip
    monkeypatch.setattr(registry, "library", lambda: mlflow)
    return stores


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("models:/loan/1", "loan/1"),
        ("models:/loan@champion", "loan@champion"),
        ("models:/m-1", "m-1"),
        ("runs:/r1/model", "r1/model"),
        ("runs:/r1/artifacts", "r1/artifacts"),  # a file of the run itself, as before MLflow 3
    ],
)
def test_every_uri_leads_to_the_same_model(store, uri, name):
    model = auditkit.wrap(uri)
    assert model.name == name and np.array_equal(model.probabilities(X), FITTED.predict_proba(X))


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("models:/loan/Production", r"name a version or an alias, as in models:/loan/1 or models:/loan@champion"),
        ("models:/none/1", "MLflow finds no such model at file:.*LookupError"),
    ],
)
def test_what_is_not_there_is_said(store, uri, message):
    with pytest.raises(ModelFileRejected, match=message):
        auditkit.wrap(uri)


@pytest.mark.parametrize(
    "away", ["http://host:5000", "https://me:secret@host", "databricks", "databricks-uc", "mysql://h/d"]
)
@pytest.mark.parametrize("which", ["tracking", "registry", "files"])
def test_nothing_is_opened_over_the_network(store, which, away):
    if which == "files" and away.startswith("databricks"):
        away = "s3://bucket/model"
    setattr(store, which, away)
    with pytest.raises(ModelFileRejected, match=r"must be on this machine.*mlflow artifacts download -u") as refused:
        auditkit.wrap("models:/loan/1")
    assert "secret" not in str(refused.value)


def test_mlflow_is_told_to_report_to_nobody(monkeypatch):
    monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY", raising=False)
    seen = []
    monkeypatch.setattr(registry, "require", lambda name, extra: seen.append((name, extra)))
    registry.library()
    assert seen == [("mlflow", "mlflow")] and registry.os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_the_command_takes_such_a_path(store, tmp_path):
    from auditkit.command.inputs import _open_model
    from auditkit.host import Host
    from auditkit.settings import ModelSettings

    model = _open_model(Host(), ModelSettings(path="models:/loan/1"), tmp_path, False, False)
    assert model.name == "loan/1"
