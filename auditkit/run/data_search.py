"""Which words and numbers of a text are values of the audit data, and how many people share them."""

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from auditkit.data import AuditData
from auditkit.data.fields import Fields
from auditkit.data.inputs import as_array
from auditkit.lazy import pandas
from auditkit.run.own_numbers import OwnNumbers
from auditkit.run.text_tokens import bare, parts, plain, words
from auditkit.value_spelling import spelling

PROSE = 8
"""Words of the usual value of a column that holds texts and not names of things."""
_SAMPLE = 1000


class Value(NamedTuple):
    """A value of the data that has words with a text in common."""

    column: str
    value: Any
    words: tuple[str, ...]
    people: int
    """Who have it."""


class DataSearch:
    """Searches the rows of an audit, those of its training split among them, only when it is asked.

    Args:
        data: the audit data.
    """

    def __init__(self, data: AuditData) -> None:
        self.minimum = data.minimum_cell
        self._splits: list[Fields] = [data] if data.train is None else [data, data.train]
        self._numbers = [len(split.inputs) for split in self._splits]

    @functools.cached_property
    def names(self) -> frozenset[str]:
        """What columns, attributes and classes are called."""
        data = self._splits[0]
        classes = map(spelling, data.classes)
        label = (data.label_name,) if data.label_name else ()
        return frozenset({*data.feature_names, *data.columns, *data.asides, *data.groups, *classes, *label})

    @functools.cached_property
    def own_numbers(self) -> OwnNumbers:
        """Numbers of rows, people and columns, which an audit says of itself."""
        people = [float(split.people.sum()) for split in self._splits if split.people is not None]
        shapes = [float(length) for split in self._splits for length in getattr(split.inputs, "shape", ())]
        return OwnNumbers((*map(float, self._numbers), *people, *shapes))

    def values_with(self, wanted: frozenset[str], cut: tuple[str, ...] = ()) -> list[Value]:
        """The values of columns of words that hold one of some words.

        Args:
            wanted: the words, and the parts of those that are joined from several, as tokens have them.
            cut: those of them that may be the beginning of one.
        """
        if not wanted:
            return []
        any_word = re.compile("|".join(map(re.escape, sorted(wanted, key=len, reverse=True))))
        values = []
        for name, counts in self._counts.items():
            for value, people in counts.items():
                text = bare(plain(str(value)))
                joined = re.sub(r"[\W_]+", "", text)
                if any_word.search(text) is None and joined not in wanted:
                    continue
                read = words(text)
                pieces = {joined, *read, *(piece for word in read for piece in parts(word))}
                if people and (not wanted.isdisjoint(pieces) or any(word.startswith(cut) for word in read)):
                    values.append(Value(name, value, read, people))
        return values

    def who_has(self, value: Value) -> np.ndarray:
        """(N,) bool: the rows that have a value in its column."""

        def equal(columns: Mapping[str, Any]) -> np.ndarray | None:
            return _equal(columns[value.column], value.value) if value.column in columns else None

        return self._rows(equal)

    def who_has_number(self, number: float, tolerance: float) -> np.ndarray:
        """(N,) bool: the rows that have a number in some column, but for rounding."""

        def near(columns: Mapping[str, Any]) -> np.ndarray | None:
            masks = [np.abs(_floats(column) - number) <= tolerance for column in columns.values() if _is_number(column)]
            return np.logical_or.reduce(masks) if masks else None

        return self._rows(near)

    def people_in(self, rows: np.ndarray) -> int:
        """How many people some rows stand for."""
        return int(rows @ self._weights)

    def shared_runs(self, wanted: Mapping[tuple[str, ...], Any]) -> dict[tuple[str, ...], int]:
        """{run of words: how many texts of the data hold it}, of those that occur."""
        if not wanted:
            return {}
        length, counted = len(next(iter(wanted))), dict.fromkeys(wanted, 0)
        for text in self._texts():
            parts = words(text)
            runs = {run for run in zip(*(parts[start:] for start in range(length)), strict=False) if run in counted}
            for run in runs:
                counted[run] += 1
        return {run: texts for run, texts in counted.items() if texts}

    @property
    def has_texts(self) -> bool:
        """Whether some of the data are texts."""
        return bool(self._prose) or any(_is_texts(split.inputs) for split in self._splits)

    @functools.cached_property
    def _columns(self) -> list[dict[str, Any]]:
        """Of each split, {column: its values}."""
        return [dict(_columns_of(split)) for split in self._splits]

    @functools.cached_property
    def _weights(self) -> np.ndarray:
        ones = [np.ones(len(split.inputs)) if split.people is None else split.people for split in self._splits]
        return np.concatenate(ones).astype(np.float64)

    @functools.cached_property
    def _worded(self) -> dict[str, list[Any]]:
        """{column of words: its values in each split}."""
        names = dict.fromkeys(name for columns in self._columns for name in columns)
        worded = {name: [columns[name] for columns in self._columns if name in columns] for name in names}
        return {name: splits for name, splits in worded.items() if not any(map(_is_number, splits))}

    @functools.cached_property
    def _prose(self) -> frozenset[str]:
        """The columns that hold texts."""
        return frozenset(name for name, splits in self._worded.items() if _is_prose(splits[0]))

    @functools.cached_property
    def _counts(self) -> dict[str, dict[Any, int]]:
        """Of each column of words, {value: how many people have it}."""
        counts: dict[str, dict[Any, int]] = {}
        for name in self._worded.keys() - self._prose:
            counted = counts.setdefault(name, {})
            for columns, split in zip(self._columns, self._splits, strict=True):
                if name in columns:
                    for value, people in _counted(columns[name], split.people).items():
                        counted[value] = counted.get(value, 0) + int(people)
        return counts

    def _texts(self) -> Iterator[str]:
        for split, columns in zip(self._splits, self._columns, strict=True):
            if _is_texts(split.inputs):
                yield from map(str, split.inputs)
            for name in self._prose:
                yield from map(str, columns.get(name, ()))

    def _rows(self, test: Callable[[Mapping[str, Any]], np.ndarray | None]) -> np.ndarray:
        masks = []
        for columns, rows in zip(self._columns, self._numbers, strict=True):
            mask = test(columns)
            masks.append(np.zeros(rows, dtype=bool) if mask is None else mask)
        return np.concatenate(masks)


