"""Reads or counts a Parquet file: `python parquet_child.py FILE THREADS`."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pyarrow
from answering import answer, peak_bytes, timed
from pyarrow import dataset, parquet

from auditkit.counts.files import count_file

PATH, THREADS = sys.argv[1], int(sys.argv[2])
GROUPS = ["sex", "origin", "region"]
COLUMNS = [*GROUPS, "label", "decision"]


def read_table():
    return parquet.read_table(PATH, columns=COLUMNS, use_threads=True).num_rows


def read_table_mapped():
    return parquet.read_table(PATH, columns=COLUMNS, use_threads=True, memory_map=True).num_rows


def iter_batches():
    batches = parquet.ParquetFile(PATH).iter_batches(batch_size=1 << 20, columns=COLUMNS, use_threads=True)
    return sum(batch.num_rows for batch in batches)


def scan():
    return sum(batch.num_rows for batch in dataset.dataset(PATH).to_batches(columns=COLUMNS, use_threads=True))


def row_groups(mapped=False):
    """A row group after the other in each of some threads, which read only."""
    number = parquet.ParquetFile(PATH).num_row_groups

    def read(start):
        file = parquet.ParquetFile(PATH, memory_map=mapped)
        groups = range(start, number, THREADS)
        return sum(file.read_row_group(group, columns=COLUMNS, use_threads=False).num_rows for group in groups)

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(read, range(THREADS)))


def count():
    return count_file(PATH, groups=GROUPS, label="label", decision="decision", threads=THREADS)


def cells(counts):
    """People by attributes, label and decision, as nested lists; nobody unlabelled or undecided."""
    rows = counts.over(GROUPS).tally.rows
    assert rows[:, :2, :2].sum() == rows.sum()
    return rows[:, :2, :2].reshape(*map(len, counts.values), 2, 2).tolist()


def reading(read):
    def call():
        seconds, rows = timed(read)
        pyarrow.default_memory_pool().release_unused()
        return {"seconds": seconds, "rows": rows}

    return call


def counting():
    seconds, counts = timed(count)
    return {"seconds": seconds, "cells": cells(counts)}


if __name__ == "__main__":
    pyarrow.set_cpu_count(THREADS)
    pyarrow.set_io_thread_count(THREADS)
    answer(
        {
            "read_table": reading(read_table),
            "read_table_mapped": reading(read_table_mapped),
            "iter_batches": reading(iter_batches),
            "dataset": reading(scan),
            "row_groups": reading(row_groups),
            "row_groups_mapped": reading(lambda: row_groups(mapped=True)),
            "count": counting,
            "peak": lambda: {"bytes": peak_bytes()},
        }
    )
