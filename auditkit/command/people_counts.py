"""Files counted without an audit: how many people there are for every combination of groups, label and decision."""

import io
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from auditkit.counts import count_file, to_frame
from auditkit.counts.dialect import Options
from auditkit.counts.frames import WEIGHTS
from auditkit.data.cells import MINIMUM
from auditkit.errors import ConfigError
from auditkit.io.atomic_files import write_atomic
from auditkit.text import number_of, one_line
from auditkit.too_few import fewer_than


def count(
    files: Sequence[str],
    out: str,
    counted: Mapping[str, Any],
    delimiter: str | None = None,
    encoding: str | None = None,
) -> int:
    """Write the table of counts of some files; exit code 0.

    Args:
        files: Parquet or csv files with the same columns.
        out: where the table goes.
        counted: what is counted, as `auditkit.counts.count_file` takes it: groups, label, decision and so on.
        delimiter: between the fields of csv files.
        encoding: of csv files.
    """
    target = pathlib.Path(out)
    if target.suffix.lower() not in (".csv", ".parquet"):
        raise ConfigError(f"--out must end in .csv or .parquet; {out!r} was given")
    if target.is_dir() or not target.absolute().parent.is_dir():
        raise ConfigError(f"--out must be a file in a folder that exists; {out!r} was given")
    # links are resolved: the table must never be written over the rows that it is counted from
    if any(target.resolve() == pathlib.Path(file).resolve() for file in files):
        raise ConfigError(f"--out is one of the files to count, {out!r}; name another file")
    groups = counted["groups"]
    counts = count_file(files, **counted, text=Options(delimiter, None, encoding))
    frame = to_frame(counts)
    # into memory first: the table is small, and a file that is half written could be taken for counts
    buffer = io.BytesIO()
    write = frame.to_csv if target.suffix.lower() == ".csv" else frame.to_parquet
    write(buffer, index=False)
    write_atomic(target, buffer.getvalue())
    small = int((frame["people"] < MINIMUM).sum())
    groups_in_words = (
        f"{number_of(len(counts.cells), 'group')} of {', '.join(map(one_line, groups))}" if groups else "no groups"
    )
    print(f"{number_of(counts.people, 'person', 'people')} in {number_of(len(frame), 'cell')}; {groups_in_words}")
    if frame.columns.isin(WEIGHTS).any():
        print(f"sum of the weights: {counts.tally.weight.sum():,.6g}")
    if small:
        print(
            f"{number_of(small, 'cell holds', 'cells hold')} {fewer_than(MINIMUM, 'people')}: as sensitive as the rows "
            "they were counted from"
        )
    print(f"Counts: {out}")
    return 0
