"""Keras models on the torch backend: read as torch modules are; no file runs code or reads another one."""

from __future__ import annotations

import io
import json
import os
import pickle
import subprocess
import sys
import warnings
import zipfile

import h5py
import numpy as np
import pytest

import auditkit
from auditkit.errors import MissingExtra, ModelError, ModelFileRejected
from auditkit.models import Capability
from auditkit.plugins.models import keras_files
from auditkit.plugins.models.keras import library
from tests.hostile.model_files import archive, contents
from tests.plugins.models.tables import numbers

X = numbers().astype(np.float32)
# numpy says this of how Keras writes its weights
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def network(outputs, activation):
    """Two layers with a normalization, a batch norm and a dropout between them."""
    keras = library()
    keras.utils.set_random_seed(0)
    layers = keras.layers
    inner = [layers.Dense(6, activation="relu"), layers.BatchNormalization(), layers.Dropout(0.5)]
    return keras.Sequential([layers.Input((4,)), *inner, layers.Dense(outputs, activation=activation)])


def saved(folder, model):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # as above
        model.save(folder / "m.keras")
    return folder / "m.keras"


@pytest.mark.parametrize(
    ("outputs", "activation", "task", "kind"),
    [
        (1, "sigmoid", "binary", "one probability"),
        (1, None, "binary", "one logit"),
        (3, "softmax", "multiclass", "probabilities"),
        (3, None, "multiclass", "logits"),
        (1, None, "regression", "number"),
    ],
)
def test_heads_are_read_as_those_of_torch_and_doors_agree(tmp_path, outputs, activation, task, kind):
    live = network(outputs, activation)
    expected = live.predict(X, verbose=0).astype(np.float64)
    expected = {
        "one logit": lambda: 1 / (1 + np.exp(-expected)),
        "logits": lambda: np.exp(expected) / np.exp(expected).sum(axis=1, keepdims=True),
    }.get(kind, lambda: expected)()
    file, other = auditkit.wrap(saved(tmp_path, live), task=task), auditkit.wrap(live, task=task)
    for model in (file, other):
        answers = model.answers(X)
        assert model.kind == "keras" and model.output == kind
        numbers = answers.probabilities if outputs > 1 else answers.scores[:, None]
        np.testing.assert_allclose(numbers, expected, atol=1e-5)
        np.testing.assert_array_equal(model.answers(X).labels, answers.labels)  # dropout is off
    assert file.fingerprint == other.fingerprint and file.loaded == "Keras file, no foreign code"
    again = pickle.loads(pickle.dumps(file))
    np.testing.assert_array_equal(again.predict(X), file.predict(X))
    assert again.fingerprint == file.fingerprint


def test_gradients_are_those_of_differences(tmp_path):
    model = auditkit.wrap(saved(tmp_path, network(1, "sigmoid")), task="binary")
    model.answers(X)
    assert Capability.GRADIENTS in model.capabilities and Capability.TORCH_MODULE not in model.capabilities
    gradients = model.gradients(X[:20], np.ones(20, dtype=int))
    for column, step in enumerate(1e-3 * np.eye(4, dtype=np.float32)):
        slopes = (model.scores(X[:20] + step) - model.scores(X[:20] - step)) / 2e-3
        near = np.abs(slopes - gradients[:, column]) < 2e-3
        assert near.mean() >= 0.9  # a kink of relu lies within a step of few rows


def test_a_functional_model_and_one_that_is_not_built(tmp_path):
    keras = library()
    inputs = keras.layers.Input((4,))
    left, right = (keras.layers.Dense(3)(inputs) for _ in range(2))
    model = keras.Model(inputs, keras.layers.Softmax()(keras.layers.Add()([left, right])))
    wrapped = auditkit.wrap(saved(tmp_path, model), task="multiclass")
    np.testing.assert_allclose(wrapped.probabilities(X), model.predict(X, verbose=0), atol=1e-5)
    with pytest.raises(ModelError, match="the model must be built"):
        auditkit.wrap(keras.Sequential([keras.layers.Dense(1)]), task="binary")
    two = keras.Model([inputs, keras.layers.Input((4,), name="b")], left)
    with pytest.raises(ModelError, match="must have one input; it has 2"):
        auditkit.wrap(two, task="multiclass")


def test_one_of_several_outputs(tmp_path):
    keras = library()
    inputs = keras.layers.Input((4,))
    heads = {"cat": keras.layers.Dense(2, activation="softmax", name="cat")(inputs)}
    heads["weight"] = keras.layers.Dense(1, name="weight")(inputs)
    for outputs in (heads, list(heads.values())):
        model = keras.Model(inputs, outputs)
        answers = model.predict(X, verbose=0)
        cat = answers["cat"] if isinstance(answers, dict) else answers[0]
        wrapped = auditkit.wrap(saved(tmp_path, model), target="cat", classes=("no", "yes"))
        np.testing.assert_allclose(wrapped.probabilities(X), cat, atol=1e-5)
        assert wrapped.fingerprint == auditkit.wrap(model, target="cat", classes=("no", "yes")).fingerprint
        with pytest.raises(ModelError, match=r"it has 2 \((cat, weight|weight, cat)\)\. Name the one to audit"):
            auditkit.wrap(model, classes=("no", "yes")).predict(X)


