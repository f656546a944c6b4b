"""Which adapter a live object belongs to, decided without importing what the object does not need."""

import dataclasses
import importlib
import operator
import sys
from collections.abc import Callable
from typing import Any

from auditkit.data import AuditData, Recorded
from auditkit.endpoints import Endpoint
from auditkit.errors import ModelError
from auditkit.models import Model, ModelOptions
from auditkit.plugins.models.one_output import refuse_target
from auditkit.text import class_name


def wrap(obj: Any, options: ModelOptions) -> Model | None:
    """The Model for `obj` by the first adapter that knows it, or None; audit data stand for their recorded answers.

    Raises:
        ModelError: a class was given in place of an object, or the object is broken.
    """
    live = not isinstance(obj, Model | AuditData | Recorded | Endpoint | type)
    if options.task == "generation" and live:
        return _writer(obj, options)
    if options.task == "survival" and live:
        return _made_by("survival", "SurvivalModel")(obj, options)
    of_labels = options.task == "multilabel" and live
    model = next(
        (make(obj, options) for recognises, make in (OF_LABELS if of_labels else ADAPTERS) if recognises(obj)), None
    )
    if model is None and of_labels:
        raise ModelError(
            f"a {class_name(obj)} is not asked about several labels; give a scikit-learn estimator, a torch module, or "
            "a function of its answers, (n, L) labels or probabilities"
        )
    return model


def _refuse_class(obj: Any, options: ModelOptions) -> Model:
    raise ModelError(f"model must be a fitted object, not a class; the class {obj.__qualname__!r} was given")


def _recorded(obj: AuditData | Recorded, options: ModelOptions) -> Model:
    from auditkit.plugins.models.recorded import RecordedModel

    refuse_target(options, options.name or RecordedModel.loaded)
    if isinstance(obj, AuditData) and obj.task == "multilabel":
        from auditkit.plugins.models.several_labels import RecordedLabels

        return RecordedLabels(obj, options)
    if isinstance(obj, AuditData) and obj.scored:
        from auditkit.plugins.models.scored import ScoredModel

        return ScoredModel(obj, options)
    if isinstance(obj, AuditData) and obj.task == "generation":
        from auditkit.plugins.models.recorded_texts import RecordedTextsModel

        return RecordedTextsModel(obj, options)
    if isinstance(obj, AuditData) and obj.survival is not None:
        from auditkit.plugins.models.survival import RecordedSurvivalModel

        return RecordedSurvivalModel(obj, options)
    if isinstance(obj, AuditData):
        return RecordedModel.of(obj, options.name, options.threshold, options.inputs)
    return RecordedModel(obj, options)


def _made_by(module: str, maker: str) -> Callable[[Any, ModelOptions], Model]:
    """A function of an adapter's module, which is imported as it is called."""
    made = operator.attrgetter(maker)
    return lambda obj, options: made(importlib.import_module(f"{__package__}.{module}"))(obj, options)


_torch = _made_by("torch.adapter", "TorchModel.wrap")


def _writer(obj: Any, options: ModelOptions) -> Model:
    from auditkit.plugins.models.function import FunctionModel
    from auditkit.plugins.models.words import asker_of

    asker = asker_of(obj, options.name)
    model = FunctionModel(asker, dataclasses.replace(options, task="generation"))
    model.notes = (*model.notes, *getattr(asker, "notes", ()))
    return model


def _exported(obj: Any, options: ModelOptions) -> Model:
    from auditkit.plugins.models.torch.exported import runnable

    graph, remark = runnable(obj, options.name or "ExportedProgram")
    model = _torch(graph, options)
    model.notes = (*model.notes, remark) if remark else model.notes
    return model


def _is_of_transformers(obj: Any, kind: str) -> bool:
    return any(base.__name__ == kind and base.__module__.startswith("transformers.") for base in type(obj).__mro__)


def _writes(obj: Any) -> bool:
    pipeline = any(_is_of_transformers(obj, kind) for kind in ("TextGenerationPipeline", "Text2TextGenerationPipeline"))
    return pipeline or (callable(getattr(obj, "generate", None)) and not callable(obj))


def _is_exported(obj: Any) -> bool:
    return type(obj).__name__ == "ExportedProgram" and type(obj).__module__.startswith("torch.")


