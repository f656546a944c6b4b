"""Fit a pipeline to the American National Election Study of 1996 and write it as ONNX; writes into work/."""

from __future__ import annotations

import pathlib

import numpy as np
import pandas as pd
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from statsmodels.datasets import anes96

SCHOOLS = ["none", "grade school", "some high school", "high school", "some college", "college", "more"]
NUMBERS = ["TVnews", "selfLR", "income"]


def people() -> pd.DataFrame:
    """944 people: what they watch, where they stand, their schooling and income, and for whom they would vote."""
    frame = anes96.load_pandas().data
    return pd.DataFrame(
        {
            **{name: frame[name].astype("float32") for name in NUMBERS},
            "school": frame["educ"].astype(int).map(dict(enumerate(SCHOOLS, 1))),
            "age": np.where(frame["age"] < 45, "under 45", "45 and over"),
            "vote": np.where(frame["vote"] == 1, "Dole", "Clinton"),
        }
    )


def main(work: pathlib.Path) -> None:
    work.mkdir(parents=True, exist_ok=True)
    train, test = train_test_split(people(), test_size=0.4, random_state=0)
    train.to_parquet(work / "train.parquet", index=False)
    test.to_parquet(work / "test.parquet", index=False)
    onehot = OneHotEncoder(handle_unknown="ignore")
    columns = make_column_transformer((StandardScaler(), NUMBERS), (onehot, ["school"]))
    pipeline = make_pipeline(columns, LogisticRegression()).fit(train[[*NUMBERS, "school"]], train["vote"])
    # one input for each column, by its name: the audit finds them in any table
    types = [(name, FloatTensorType([None, 1])) for name in NUMBERS] + [("school", StringTensorType([None, 1]))]
    (work / "model.onnx").write_bytes(convert_sklearn(pipeline, initial_types=types).SerializeToString())


if __name__ == "__main__":
    main(pathlib.Path(__file__).resolve().parent / "work")
