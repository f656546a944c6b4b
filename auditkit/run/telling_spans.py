"""Which words and numbers of a text may tell of somebody, held against the audit data."""

import functools
import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from auditkit.run.data_search import DataSearch, Value
from auditkit.run.own_numbers import NONE, OwnNumbers
from auditkit.run.text_tokens import Span, Token, digits, is_long, parts, phrases, stretches, value_of

ROW: Final = 3
"""Values that make a row of somebody."""
RUN: Final = 4
"""Words of a text that, one after the other, are a quotation."""
MOST_OF_A_SHAPE: Final = 6
"""Numbers, of an array's shape."""
MOST_ITEMS: Final = 40
"""Values of one text that are looked for together."""

SHAPES = frozenset({"shape", "shapes", "size", "sizes", "dimension", "dimensions", "kernel", "stride", "weight"})
CONSTANTS = frozenset({"nan", "none", "true", "false", "nat", "inf"})
NOTATION = frozenset({
    "array", "bool", "bytes", "category", "dataframe", "date", "datetime", "datetime64", "decimal", "dict", "dtype",
    "float", "float16", "float32", "float64", "frozenset", "index", "int", "int16", "int32", "int64", "int8",
    "list", "name", "ndarray", "np", "numpy", "object", "pd", "series", "set", "str", "tensor", "timestamp",
    "torch", "tuple", "uint8",
})  # fmt: skip
"""Words that programs write between the values of a row."""
ORDINARY = NOTATION | CONSTANTS | SHAPES | frozenset({
    "a", "all", "an", "and", "any", "are", "argument", "as", "at", "be", "been", "by", "call", "can", "cannot",
    "check", "class", "classes", "column", "columns", "could", "cp1252", "data", "did", "do", "does", "error",
    "expected", "expecting", "failed", "feature", "features", "file", "fit", "fitted", "for", "found", "from",
    "function", "given", "got", "has", "have", "in", "input", "inputs", "instead", "into", "invalid", "is", "it",
    "its", "label", "labels", "length", "line", "method", "missing", "model", "must", "no", "not", "number", "of",
    "on", "only", "or", "other", "out", "output", "parameter", "predict", "raised", "range", "removed", "required",
    "row", "rows", "sample", "samples", "should", "string", "than", "that", "the", "their", "there", "this", "to",
    "type", "unknown", "use", "utf-8", "value", "values", "was", "were", "which", "while", "with", "withheld",
    "without", "you", "your",
})  # fmt: skip
"""Words that stay though somebody's value may hold them: every message is made of them."""


