"""People whose times until an event are known in part, with a model's risks and chances, for the task `survival`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from auditkit.data import AuditData
from auditkit.data.survival import Survival
from auditkit.models import Model, ModelOptions
from auditkit.plugins.models.survival import RecordedSurvivalModel

HORIZONS = (0.5, 1.0)


def survivors(
    rows: int = 600,
    seed: int = 0,
    *,
    group: Any = None,
    blind: Any = None,
    hidden: Any = 0.0,
    chances: bool = True,
    **more: Any,
) -> tuple[Model, AuditData]:
    """A model that knows each person's rate of the event, of which people were lost at another.

    Args:
        rows: people.
        seed: of chance.
        group: (N,) names, of the attribute `site`.
        blind: (N,) bool: of whom the model's risk is chance.
        hidden: added to the logarithm of the true rate, which the model does not know: its chances are too low then.
        chances: whether it gives chances of no event; else risks alone.
        more: fields of AuditData.
    """
    rng = np.random.default_rng(seed)
    seen = rng.normal(size=rows)
    death, lost = rng.exponential(np.exp(-(seen + hidden))), rng.exponential(2.0, rows)
    risk = seen if blind is None else np.where(blind, rng.normal(size=rows), seen)
    alive = np.exp(-np.exp(risk)[:, None] * np.array(HORIZONS))
    data = AuditData(
        pd.DataFrame({"x": seen.round(2)}), task="survival",
        groups={} if group is None else {"site": np.asarray(group, dtype=str)},
        survival=Survival(np.minimum(death, lost), death <= lost, HORIZONS, risk, alive if chances else None), **more,
    )  # fmt: skip
    return RecordedSurvivalModel(data, ModelOptions()), data
