"""What every reader is told, and what it gives: columns of a table and, where there are some, an array of inputs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from auditkit.counts.dialect import Options
from auditkit.data.blanks import Blanks
from auditkit.data.orders import Notation
from auditkit.lazy import pandas

INPUTS: Final = ("inputs", "x", "X")
"""Names of the array that the model eats, in a dictionary or an npz file."""
LABELS: Final = ("labels", "y")
SPREADSHEET: Final = (
    "is a spreadsheet, whose cells have no types that could be relied on. Save it as csv (UTF-8) from the program that "
    "wrote it, or in Python: pandas.read_excel(…).to_parquet('table.parquet'), and look at the types of its columns"
)


@dataclass(frozen=True)
class Reading:
    """How values are read; the same for the data and its training split."""

    missing: tuple[str, ...] | None = None
    """The texts that mean missing; None: the empty text in text files, and nothing in a source with types."""
    kinds: Mapping[str, str] | None = None
    """{column: kind} where the owner declared it; a category in a text file stays text."""
    strip: bool = True
    """Whether blanks around values are taken off: around every field of a text file, else around all but inputs."""
    text: Options = field(default_factory=Options)
    """What the owner says of text files."""
    notation: Notation = field(default_factory=Notation)
    """How numbers and dates are written, as far as the owner says so."""
    most: int = sys.maxsize
    """Bytes of memory that the table of a file may take."""
    passages: bool = False
    """Whether a list of texts in a record of JSON is one value, as passages beside a prompt are."""

    @property
    def blanks(self) -> Blanks:
        """What blanks are in labels, answers, ids and groups."""
        return Blanks(self.strip, self.missing is None or "" in self.missing)


@dataclass(frozen=True)
class Source:
    """What was read."""

    columns: pandas.DataFrame
    """Everything with one value per row, numbered from 0."""
    inputs: Any = None
    """An array (N, …) or a list of texts, where the source holds one; None: the inputs are columns."""
    index: Any = None
    """The index of the table as it came, to compare a Series with."""
    name: str = "data"
    notes: tuple[str, ...] = ()
    doubts: Mapping[str, str] = field(default_factory=dict)
    """{column: why it is doubtful that its numbers are what they were read as}."""
    merged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """{column: texts of a file that were one without the blanks around them}."""
    streamed: str = ""
    """Why it is a table of counts of files that hold rows; empty where it is what was given."""
