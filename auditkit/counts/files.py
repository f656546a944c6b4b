"""Counts of files that need not fit into memory: Parquet by row groups, in two threads; csv in blocks."""

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from auditkit.counts import streams
from auditkit.counts.arrow_codes import Bins, Coder, folded
from auditkit.counts.dialect import Options
from auditkit.counts.histogram import HELD, Cells, Histogram, add_up
from auditkit.counts.names import Markers, Rename, class_places, group_names, typed
from auditkit.counts.table import CodedAnswers, Counts, collect
from auditkit.counts.text_codec import in_a_sentence
from auditkit.counts.unit import Names, Unit
from auditkit.errors import DataError, Mend
from auditkit.lazy import pyarrow

ROWS = 10_000_000
"""Combinations of values that are held; more would not fit into memory with everything else."""


class Part(NamedTuple):
    """What one unit of a file holds."""

    values: list[list[Any]]
    """For each column, what its codes stand for."""
    cells: Cells


def count_file(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    groups: Sequence[str],
    label: str | None = None,
    decision: str | None = None,
    weights: str | None = None,
    positive: Any = None,
    rename: Mapping[str, Rename] | None = None,
    missing: Sequence[str] | Markers | None = None,
    text: Options | None = None,
    threads: int = 2,
) -> Counts:
    """Count the rows of files in one pass, a batch at a time; the result does not depend on the number of threads.

    A missing group is the group "(missing)", a missing label is not known, a missing decision is an abstention. Values
    are spelt as text, whole numbers without a decimal point; a column of a text file is numbers where every value is
    written as one, over all files.

    Args:
        paths: one or several Parquet or csv files (UTF-8, also gzipped) with the same columns.
        groups: the columns of the attributes.
        label: the column of the labels; None: nobody's is known.
        decision: the column of the decisions; None: all were withheld.
        weights: the column of the weights, positive numbers; None: all 1.
        positive: the positive class, in any spelling, which comes last in `Counts.classes`; None: the last in order.
        rename: {attribute: a callable} that takes its distinct values, none missing, and gives the name of each one's
            group; so bins and renamed values fold the table at the end.
        missing: the texts that mean missing, or `Markers`, which learn those that were met; None: the empty text.
        text: what is said about text files; what is not said, and where None is given all of it, is found out.
        threads: how many row groups are read at once.

    Raises:
        DataError: a file cannot be read or has no rows, a column is not there, has more than 100,000 different values
            or values that cannot be counted, a weight is not a positive number.
    """
    names = _names(groups, label, decision, weights, rename)
    lists, cells = _count_units(paths, names, text or Options(), threads)
    markers = missing if missing is None or isinstance(missing, Markers) else Markers(missing)
    values = {name: typed(listed_values, markers) for name, listed_values in lists.items()}
    return _table(names, values, cells, positive, dict(rename or {}))


def count_values(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    columns: Sequence[str],
    *,
    bins: Mapping[str, Bins],
    text: Options,
) -> tuple[dict[str, list[Any]], Cells]:
    """The distinct values of some columns as they stand in files, and how many rows hold each combination of them.

    Args:
        paths: as for `count_file`.
        columns: at least one.
        bins: of columns that are numbers to be put into bins: one value then stands for all of a bin.
        text: what is said about text files; what is not said is found out.

    Returns:
        {column: its values}, None for a missing one and every field of a text file as text; and the cells, whose codes
        are positions in these lists.

    Raises:
        DataError: as `count_file`.
    """
    return _count_units(paths, Names(tuple(columns), None, None, None, bins), text, threads=2)


def _count_units(paths: Any, names: Names, text: Options, threads: int) -> tuple[dict[str, list[Any]], Cells]:
    files = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    if not files:
        raise DataError("paths must name at least one file to count; none was given")
    with in_a_sentence(", ".join(os.path.basename(os.fspath(path)) for path in files)):
        units = [unit for path in files for unit in streams.units(path, names, text)]
        coders = [Coder(name, "the files") for name in names.counted]
        pending: list[Cells] = []
        size = 0
        for part in _counted_parts(units, names, threads):
            pending.append(_in_common_codes(part, coders))
            size += len(part.cells.rows)
            # added up now and then, so that what is kept follows the combinations and not the parts
            if size > HELD:
                pending = [_add_parts(pending, coders)]
                # twice: else every further part would be added by itself once there are many combinations
                size = len(pending[0].rows) * 2
        cells = _add_parts(pending, coders)
    if not len(cells.rows):
        raise DataError(f"{', '.join(os.path.basename(os.fspath(path)) for path in files)}: there are no rows")
    return {name: coder.values for name, coder in zip(names.counted, coders, strict=True)}, cells


