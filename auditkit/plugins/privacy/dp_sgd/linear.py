"""Logistic regression of scikit-learn, trained by the same private steps: a layer learns, the estimator takes it."""

from __future__ import annotations

import copy
from collections.abc import Collection
from typing import Any

import numpy as np
import torch
from torch import nn

from auditkit.data import AuditData
from auditkit.errors import ConfigError, ModelError
from auditkit.models import Model
from auditkit.plugins.privacy.dp_sgd import state
from auditkit.plugins.privacy.dp_sgd.problem import Problem, loss_of
from auditkit.plugins.privacy.dp_sgd.reachable import reachable
from auditkit.plugins.privacy.dp_sgd.units import Units
from auditkit.plugins.privacy.dp_sgd.untrained import PREPROCESS, Untrained, fitted_parts
from auditkit.predictions import Predictions

KINDS = "a torch module, or a LogisticRegression of scikit-learn, alone or as the last step of a Pipeline"


def linear_copy(
    model: Model, data: AuditData, public: Collection[str], rows_per_unit: int
) -> tuple[Untrained, Problem]:
    """A layer with zero weights in place of the parent's, and what it learns from.

    Args:
        model: the parent.
        data: the training split.
        public: names of parts, as the owner wrote them; `preprocess` is what comes before the regression.
        rows_per_unit: most rows of a unit in a step.

    Raises:
        ConfigError: something else is named as public.
        ModelError: the parent is no logistic regression, or one whose fit weighs classes by the training rows.
    """
    whole = model.estimator()
    before, last = (whole[:-1], whole[-1]) if hasattr(whole, "steps") else (None, whole)
    if type(last).__name__ != "LogisticRegression" or not type(last).__module__.startswith("sklearn."):
        kind = type(last).__name__ if last is not None else f"{model.kind} model"
        raise ModelError(f"{model.name}: private training needs {KINDS}; this is a {kind}. Give one of these")
    if last.class_weight is not None:
        raise ModelError(
            f"{model.name}: class_weight must be None to be trained privately; {last.class_weight!r} was given. "
            "Weights of classes that are counted on the training rows are not covered by epsilon"
        )
    strange = [name for name in public if name != PREPROCESS]
    if strange:
        raise ConfigError(
            f"public: of a logistic regression only {PREPROCESS!r} can be public, what comes before it; {strange[0]!r} "
            "was given. Leave it out"
        )
    rows = model.as_fitted(data.inputs)
    rows = rows if before is None or not len(before) else before.transform(rows)
    rows = rows.toarray() if hasattr(rows, "toarray") else rows
    inputs = torch.tensor(np.asarray(rows, dtype=np.float32))
    codes = torch.tensor(Predictions(model, data).truth)
    binary = len(model.classes) == 2
    layer = nn.Linear(inputs.shape[1], 1 if binary else len(model.classes), bias=bool(last.fit_intercept))
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    units = Units(data.unit, len(data), rows_per_unit, inputs.device)
    targets = (codes == 1).to(inputs.dtype) if binary else codes
    problem = Problem(inputs, targets, loss_of("one logit" if binary else "logits"), units)

    def finished() -> Model:
        fresh = model.fresh()
        estimator = copy.copy(fresh.estimator())
        learned = estimator
        if before is not None:
            estimator.steps = [*whole.steps[:-1], (whole.steps[-1][0], copy.copy(estimator[-1]))]
            learned = estimator[-1]
        _write(learned, layer, last)
        fresh._estimator = estimator  # type: ignore[attr-defined]
        return fresh.fitted()  # type: ignore[attr-defined]

    fitted = fitted_parts(before, public) if before is not None and len(before) else []
    return Untrained(model.name, layer, (), state.settings_of(reachable(layer)), [], None, fitted, finished), problem


def _write(estimator: Any, layer: nn.Linear, parent: Any) -> None:
    """Give an unfitted logistic regression what the layer learned; its classes and columns are its parent's."""
    estimator.classes_ = parent.classes_.copy()
    estimator.coef_ = layer.weight.detach().double().numpy().copy()
    estimator.intercept_ = (
        np.zeros(len(estimator.coef_)) if layer.bias is None else layer.bias.detach().double().numpy().copy()
    )
    estimator.n_features_in_ = parent.n_features_in_
    estimator.n_iter_ = np.array([1], dtype=np.int32)
    if hasattr(parent, "feature_names_in_"):
        estimator.feature_names_in_ = parent.feature_names_in_.copy()
