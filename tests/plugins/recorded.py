"""Recorded answers as a model, and one check run on it as the audit would."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from auditkit.checks import Check, Context
from auditkit.data import AuditData, Recorded
from auditkit.models import Model
from auditkit.plugins.models.recorded import RecordedModel
from auditkit.predictions import Predictions
from auditkit.results import CheckResult, Control, Measurement
from auditkit.run.controls import apply_controls
from auditkit.run.disparities import complete_disparities
from auditkit.run.findings_contract import refuse_wrong
from auditkit.run.internal_rule import Internal
from auditkit.smaller import set_apart


def recorded(
    decisions: Any = None,
    labels: Any = None,
    groups: dict[str, Any] | None = None,
    *,
    scores: Any = None,
    inputs: Any = None,
    **more: Any,
) -> tuple[Model, AuditData]:
    """A model known by its answers alone, and the data beside them; 1 is the positive class."""
    rows = len(decisions if decisions is not None else scores)
    data = AuditData(
        inputs=pd.DataFrame({"x": np.arange(rows)}) if inputs is None else inputs,
        labels=None if labels is None else np.asarray(labels),
        groups={name: np.asarray(column, dtype=str) for name, column in (groups or {}).items()},
        recorded=Recorded(
            None if decisions is None else np.asarray(decisions),
            None if scores is None else np.asarray(scores, dtype=float),
        ),
        **{"positive": 1, **more},
    )
    return RecordedModel.of(data, threshold=0.5 if decisions is None else None), data


def run(check: Check, model: Model, data: AuditData, seed: int = 0) -> CheckResult:
    """The check's result with its controls applied and small cells hidden; it must make sense, and survive writing."""
    context = Context(rng=np.random.default_rng(seed), predictions=Predictions(model, data), seed=seed)
    result = check(model, data, context)
    again = CheckResult.model_validate_json(result.model_dump_json())
    assert again == result
    apart = set_apart(result, data)
    refuse_wrong(apart, type(check), data)
    return Internal(data.cells).check(apply_controls(complete_disparities(apart, data)))


def one(result: CheckResult, name: str, slice: dict[str, str] | None = None, **more: Any) -> Measurement:
    """The only measurement of this name, slice and whatever else is asked."""
    measurements = [
        measurement
        for measurement in result.measurements
        if measurement.name == name
        and measurement.slice == (slice or {})
        and all(getattr(measurement, key) == value for key, value in more.items())
    ]
    assert len(measurements) == 1, f"{len(measurements)} measurements of {name} {slice} {more}"
    return measurements[0]


def control(result: CheckResult, name: str) -> Control:
    """The control of this name."""
    return next(control for control in result.controls if control.name == name)
