"""Recorded answers in words, for the checks of the family `language`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from auditkit.data import AuditData
from auditkit.models import Model, ModelOptions
from auditkit.plugins.models.recorded_texts import RecordedTextsModel


def recorded(
    texts: Sequence[str | None], prompts: Sequence[str] | None = None, groups: dict[str, Any] | None = None, **more: Any
) -> tuple[Model, AuditData]:
    """A model that gave these answers, one to each prompt; prompts that all differ, unless they are given."""
    asked = [f"question {number}" for number in range(len(texts))] if prompts is None else list(prompts)
    data = AuditData(
        asked, task="generation", answered=np.array(list(texts), dtype=object),
        groups={name: np.asarray(column, dtype=str) for name, column in (groups or {}).items()},
        asides={name: np.array(list(column), dtype=object) for name, column in more.pop("asides", {}).items()}, **more,
    )  # fmt: skip
    return RecordedTextsModel(data, ModelOptions()), data
