"""Prepare the census data and train the model that auditkit.toml audits and mitigates; writes into work/."""

from __future__ import annotations

import os
import pathlib
import sys

import pandas as pd
import skops.io
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

HERE = pathlib.Path(__file__).resolve().parent
COLUMNS = [
    "age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation", "relationship", "race",
    "sex", "capital-gain", "capital-loss", "hours-per-week", "native-country", "income",
]  # fmt: skip
NUMBERS = ["age", "education-num", "capital-gain", "capital-loss", "hours-per-week"]
CATEGORIES = ["workclass", "marital-status", "occupation"]


def read() -> pd.DataFrame:
    folder = pathlib.Path(os.environ.get("AUDITKIT_DATA") or HERE.parents[2] / "shared" / "data")
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else folder / "adult" / "adult.data.gz"
    if not path.is_file():
        sys.exit(
            f"give the path of adult.data.gz, or set AUDITKIT_DATA to the folder that holds adult/; no {path.name!r}"
        )
    frame = pd.read_csv(path, names=COLUMNS, skipinitialspace=True, keep_default_na=False)
    return frame[[*NUMBERS, *CATEGORIES, "sex", "income"]].replace("?", "unknown")


def main(work: pathlib.Path) -> None:
    work.mkdir(parents=True, exist_ok=True)
    train, test = train_test_split(read(), train_size=12_000, test_size=8_000, random_state=0)
    train.to_parquet(work / "train.parquet", index=False)
    test.to_parquet(work / "test.parquet", index=False)

    # the table that the Pipeline is fitted on holds the column sex, and the encoder leaves it out: the model does not
    # use it, but is handed it, so that thresholds by group can be put over its scores
    onehot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    encode = make_column_transformer((StandardScaler(), NUMBERS), (onehot, CATEGORIES))
    pipeline = make_pipeline(encode, LogisticRegression(max_iter=500))
    pipeline.fit(train.drop(columns="income"), train["income"])
    skops.io.dump(pipeline, work / "pipeline.skops")


if __name__ == "__main__":
    main(HERE / "work")
