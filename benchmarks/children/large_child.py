"""Writes a table of made-up people, and a model of it where one is asked for: `python large_child.py FILE JSON`."""

import json
import pathlib
import sys

import numpy as np
import pyarrow
import pyarrow.csv
from pyarrow import parquet

BATCH = 1 << 20


def main(path: str, work: str) -> None:
    """A file of `rows` rows: groups, age, weight, label, decision, score, and amounts; written batch by batch."""
    wanted = json.loads(work)
    rng = np.random.default_rng(7)
    writer = None
    for start in range(0, wanted["rows"], BATCH):
        table = _people(rng, min(BATCH, wanted["rows"] - start), wanted["columns"], wanted["groups"])
        if writer is None:
            opened = pyarrow.csv.CSVWriter if path.endswith(".csv") else parquet.ParquetWriter
            writer = opened(path, table.schema)
            if wanted["model"]:
                _fit(table, pathlib.Path(path).with_name("model.skops"))
        writer.write_table(table)
    assert writer is not None
    writer.close()


def _people(rng: np.random.Generator, rows: int, columns: int, groups: dict[str, int]) -> pyarrow.Table:
    codes = {name: rng.integers(0, number, rows, dtype=np.int32) for name, number in groups.items()}
    by_name = {
        name: pyarrow.DictionaryArray.from_arrays(codes[name], [f"{name} {at}" for at in range(number)]).cast("string")
        for name, number in groups.items()
    }
    last = codes[list(groups)[-1]] / list(groups.values())[-1]
    label = rng.random(rows) < 0.3 + 0.2 * last
    score = np.clip(0.2 + 0.4 * label + 0.1 * last + rng.normal(0, 0.2, rows), 0, 1)
    by_name["age"] = rng.integers(18, 90, rows, dtype=np.int64)
    by_name["weight"] = rng.integers(1, 9, rows) / 4
    by_name["label"] = label.astype(np.int64)
    by_name["decision"] = (score >= 0.5).astype(np.int64)
    by_name["score"] = score.round(6)
    amounts = (1 + label[:, None] * (np.arange(columns) < 5)) * rng.integers(0, 5000, (rows, columns)) / 8
    return pyarrow.table(by_name | {f"amount {at}": amounts[:, at] for at in range(columns)})


def _fit(table: pyarrow.Table, path: pathlib.Path) -> None:
    """A linear model of the amounts."""
    import skops.io
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    frame = table.slice(0, 20_000).to_pandas()
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.fit(frame.filter(like="amount"), frame["label"])
    skops.io.dump(model, path)


if __name__ == "__main__":
    main(*sys.argv[1:])
