"""Model files: which kinds are opened, which need permission, and that none runs code unasked."""

from __future__ import annotations

import gzip
import io
import pathlib
import pickle
import random
import re
import tomllib
import zipfile

import joblib
import numpy as np
import pytest
import skops.io
import torch
from safetensors.torch import save_file
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from auditkit.errors import ConfigError, ModelFileRejected
from auditkit.models import Capability, ModelOptions
from auditkit.plugins.models import load_model
from tests.plugins.models.modules import make_mlp, mlp
from tests.plugins.models.tables import numbers, people, people_pipeline, truth, wrapped

X = numbers()
Y = truth(X)
HERE = "tests.plugins.models.modules"
LOGISTIC = LogisticRegression().fit(X, Y)


def opened(path, **options):
    model = load_model(path=path, options=ModelOptions(**options))
    assert model is not None
    return model


def double(inputs):
    return inputs * 2


class Canary:
    """Says so when it is unpickled."""

    def __reduce__(self):
        return (_sing, ())


SUNG = []


def _sing():
    SUNG.append(True)
    return LOGISTIC


@pytest.fixture(autouse=True)
def silence():
    SUNG.clear()


# ---- skops


def test_skops(tmp_path):
    frame, labels = people()
    pipeline = people_pipeline(frame, labels)
    skops.io.dump(pipeline, tmp_path / "credit.skops")
    model = opened(tmp_path / "credit.skops")
    np.testing.assert_array_equal(model.predict(frame), pipeline.predict(frame))
    assert model.loaded == "skops file, no foreign code" and model.name == "credit"
    assert model.fingerprint == wrapped(pipeline).fingerprint
    assert model.source["format"] == "skops" and len(model.source["sha256"]) == 64


def test_skops_with_types_that_need_trust(tmp_path):
    path = tmp_path / "m.skops"
    skops.io.dump(make_pipeline(FunctionTransformer(double), LogisticRegression()).fit(X, Y), path)
    with pytest.raises(ModelFileRejected, match="types that are not known to be safe") as caught:
        opened(path, trust=("other.Type",))
    line = str(caught.value).splitlines()[-1]
    trust = tuple(tomllib.loads(line)["trust"])
    assert trust == ("other.Type", f"{__name__}.double")
    model = opened(path, trust=trust)
    assert model.loaded == f"skops file; types vouched for: {__name__}.double"
    assert set(model.predict(X)) == {0, 1}


def test_skops_named_like_anything_else(tmp_path):
    skops.io.dump(LOGISTIC, tmp_path / "m.pkl")
    assert opened(tmp_path / "m.pkl").loaded == "skops file, no foreign code"