def _is_torch(obj: Any) -> bool:
    # To import torch takes seconds, and an object of torch cannot be there without it.
    torch = sys.modules.get("torch")
    return torch is not None and hasattr(torch, "nn") and isinstance(obj, torch.nn.Module)


def _is_keras(obj: Any) -> bool:
    # a class that its user derives from Keras's has another module
    return any((base.__module__, base.__name__) == ("keras.src.models.model", "Model") for base in type(obj).__mro__)


def _is_booster(obj: Any) -> bool:
    return type(obj).__name__ == "Booster" and type(obj).__module__.partition(".")[0] in ("xgboost", "lightgbm")


def _is_onnx(obj: Any) -> bool:
    return (type(obj).__name__, type(obj).__module__.partition(".")[0]) in (
        ("InferenceSession", "onnxruntime"),
        ("ModelProto", "onnx"),
    )


def _is_catboost(obj: Any) -> bool:
    return any((base.__module__, base.__name__) == ("catboost.core", "CatBoost") for base in type(obj).__mro__)


def _is_pyfunc(obj: Any) -> bool:
    return type(obj).__name__ == "PyFuncModel" and type(obj).__module__.startswith("mlflow.")


def _is_statsmodels(obj: Any) -> bool:
    return type(obj).__module__.startswith("statsmodels.") and hasattr(obj, "params") and hasattr(obj, "model")


def _is_anomaly_detector(obj: Any) -> bool:
    if not _is_estimator(obj) and not (hasattr(obj, "fit_predict") and hasattr(obj, "get_params")):
        return False
    try:
        return bool(obj.__sklearn_tags__().estimator_type == "outlier_detector")
    except Exception:  # estimators of other libraries have no tags, and scikit-learn raises for these
        return getattr(obj, "_estimator_type", "") == "outlier_detector"


def _is_estimator(obj: Any) -> bool:
    return all(callable(getattr(obj, name, None)) for name in ("predict", "fit", "get_params"))


OF_LABELS: tuple[tuple[Callable[[Any], bool], Callable[[Any, ModelOptions], Model]], ...] = (
    (_is_torch, _made_by("torch.several_labels", "TorchLabels")),
    (_is_estimator, _made_by("several_labels_sklearn", "EstimatorLabels")),
    (callable, _made_by("several_labels", "FunctionLabels")),
)
"""The same of objects that answer about several labels of each row (task `multilabel`)."""
ADAPTERS: tuple[tuple[Callable[[Any], bool], Callable[[Any, ModelOptions], Model]], ...] = (
    (lambda obj: isinstance(obj, Model), lambda obj, options: obj),
    (lambda obj: isinstance(obj, type), _refuse_class),
    (lambda obj: isinstance(obj, AuditData | Recorded), _recorded),
    (lambda obj: isinstance(obj, Endpoint), _made_by("endpoint.model", "EndpointModel")),
    (_is_exported, _exported),
    (
        lambda obj: _is_of_transformers(obj, "PreTrainedModel"),
        _made_by("torch.huggingface.adapter", "TransformersModel"),
    ),
    (_writes, _writer),
    (lambda obj: _is_of_transformers(obj, "Pipeline"), _made_by("torch.huggingface.adapter", "wrap_pipeline")),
    (_is_keras, _made_by("keras", "KerasModel")),
    (_is_torch, _torch),
    (_is_booster, _made_by("boosters", "wrap_booster")),
    (_is_onnx, _made_by("onnx", "OnnxModel.wrap")),
    (_is_catboost, _made_by("catboost", "CatBoostModel.wrap")),
    (_is_pyfunc, _made_by("mlflow.pyfunc", "wrap_pyfunc")),
    (
        lambda obj: callable(getattr(obj, "predict_survival_function", None)) or type(obj).__name__ == "PHRegResults",
        _made_by("survival", "SurvivalModel"),
    ),
    (_is_statsmodels, _made_by("statsmodels_results", "StatsmodelsModel")),
    (_is_anomaly_detector, _made_by("anomalies", "AnomalyModel")),
    (_is_estimator, _made_by("sklearn", "SklearnModel")),
    (callable, _made_by("function", "FunctionModel")),
)
"""(whether it is an object of this kind, how to wrap it), in the order of asking.

An object can only be a torch module where torch has been imported, and likewise for the others; what wraps it imports
what it needs as it is called. Torch modules are callable too, and estimators may be, so `callable` is last.
"""
