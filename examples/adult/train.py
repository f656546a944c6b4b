"""Prepare the census data and train the two models that auditkit.toml audits; writes into work/."""

from __future__ import annotations

import os
import pathlib
import sys

import numpy as np
import pandas as pd
import skops.io
from network import make_network, save
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from auditkit.demos.networks import fit

HERE = pathlib.Path(__file__).resolve().parent
COLUMNS = [
    "age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation", "relationship", "race",
    "sex", "capital-gain", "capital-loss", "hours-per-week", "native-country", "income",
]  # fmt: skip
NUMBERS = ["age", "education-num", "capital-gain", "capital-loss", "hours-per-week"]
CATEGORIES = ["workclass", "education", "marital-status", "occupation", "relationship", "native-country"]


def read() -> pd.DataFrame:
    folder = pathlib.Path(os.environ.get("AUDITKIT_DATA") or HERE.parents[2] / "shared" / "data")
    path = folder / "adult" / "adult.data.gz"
    if not path.is_file():
        sys.exit(f"set AUDITKIT_DATA to the folder that holds adult/adult.data.gz; {folder.name!r} does not")
    frame = pd.read_csv(path, names=COLUMNS, skipinitialspace=True, keep_default_na=False)
    return frame.drop(columns="fnlwgt").replace("?", "unknown")


def main(work: pathlib.Path) -> None:
    work.mkdir(parents=True, exist_ok=True)
    train, test = train_test_split(read(), test_size=0.3, random_state=0)
    train.to_parquet(work / "train.parquet", index=False)
    test.to_parquet(work / "test.parquet", index=False)

    inputs = train[[*NUMBERS, *CATEGORIES]]
    ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    trees = HistGradientBoostingClassifier(max_iter=150, random_state=0)
    encode = make_column_transformer((ordinal, CATEGORIES), remainder="passthrough")
    pipeline = make_pipeline(encode, trees).fit(inputs, train["income"])
    skops.io.dump(pipeline, work / "pipeline.skops")

    onehot = OneHotEncoder(handle_unknown="ignore", sparse_output=False, dtype=np.float32)
    preprocess = make_column_transformer((StandardScaler(), NUMBERS), (onehot, CATEGORIES)).fit(inputs)
    encoded = preprocess.transform(inputs).astype(np.float32)
    network = make_network(encoded.shape[1])
    fit(network, encoded, (train["income"] == ">50K").to_numpy().astype(np.int64), epochs=8)
    save(network, preprocess, work)


if __name__ == "__main__":
    main(HERE / "work")
