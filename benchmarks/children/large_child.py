"""Makes a file of recorded answers, or audits one from end to end: `python large_child.py make|audit …`."""

import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np
import pyarrow
from pyarrow import parquet

BATCH = 1 << 20
CONFIG = """
[model]
decisions = "decision"
[data]
path = '{path}'
label = "label"
positive = 1
groups = {groups}
[audit]
budget = "standard"
checks = {checks}
out = '{out}'
[[limits]]
measurement = "fairness.groups.demographic_parity_difference"
across = ["sex"]
at_most = 0.2
because = "a benchmark"
"""
GROUPS = {"sex": ("female", "male"), "race": ("Asian", "Black", "Hispanic", "White", "other")}


def make(path: str, rows: int, columns: int) -> None:
    """A Parquet file of `columns` columns: sex, race, age, label, decision, and amounts; written batch by batch."""
    rng = np.random.default_rng(7)
    writer = None
    for start in range(0, rows, BATCH):
        table = _people(rng, min(BATCH, rows - start), columns)
        writer = writer or parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()


def _people(rng: np.random.Generator, rows: int, columns: int) -> pyarrow.Table:
    codes = {name: rng.integers(0, len(values), rows, dtype=np.int32) for name, values in GROUPS.items()}
    columns_by_name = {
        name: pyarrow.DictionaryArray.from_arrays(codes[name], list(values)).cast(pyarrow.string())
        for name, values in GROUPS.items()
    }
    label = rng.random(rows) < 0.3 + 0.05 * codes["race"]
    columns_by_name["age"] = rng.integers(18, 90, rows, dtype=np.int64)
    columns_by_name["label"] = label.astype(np.int64)
    columns_by_name["decision"] = (rng.random(rows) < 0.2 + 0.4 * label + 0.05 * codes["sex"]).astype(np.int64)
    columns_by_name |= {f"amount {at}": rng.integers(0, 5000, rows) / 8 for at in range(columns - len(columns_by_name))}
    return pyarrow.table(columns_by_name)


def audit(path: str, checks: str) -> None:
    """Prints seconds, peak bytes and exit code of `auditkit run` on the file."""
    with tempfile.TemporaryDirectory() as folder:
        home = pathlib.Path(folder)
        text = CONFIG.format(path=path, out=home / "out", groups='["sex", "race"]', checks=checks)
        (home / "auditkit.toml").write_text(text)
        start = time.perf_counter()
        done = subprocess.run([sys.executable, "-m", "auditkit", "run", "-q", str(home)], stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(f"{seconds:.1f} s, {peak / 1e9:.2f} GB at the peak, exit code {done.returncode}")


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        audit(*sys.argv[2:])
