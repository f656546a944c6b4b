"""Fit a Keras network, on torch, to whether diabetes got much worse within a year; writes into work/."""

from __future__ import annotations

import os
import pathlib

import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

os.environ.setdefault("KERAS_BACKEND", "torch")  # before keras is imported

NUMBERS = ["bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]


def people() -> pd.DataFrame:
    """442 patients: body mass, blood pressure, six blood values in units of their spread, and how it went on."""
    frame = load_diabetes(as_frame=True).frame
    numbers = (frame[NUMBERS] * np.sqrt(len(frame))).astype("float32")
    sex = np.where(frame["sex"] > 0, "one", "other")  # the data do not say which
    return numbers.assign(sex=sex, worse=np.where(frame["target"] > 140, "much", "little"))


def main(work: pathlib.Path) -> None:
    import keras

    work.mkdir(parents=True, exist_ok=True)
    train, test = train_test_split(people(), test_size=0.5, random_state=0)
    train.to_parquet(work / "train.parquet", index=False)
    test.to_parquet(work / "test.parquet", index=False)
    keras.utils.set_random_seed(0)
    layers = keras.layers
    network = keras.Sequential(
        [layers.Input((len(NUMBERS),)), layers.Dense(8, activation="relu"), layers.Dense(1, activation="sigmoid")]
    )
    network.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
    network.fit(
        train[NUMBERS].to_numpy(), (train["worse"] == "much").to_numpy().astype("float32"), epochs=20, verbose=0
    )
    network.save(work / "model.keras")


if __name__ == "__main__":
    main(pathlib.Path(__file__).resolve().parent / "work")