def changed(content, **members):
    return archive({**contents(content), **{name.replace("__", "."): part for name, part in members.items()}})


def configured(content, change):
    config = json.loads(contents(content)["config.json"])
    change(config["config"]["layers"][1])
    return changed(content, config__json=json.dumps(config).encode())


def weighed(change):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        change(file)
    return buffer.getvalue()


CONFIGS = {
    "fetches a file": (lambda layer: layer.update(module="keras.utils", class_name="get_file"), "none of Keras's own"),
    "system": (lambda layer: layer.update(module="os", class_name="system"), "'system' of 'os', which is none of"),
    "registered": (lambda layer: layer.update(registered_name="pkg>Own"), "'pkg>Own'"),
    "lambda": (lambda layer: layer.update(class_name="Lambda"), "holds code of its own, as 'Lambda'"),
    "function": (
        lambda layer: layer["config"].update(
            activation={"class_name": "function", "module": "builtins", "config": "f"}
        ),
        "holds code of its own, as 'function'",
    ),
    "words": (
        lambda layer: layer.update(class_name="StringLookup", config={"vocabulary": "/etc/passwd"}),
        "reads its words from another file",
    ),
    "attribute": (
        lambda layer: layer.update(module="keras.src.models.x", class_name="__init__"),
        "none of Keras's own",
    ),
}
WEIGHTS = {
    "external": lambda file: file.__setitem__("layers", h5py.ExternalLink("other.h5", "/a")),
    "soft": lambda file: file.__setitem__("layers", h5py.SoftLink("/a")),
    "storage": lambda file: file.create_dataset("a", (4,), "f4", external=[("/etc/passwd", 0, 16)]),
    "texts": lambda file: file.create_dataset("a", data=["x"], dtype=h5py.string_dtype()),
    "huge": lambda file: file.create_dataset("a", (10**6, 10**6), "f4", chunks=(1, 10**6)),
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return saved(tmp_path_factory.mktemp("keras"), network(2, "softmax")).read_bytes()


@pytest.mark.parametrize("case", CONFIGS)
def test_what_a_configuration_names_is_keras_own(tmp_path, sound, case):
    change, message = CONFIGS[case]
    (tmp_path / "m.keras").write_bytes(configured(sound, change))
    with pytest.raises(ModelFileRejected, match=message):
        auditkit.wrap(tmp_path / "m.keras")


@pytest.mark.parametrize("case", WEIGHTS)
def test_weights_lie_in_the_file(tmp_path, sound, case):
    (tmp_path / "m.keras").write_bytes(changed(sound, model__weights__h5=weighed(WEIGHTS[case])))
    with pytest.raises(ModelFileRejected, match=r"its weights (refer to other|hold what is no array|would take)"):
        auditkit.wrap(tmp_path / "m.keras")


def test_broken_archives_are_refused(tmp_path, sound):
    members = contents(sound)
    for content in (
        sound[: len(sound) // 2],
        changed(sound, config__json=b"[" * 50_000),
        changed(sound, config__json=b"[]"),
        changed(sound, model__weights__h5=members["model.weights.h5"][:500]),
        changed(sound, more__txt=b"x"),
        archive({"config.json": b"{}", "model.weights.h5": b""}),
        archive({**members, "../x": b""}, zipfile.ZIP_DEFLATED),
    ):
        (tmp_path / "m.keras").write_bytes(content)
        with pytest.raises(ModelFileRejected):
            auditkit.wrap(tmp_path / "m.keras")


def test_the_training_is_left_out(sound):
    config = json.loads(contents(sound)["config.json"]) | {"compile_config": {"class_name": "system", "module": "os"}}
    checked = keras_files.checked(io.BytesIO(changed(sound, config__json=json.dumps(config).encode())), "m", 10**9)
    assert "compile_config" not in json.loads(contents(checked)["config.json"])


def test_another_backend_and_a_missing_package_are_said(tmp_path, sound, monkeypatch):
    (tmp_path / "m.keras").write_bytes(sound)
    with monkeypatch.context() as patch:
        patch.setenv("KERAS_BACKEND", "jax")
        with pytest.raises(ModelError, match=r"must run on torch.*it runs on 'jax'. Set KERAS_BACKEND=torch"):
            auditkit.wrap(tmp_path / "m.keras")
    with monkeypatch.context() as patch:
        patch.setattr("keras.__version__", "3.9.2")
        with pytest.raises(ModelError, match=r"keras must be at least 3.12"):
            auditkit.wrap(tmp_path / "m.keras")
    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(MissingExtra, match=r"pip install 'auditkit-rai\[keras\]'"):
        auditkit.wrap(tmp_path / "m.keras")


def test_nothing_is_written_at_home(tmp_path, sound):
    (tmp_path / "m.keras").write_bytes(sound)
    (tmp_path / "home").mkdir()
    code = "import auditkit; print(auditkit.wrap('m.keras', task='binary', rehearse=False).kind)"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KERAS_")}
    environment |= {"HOME": str(tmp_path / "home")}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "keras", done.stderr
    assert not list((tmp_path / "home").rglob("*keras*"))
