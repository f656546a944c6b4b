"""Real tables for comparisons of Shapley values: Adult in 12 groups of columns, and defaults of credit in 23."""

from __future__ import annotations

import os
import pathlib
from typing import NamedTuple

import numpy as np
import pandas as pd

FOLDER = pathlib.Path(os.environ.get("AUDITKIT_DATA") or "../shared/data")
ADULT = (
    "age", "workclass", "weight", "education", "education_years", "marital", "occupation", "relationship", "race",
    "sex", "gain", "loss", "hours", "country", "income",
)  # fmt: skip
NUMBERS = ("age", "gain", "loss", "hours")


class Encoded(NamedTuple):
    """A table as numbers."""

    rows: np.ndarray
    """(N, E)"""
    labels: np.ndarray
    """(N,) 0 and 1."""
    owners: np.ndarray
    """(E,) the original column of each."""


def adult() -> Encoded:
    """Four numbers to unit spread, eight categories one column each."""
    frame = pd.read_csv(FOLDER / "adult" / "adult.data.gz", names=list(ADULT), skipinitialspace=True)
    parts, owners = [], []
    for place, name in enumerate(column for column in ADULT if column not in ("weight", "education_years", "income")):
        numbers = frame[name].astype(float) if name in NUMBERS else None
        part = (
            pd.get_dummies(frame[name]) if numbers is None else ((numbers - numbers.mean()) / numbers.std()).to_frame()
        )
        parts.append(part.to_numpy(dtype=np.float64))
        owners += [place] * part.shape[1]
    return Encoded(np.concatenate(parts, axis=1), (frame["income"] == ">50K").to_numpy().astype(int), np.array(owners))


def credit() -> Encoded:
    """23 numbers each."""
    frame = pd.read_csv(FOLDER / "credit_default" / "credit-card-clients.csv.gz")
    rows = frame.iloc[:, :-1].to_numpy(dtype=np.float64)
    return Encoded(rows, frame.iloc[:, -1].to_numpy(), np.arange(rows.shape[1]))
