"""Which adapter a live object belongs to, decided without importing what the object does not need."""

from __future__ import annotations

import sys
from typing import Any

from auditkit.data import AuditData, Recorded
from auditkit.errors import ModelError
from auditkit.models import Model, ModelOptions


def wrap(obj: Any, options: ModelOptions) -> Model | None:
    """The Model for `obj`, or None where no adapter here knows it; audit data stand for their recorded answers.

    An object can only be a torch module where torch has been imported, and likewise for the others.

    Raises:
        ModelError: a class was given in place of an object, or the object is broken.
    """
    if isinstance(obj, Model):
        return obj
    if isinstance(obj, type):
        raise ModelError(f"model must be a fitted object, not a class; the class {obj.__qualname__!r} was given")
    if isinstance(obj, (AuditData, Recorded)):
        from auditkit.plugins.models.recorded import RecordedModel

        if isinstance(obj, AuditData):
            return RecordedModel.of(obj, options.name, options.threshold, options.inputs)
        return RecordedModel.read(obj, options)
    if type(obj).__name__ == "ExportedProgram" and type(obj).__module__.startswith("torch."):
        from auditkit.plugins.models.torch.exported import runnable

        graph, remark = runnable(obj, options.name or "ExportedProgram")
        model = wrap(graph, options)
        assert model is not None  # a graph is a module
        model.notes = (*model.notes, remark) if remark else model.notes
        return model
    if _is_torch(obj):
        from auditkit.plugins.models.torch.adapter import TorchModel

        return TorchModel.wrap(obj, options)
    if _is_booster(obj):
        from auditkit.plugins.models.boosters import wrap_booster

        return wrap_booster(obj, options)
    if _is_estimator(obj):
        from auditkit.plugins.models.sklearn import SklearnModel

        return SklearnModel(obj, options)
    if callable(obj):
        from auditkit.plugins.models.function import FunctionModel

        return FunctionModel(obj, options)
    return None


def _is_torch(obj: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and hasattr(torch, "nn") and isinstance(obj, torch.nn.Module)


def _is_booster(obj: Any) -> bool:
    return type(obj).__name__ == "Booster" and type(obj).__module__.partition(".")[0] in ("xgboost", "lightgbm")


def _is_estimator(obj: Any) -> bool:
    return all(callable(getattr(obj, name, None)) for name in ("predict", "fit", "get_params"))
