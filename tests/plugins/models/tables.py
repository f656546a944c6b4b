"""Small data and fitted models for the adapter tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from auditkit.models import Model, ModelOptions
from auditkit.plugins.models import wrap_model

ROWS = 300


def wrapped(obj: Any, **options: Any) -> Model:
    """What the hook makes of an object; it must be its own."""
    model = wrap_model(obj=obj, options=ModelOptions(**options))
    assert model is not None
    return model


def numbers(columns: int = 4, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(ROWS, columns))


def truth(inputs: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(1).normal(size=len(inputs))
    return (inputs[:, 0] + 0.5 * inputs[:, 1] + 0.7 * noise > 0).astype(int)


def people(seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """A table with text categories and a text label."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": random.integers(18, 80, ROWS),
            "job": random.choice(["clerk", "nurse", "smith"], ROWS),
            "hours": random.normal(38, 6, ROWS),
        }
    )
    score = (frame["age"] - 45) / 20 + (frame["job"] == "nurse") + random.normal(size=ROWS)
    return frame, np.where(score > 0, "yes", "no")


def people_pipeline(frame: pd.DataFrame, labels: np.ndarray, last: Any = None) -> Pipeline:
    columns = ColumnTransformer(
        [("text", OneHotEncoder(handle_unknown="ignore"), ["job"]), ("number", StandardScaler(), ["age", "hours"])]
    )
    return make_pipeline(columns, last or LogisticRegression()).fit(frame, labels)
