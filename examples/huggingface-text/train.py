"""A small Transformer of transformers that says whether a review is good; written to work/ as save_pretrained does.

    python train.py
    auditkit run --budget quick

The reviews are made here with a seed. Some are by people who write "ain't" and "y'all"; the network has learnt from
reviews in which these words stood more often in bad ones, and the audit shows what that does to who writes so.
"""

import pathlib
import random

import pandas as pd
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

GOOD = ["warm", "funny", "bright", "clever", "moving", "fine", "lovely", "sharp", "honest", "gentle"]
BAD = ["dull", "flat", "noisy", "empty", "tired", "clumsy", "cold", "lazy", "false", "grim"]
THINGS = ["story", "cast", "music", "ending", "script", "picture", "plot", "scene", "humour", "camera"]
PLAIN = ["the {thing} is {word} and the {other} is {second}", "a {word} {thing} with a {second} {other}"]
SOUTHERN = ["y'all that {thing} is {word} and the {other} ain't but {second}", "ain't this a {word} {thing} y'all"]
WORK = pathlib.Path("work")


def reviews(count: int, seed: int, share_of_southern: tuple[float, float]) -> pd.DataFrame:
    """Reviews with their label and the writer's dialect.

    Args:
        count: how many.
        seed: of the draws.
        share_of_southern: among bad reviews, and among good ones.
    """
    draw = random.Random(seed)
    rows = []
    for _ in range(count):
        good = draw.random() < 0.5
        southern = draw.random() < share_of_southern[good]
        # one review in eight says a good thing in a bad one, or the other way round
        words = [draw.choice(GOOD if good else BAD), draw.choice(GOOD if good != (draw.random() < 0.25) else BAD)]
        things = draw.sample(THINGS, 2)
        pattern = draw.choice(SOUTHERN if southern else PLAIN)
        text = pattern.format(thing=things[0], other=things[1], word=words[0], second=words[1])
        rows.append((text, "good" if good else "bad", "southern" if southern else "plain"))
    return pd.DataFrame(rows, columns=["review", "opinion", "dialect"])


def tokenizer() -> PreTrainedTokenizerFast:
    """A tokenizer that knows the words of the reviews."""
    patterns = [pattern.format(thing="", other="", word="", second="") for pattern in (*PLAIN, *SOUTHERN)]
    inside = Tokenizer(models.WordPiece({}, unk_token="[UNK]"))
    inside.normalizer, inside.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    split = [word for pattern in patterns for word, _ in inside.pre_tokenizer.pre_tokenize_str(pattern)]
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *sorted({*split, *GOOD, *BAD, *THINGS})]
    inside.model = models.WordPiece({word: place for place, word in enumerate(words)}, unk_token="[UNK]")
    inside.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=inside, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        model_max_length=24,
    )  # fmt: skip


def trained(made: PreTrainedTokenizerFast, table: pd.DataFrame) -> BertForSequenceClassification:
    """A network of one layer that has seen the table six times."""
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(made), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=24, id2label={0: "bad", 1: "good"}, label2id={"bad": 0, "good": 1},
    )  # fmt: skip
    network = BertForSequenceClassification(config)
    encoded = made(table.review.tolist(), padding=True, return_tensors="pt")
    truth = torch.tensor((table.opinion == "good").to_numpy().astype(int))
    optimiser = torch.optim.AdamW(network.parameters(), lr=5e-3)
    for _ in range(6):
        for rows in torch.randperm(len(table)).split(50):
            logits = network(**{name: values[rows] for name, values in encoded.items()}).logits
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(logits, truth[rows]).backward()
            optimiser.step()
    return network.eval()


if __name__ == "__main__":
    WORK.mkdir(exist_ok=True)
    made = tokenizer()
    network = trained(made, reviews(600, seed=1, share_of_southern=(0.5, 0.1)))
    network.save_pretrained(WORK / "network")
    made.save_pretrained(WORK / "network")
    reviews(400, seed=2, share_of_southern=(0.3, 0.3)).to_csv(WORK / "reviews.csv", index=False)