class TellingSpans:
    """Where in a text something stands that may tell of somebody.

    Args:
        text: as `text_tokens.plain` makes it.
        search: the data.
        read: the tokens of the text.
        own: numbers that may stand, beside those that an audit says of itself.
    """

    def __init__(self, text: str, search: DataSearch, read: Sequence[Token], own: OwnNumbers = NONE) -> None:
        self.tokens = read
        self._text, self._search, self._own = text, search, own

    def is_plain(self) -> bool:
        """Whether it holds nothing but names of the data and words of which every message is made."""
        return all(token.kind == "name" or token.text in ORDINARY for token in self.tokens)

    def holds_numbers(self) -> bool:
        """Whether it holds as many numbers as a row would, which is worth a search of the data."""
        return len(self.tokens) >= ROW and sum(len(digits(token.text)) > 1 for token in self._numbers()) > 1

    def long_numbers(self) -> list[Span]:
        """Numbers of more digits than give nobody away, but for those that the audit says itself."""
        return [_span(token) for token in self.tokens if is_long(token, self._text) and not self._is_own(token)]

    def rare_numbers(self) -> list[Span]:
        """Numbers of more digits than give nobody away, which few people of the data have."""
        rare = []
        for token in self._numbers():
            if is_long(token, self._text) and not self._is_own(token):
                people = self._search.people_in(self._search.who_has_number(*value_of(token.text)))
                if 0 < people < self._search.minimum:
                    rare.append(_span(token))
        return rare

    def rare_words(self) -> list[Span]:
        """Words that belong to values of few people, and to no name or value that many share."""
        kept = {word for value in self._values if value.people >= self._search.minimum for word in value.words}
        few = [value for value in self._values if value.people < self._search.minimum]
        rare = {word for value in few for word in value.words if len(word) > 1} - kept - ORDINARY
        cut = [token.text for token in self.tokens if token.text in self._cut and token.text not in kept | ORDINARY]
        rare.update(start for start in cut if any(word.startswith(start) for word in rare))
        return [
            _span(token)
            for token in self.tokens
            if token.kind == "word" and token.text not in kept and not rare.isdisjoint({token.text, *parts(token.text)})
        ] + self._respelt(few)

    def _respelt(self, few: Sequence[Value]) -> list[Span]:
        """Values of few people, of several words, between which another sign stands than in the data, or none."""
        read = [token._replace(text=part) for token in self.tokens for part in parts(token.text)]
        spans = []
        for value in few:
            wanted = [part for word in value.words for part in parts(word)]
            if len(wanted) < 2 or all(len(part) < 3 or part in ORDINARY or part.isdecimal() for part in wanted):
                continue
            spans += [(read[start].start, read[end - 1].end) for start, end in phrases(read, wanted)]
            spans += [_span(token) for token in self.tokens if token.text == "".join(wanted)]
        return spans

    def quotations(self) -> list[Span]:
        """Words one after the other that stand so in few texts of the data."""
        if not self._search.has_texts:
            return []
        texts = [token.text for token in self.tokens]
        places: dict[tuple[str, ...], list[int]] = {}
        for start in range(len(texts) - RUN + 1):
            places.setdefault(tuple(texts[start : start + RUN]), []).append(start)
        shared = self._search.shared_runs(places)
        few = [run for run, count in shared.items() if count < self._search.minimum]
        return [self._span(start, start + RUN) for run in few for start in places[run]]

    def rows(self) -> list[Span]:
        """Numbers and values one after the other, as a row, a column or an array is written."""
        inside = {place for start, (_, end) in self._items.items() for place in range(start + 1, end)}

        def is_item(place: int) -> bool:
            token = self.tokens[place]
            return place not in inside and (place in self._items or token.kind == "number" or token.text in CONSTANTS)

        def is_between(place: int) -> bool:
            token = self.tokens[place]
            is_key = re.match(r"\s*=(?!=)|['\"]\s*:", self._text[token.end :]) is not None
            is_tag = self._text[: token.start].endswith(("<", "</"))
            return place in inside or token.kind == "name" or token.text in NOTATION or is_key or is_tag

        runs = stretches(self.tokens, is_item, is_between)
        return [self._span(run[0], self._end(run[-1])) for run in runs if self._is_row(run)]

    def together(self) -> list[Span]:
        """Values that together tell of fewer people than are shown, as most of a row does however it is written."""
        items: list[tuple[Span, np.ndarray]] = []
        tells = False
        for start, (values, end) in self._items.items():
            items.append((self._span(start, end), np.logical_or.reduce([self._search.who_has(one) for one in values])))
            tells = True
        for token in self._numbers():
            if len(digits(token.text)) > 1 and len(items) < MOST_ITEMS:
                items.append((_span(token), self._search.who_has_number(*value_of(token.text))))
                tells = tells or is_long(token, self._text)
        if len(items) < ROW or not tells:
            return []
        shared = np.sum([mask for _, mask in items], axis=0, dtype=np.int64)
        most = int(shared.max(initial=0))
        who = shared == most
        if most < ROW or self._search.people_in(who) >= self._search.minimum:
            return []
        return [span for span, mask in items if mask[who].any()]

    def _is_row(self, run: Sequence[int]) -> bool:
        columns = [{value.column for value in self._items[place][0]} for place in run if place in self._items]
        numbers = [self.tokens[place] for place in run if self.tokens[place].kind == "number"]
        if not columns and all(map(self._is_small, numbers)):
            return len(numbers) >= ROW and not self._is_shape(run)
        if len(columns) == len(run) and set.intersection(*columns):  # what a column may hold, unless one is there twice
            texts = [self._text[slice(*self._span(place, self._end(place)))] for place in run]
            return len(set(texts)) < len(texts)
        return len(run) >= (ROW if all(map(self._is_small, numbers)) else 2)

    def _is_shape(self, run: Sequence[int]) -> bool:
        """Whether small numbers one after the other are said to be the shape of something."""
        named = run[0] > 0 and self.tokens[run[0] - 1].text in SHAPES and len(run) <= MOST_OF_A_SHAPE
        start, end = self.tokens[run[0] - 1].end, self.tokens[run[-1]].end
        return named and re.fullmatch(r"[\s(\[]*[\d\s,x]+", self._text[start:end]) is not None

    def _is_small(self, number: Token) -> bool:
        """Whether it is a whole number of few digits, or one of the audit's own."""
        if self._is_own(number):
            return True
        return re.fullmatch(r"[-+]?\d+(\.0*)?", number.text) is not None and not is_long(number, self._text)

    def _is_own(self, token: Token) -> bool:
        if token.kind != "number":
            return False
        number, tolerance = value_of(token.text)
        return self._search.own_numbers.holds(number, tolerance) or self._own.holds(number, tolerance)

    @functools.cached_property
    def _items(self) -> dict[int, tuple[list[Value], int]]:
        """{position: the values that stand there, and the position behind them}."""
        items: dict[int, tuple[list[Value], int]] = {}
        for value in sorted(self._values, key=lambda value: -len(value.words)):
            says_much = any(len(word) > 2 and word not in ORDINARY and not word.isdecimal() for word in value.words)
            for start, end in phrases(self.tokens, value.words):
                if start in items and items[start][1] == end:
                    items[start][0].append(value)
                elif start not in items and (says_much or self._is_quoted(start)):
                    items[start] = ([value], end)
        return dict(list(items.items())[:MOST_ITEMS])

    @functools.cached_property
    def _values(self) -> list[Value]:
        texts = frozenset(
            part for token in self.tokens if token.kind == "word" for part in (token.text, *parts(token.text))
        )
        return self._search.values_with(texts, tuple(sorted(self._cut)))

    @functools.cached_property
    def _cut(self) -> frozenset[str]:
        """Words of three letters or more whose end is left out."""
        return frozenset(
            token.text
            for token in self.tokens
            if token.kind == "word" and token.end - token.start > 2 and self._text.startswith(("…", "..."), token.end)
        )

    def _is_quoted(self, place: int) -> bool:
        before = self._text[: self.tokens[place].start].rstrip()
        return before.endswith(("'", '"', "=", ":")) or (place > 0 and self.tokens[place - 1].kind == "name")

    def _numbers(self) -> list[Token]:
        return [token for token in self.tokens if token.kind == "number"]

    def _end(self, place: int) -> int:
        return self._items[place][1] if place in self._items else place + 1

    def _span(self, start: int, end: int) -> Span:
        return self.tokens[start].start, self.tokens[end - 1].end


def _span(token: Token) -> Span:
    return token.start, token.end
