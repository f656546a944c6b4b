"""Scores of cases as a system, for the checks of the task `case_scores`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from auditkit.data import AuditData
from auditkit.models import Model, ModelOptions
from auditkit.plugins.models.scored import ScoredModel

DICE = {"better": "higher", "range": [0, 1], "poor": 0.7}
SECONDS = {"better": "lower", "range": [0, float("inf")], "counted_in": "seconds"}


def scored(
    values: dict[str, Any], groups: dict[str, Any] | None = None, meanings: dict[str, Any] | None = None, **more: Any
) -> tuple[Model, AuditData]:
    """One system with these scores of N cases; `dice` and `seconds` have their meaning unless another is given."""
    known = {"dice": DICE, "seconds": SECONDS, **(meanings or {})}
    columns = np.column_stack([np.asarray(column, dtype=float) for column in values.values()])
    data = AuditData(
        inputs=more.pop("inputs", pd.DataFrame({"x": np.arange(len(columns)) % 7})), task="case_scores",
        case_scores={name: known[name] for name in values}, scored={"": columns},
        groups={name: np.asarray(column, dtype=str) for name, column in (groups or {}).items()}, **more,
    )  # fmt: skip
    return ScoredModel(data, ModelOptions()), data