def test_version_warning_becomes_a_note(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("sklearn.base.__version__", "1.0.2")
        old = pickle.dumps(LOGISTIC)
    (tmp_path / "m.pkl").write_bytes(old)
    model = opened(tmp_path / "m.pkl", trust_pickle=True)
    assert any(note.startswith("InconsistentVersionWarning: Trying to unpickle") for note in model.notes)


# ---- pickles


def dumps(kind):
    if kind == "torch":
        buffer = io.BytesIO()
        torch.save(Canary(), buffer)
        return buffer.getvalue()
    if kind.startswith("joblib"):
        buffer = io.BytesIO()
        joblib.dump(Canary(), buffer, compress={"joblib": 0, "joblib-zlib": ("zlib", 3), "joblib-xz": ("xz", 3)}[kind])
        return buffer.getvalue()
    if kind == "gzip":
        return gzip.compress(pickle.dumps(Canary()))
    return pickle.dumps(Canary(), protocol=int(kind))


PICKLES = ["0", "1", "2", "5", "joblib", "joblib-zlib", "joblib-xz", "gzip", "torch"]


@pytest.mark.parametrize("kind", PICKLES)
@pytest.mark.parametrize("name", ["m.pkl", "m.joblib", "m.pt"])
def test_no_pickle_is_opened_without_the_flag(tmp_path, kind, name):
    (tmp_path / name).write_bytes(dumps(kind))
    with pytest.raises(
        ModelFileRejected, match=r"can run any code .* run again with --trust-pickle .*trust_pickle=True"
    ):
        opened(tmp_path / name)
    assert not SUNG


@pytest.mark.parametrize("kind", ["2", "5", "joblib", "joblib-zlib", "gzip", "torch"])
@pytest.mark.parametrize("name", ["m.skops", "m.safetensors", "m.pt2", "m.ubj", "m.txt", "m.onnx", "model"])
def test_a_pickle_by_any_name_is_a_pickle(tmp_path, kind, name):
    (tmp_path / name).write_bytes(dumps(kind))
    with pytest.raises(ModelFileRejected, match="--trust-pickle"):
        opened(tmp_path / name, class_path=None)
    assert not SUNG


@pytest.mark.parametrize("kind", PICKLES)
def test_a_pickle_by_flag(tmp_path, kind):
    (tmp_path / "m.pkl").write_bytes(dumps(kind))
    model = opened(tmp_path / "m.pkl", trust_pickle=True)
    assert SUNG and "trusted by the user (--trust-pickle): its code was run" in model.loaded
    np.testing.assert_array_equal(model.predict(X), LOGISTIC.predict(X))
    assert model.source["trust_pickle"] is True


def test_fingerprint_is_of_the_model_not_of_the_file(tmp_path):
    for name, form in (("a.pkl", 2), ("b.pkl", 5)):
        (tmp_path / name).write_bytes(pickle.dumps(LOGISTIC, protocol=form))
    joblib.dump(LOGISTIC, tmp_path / "c.joblib", compress=3)
    skops.io.dump(LOGISTIC, tmp_path / "d.skops")
    fingerprints = {opened(path, trust_pickle=True).fingerprint for path in tmp_path.iterdir()}
    assert fingerprints == {wrapped(LOGISTIC).fingerprint}


def test_a_pickled_module(tmp_path):
    module = mlp()
    torch.save(module, tmp_path / "m.pt")
    model = opened(tmp_path / "m.pt", trust_pickle=True)
    assert model.fingerprint == wrapped(module).fingerprint and model.loaded.startswith("torch pickle")


def test_a_pickle_of_no_model(tmp_path):
    (tmp_path / "m.pkl").write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(ModelFileRejected, match="it holds a list, which is no model"):
        opened(tmp_path / "m.pkl", trust_pickle=True)


# ---- weights


def test_safetensors(tmp_path):
    module = make_mlp(6, 3)
    save_file(module.state_dict(), tmp_path / "m.safetensors")
    model = opened(tmp_path / "m.safetensors", class_path=f"{HERE}:make_mlp", arguments={"hidden": 6, "outputs": 3})
    assert model.fingerprint == wrapped(module).fingerprint
    assert model.loaded == f"safetensors weights into {HERE}:make_mlp: the user's own code was run"
    assert Capability.TORCH_MODULE in model.capabilities and model.name == "m"


def test_torch_weights_need_no_flag(tmp_path):
    module = make_mlp()
    torch.save(module.state_dict(), tmp_path / "m.pt")
    model = opened(tmp_path / "m.pt", class_path=f"{HERE}:make_mlp")
    assert model.fingerprint == wrapped(module).fingerprint and "weights_only" in model.loaded
    with pytest.raises(ModelFileRejected, match="weights alone; name their architecture with class_path ="):
        opened(tmp_path / "m.pt", trust_pickle=True)


def test_a_module_is_no_weights(tmp_path):
    (tmp_path / "m.pt").write_bytes(dumps("torch"))
    with pytest.raises(ModelFileRejected, match=r"holds more than weights can run any code.*--trust-pickle"):
        opened(tmp_path / "m.pt", class_path=f"{HERE}:make_mlp")
    assert not SUNG


@pytest.mark.parametrize(
    ("path", "arguments", "error", "message"),
    [
        (None, {}, ConfigError, r'write class_path = "package.module:Class" under \[model\]'),
        ("no_colon", {}, ConfigError, "class_path must be 'package.module:Class'; 'no_colon' was given"),
        ("no.such.place:Net", {}, ConfigError, "'no.such.place' cannot be imported: ModuleNotFoundError"),
        (f"{HERE}:make_mpl", {}, ConfigError, "no 'make_mpl' there; did you mean 'make_mlp'"),
        (f"{HERE}:make_mlp", {"hiden": 3}, ConfigError, "TypeError: .*unexpected keyword argument 'hiden'"),
        (f"{HERE}:NOT_A_MODULE", {}, ConfigError, "must make a torch module; it made a dict"),
        (f"{HERE}:make_mlp", {"hidden": 9}, ModelFileRejected, "the weights do not fit .*Check class_path"),
    ],
)
def test_weights_without_the_right_class(tmp_path, path, arguments, error, message):
    save_file(make_mlp().state_dict(), tmp_path / "m.safetensors")
    with pytest.raises(error, match=message):
        opened(tmp_path / "m.safetensors", class_path=path, arguments=arguments)


# ---- what is not opened


def test_formats_that_are_not_supported(tmp_path):
    cases = {
        "m.h5": (b"\x89HDF\r\n\x1a\n", "HDF5 .* is not supported yet; save it as .keras with model.save"),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("model.weights.h5", "x")
    cases["m.keras"] = (buffer.getvalue(), "a .keras file must hold metadata.json, config.json, model.weights.h5")
    buffer = io.BytesIO()
    np.savez(buffer, a=X)
    cases["m.npz"] = (buffer.getvalue(), "a zip archive, but of no known model format; supported are")
    for name, (content, message) in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ModelFileRejected, match=message):
            opened(tmp_path / name, trust_pickle=True)


def test_what_is_not_ours(tmp_path):
    for name, content in {"m.csv": b"a,b\n1,2\n", "m.weird": b"\x00\x01\x02", "empty": b""}.items():
        (tmp_path / name).write_bytes(content)
        assert load_model(path=tmp_path / name, options=ModelOptions()) is None


def test_no_file(tmp_path):
    with pytest.raises(ModelFileRejected, match="there is none at"):
        opened(tmp_path / "none.skops")


def test_too_large(tmp_path):
    (tmp_path / "m.pkl").write_bytes(b"1234")
    with pytest.raises(
        ModelFileRejected, match=r"the file has 0 kB, and opening it may take .* memory_limit = 8 under"
    ):
        opened(tmp_path / "m.pkl", memory_limit=3)


def test_third_party_texts_are_made_printable(tmp_path, monkeypatch):
    skops.io.dump(LOGISTIC, tmp_path / "m.skops")

    def fails(data, trusted):
        raise KeyError("\x1b[1mred\x1b[0m\u202e")

    monkeypatch.setattr(skops.io, "loads", fails)
    with pytest.raises(ModelFileRejected) as caught:
        opened(tmp_path / "m.skops")
    assert str(caught.value) == "m.skops: the skops file could not be opened: KeyError: '\\x1b[1mred\\x1b[0m\\u202e'"


def test_hostile_type_names_are_made_printable(tmp_path, monkeypatch):
    skops.io.dump(LOGISTIC, tmp_path / "m.skops")
    monkeypatch.setattr(skops.io, "get_untrusted_types", lambda data: ["a\x1b[31m.b"])
    with pytest.raises(ModelFileRejected) as caught:
        opened(tmp_path / "m.skops")
    assert "\x1b" not in str(caught.value) and 'trust = ["a.b"]' in str(caught.value)


def whole_files(folder: pathlib.Path) -> dict[str, bytes]:
    skops.io.dump(LOGISTIC, folder / "m.skops")
    save_file(make_mlp().state_dict(), folder / "m.safetensors")
    torch.save(make_mlp().state_dict(), folder / "m.pt")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("name", ["m.skops", "m.safetensors", "m.pt"])
def test_mutated_files_are_rejected_or_opened_never_anything_else(tmp_path, name):
    """Whatever a library raises on a broken file, it is a ModelFileRejected."""
    content = whole_files(tmp_path)[name]
    chance = random.Random(name)
    rejected = 0
    for _ in range(60):
        broken = bytearray(content)
        if chance.random() < 0.3:
            broken = broken[: chance.randrange(4, len(broken))]
        for _ in range(chance.randrange(1, 12)):
            broken[chance.randrange(4, len(broken))] = chance.randrange(256)
        (tmp_path / name).write_bytes(bytes(broken))
        try:
            load_model(path=tmp_path / name, options=ModelOptions(class_path=f"{HERE}:make_mlp"))
        except ModelFileRejected as error:
            rejected += 1
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", str(error))
    assert rejected > 10
