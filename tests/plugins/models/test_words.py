"""Models that write, however they come: pipelines of transformers, objects, and what is none of these."""

from __future__ import annotations

import pytest
import torch

import auditkit
from auditkit.data import AuditData
from auditkit.errors import ModelError
from auditkit.models import Capability
from auditkit.plugins.models.torch.huggingface.library import library
from auditkit.predictions import Predictions
from tests.plugins.models.torch.huggingface.networks import SHORT, tokenizer

with library() as transformers:
    from transformers import GPT2Config, GPT2LMHeadModel


def writing(**generation):
    """A tiny GPT-2 of the words of the tests, drawn with a seed, as a pipeline."""
    torch.manual_seed(3)
    config = GPT2Config(
        vocab_size=100, n_positions=64, n_embd=16, n_layer=1, n_head=2, bos_token_id=2, eos_token_id=3, pad_token_id=0
    )
    words = tokenizer(padding_side="left", model_max_length=64)
    return transformers.pipeline(
        "text-generation", model=GPT2LMHeadModel(config).eval(), tokenizer=words, max_new_tokens=4, **generation
    )


@pytest.mark.filterwarnings("ignore")  # of transformers' own about lengths
def test_a_pipeline_that_writes_gives_its_own_words_and_no_prompt():
    pipeline = writing(do_sample=False)
    model = auditkit.wrap(pipeline)
    assert model.capabilities == {Capability.QUERIES, Capability.TEXTS} and model.task == "generation"
    texts = Predictions(model, AuditData(SHORT, task="generation")).texts
    expected = [pipeline(text, return_full_text=False)[0]["generated_text"] for text in SHORT]
    assert texts.tolist() == expected and not any(text.startswith("a fine") for text in texts)
    assert any("not drawn by chance" in note for note in model.notes)


@pytest.mark.filterwarnings("ignore")
def test_a_pipeline_that_draws_by_chance_says_so():
    model = auditkit.wrap(writing(do_sample=True, temperature=0.7))
    assert any("drawn by chance, temperature 0.7" in note for note in model.notes), model.notes


def test_what_does_not_write_is_refused():
    with pytest.raises(ModelError, match="writes tokens; to audit its texts give a pipeline"):
        auditkit.wrap(writing().model, task="generation")
    with pytest.raises(ModelError, match="a list of texts, or have such a method `generate`; a dict was given"):
        auditkit.wrap({"a": 1}, task="generation")
