"""Estimators that hold a torch network, as those of skorch: numbers are handed over as its parameters hold them."""

import inspect
from typing import Any

import numpy as np

from auditkit.plugins.models.inside import attribute, library
from auditkit.plugins.models.trees import last_step


def takes_columns(estimator: Any) -> bool:
    """Whether the network inside wants the columns of a table one by one, by their names."""
    forward = attribute(attribute(last_step(estimator), "module_"), "forward")
    if forward is None:
        return True
    # A forward of several arguments takes a dictionary of columns, as skorch hands tables over.
    kinds = [parameter.kind for parameter in inspect.signature(forward).parameters.values()]
    return len(kinds) > 1 and inspect.Parameter.VAR_POSITIONAL not in kinds


def as_parameters(inputs: Any, estimator: Any) -> Any:
    """Floats of double precision in the precision of the network's parameters; everything else as it is."""
    net = last_step(estimator)
    module = attribute(net, "module_") if library(net) == "skorch" else None
    if module is None:
        return inputs
    kinds = (
        str(parameter.dtype).rpartition(".")[2]
        for parameter in module.parameters()
        if parameter.dtype.is_floating_point
    )
    kind = next(kinds, "float64")
    if hasattr(inputs, "dtypes"):
        # Only doubles are narrowed: pandas reads decimals as doubles, which torch refuses beside narrower parameters.
        wide = [position for position, dtype in enumerate(inputs.dtypes) if dtype == np.float64]
        return inputs.astype({inputs.columns[position]: kind for position in wide}) if wide else inputs
    # a copy in any case, for torch warns of memory that it may not write to
    return inputs.astype(kind) if isinstance(inputs, np.ndarray) and inputs.dtype.kind == "f" else inputs
