"""The example of a Transformer on texts, with its numbers worked out one text at a time."""

from __future__ import annotations

import pandas as pd
import pytest
import torch

from tests.examples import audited
from tests.plugins.models.torch.huggingface.networks import library, transformers

SMALL = '\n[checks."explanations.text"]\nrows = 3\n'
ONLY = [word for family in ("performance", "fairness", "explanations") for word in ("--only", family)]


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    return audited("huggingface-text", tmp_path_factory.mktemp("text"), SMALL, ("--budget", "quick", *ONLY))


def answers(folder) -> pd.DataFrame:
    """The reviews with what the network says, each asked about alone, so that nothing is filled up."""
    table = pd.read_csv(folder / "work" / "reviews.csv")
    with library():
        made = transformers.AutoTokenizer.from_pretrained(folder / "work" / "network")
        network = transformers.AutoModelForSequenceClassification.from_pretrained(folder / "work" / "network")
    with torch.no_grad():
        logits = torch.cat([network(**made([text], return_tensors="pt")).logits for text in table.review])
    return table.assign(said=["good" if good else "bad" for good in logits[:, 1] > logits[:, 0]])


def test_the_headline_is_what_the_network_says_alone(example):
    table = answers(example.folder)
    right = (table.said == table.opinion).mean()
    assert example.value("performance.quality.accuracy") == pytest.approx(right) and right > 0.7
    shares = table.said.eq("good").groupby(table.dialect).mean()
    gap = example.value("fairness.groups.demographic_parity_difference")
    assert gap == pytest.approx(shares.max() - shares.min())


def test_who_writes_another_dialect_is_called_bad_more_often(example):
    assert example.code == 1
    verdicts = {verdict["limit"]["name"]: verdict["status"] for verdict in example.results["verdicts"]}
    assert verdicts == {"accuracy": "met", "called-good-by-dialect": "missed"}
    measured = {result["check"] for result in example.results["results"] if result["status"] == "measured"}
    assert {"explanations.text", "fairness.groups", "performance.quality"} <= measured
    assert example.results["model"]["loaded"] == "folder of save_pretrained, no foreign code"