def _names(groups: Sequence[str], label: str | None, decision: str | None, weights: str | None, rename: Any) -> Names:
    if isinstance(groups, str):
        mend = Mend("data.groups", [groups])
        raise DataError(f"groups must be a list of columns, as in {mend.line}; a text was given", mend=mend)
    if len(set(groups)) < len(groups):
        raise DataError(f"groups must name each column once; {', '.join(groups)} was given")
    strange = [name for name in rename or {} if name not in groups]
    if strange:
        raise DataError(f"rename holds {strange[0]!r}, which is none of the groups {', '.join(groups)}")
    if not (groups or label or decision):
        raise DataError("there is nothing to count: name at least one of groups, label, decision")
    return Names(tuple(groups), label, decision, weights)


def _counted_parts(units: list[Unit], names: Names, threads: int) -> Iterator[Part]:
    """The parts in the order of the units, so that sums of weights are always the same; few are held at a time."""
    if threads < 2 or len(units) < 2:
        for unit in units:
            yield _count_unit(unit, names)
        return
    waiting: deque[Future[Part]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="counts") as pool:
        try:
            for unit in units:
                waiting.append(pool.submit(_count_unit, unit, names))
                # a few wait, so that a slow part holds up nobody, and no more, as each holds its counts in memory
                if len(waiting) > 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            # where a part is broken, those that have not begun need not begin
            for future in waiting:
                future.cancel()


def _count_unit(unit: Unit, names: Names) -> Part:
    """Count one unit."""
    coders = [Coder(name, unit.name, unit.fields) for name in names.counted]
    histogram: Histogram | None = None
    done: list[tuple[Cells, tuple[int, ...]]] = []
    for read in unit.batches():
        arrays = [
            folded(array, names.bins[name]) if name in names.bins else array
            for name, array in zip(names.read, read, strict=True)
        ]
        # not strict: the weights come last and have no coder
        codes = [coder.codes(array) for coder, array in zip(coders, arrays, strict=False)]
        sizes = tuple(max(1, len(coder.values)) for coder in coders)
        # a histogram has a fixed shape: a batch with new values begins another one
        if histogram is None or histogram.sizes != sizes:
            if histogram is not None:
                done.append((histogram.cells(), histogram.sizes))
            histogram = Histogram(sizes, weighted=names.weights is not None, checked=False)
        histogram.add(codes, _weights(arrays[-1], names, unit) if names.weights is not None else None)
    if histogram is not None:
        done.append((histogram.cells(), histogram.sizes))
    sizes = tuple(max(1, len(coder.values)) for coder in coders)
    cells = done[0][0] if len(done) == 1 else add_up([finished for finished, _ in done], sizes)
    return Part([coder.values for coder in coders], cells)


def _weights(array: Any, names: Names, unit: Unit) -> np.ndarray:
    try:
        values = array.cast(pyarrow.float64()).to_numpy(zero_copy_only=False)
    except pyarrow.ArrowException as error:
        raise DataError(f"{unit.name}: weights {names.weights!r} must be numbers: {error}") from error
    wrong = int((~(np.isfinite(values) & (values > 0))).sum())
    if wrong:
        raise DataError(
            f"{unit.name}: weights {names.weights!r} must be positive finite numbers; {wrong} or more are not. Take "
            "those rows out, or leave the weights out"
        )
    return values


def _in_common_codes(part: Part, coders: list[Coder]) -> Cells:
    """The cells of a part in the codes of the whole."""
    codes = [
        coder.known(values)[codes_of_part] if len(codes_of_part) else codes_of_part
        for coder, values, codes_of_part in zip(coders, part.values, part.cells.codes, strict=True)
    ]
    return part.cells._replace(codes=tuple(codes))


def _add_parts(parts: list[Cells], coders: list[Coder]) -> Cells:
    cells = add_up(parts, [max(1, len(coder.values)) for coder in coders])
    if len(cells.rows) > ROWS:
        widest = max(coders, key=lambda coder: len(coder.values))
        raise DataError(
            f"there are more than {ROWS:,} combinations of values; column {widest.name!r} alone has "
            f"{len(widest.values):,}. Name fewer columns, or put its values into bins first"
        )
    return cells


def _table(
    names: Names, values: dict[str, list[Any]], cells: Cells, positive: Any, rename: dict[str, Rename]
) -> Counts:
    groups = {name: group_names(name, values[name], rename.get(name)) for name in names.groups}
    codes = dict(zip(names.counted, cells.codes, strict=True))
    answers = {name: values[name] for name in (names.label, names.decision) if name is not None}
    classes, class_positions = class_places(answers, positive)
    class_codes = {
        name: np.array(positions, dtype=np.int64)[codes[name]]
        for name, positions in zip(answers, class_positions, strict=True)
    }
    # the position behind the last class stands for "not known" and for "abstained"
    unknown = np.full(len(cells.rows), len(classes))
    labels = unknown if names.label is None else class_codes[names.label]
    decisions = unknown if names.decision is None else class_codes[names.decision]
    return collect(
        groups, [codes[name] for name in names.groups], CodedAnswers(classes, labels, decisions), cells,
        weighted=names.weights is not None,
    )  # fmt: skip
