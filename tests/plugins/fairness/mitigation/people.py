"""Made-up applicants: one group is selected less often, and the label words are neither 0 nor 1."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import auditkit
from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.predictions import Predictions
from auditkit.trainers import Trained, Trainer

WORDS = np.array(["denied", "approved"])  # sorted the other way round: the positive class comes first


def table(rows: int = 1200, seed: int = 0, bias: float = 1.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    sex = rng.choice(["F", "M"], rows, p=[0.4, 0.6])
    income = rng.normal(0, 1, rows) + bias * (sex == "M")
    frame = pd.DataFrame(
        {"income": income, "debt": rng.normal(0, 1, rows), "town": rng.choice(["a", "b", "c"], rows), "sex": sex}
    )
    good = frame.income - 0.5 * frame.debt + rng.normal(0, 1, rows) > 0.6
    frame["answer"] = WORDS[good.astype(int)]
    return frame


def people(frame: pd.DataFrame | None = None, **more: Any) -> AuditData:
    frame = table() if frame is None else frame
    half = len(frame) // 2
    # an index that is not that of the rows: whoever looks at it mixes people up
    first, second = frame[:half][::-1], frame[half:].set_index(np.arange(half, len(frame))[::-1])
    options: dict[str, Any] = {"label": "answer", "positive": "approved", "groups": ["sex"], **more}
    return AuditData.from_table(first, train=second, **options)


def pipeline(data: AuditData, estimator: Any = None, texts: tuple[str, ...] = ("town",)) -> Model:
    assert data.train is not None
    encode = make_column_transformer((StandardScaler(), ["income", "debt"]), (OneHotEncoder(), list(texts)))
    fitted = make_pipeline(encode, LogisticRegression() if estimator is None else estimator)
    return auditkit.wrap(fitted.fit(data.train.inputs, data.train.labels), name="parent")


def train(trainer: Trainer, model: Model, data: AuditData, seed: int = 7) -> Trained:
    assert data.train is not None
    context = Context(rng=np.random.default_rng(seed), predictions=Predictions(model, data.train), seed=seed)
    return trainer.train(model, data.train, context)


def value(trained: Trained, name: str) -> float:
    measured = next(measurement.value for measurement in trained.measurements if measurement.name == name)
    assert measured is not None
    return measured


def failing(trained: Trained) -> list[str]:
    return [control.name for control in trained.controls if control.holds is not True]
