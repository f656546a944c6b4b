"""Answers in words as a model, for the checks of the task `generation`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from auditkit.data import AuditData
from auditkit.models import Model, ModelOptions
from auditkit.plugins.models.function import FunctionModel
from auditkit.plugins.models.recorded_texts import RecordedTextsModel


def worded(
    prompts: Sequence[str],
    answers: Sequence[str | None] | Callable[[list[str]], list[str]],
    groups: dict[str, Any] | None = None,
    unit: Any = None,
    **asides: Sequence[Any],
) -> tuple[Model, AuditData]:
    """A model with these recorded answers, or one that is asked, and the prompts with what stands beside them."""
    is_live = callable(answers)
    data = AuditData(
        inputs=list(prompts), task="generation", answered=None if is_live else np.array(answers, dtype=object),
        groups={name: np.asarray(column, dtype=str) for name, column in (groups or {}).items()},
        asides={name: column(values) for name, values in asides.items()}, unit=unit,
    )  # fmt: skip
    if is_live:
        return FunctionModel(answers, ModelOptions(task="generation")), data
    return RecordedTextsModel(data, ModelOptions()), data


def column(values: Sequence[Any]) -> np.ndarray:
    """(N,) object, whatever the values are: lists too."""
    array = np.empty(len(values), dtype=object)
    array[:] = list(values)
    return array
