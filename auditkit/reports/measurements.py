"""All measurements as one table, a row each: CSV for spreadsheets, Parquet for programs.

The columns are those of `AuditResult.frame()` with the model before them. Spreadsheets take a text that begins with
`=`, `+`, `-` or `@` for a formula and run it (OWASP, CSV Injection), so in the CSV an apostrophe stands before such a
text, and control characters are left out; numbers stay numbers. The Parquet file holds every text as it is.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

from auditkit.lazy import pyarrow
from auditkit.results import FRAME_COLUMNS, AuditResult, Comparison, pairs_by_name
from auditkit.text import printable

COLUMNS = ("model", *FRAME_COLUMNS)
NUMBERS = frozenset({"value", "low", "high", "p", "p_adjusted"})
COUNTS = frozenset({"n"})
LONGEST = 20_000
_FORMULA = re.compile("[\\s\ufeff'\"]*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
"""How a formula begins, also behind blanks and quotes, and in the wide forms that some spreadsheets read alike."""


def as_csv(result: AuditResult | Comparison) -> bytes:
    """UTF-8 with a header; an empty cell where there is no number."""
    text = io.StringIO()
    rows = ([inert(row[name]) for name in COLUMNS] for row in _rows(result))
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *rows])
    return text.getvalue().encode("utf-8", "replace")


def as_parquet(result: AuditResult | Comparison) -> bytes:
    """The same table as Parquet: texts, float64 and int64."""
    rows = list(_rows(result))
    columns = {name: pyarrow.array([_utf8(row[name]) for row in rows], _type(name)) for name in COLUMNS}
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.table(columns), sink, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())


def inert(cell: Any) -> Any:
    """A cell that no spreadsheet runs: numbers and None as they are, texts without a formula's beginning."""
    if not isinstance(cell, str):
        return cell
    clean = printable(cell, LONGEST).replace("\r", " ")
    return f"'{clean}" if _FORMULA.match(clean) else clean


def _rows(result: AuditResult | Comparison) -> Iterator[dict[str, Any]]:
    for audit in result.audits:
        every = (measurement for result in audit.results for measurement in result.every)
        for row, measurement in zip(audit.rows(), every, strict=True):
            # by name, as results.json keeps them, so that a table is the same before and after saving
            named = {"slice": pairs_by_name(measurement.slice), "conditions": pairs_by_name(measurement.conditions)}
            yield {"model": audit.model.name, **row, **named}


def _utf8(cell: Any) -> Any:
    return cell.encode("utf-8", "replace").decode() if isinstance(cell, str) else cell


def _type(name: str) -> pyarrow.DataType:
    if name in NUMBERS:
        return pyarrow.float64()
    return pyarrow.int64() if name in COUNTS else pyarrow.string()
