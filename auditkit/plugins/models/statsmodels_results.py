"""Fitted results of statsmodels: linear, generalised and discrete models, by formula or by arrays with a constant."""

import dataclasses
import re
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
        ModelError: results of another kind, such as a time series, or with an offset, or another task.
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
        _refuse_offsets(results.model, name)
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
        if type(results.model).__name__ == "MixedLM":
            note(self, "predict gives the fixed effects alone; what was learnt of each group is left out")
        if _is_nameless(results.model):
            note(self, "it was fitted on an array without names; the columns are taken in their order")

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


def _refuse_offsets(model: Any, name: str) -> None:
    """Refuse what `predict` would leave out without a word, so that another model would answer."""
    for key in ("offset", "exposure"):
        given = getattr(model, key, None)
        if given is not None and np.any(np.asarray(given, dtype=np.float64) != 0):
            raise ModelError(
                f"{name}: the model was fitted with {key}=, a number for each row that is none of its columns, and "
                "predict alone leaves it out. Wrap a function that gives it, as in "
                f'lambda rows: results.predict(rows, {key}=rows["…"])'
            )


def _asker(results: Any, name: str) -> Callable[[Any], Any]:
    """A function from inputs to numbers (N,), or to a column of probabilities for each class."""
    model = results.model
    by_formula = getattr(model, "formula", None) is not None
    classes = _classes(results)

    def ask(inputs: Any) -> Any:
        answers = np.asarray(results.predict(inputs if by_formula else _with_constant(inputs, model, name)))
        _refuse_missing(inputs, answers, name)
        if answers.ndim == 1 and classes:
            share = np.clip(answers, 0, 1)
            answers = np.column_stack([1 - share, share] if _is_of_second(model) else [share, 1 - share])
        return pandas.DataFrame(answers, columns=classes) if classes else answers

    return ask


def _classes(results: Any) -> list[Any]:
    """The classes in the order of the columns of probabilities; empty where numbers are predicted."""
    model = results.model
    if not _gives_probabilities(results):
        return []
    if hasattr(model, "labels"):  # an OrderedModel, in the order of its categories
        return [*model.labels]
    if hasattr(model, "_ynames_map"):
        return [*model._ynames_map.values()]
    return [0, 1] if _is_of_second(model) else [_LEVEL.fullmatch(column)[1] for column in model.endog_names]  # type: ignore[index]


def _is_of_second(model: Any) -> bool:
    """Whether one probability is that of 1; of words in a formula it is that of the level that stands first."""
    columns = model.endog_names
    return isinstance(columns, str) or not all(_LEVEL.fullmatch(column) for column in columns)


_LEVEL: Final = re.compile(r".*\[(?:T\.)?(.*)\]", re.DOTALL)
"""How a formula names the column of one level of a response."""


def _refuse_missing(inputs: Any, answers: np.ndarray, name: str) -> None:
    table = inputs if hasattr(inputs, "columns") else pandas.DataFrame(as_array(inputs))
    unanswered = ~np.isfinite(answers.reshape(len(answers), -1)).all(axis=1)
    holes = table.loc[unanswered & table.isna().any(axis=1).to_numpy()].isna().any()
    if holes.any():
        raise ModelError(
            f"{name}: it answers about whole rows alone; {int(unanswered.sum())} of {len(answers)} have a value "
            f"missing, as in {listed([*map(str, holes.index[holes])])}. Take these rows out, or fill them in as for "
            "the training with preprocess=, a callable"
        )


def _is_nameless(model: Any) -> bool:
    """Whether it was fitted on an array, whose columns have no names."""
    names = [name for place, name in enumerate(model.exog_names) if place != getattr(model.data, "const_idx", None)]
    by_formula = getattr(model, "formula", None) is not None
    return not by_formula and all(name == f"x{place + 1}" for place, name in enumerate(names[: model.exog.shape[1]]))


def _with_constant(inputs: Any, model: Any, name: str) -> np.ndarray:
    """(N, K) the columns that the model was fitted on, the constant among them."""
    # an OrderedModel names its thresholds behind the columns
    fitted = [str(column) for column in model.exog_names][: model.exog.shape[1]]
    constant = getattr(model.data, "const_idx", None)
    wanted = [column for place, column in enumerate(fitted) if place != constant]
    table = inputs if hasattr(inputs, "columns") else pandas.DataFrame(as_array(inputs))
    table = table.set_axis(list(map(str, table.columns)), axis=1)
    if set(fitted) <= set(table.columns):
        return table[fitted].to_numpy(dtype=np.float64)
    if set(wanted) <= set(table.columns):
        chosen = table[wanted]
    elif table.shape[1] == len(wanted) and _is_nameless(model):
        chosen = table
    elif table.shape[1] == len(fitted) and _is_nameless(model) and (table.iloc[:, constant] == 1).all():
        return table.to_numpy(dtype=np.float64)  # the constant is there already
    else:
        lost = [column for column in wanted if column not in table.columns]
        raise ModelError(
            f"{name}: the inputs must have the {len(wanted)} columns that the model was fitted on, {listed(wanted)}; "
            f"{listed(lost)} is none of {listed(list(table.columns))}"
        )
    values = chosen.to_numpy(dtype=np.float64)
    return values if constant is None else np.insert(values, constant, 1.0, axis=1)
