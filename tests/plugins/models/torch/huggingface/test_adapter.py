"""Live networks of transformers: texts in, the mask kept, classes from the configuration."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import auditkit
from auditkit.data import AuditData
from auditkit.errors import ModelError
from auditkit.models import Capability
from auditkit.plugins.models.torch.huggingface.labels import classes_for
from auditkit.plugins.models.torch.huggingface.masked import real
from tests.plugins.models.torch.huggingface.networks import (
    LONG,
    SHORT,
    TEXTS,
    network,
    one_by_one,
    tokenizer,
    transformers,
)

NETWORK = network()
EXPECTED = one_by_one(NETWORK, TEXTS).numpy()


def test_texts_are_answered_as_each_by_itself():
    model = auditkit.wrap(NETWORK, tokenizer=tokenizer())
    assert model.probabilities(TEXTS) == pytest.approx(EXPECTED, abs=1e-6)
    assert model.classes == ("negative", "positive") and model.positive == "positive"
    assert model.output == "logits" and "classes" not in " ".join(model.notes)


def test_tokens_without_a_mask_are_masked_where_rows_are_filled_up():
    tokens = tokenizer()(TEXTS, padding=True, truncation=True, return_tensors="np")["input_ids"]
    with torch.no_grad():
        bare = NETWORK(input_ids=torch.tensor(tokens)).logits.softmax(dim=1).numpy()
    # the kind of error: words that nobody wrote, so that the answer depends on the longest text beside it
    assert np.abs(bare - EXPECTED).max() > 0.01
    model = auditkit.wrap(NETWORK)
    assert model.probabilities(tokens) == pytest.approx(EXPECTED, abs=1e-6)
    assert any("rows came without a mask" in note for note in model.notes)
    only_long = auditkit.wrap(NETWORK)
    only_long.probabilities(np.full((3, 8), 7))
    assert not any("without a mask" in note for note in only_long.notes)


def test_what_begins_or_ends_with_the_filler_is_masked_and_nothing_within():
    tokens = torch.tensor([[0, 0, 5, 0, 6], [5, 6, 0, 0, 0], [0, 0, 0, 0, 0], [1, 2, 3, 4, 5]])
    expected = [[0, 0, 1, 1, 1], [1, 1, 0, 0, 0], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1]]
    assert real(tokens, 0).tolist() == expected


def test_preprocess_may_give_what_the_tokenizer_gives():
    made = tokenizer()
    model = auditkit.wrap(
        NETWORK, preprocess=lambda texts: made(texts, padding=True, truncation=True, return_tensors="pt")
    )
    assert model.probabilities(TEXTS) == pytest.approx(EXPECTED, abs=1e-6)


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_pipeline_gives_its_own_scores(side):
    made = tokenizer(padding_side=side)
    pipe = transformers.pipeline("text-classification", model=NETWORK, tokenizer=made)
    short = TEXTS[:5]
    scores = [{entry["label"]: entry["score"] for entry in answer} for answer in pipe(short, top_k=None)]
    model = auditkit.wrap(pipe)
    assert model.scores(short) == pytest.approx([answer["positive"] for answer in scores], abs=1e-6)
    # a network that counts places from the start would count the fillers
    assert any("filled up at their end" in note for note in model.notes) is (side == "left")
    top = auditkit.wrap(transformers.pipeline("text-classification", model=NETWORK, tokenizer=made, top_k=1))
    assert top.predict(short).tolist() == [answer["label"] for answer in pipe(short)]


def test_texts_that_are_cut_are_counted_once():
    model = auditkit.wrap(NETWORK, tokenizer=tokenizer(model_max_length=8))
    model.predict([*SHORT, *LONG, *LONG])
    model.predict(LONG)
    cut = [note for note in model.notes if "cut off" in note]
    assert cut == ["2 different texts are longer than the 8 tokens that the model takes; what is longer is cut off"]
    # a text that fills its row to the last place is whole
    whole = auditkit.wrap(NETWORK, tokenizer=tokenizer(model_max_length=5))
    whole.predict(["a fine film"])
    assert not [note for note in whole.notes if "cut off" in note]


def test_nothing_of_the_tokenizer_or_the_network_changes():
    made = tokenizer()
    before = made.backend_tokenizer.to_str()
    weights = {name: value.clone() for name, value in NETWORK.state_dict().items()}
    model = auditkit.wrap(NETWORK, tokenizer=made)
    mark = model.fingerprint
    model.predict(TEXTS)
    assert made.backend_tokenizer.to_str() == before and model.fingerprint == mark
    assert all(torch.equal(value, weights[name]) for name, value in NETWORK.state_dict().items())
    other = auditkit.wrap(NETWORK, tokenizer=tokenizer(model_max_length=8))
    assert other.fingerprint != mark


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        ((0, 1), (0, 1)),
        (("0", "1"), (0, 1)),
        (("Negative", "POSITIVE"), ("Negative", "POSITIVE")),
        (("negative", "positive"), ("negative", "positive")),
        ((1,), (0, 1)),
        (("bad", "good"), ("negative", "positive")),
        ((), ("negative", "positive")),
        ((0, 2), ("negative", "positive")),
    ],
)
def test_labels_are_matched_by_name_or_by_place(labels, classes):
    assert classes_for(("negative", "positive"), labels)[0] == classes


def test_labels_of_numbers_are_places_and_said():
    labels = np.array([0, 1] * 5)
    model = auditkit.wrap(NETWORK, tokenizer=tokenizer())
    result = auditkit.audit(model, AuditData(TEXTS, labels, positive=1), checks=["performance.quality"])
    right = float((EXPECTED.argmax(axis=1) == labels).mean())
    accuracy = next(
        number for number in result.results[0].measurements if number.name == "accuracy" and not number.slice
    )
    assert accuracy.value == pytest.approx(right)
    assert any("0 is 'negative'" in note and "1 is 'positive'" in note for note in result.model.notes)


def test_unnamed_classes_are_the_labels_of_the_data():
    model = auditkit.wrap(network(id2label={0: "LABEL_0", 1: "LABEL_1"}), tokenizer=tokenizer())
    model.take_labels("binary", ("bad", "good"))
    model.predict(TEXTS)
    assert model.classes == ("bad", "good")


def test_one_output_is_a_number():
    module = network(id2label={0: "LABEL_0"}, num_labels=1)
    model = auditkit.wrap(module, tokenizer=tokenizer())
    assert model.task == "regression"
    made = tokenizer()
    with torch.no_grad():
        expected = [module(**made([text], return_tensors="pt")).logits.item() for text in SHORT]
    assert model.scores(SHORT) == pytest.approx(expected, abs=1e-5)


def test_gradients_pass_through_the_embedding_alone():
    model = auditkit.wrap(NETWORK, tokenizer=tokenizer())
    encoded = model.encode(TEXTS)
    assert encoded.dtype is torch.int64 and encoded.shape == (len(TEXTS), 2, 15)
    assert {Capability.GRADIENTS, Capability.TORCH_MODULE} <= model.capabilities
    with model.module() as module:
        assert torch.softmax(module(encoded), dim=1).numpy() == pytest.approx(EXPECTED, abs=1e-6)


def test_one_of_several_labels():
    names = {0: "spam", 1: "rude", 2: "loud"}
    module = network(problem_type="multi_label_classification", id2label=names, num_labels=3)
    model = auditkit.wrap(module, tokenizer=tokenizer(), target="rude")
    made = tokenizer()
    with torch.no_grad():
        expected = [torch.sigmoid(module(**made([text], return_tensors="pt")).logits[0, 1]).item() for text in SHORT]
    assert model.scores(SHORT) == pytest.approx(expected, abs=1e-5) and model.task == "binary"
    assert model.fingerprint != auditkit.wrap(module, tokenizer=tokenizer(), target="loud").fingerprint


def _multilabel():
    return auditkit.wrap(network(problem_type="multi_label_classification"), tokenizer=tokenizer())


def _other_pipeline():
    class FeatureExtractionPipeline(transformers.Pipeline):
        task = "feature-extraction"

        def __init__(self):
            pass

        _sanitize_parameters = preprocess = _forward = postprocess = lambda self, *arguments, **options: None

    return auditkit.wrap(FeatureExtractionPipeline())


def _sigmoid():
    options = {"model": NETWORK, "tokenizer": tokenizer(), "function_to_apply": "sigmoid"}
    return auditkit.wrap(transformers.pipeline("text-classification", **options))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: auditkit.wrap(NETWORK).predict(TEXTS),
            "the inputs are texts, and the network takes numbers of tokens",
        ),
        (lambda: auditkit.wrap(NETWORK, tokenizer=tokenizer()).predict(np.ones((3, 4))), "takes a list of texts"),
        (lambda: auditkit.wrap(NETWORK, tokenizer=3), "tokenizer must be one of transformers; a int was given"),
        (lambda: auditkit.wrap(NETWORK, tokenizer=tokenizer(pad_token=None)), "no token to fill shorter texts up"),
        (lambda: auditkit.wrap(NETWORK, tokenizer=tokenizer(), preprocess=len), "preprocess or tokenizer, not both"),
        (_multilabel, r"must have one output; it has \d+ \(.*\)\. Name the one"),
        (_other_pipeline, "of pipelines that of text-classification can be audited; this is one of feature-extraction"),
        (_sigmoid, "function_to_apply must be left out or be softmax"),
    ],
    ids=["no tokenizer", "no texts", "no tokenizer at all", "no filler", "both", "multilabel", "pipeline", "sigmoid"],
)
def test_what_cannot_be_asked_is_said(make, message):
    with pytest.raises(ModelError, match=message):
        make()


def test_one_output_is_a_logit_where_two_classes_are_named_and_a_number_otherwise():
    module = network(id2label={0: "LABEL_0"}, num_labels=1)
    numbers = auditkit.wrap(module, tokenizer=tokenizer()).scores(TEXTS)
    named = auditkit.wrap(module, tokenizer=tokenizer(), classes=("dull", "fine"))
    assert named.scores(TEXTS) == pytest.approx(1 / (1 + np.exp(-numbers)), abs=1e-6)
    assert set(named.predict(TEXTS)) <= {"dull", "fine"}


def test_a_network_without_a_token_to_fill_up_with_is_refused_with_the_way_out():
    sizes = {"vocab_size": 100, "n_positions": 16, "n_embd": 16, "n_layer": 1, "n_head": 2}
    module = transformers.GPT2ForSequenceClassification(
        transformers.GPT2Config(**sizes, bos_token_id=1, eos_token_id=1)
    ).eval()
    with pytest.raises(ModelError, match=r"no token that shorter texts.*set config\.pad_token_id"):
        auditkit.wrap(module, tokenizer=tokenizer()).predict(TEXTS)
    module.config.pad_token_id = 0
    shares = auditkit.wrap(module, tokenizer=tokenizer()).probabilities(TEXTS)
    assert shares == pytest.approx(one_by_one(module, TEXTS).numpy(), abs=1e-6)
