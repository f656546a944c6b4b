"""Fitted results of statsmodels: linear, generalised and discrete models, by formula or by arrays with a constant."""

import dataclasses
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas

from auditkit.adapters import note
from auditkit.data import as_array
from auditkit.errors import Mend, ModelError
from auditkit.models import ModelOptions
from auditkit.plugins.models.fingerprints import fingerprint
from auditkit.plugins.models.function import FunctionModel
from auditkit.text import class_name
from auditkit.value_spelling import listed

PROBABILITIES: Final = ("Logit", "Probit", "MNLogit", "OrderedModel", "ConditionalLogit")
"""Models that predict probabilities; GLM and GEE do where the family is Binomial."""
ROOMS: Final = ("regression", "discrete", "genmod", "gam", "robust", "miscmodels", "base")
"""Modules of statsmodels whose results predict rows of a table."""


class StatsmodelsModel(FunctionModel):
    """Results of `fit()` of statsmodels, asked through `predict`.

    A formula takes its columns from the table by their names. Results that were fitted on arrays are given the columns
    by the names that they were fitted with, else in their order, and the constant that `add_constant` put among them.

    Args:
        results: of OLS and its kin, GLM, GEE, Logit, Probit, MNLogit, …
        options: as the user gave them.

    Raises:
        ModelError: results of another kind, such as a time series, or a task that they do not predict.
    """

    kind = "statsmodels"

    def __init__(self, results: Any, options: ModelOptions) -> None:
        name = options.name or type(results.model).__name__
        self._results = results
        gives = "probabilities" if _gives_probabilities(results) else "number"
        if type(results).__module__.split(".")[1:2][0] not in ROOMS or not hasattr(results.model, "exog_names"):
            raise ModelError(
                f"{name}: results of {class_name(results)} do not predict rows of a table by themselves. Wrap a "
                "function of them, from a table to one number or label for each row"
            )
        if gives == "number" and options.task not in (None, "regression"):
            mend = Mend("data.task", "regression")
            raise ModelError(
                f"{name}: it predicts numbers, which needs the task regression; {options.task!r} was given or "
                f"inferred. Say {mend}, or wrap a function that makes classes of them",
                mend=mend,
            )
        task = "regression" if gives == "number" else options.task
        super().__init__(
            _asker(results, name), dataclasses.replace(options, name=name, task=task, output=options.output or gives)
        )
        self.notes = ()
        note(self, f"results of statsmodels: {type(results.model).__name__}, asked through predict")

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the parameters, their names, the kind of model, the preprocessing, classes and threshold."""
        model, chosen = self._results.model, self._user_options
        facts = (type(model).__name__, str(getattr(model, "formula", "")), tuple(map(str, np.ravel(model.exog_names))))
        numbers = np.asarray(self._results.params, dtype=np.float64)
        return fingerprint("statsmodels", numbers, facts, chosen.preprocess, chosen.classes, self.threshold)


def _gives_probabilities(results: Any) -> bool:
    model = results.model
    return type(model).__name__ in PROBABILITIES or type(getattr(model, "family", None)).__name__ == "Binomial"


def _asker(results: Any, name: str) -> Callable[[Any], np.ndarray]:
    """A function from inputs to what `predict` gives, (N,) or (N, C)."""
    model = results.model
    by_formula = getattr(model, "formula", None) is not None

    def ask(inputs: Any) -> np.ndarray:
        rows = inputs if by_formula else _with_constant(inputs, model, name)
        return np.asarray(results.predict(rows))

    return ask


def _with_constant(inputs: Any, model: Any, name: str) -> np.ndarray:
    """(N, K) the columns that the model was fitted on, the constant among them."""
    fitted = [str(column) for column in model.exog_names]
    constant = getattr(model.data, "const_idx", None)
    wanted = [column for place, column in enumerate(fitted) if place != constant]
    table = inputs if hasattr(inputs, "columns") else pandas.DataFrame(as_array(inputs))
    table = table.set_axis(list(map(str, table.columns)), axis=1)
    if set(fitted) <= set(table.columns):
        return table[fitted].to_numpy(dtype=np.float64)
    if set(wanted) <= set(table.columns):
        chosen = table[wanted]
    elif table.shape[1] == len(wanted) and all(column == f"x{place + 1}" for place, column in enumerate(wanted)):
        chosen = table  # fitted on an array, whose columns have no names
    else:
        lost = [column for column in wanted if column not in table.columns]
        raise ModelError(
            f"{name}: the inputs must have the {len(wanted)} columns that the model was fitted on, {listed(wanted)}; "
            f"{listed(lost)} is none of {listed(list(table.columns))}"
        )
    values = chosen.to_numpy(dtype=np.float64)
    return values if constant is None else np.insert(values, constant, 1.0, axis=1)
