"""Texts, made into the tensors that a module eats by a tokenizer of transformers."""

import contextlib
import copy
import hashlib
import json
import os
from collections.abc import Collection, Iterator
from typing import Any, Final

from auditkit.errors import Mend, ModelError
from auditkit.text import class_name

_NO_LIMIT: Final = 10**6
"""A tokenizer that knows no longest text says a number far above this."""
CUT: Final = "longer than the"
"""Words that the note about texts that were cut has, so that a later count takes its place."""


class Tokenization:
    """A tokenizer's work: texts in, whole numbers with their mask out, each batch filled up to its longest text.

    Args:
        tokenizer: of transformers, or whatever is called as one; a copy of it works, for tokenizers keep the way
            of their last call.
        accepted: arguments that the module takes; None: whatever the tokenizer gives.
        longest: numbers that the module takes for a text; None where it knows no limit.
        name: of the model, for messages.
        counts_places: the module tells words by their place from the start, so that texts are filled up at their end.

    Raises:
        ModelError: it is no tokenizer, or has no number to fill up with.
    """

    def __init__(
        self, tokenizer: Any, accepted: Collection[str] | None, longest: int | None, name: str,
        counts_places: bool = False,
    ) -> None:  # fmt: skip
        if not callable(tokenizer):
            raise ModelError(f"{name}: tokenizer must be one of transformers; a {class_name(tokenizer)} was given")
        if getattr(tokenizer, "pad_token", "") is None:
            raise ModelError(
                f"{name}: the tokenizer has no token to fill shorter texts up with, so texts cannot be asked about "
                "together; set tokenizer.pad_token and the model's config.pad_token_id as the model was trained"
            )
        self.tokenizer = copy.deepcopy(tokenizer)
        self.turned = counts_places and getattr(tokenizer, "padding_side", "right") != "right"
        """Whether texts are filled up at another end than the tokenizer says."""
        if self.turned:
            self.tokenizer.padding_side = "right"
        self.accepted = None if accepted is None else frozenset(accepted)
        limits = [limit for limit in (longest, getattr(tokenizer, "model_max_length", None)) if limit is not None]
        self.longest = next((int(limit) for limit in sorted(limits) if limit < _NO_LIMIT), None)
        self.cut: set[int] = set()
        """Digests of the texts that were longer."""
        self._name = name

    def __call__(self, texts: Any) -> dict[str, Any]:
        """{argument: (n, T) tensor} for n texts.

        Raises:
            ModelError: they are no texts.
        """
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            mend = Mend("data.modality", "text")
            raise ModelError(
                f"{self._name}: a tokenizer takes a list of texts; a {class_name(texts)} was given. Say {mend} where "
                "the inputs are one column of texts, or make the inputs with preprocess in place of the tokenizer",
                mend=mend,
            )
        with _one_thread():
            options = {} if self.longest is None else {"truncation": True, "max_length": self.longest}
            encoded = self.tokenizer(list(texts), padding=True, return_tensors="pt", **options)
            self._count(texts, encoded)
        return {name: value for name, value in encoded.items() if self.accepted is None or name in self.accepted}

    def _count(self, texts: list[str], encoded: Any) -> None:
        """Remember which texts were too long: each once, however often it is asked about."""
        if self.longest is None or encoded["input_ids"].shape[1] < self.longest:
            return
        # Only what fills its row may have been cut.
        mask = encoded.get("attention_mask")
        full = [True] * len(texts) if mask is None else (mask.sum(dim=1) >= self.longest).tolist()
        candidates = [text for text, fills in zip(texts, full, strict=True) if fills]
        whole = self.tokenizer(candidates, truncation=False, padding=False, verbose=False)["input_ids"]
        over = [text for text, tokens in zip(candidates, whole, strict=True) if len(tokens) > self.longest]
        self.cut |= {int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") for text in over}

    @property
    def notes(self) -> tuple[str, ...]:
        """Where texts are filled up otherwise than the tokenizer says, and how many different ones were cut."""
        turned = (
            "texts are filled up at their end, for the network counts places from the start; the tokenizer's side is "
            "the left"
        )
        many = f"{len(self.cut):,} different texts are" if len(self.cut) > 1 else "one text is"
        cut = f"{many} {CUT} {self.longest or 0:,} tokens that the model takes; what is longer is cut off"
        return (*((turned,) if self.turned else ()), *((cut,) if self.cut else ()))

    def facts(self) -> list[Any]:
        """What decides its answers, in plain values, the same for a live tokenizer and for its file."""
        backend = getattr(self.tokenizer, "backend_tokenizer", None)
        if backend is None:
            return [self.tokenizer, self.longest]
        # Filling up and cutting are told at each call, and what the last one said stays there.
        words = json.loads(backend.to_str()) | {"padding": None, "truncation": None}
        sides = [str(getattr(self.tokenizer, f"{side}_side", "")) for side in ("padding", "truncation")]
        return [json.dumps(words, sort_keys=True), sides, self.tokenizer.pad_token_id, self.longest]


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Without threads of the tokenizer, with which no process can be forked."""
    before = os.environ.get("TOKENIZERS_PARALLELISM")
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    try:
        yield
    finally:
        if before is None:
            del os.environ["TOKENIZERS_PARALLELISM"]
        else:
            os.environ["TOKENIZERS_PARALLELISM"] = before
