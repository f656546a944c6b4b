"""Fit CatBoost to a survey of married women of 1974, with occupations as categories; writes into work/."""

from __future__ import annotations

import pathlib

import numpy as np
import pandas as pd
from catboost import CatBoostClassifier
from sklearn.model_selection import train_test_split
from statsmodels.datasets import fair

OCCUPATIONS = {1: "student", 2: "worker", 3: "white-collar", 4: "teacher", 5: "manager", 6: "professional"}


def people() -> pd.DataFrame:
    """6,366 women: age, marriage, religion and occupations, and whether they had an affair."""
    frame = fair.load_pandas().data
    jobs = {name: frame[name].astype(int).map(OCCUPATIONS) for name in ("occupation", "occupation_husb")}
    numbers = frame[["rate_marriage", "yrs_married", "children", "religious", "educ"]]
    numbers = numbers.assign(educ=numbers["educ"].where(numbers["educ"] != 9))  # some did not finish, and say no more
    age = np.where(frame["age"] < 30, "under 30", "30 and over")
    return numbers.assign(**jobs, age=age, affair=np.where(frame["affairs"] > 0, "yes", "no"))


def main(work: pathlib.Path) -> None:
    work.mkdir(parents=True, exist_ok=True)
    train, test = train_test_split(people(), train_size=3000, test_size=1200, random_state=0)
    train.to_parquet(work / "train.parquet", index=False)
    test.to_parquet(work / "test.parquet", index=False)
    model = CatBoostClassifier(
        iterations=100, depth=4, cat_features=["occupation", "occupation_husb"], random_seed=0, thread_count=1,
        verbose=0, allow_writing_files=False,
    )  # fmt: skip
    model.fit(train.drop(columns=["age", "affair"]), train["affair"]).save_model(str(work / "model.cbm"))


if __name__ == "__main__":
    main(pathlib.Path(__file__).resolve().parent / "work")
