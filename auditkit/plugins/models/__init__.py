"""Model adapters: scikit-learn, XGBoost, LightGBM, torch, plain callables, recorded answers, and their files."""

import pathlib
from typing import Any

from auditkit.hookspecs import hookimpl
from auditkit.models import Model, ModelOptions


@hookimpl(trylast=True)
def wrap_model(obj: Any, options: ModelOptions) -> Model | None:
    """A Model from a torch module, an estimator, a booster or any other callable."""
    from auditkit.plugins.models.dispatch import wrap  # the adapters stay out of processes that wrap nothing

    return wrap(obj, options)


@hookimpl(trylast=True)
def load_model(path: pathlib.Path, options: ModelOptions) -> Model | None:
    """A Model from a file, told apart by its first bytes."""
    from auditkit.plugins.models.files import load  # as above

    return load(path, options)
