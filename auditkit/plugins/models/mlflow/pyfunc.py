"""A live PyFuncModel of MLflow: what is in it where an adapter knows that, else its `predict`."""

import dataclasses
from typing import Any

from auditkit.adapters import note
from auditkit.models import Model, ModelOptions


def wrap_pyfunc(live: Any, options: ModelOptions) -> Model:
    """A Model of an `mlflow.pyfunc.PyFuncModel`.

    The estimator, booster, network or session inside gives more than decisions; a model of the user's own code is asked
    through `predict`, which brings the inputs to the signature.
    """
    from auditkit.plugins.models import dispatch  # which has a row for this function

    try:
        inside = live.get_raw_model()
    except Exception:  # it has none, or whatever its author wrote
        inside = None
    model = dispatch.wrap(inside, options) if _is_native(inside) else None
    if model is not None:
        note(model, f"what is in the PyFuncModel is asked itself: a {type(inside).__name__}")
        return model
    name = options.name or "PyFuncModel"

    def ask(inputs: Any) -> Any:
        return live.predict(inputs)

    model = dispatch.wrap(ask, dataclasses.replace(options, name=name))
    if model is None:
        raise TypeError("a function has an adapter")
    note(model, "a PyFuncModel of MLflow is asked through its predict, which holds the inputs to its signature")
    return model


def _is_native(inside: Any) -> bool:
    """Whether it is an estimator, a booster, a network or a session, and no code of the user's own."""
    package = type(inside).__module__.partition(".")[0]
    return package in ("sklearn", "xgboost", "lightgbm", "catboost", "torch", "onnxruntime", "onnx", "keras")