def _columns_of(split: Fields) -> Iterator[tuple[str, Any]]:
    inputs, array = split.inputs, as_array(split.inputs)
    if hasattr(inputs, "columns"):
        yield from ((str(name), inputs.iloc[:, position]) for position, name in enumerate(inputs.columns))
    elif array is not None and array.ndim == 2:
        yield from zip(split.feature_names, array.T, strict=True)
    yield from ((f"group {name}", column) for name, column in split.groups.items())
    yield from ((f"beside {name}", _spoken(column)) for name, column in split.asides.items())
    if split.answered is not None:
        yield "answers in words", split.answered
    if split.task == "regression" and split.labels is not None:
        yield "label", split.labels


def _spoken(column: np.ndarray) -> np.ndarray:
    """A column beside prompts: numbers as such, and several passages as one text."""
    joined = ["\n".join(map(str, value)) if isinstance(value, tuple) else value for value in column]
    return pandas.Series(joined, dtype=object).infer_objects().to_numpy()


def _is_number(column: Any) -> bool:
    return getattr(column.dtype, "kind", "O") in "iufb"


def _is_texts(inputs: Any) -> bool:
    return not hasattr(inputs, "columns") and as_array(inputs) is None


def _is_prose(column: Any) -> bool:
    some = [len(str(value).split()) for value in pandas.unique(pandas.Series(column).dropna()[:_SAMPLE])]
    return bool(some) and float(np.median(some)) >= PROSE


def _counted(column: Any, people: np.ndarray | None) -> dict[Any, int]:
    series = pandas.Series(column).reset_index(drop=True)
    if people is None:
        return series.value_counts().to_dict()
    return pandas.Series(people).groupby(series, observed=True).sum().to_dict()


def _equal(column: Any, value: Any) -> np.ndarray:
    return np.asarray(pandas.Series(column).reset_index(drop=True).eq(value).fillna(False), dtype=bool)


def _floats(column: Any) -> np.ndarray:
    series = pandas.Series(column)
    return series.to_numpy(dtype=np.float64, na_value=np.nan)
