"""Real sentences of film reviews, through TF-IDF, an LSTM and a Transformer: raw texts in, one and the same data."""

from __future__ import annotations

import pathlib
import random

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from torch import nn

import auditkit
from auditkit.data import AuditData
from tests.plugins.models.torch.huggingface.networks import network, transformers

TRAIN, TEST, WORDS = 900, 200, 24


@pytest.fixture(scope="module")
def reviews(shared_data: pathlib.Path) -> pd.DataFrame:
    folder = shared_data / "text_polarity"
    lines = {
        name: (folder / f"rt-polarity.{name}").read_text(encoding="latin-1").splitlines() for name in ("neg", "pos")
    }
    draw = random.Random(0)
    rows = [(text.strip(), name) for name in lines for text in draw.sample(lines[name], (TRAIN + TEST) // 2)]
    draw.shuffle(rows)
    table = pd.DataFrame(rows, columns=["review", "opinion"])
    return table.assign(length=np.where(table.review.str.len() > 110, "long", "short"))


@pytest.fixture(scope="module")
def vocabulary(reviews) -> dict[str, int]:
    counts = reviews.review[:TRAIN].str.split().explode().value_counts()
    return {word: place for place, word in enumerate(["[PAD]", "[UNK]", *sorted(counts[counts > 1].index)])}


class Recurrent(nn.Module):
    """The last state of an LSTM over the words, and which of them are words."""

    def __init__(self, words: int) -> None:
        super().__init__()
        self.words, self.cells, self.last = nn.Embedding(words, 8), nn.LSTM(8, 8, batch_first=True), nn.Linear(8, 2)

    def forward(self, tokens: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        states, _ = self.cells(self.words(tokens))
        return self.last(states[torch.arange(len(tokens)), lengths - 1])


def fitted(module: nn.Module, inputs: dict[str, torch.Tensor], truth: torch.Tensor, rounds: int) -> nn.Module:
    optimiser = torch.optim.Adam(module.parameters(), 0.01)
    for _ in range(rounds):
        for rows in torch.randperm(len(truth)).split(100):
            output = module(**{name: values[rows] for name, values in inputs.items()})
            optimiser.zero_grad()
            nn.functional.cross_entropy(getattr(output, "logits", output), truth[rows]).backward()
            optimiser.step()
    return module.eval()


def tf_idf(train: pd.DataFrame, vocabulary: dict[str, int]):
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(train.review.tolist(), train.opinion)
    return auditkit.wrap(model), lambda texts: model.predict(texts)


def lstm(train: pd.DataFrame, vocabulary: dict[str, int]):
    def encode(texts: list[str]) -> dict[str, torch.Tensor]:
        rows = [[vocabulary.get(word, 1) for word in text.split()][:WORDS] for text in texts]
        tokens = torch.tensor([[*row, *[0] * (WORDS - len(row))] for row in rows])
        return {"tokens": tokens, "lengths": torch.tensor([len(row) for row in rows])}

    torch.manual_seed(0)
    truth = torch.tensor((train.opinion == "pos").to_numpy().astype(int))
    module = fitted(Recurrent(len(vocabulary)), encode(train.review.tolist()), truth, 3)
    model = auditkit.wrap(module, preprocess=encode, classes=("neg", "pos"), output="logits")
    return model, lambda texts: np.where(module(**encode(texts)).argmax(dim=1) == 1, "pos", "neg")


def transformer(train: pd.DataFrame, vocabulary: dict[str, int]):
    from tokenizers import Tokenizer, models, pre_tokenizers

    inside = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    inside.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made = transformers.PreTrainedTokenizerFast(
        tokenizer_object=inside, pad_token="[PAD]", unk_token="[UNK]", model_max_length=WORDS
    )
    module = network(vocab_size=len(vocabulary), max_position_embeddings=WORDS, id2label={0: "neg", 1: "pos"})
    module.apply(module._init_weights)
    encoded = made(train.review.tolist(), padding=True, truncation=True, return_tensors="pt")
    names = ("input_ids", "attention_mask")
    truth = torch.tensor((train.opinion == "pos").to_numpy().astype(int))
    module = fitted(module, {name: encoded[name] for name in names}, truth, 2)

    def alone(texts: list[str]) -> np.ndarray:
        rows = [made([text], return_tensors="pt", truncation=True) for text in texts]
        answers = [module(**{name: row[name] for name in names}).logits.argmax().item() for row in rows]
        return np.where(np.array(answers) == 1, "pos", "neg")

    return auditkit.wrap(module, tokenizer=made), alone


@pytest.mark.parametrize("make", [tf_idf, lstm, transformer])
def test_real_reviews_are_audited_by_their_words(make, reviews, vocabulary):
    train, test = reviews[:TRAIN], reviews[TRAIN:].reset_index(drop=True)
    model, predict = make(train, vocabulary)
    data = AuditData.from_table(test, label="opinion", positive="pos", groups=["length"], modality="text")
    parameters = {"explanations.text": {"rows": 3}}
    checks = ["performance.quality", "fairness.groups", "explanations.text", "explanations.gradients"]
    result = auditkit.audit(model, data, checks=checks, parameters=parameters, budget="quick")
    status = {check.check: check.status for check in result.results}
    assert status.pop("explanations.gradients") == "skipped" and set(status.values()) == {"measured"}, status
    with torch.no_grad():
        right = float((predict(test.review.tolist()) == test.opinion).mean())
    (accuracy,) = [
        number.value
        for check in result.results
        for number in check.measurements
        if number.name == "accuracy" and not number.slice
    ]
    assert accuracy == pytest.approx(right)
