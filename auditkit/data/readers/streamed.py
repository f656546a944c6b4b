"""Files that need not fit into memory, read once into a table of counts."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.counts.dialect import Options
from auditkit.counts.markers import Markers
from auditkit.data.groups import group_column
from auditkit.data.readers.roles import as_groups, group_source
from auditkit.data.readers.source import Source
from auditkit.errors import DataError

if TYPE_CHECKING:
    pass

PEOPLE = "people"
"""The column of the table that says how many people a row stands for."""


def stream_counts(
    source: Any,
    label: Any,
    groups: Any,
    decisions: Any,
    beside: Mapping[str, Any],
    *,
    missing: Sequence[str] | None = None,
    text: Options,
) -> Source:
    """The table of counts of Parquet or CSV files: groups as they are to be named, label, decision, `people`.

    Args:
        source: a path, which may hold * for several files.
        label: the column of the truth; None: there is none.
        groups: as for `auditkit.data.readers.read_table`; columns only.
        decisions: the column of recorded decisions.
        beside: {option: value} of all that has no place in a table of counts.
        missing: texts that mean missing.
        text: what the owner says of CSV files.

    Raises:
        DataError: an option that has no place here, a file or a column that is not there, or too many combinations.
    """
    given = [role for role, value in beside.items() if value is not None and len(value) > 0]
    if given:
        raise DataError(
            f"stream = true counts people by groups, label and decision, so {given[0]} has no place; take it out, or "
            "read the data without stream"
        )
    if not isinstance(source, str | os.PathLike):
        raise DataError(f"stream = true needs the path of a parquet or csv file; {type(source).__name__} was given")
    if not isinstance(decisions, str) or not (label is None or isinstance(label, str)):
        raise DataError("stream = true needs recorded decisions, and names decisions and label by their columns")
    from auditkit.counts.files import count_file  # pyarrow, wanted by few

    sources = {name: group_source(name, options) for name, options in as_groups(groups).items()}
    if not sources or None in sources.values():
        raise DataError("stream = true needs groups, each named by its column")
    named = {name: str(column) for name, column in sources.items()}
    rename = {named[name]: _renamer(name, options) for name, options in as_groups(groups).items()}
    markers = None if missing is None else Markers(map(str, missing))
    counts = count_file(
        _paths(pathlib.Path(source)), groups=list(named.values()), label=label, decision=decisions,
        rename=rename, missing=markers, text=text,
    )  # fmt: skip
    names = {column: name for name, column in named.items()} | {"label": label, "decision": decisions}
    frame = counts.frame().rename(columns=names)
    columns = frame[[*named, *([] if label is None else [label]), decisions, PEOPLE]]
    return Source(columns, index=columns.index, notes=() if markers is None else tuple(markers.notes))


def _paths(path: pathlib.Path) -> list[pathlib.Path]:
    if "*" not in path.name:
        return [path]
    found = sorted(path.parent.glob(path.name))
    if not found:
        raise DataError(f"no file is called {path.name!r} there")
    return found


def _renamer(name: str, options: Any) -> Callable[[list[Any]], Sequence[str]]:
    facts = {key: value for key, value in options.items() if key != "column"} if isinstance(options, Mapping) else {}

    def rename(values: list[Any]) -> Sequence[str]:
        return [str(each) for each in group_column(name, np.array(values, dtype=object), facts)]

    return rename
