"""Folders of save_pretrained: the same numbers as the live network, and nothing but data is opened."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import socket

import numpy as np
import pandas as pd
import pytest
import safetensors.torch
import torch

import auditkit
from auditkit.data import AuditData
from auditkit.errors import ModelError, ModelFileRejected
from tests.plugins.models.mlflow.folders import write
from tests.plugins.models.torch.huggingface.networks import TEXTS, network, one_by_one, saved, tokenizer, transformers

NETWORK = network()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> pathlib.Path:
    return saved(tmp_path_factory.mktemp("network") / "reviews", NETWORK)


@pytest.fixture
def copied(folder, tmp_path) -> pathlib.Path:
    """A folder that a test may change."""
    return pathlib.Path(shutil.copytree(folder, tmp_path / "reviews"))


def opened(path: pathlib.Path, **options) -> auditkit.Model:
    return auditkit.wrap(path, rehearse=False, **options)


def test_a_folder_and_the_live_network_are_one_model(folder):
    model, live = opened(folder), auditkit.wrap(NETWORK, tokenizer=tokenizer())
    expected = one_by_one(NETWORK, TEXTS).numpy()
    assert model.probabilities(TEXTS) == pytest.approx(expected, abs=1e-6)
    assert np.array_equal(model.probabilities(TEXTS), live.probabilities(TEXTS))
    assert model.fingerprint == live.fingerprint and not model.fingerprint.opaque
    assert model.loaded == "folder of save_pretrained, no foreign code" and model.name == "reviews"


def test_weights_in_several_files_and_a_tokenizer_of_transformers(folder, tmp_path):
    NETWORK.save_pretrained(tmp_path, max_shard_size="4KB")
    transformers.AutoTokenizer.from_pretrained(folder).save_pretrained(tmp_path)
    assert len(list(tmp_path.glob("*.safetensors"))) > 1
    assert np.array_equal(opened(tmp_path).probabilities(TEXTS), opened(folder).probabilities(TEXTS))


def test_no_connection_is_made_and_nothing_is_written(folder, monkeypatch, tmp_path):
    def refuse(*arguments, **options):
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("HOME", str(tmp_path))
    before = sorted(path.name for path in folder.iterdir())
    opened(folder).predict(TEXTS)
    assert not list(tmp_path.iterdir()) and sorted(path.name for path in folder.iterdir()) == before


def test_what_was_set_in_transformers_is_left(folder):
    import huggingface_hub.constants as hub

    logging = transformers.utils.logging
    logging.set_verbosity_info()
    logging.enable_progress_bar()
    offline = hub.HF_HUB_OFFLINE
    try:
        opened(folder)
        assert logging.get_verbosity() == logging.INFO and logging.is_progress_bar_enabled()
        assert offline == hub.HF_HUB_OFFLINE
    finally:
        logging.set_verbosity_warning()


def test_every_file_counts_for_the_digest(copied):
    before = opened(copied).source["sha256"]
    settings = json.loads((copied / "tokenizer_config.json").read_text())
    (copied / "tokenizer_config.json").write_text(json.dumps({**settings, "model_max_length": 8}))
    changed = opened(copied)
    assert changed.source["sha256"] != before
    assert changed.fingerprint != auditkit.wrap(NETWORK, tokenizer=tokenizer()).fingerprint


def test_pickled_weights_need_the_flag_and_are_read_as_weights_alone(copied):
    (copied / "model.safetensors").unlink()
    torch.save(NETWORK.state_dict(), copied / "pytorch_model.bin")
    with pytest.raises(ModelFileRejected, match=r"pytorch_model\.bin is a pickle, so it was not opened") as caught:
        opened(copied)
    assert [mend.setting for mend in caught.value.mend] == ["--trust-pickle"]
    model = opened(copied, trust_pickle=True)
    assert model.probabilities(TEXTS) == pytest.approx(one_by_one(NETWORK, TEXTS).numpy(), abs=1e-6)
    torch.save({"weight": Planted()}, copied / "pytorch_model.bin")
    with pytest.raises(ModelFileRejected, match="must hold weights alone"):
        opened(copied, trust_pickle=True)


class Planted:
    def __reduce__(self):
        return os.mkdir, ("planted",)


def test_a_tokenizer_of_another_folder_can_be_named(folder, copied):
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (copied / name).unlink()
    assert np.array_equal(
        opened(copied, tokenizer=str(folder)).probabilities(TEXTS), opened(folder).probabilities(TEXTS)
    )
    made = tokenizer()(TEXTS, padding=True, truncation=True, return_tensors="np")
    assert opened(copied).probabilities(made["input_ids"]) == pytest.approx(opened(folder).probabilities(TEXTS))


def _config(**changes):
    def change(place):
        facts = json.loads((place / "config.json").read_text())
        facts = {key: value for key, value in {**facts, **changes}.items() if value is not None}
        (place / "config.json").write_text(json.dumps(facts))

    return change


def _write(name, content):
    return lambda place: (place / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def _tensors(**changes):
    def change(place):
        weights = safetensors.torch.load_file(place / "model.safetensors")
        weights = {key: value for key, value in {**weights, **changes}.items() if value is not None}
        safetensors.torch.save_file(weights, place / "model.safetensors")

    return change


def _link(name, target):
    def change(place):
        (place / name).unlink(missing_ok=True)
        (place / name).symlink_to(target)

    return change


def _without(*names):
    return lambda place: [(place / name).unlink() for name in names]


def _huge_header(place):
    (place / "model.safetensors").write_bytes((2**60).to_bytes(8, "little") + b"{}")


def _index(files):
    return lambda place: (
        (place / "model.safetensors").unlink(),
        (place / "model.safetensors.index.json").write_text(json.dumps({"weight_map": files})),
    )


def _fifo(place):
    (place / "tokenizer.json").unlink()
    os.mkfifo(place / "tokenizer.json")


HOSTILE = {
    "code of its own": (_config(auto_map={"AutoModel": "modeling.Evil"}), "names code of its own, which is never run"),
    "code of the tokenizer": (
        _write("tokenizer_config.json", '{"auto_map": {"AutoTokenizer": ["evil.Evil", null]}}'),
        r"tokenizer_config.json names code of its own \(auto_map\)",
    ),
    "quantised": (_config(quantization_config={"quant_method": "gptq"}), "holds a quantised network"),
    "no known kind": (_config(model_type="../evil"), "model_type must be one that transformers knows"),
    "no kind": (_config(model_type=None), "model_type must be one that transformers knows"),
    "another head": (_config(architectures=["BertForMaskedLM"]), "it holds 'BertForMaskedLM'"),
    "no head": (_config(architectures=None), "it holds 'None'"),
    "heads of another type": (_config(architectures={"a": 1}), "it holds 'None'"),
    "no configuration": (_without("config.json"), "path must be a model file"),
    "a list": (_write("config.json", "[1]"), "config.json must hold an object; it holds a list"),
    "no JSON": (_write("config.json", "{"), "config.json is no JSON"),
    "deep JSON": (_write("config.json", "[" * 100_000), "config.json is no JSON"),
    "a large configuration": (_write("config.json", " " * (10**7 + 1)), "which no configuration has"),
    "more layers than weights": (_config(num_hidden_layers=10**9), "speaks of 1,000,000,000 layers"),
    "a huge network": (_config(vocab_size=10**9), "would take"),
    "a wider network": (_config(intermediate_size=17), "the weights do not fit config.json"),
    "a negative size": (_config(hidden_size=-16), "the huggingface f"),
    "a text for a size": (_config(hidden_size="16"), "the huggingface f"),
    "no weights": (_without("model.safetensors"), "there is no model.safetensors"),
    "a missing tensor": (_tensors(**{"classifier.weight": None}), "1 tensor not there, such as classifier.weight"),
    "a wrong shape": (_tensors(**{"classifier.weight": torch.zeros(3, 16)}), "the weights do not fit config.json"),
    "a huge header": (_huge_header, "the huggingface f"),
    "half a file": (_write("model.safetensors", b"\0\0\0"), "the huggingface f"),
    "a path in the index": (_index({"a": "../reviews/model.safetensors"}), "must be the name of a file in the folder"),
    "a pickle in the index": (_index({"a": "evil.bin"}), "weights must be .safetensors files; 'evil.bin' is named"),
    "a number in the index": (_index({"a": 3}), "must name a file for every tensor"),
    "a file that lacks": (_index({"a": "model-1.safetensors"}), "there is no model-1.safetensors"),
    "a link out": (_link("tokenizer.json", "/etc/hostname"), "tokenizer.json is a link that leads out of the folder"),
    "a link to nothing": (_link("tokenizer.json", "nowhere"), "tokenizer.json must be a plain file"),
    "a device": (_link("tokenizer.json", "/dev/zero"), "tokenizer.json must be a plain file"),
    "a pipe": (_fifo, "tokenizer.json must be a plain file"),
    "no tokenizer": (_without("tokenizer.json"), "there is no tokenizer.json; open the tokenizer"),
    "a broken tokenizer": (_write("tokenizer.json", '{"model": 3}'), "tokenizer.json is damaged"),
    "a tokenizer of bytes": (_write("tokenizer.json", b"\xff\xfe"), "tokenizer.json is damaged"),
    "a token that is no text": (_write("tokenizer_config.json", '{"pad_token": 3}'), "must be a text; 3 stands there"),
    "no filler": (_write("tokenizer_config.json", "{}"), "no token to fill shorter texts up"),
    "fewer places": (
        lambda place: saved(place, network(vocab_size=8)),
        "the tokenizer has 21 tokens, and the network places for 8",
    ),
    "an adapter": (
        lambda place: (_without("model.safetensors")(place), _write("adapter_config.json", "{}")(place)),
        "it holds an adapter alone",
    ),
}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_hostile_folder_is_refused_in_a_sentence(name, copied):
    change, message = HOSTILE[name]
    change(copied)
    with pytest.raises(ModelError, match=message):
        opened(copied)


def test_a_folder_of_the_cache_holds_links_to_files_beside_it(folder, tmp_path):
    snapshot, blobs = tmp_path / "snapshots" / "abc", tmp_path / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    for number, path in enumerate(sorted(folder.iterdir())):
        shutil.copy(path, blobs / str(number))
        (snapshot / path.name).symlink_to(f"../../blobs/{number}")
    assert np.array_equal(opened(snapshot).probabilities(TEXTS), opened(folder).probabilities(TEXTS))


def test_a_folder_and_its_recorded_answers_give_the_same_numbers(folder):
    model = opened(folder)
    labels = ["negative", "positive"] * (len(TEXTS) // 2)
    table = pd.DataFrame({"text": TEXTS, "label": labels, "said": model.predict(TEXTS), "score": model.scores(TEXTS)})
    texts = AuditData.from_table(table[["text", "label"]], label="label", positive="positive", modality="text")
    recorded = AuditData.from_table(table, label="label", positive="positive", decisions="said", scores="score")
    numbers = []
    for model_or_none, data in ((model, texts), (None, recorded)):
        result = auditkit.audit(model_or_none, data, checks=["performance.quality"], budget="quick")
        numbers.append({entry.name: entry.value for entry in result.results[0].measurements if not entry.slice})
    shared = sorted(numbers[0].keys() & numbers[1].keys())
    assert len(shared) >= 5
    for name in shared:  # of numbers that are recorded as text the last bit may differ
        assert numbers[0][name] == (numbers[1][name] and pytest.approx(numbers[1][name], abs=1e-12)), name
    right = np.mean(table.said == table.label)
    assert numbers[0]["accuracy"] == pytest.approx(right)


def test_a_folder_of_mlflow_with_its_flavour_transformers(folder, tmp_path):
    # as `mlflow.transformers.save_model` of MLflow 3.17 lays a pipeline out
    inside = {"model_binary": "model", "components": ["tokenizer"], "task": "text-classification", "code": None}
    flavours = {"python_function": {"loader_module": "mlflow.transformers"}, "transformers": inside}
    outer = write(tmp_path / "reviews", flavours)
    for place, names in (("model", ("config.json", "model.safetensors")), ("components/tokenizer", ("tokenizer*",))):
        (outer / place).mkdir(parents=True)
        for path in (path for name in names for path in folder.glob(name)):
            shutil.copy(path, outer / place)
    model = opened(outer)
    assert np.array_equal(model.probabilities(TEXTS), opened(folder).probabilities(TEXTS))
    assert any("flavour transformers" in sentence for sentence in model.notes) and model.name == "reviews"
