"""Tiny networks of transformers with tokenizers of their own, drawn with a seed."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any

import pandas as pd
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

import auditkit
from auditkit.data import AuditData
from auditkit.plugins.models.torch.huggingface.library import library

with library() as transformers:  # the door first, for a torchvision of another torch would be in the way
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

SHORT = ["a fine film", "a dull film", "fine", "dull plot", "fun and warm"]
LONG = [
    "a film that goes on and on and never ends and is dull",
    "warm and fun and fine and warm and fun and so fine too",
]
TEXTS = [*SHORT, *LONG, "so warm", "so dull", "it ends"]
PLACES = 16


def tokenizer(**options: Any) -> PreTrainedTokenizerFast:
    """A tokenizer of whole words."""
    words = sorted({word for text in TEXTS for word in text.split()})
    vocabulary = {word: place for place, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *words])}
    inside = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    inside.normalizer = normalizers.BertNormalizer()
    inside.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    inside.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    named = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    return PreTrainedTokenizerFast(tokenizer_object=inside, **{**named, "model_max_length": PLACES, **options})


def network(**options: Any) -> BertForSequenceClassification:
    """A small BERT whose answers differ from text to text."""
    torch.manual_seed(5)
    names = {0: "negative", 1: "positive"}
    config = BertConfig(
        **{
            "vocab_size": 100, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
            "intermediate_size": 16, "max_position_embeddings": PLACES, "id2label": names,
            "label2id": {name: place for place, name in names.items()}, **options,
        }
    )  # fmt: skip
    module = BertForSequenceClassification(config).eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(8)
    return module


def saved(folder: pathlib.Path, module: Any = None, **options: Any) -> pathlib.Path:
    """A folder of save_pretrained."""
    with library():
        (network() if module is None else module).save_pretrained(folder)
        tokenizer(**options).save_pretrained(folder)
    return folder


def one_by_one(module: Any, texts: list[str]) -> torch.Tensor:
    """(N, C) probabilities, each text asked about alone, so that nothing is filled up: the slow way."""
    made = tokenizer()
    with torch.no_grad():
        rows = [made([text], return_tensors="pt", truncation=True, max_length=PLACES) for text in texts]
        return torch.cat([module(**row).logits.softmax(dim=1) for row in rows])


def pickled(folder: pathlib.Path, **mends: Any) -> Any:
    """Opens a folder whose weights are a pickle."""
    place = saved(folder / "network")
    (place / "model.safetensors").unlink(missing_ok=True)
    torch.save(network().state_dict(), place / "pytorch_model.bin")
    return auditkit.wrap(place, trust_pickle=mends.pop("--trust-pickle", False), rehearse=False, **mends)


def tokenized(**mends: Any) -> Any:
    """Asks a network with a tokenizer about what is a table unless it is said to be texts."""
    table = pd.DataFrame({"text": TEXTS, "label": [0, 1] * 5})
    data = AuditData.from_table(table, label="label", **mends)
    return auditkit.wrap(network(), tokenizer=tokenizer()).answers(data.inputs)


def beside(**mends: Any) -> Any:
    """Reads texts that stand beside a number."""
    table = pd.DataFrame({"text": TEXTS, "x": range(10), "label": [0, 1] * 5})
    return AuditData.from_table(table, label="label", modality="text", **mends)


MENDS: dict[str, Callable[..., Any]] = {
    "texts beside other columns": beside,
    "weights of a network as a pickle": pickled,
    "a table for a tokenizer": tokenized,
}
"""{what is wrong: a call that says so, and that gets further with what it proposes}"""
