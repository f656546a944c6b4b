"""Made-up people: three attributes, a label, a decision; as codes, as text, as a Parquet file."""

from __future__ import annotations

import json
import pathlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas

NAMES = ("sex", "origin", "region")


class People(NamedTuple):
    """N people."""

    values: tuple[tuple[str, ...], ...]
    """For each attribute, its values, sorted."""
    codes: tuple[np.ndarray, ...]
    """For each attribute, (N,) int8 positions in its values."""
    labels: np.ndarray
    """(N,) int8 of 0 and 1."""
    decisions: np.ndarray
    """(N,) int8 of 0 and 1."""

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values each attribute has."""
        return tuple(map(len, self.values))

    def categories(self) -> pandas.DataFrame:
        """The attributes, dictionary-encoded."""
        import pandas

        pairs = zip(NAMES, self.codes, self.values, strict=True)
        return pandas.DataFrame({name: pandas.Categorical.from_codes(codes, values) for name, codes, values in pairs})

    def text(self) -> pandas.DataFrame:
        """The attributes as pandas reads them from a file: columns of text."""
        return self.categories().astype("str")

    def fused(self) -> np.ndarray:
        """(N,) int16: the place of each person's combination of attributes, in the order of the values."""
        place = np.zeros(len(self.labels), dtype=np.int16)
        for codes, size in zip(self.codes, self.shape, strict=True):
            place = place * np.int16(size) + codes
        return place


def people(rows: int, shape: tuple[int, int, int], seed: int) -> People:
    """People whose groups differ in size, in how common the label is, and in how they are decided upon."""
    rng = np.random.default_rng(seed)
    codes = tuple(_drawn(rng, rows, size) for size in shape)
    merit = 0.25 + 0.1 * codes[0] + 0.2 * codes[1] / shape[1] + 0.1 * codes[2] / shape[2]
    labels = (rng.random(rows, dtype=np.float32) < merit).astype(np.int8)
    chance = np.where(labels == 1, 0.75, 0.2) - 0.1 * codes[0]
    decisions = (rng.random(rows, dtype=np.float32) < chance).astype(np.int8)
    values = tuple(tuple(f"{name} {code:02d}" for code in range(size)) for name, size in zip(NAMES, shape, strict=True))
    return People(values, codes, labels, decisions)


def _drawn(rng: np.random.Generator, rows: int, size: int) -> np.ndarray:
    """(rows,) int8: values of which the last is about a third as common as the first."""
    weights = np.linspace(3, 1, size)
    ends = np.cumsum(weights / weights.sum())
    ends[-1] = 1
    return np.searchsorted(ends, rng.random(rows, dtype=np.float32), side="right").clip(0, size - 1).astype(np.int8)


def write_parquet(path: pathlib.Path, rows: int, shape: tuple[int, int, int], seed: int) -> np.ndarray:
    """Write people to a Parquet file, drawn anew for each row group, and count them on the way.

    Returns:
        (*shape, 2, 2) int64: people by attributes, label and decision.
    """
    import pyarrow
    from pyarrow import parquet

    group = min(rows, 1 << 20)
    cells = (*shape, 2, 2)
    total = np.zeros(int(np.prod(cells)), dtype=np.int64)
    writer = None
    for number, start in enumerate(range(0, rows, group)):
        some = people(min(group, rows - start), shape, seed + number)
        columns = {
            name: pyarrow.DictionaryArray.from_arrays(pyarrow.array(codes), pyarrow.array(values))
            for name, codes, values in zip(NAMES, some.codes, some.values, strict=True)
        }
        columns |= {"label": pyarrow.array(some.labels), "decision": pyarrow.array(some.decisions)}
        table = pyarrow.table(columns)
        writer = writer or parquet.ParquetWriter(path, table.schema, compression="snappy")
        writer.write_table(table)
        place = (some.fused().astype(np.int64) * 2 + some.labels) * 2 + some.decisions
        total += np.bincount(place, minlength=len(total))
    if writer:
        writer.close()
    return total.reshape(cells)


def save(some: People, folder: pathlib.Path) -> None:
    """Write the columns where a child process reads them."""
    folder.mkdir(parents=True)
    for at, codes in enumerate(some.codes):
        np.save(folder / f"code_{at}.npy", codes)
    np.save(folder / "labels.npy", some.labels)
    np.save(folder / "decisions.npy", some.decisions)
    (folder / "values.json").write_text(json.dumps(dict(zip(NAMES, some.values, strict=True))))
