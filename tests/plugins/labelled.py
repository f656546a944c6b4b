"""Recorded answers about several labels, for the checks that take the task `multilabel`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import auditkit
from auditkit.data import AuditData, Recorded
from auditkit.models import Model


def labelled(
    decided: Any, truth: Any = None, groups: dict[str, Any] | None = None, chances: Any = None, **more: Any
) -> tuple[Model, AuditData]:
    """A recorded model of L labels called a, b, c … and its data; `decided`, `truth` and `chances` are (N, L)."""
    width = np.shape(chances if decided is None else decided)[1]
    rows = len(chances if decided is None else decided)
    data = AuditData(
        more.pop("inputs", pd.DataFrame({"x": np.arange(rows) % 7})), truth, task="multilabel",
        outputs=[chr(ord("a") + place) for place in range(width)], recorded=Recorded(decided, chances),
        groups={name: np.asarray(column, dtype=str) for name, column in (groups or {}).items()}, **more,
    )  # fmt: skip
    return auditkit.wrap(data), data


def drawn(
    rng: np.random.Generator, rows: int = 800, labels: int = 3, right: float = 0.8
) -> tuple[np.ndarray, np.ndarray]:
    """(N, L) truth in which labels come together, and decisions that are right so often."""
    common = rng.random(rows)[:, None] < 0.5
    truth = rng.random((rows, labels)) < np.where(common, 0.6, 0.2)
    return truth.astype(int), np.where(rng.random((rows, labels)) < right, truth, ~truth).astype(int)
