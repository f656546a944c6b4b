"""A part of a file that is read at a time, and the columns that are asked of it."""

import pathlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from auditkit.counts.arrow_codes import Bins


class Names(NamedTuple):
    """The columns by what they are for."""

    groups: tuple[str, ...]
    label: str | None
    decision: str | None
    weights: str | None
    bins: Mapping[str, Bins] = {}
    """Of columns that are numbers to be put into bins."""

    @property
    def counted(self) -> tuple[str, ...]:
        """Every column whose values are counted, once."""
        columns = (*self.groups, self.label, self.decision)
        return tuple(dict.fromkeys(name for name in columns if name is not None))

    @property
    def read(self) -> tuple[str, ...]:
        """Every column, the weights last."""
        return self.counted if self.weights is None else (*self.counted, self.weights)


@dataclass(frozen=True)
class Unit:
    """A part of a file that is counted on its own."""

    path: pathlib.Path
    names: Names

    fields: bool = False
    """Whether values are fields of a text file."""

    @property
    def name(self) -> str:
        """What messages call the file."""
        return self.path.name

    def batches(self) -> Iterator[list[Any]]:
        """Lists of pyarrow arrays, one a column."""
        raise AssertionError("a unit is of Parquet or of csv")
