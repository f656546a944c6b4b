"""Models of times until an event: fitted objects of survival libraries, functions, recorded answers."""

from collections.abc import Callable
from typing import Any

import numpy as np

from auditkit.adapters import adopt, failing, note, noting, prepared
from auditkit.data import AuditData, Task
from auditkit.data.survival import check_alive, risk_of
from auditkit.errors import CapabilityError, DataError, ModelError
from auditkit.models import Answers, Capability, Model, ModelOptions
from auditkit.plugins.models.fingerprints import Fingerprint, fingerprint
from auditkit.text import class_name


class SurvivalModel(Model):
    """A model that gives a risk for each row, or chances of no event until horizons, or both.

    Taken are the fitted objects of lifelines (`predict_survival_function` with `times`, `predict_partial_hazard`), of
    scikit-survival (`predict_survival_function`, which gives functions of time; `predict`, which gives risks), of
    statsmodels (PHReg), and functions that answer with (N,) risks, (N, H) chances of no event, or a pair of both. A
    risk is higher where the event is expected earlier.

    Args:
        obj: the object or the function.
        options: as the user gave them.

    Raises:
        ModelError: an object that cannot be asked so, or an option that is about decisions.
    """

    kind = "survival"
    task = "survival"
    capabilities = frozenset({Capability.QUERIES, Capability.SCORES})

    def __init__(self, obj: Any, options: ModelOptions) -> None:
        self._object, self._options, self._horizons = obj, options, ()
        adopt(self, options, str(getattr(obj, "__name__", class_name(obj))))
        _refuse_decisions(self.name, options)
        self._ask = _way(obj, self.name)

    def take_labels(self, task: Task, labels: tuple[Any, ...], positive: Any = None) -> None:
        """Take the horizons of the data."""
        self._horizons = tuple(labels) if task == "survival" else ()

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the object and the horizons."""
        return Fingerprint(fingerprint("survival", self._object, self._options.preprocess, self._horizons), opaque=True)

    def answer(self, inputs: Any) -> Answers:
        """Risks and chances for one batch.

        Raises:
            ModelError: the model failed, or its answers are none.
        """
        eaten = prepared(inputs, self._options.preprocess, self.name)
        with noting(self), failing(self.name, "the model", eaten):
            given, chances = self._ask(eaten, self._horizons)
            risk = None if given is None else np.asarray(given, dtype=np.float64).reshape(-1)
        alive = None
        if chances is not None and self._horizons:
            try:
                alive = check_alive(chances, len(inputs), len(self._horizons), f"{self.name}: what it gives")
            except DataError as error:
                raise ModelError(str(error)) from None
        scores = risk_of(risk, alive)
        if scores is None:
            raise ModelError(
                f"{self.name}: it gives chances of no event and no risk, so horizons must be stated, as in horizons = "
                "[12, 24] under [data]"
            )
        if risk is None:
            note(self, "the risk is the chance of the event until the last horizon")
        return Answers(np.zeros(len(inputs)), scores=scores, alive=alive)


class RecordedSurvivalModel(Model):
    """A model of which only its risks or chances of no event are known, which stand beside the data.

    Args:
        data: audit data of the task `survival` with recorded answers.
        options: `name`, and `inputs` as its owner states them.

    Raises:
        ModelError: nothing is recorded, or an option is about decisions.
    """

    kind = "recorded"
    loaded = "recorded risks"
    task = "survival"
    capabilities = frozenset({Capability.SCORES})

    def __init__(self, data: AuditData, options: ModelOptions) -> None:
        self.name, self.stated = options.name or self.loaded, options.inputs
        _refuse_decisions(self.name, options)
        survival = data.survival
        if survival is None or not survival.has_answers:
            raise ModelError(
                f'{self.name}: risks or chances of no event must stand beside the data, as in scores = "risk" or alive '
                '= ["alive_12"] under [model], or a model must be given that can be asked'
            )
        self._digest = fingerprint(survival.risk, survival.alive, survival.horizons)

    def given(self, columns: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """None: what stands beside recorded answers need not be what they were made from."""
        return None

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the answers."""
        return fingerprint("recorded survival", self._digest)

    def answer(self, inputs: Any) -> Answers:
        """Never: nobody can be asked.

        Raises:
            CapabilityError: always.
        """
        raise CapabilityError(
            f"{self.name}: recorded answers stand for these rows only and cannot be asked about others"
        )


def _refuse_decisions(name: str, options: ModelOptions) -> None:
    for option in ("threshold", "classes", "positive", "target"):
        if getattr(options, option) is not None:
            raise ModelError(
                f"{name}: {option} is for decisions, and these are risks of an event in time; leave it out"
            )


Asked = tuple[Any, Any]
"""Risks and chances of no event, or None for either."""


def _way(obj: Any, name: str) -> Callable[[Any, tuple[float, ...]], Asked]:
    """How an object is asked: inputs and horizons in, risks and chances out."""
    if type(obj).__name__ == "PHRegResults":
        return lambda inputs, horizons: _statsmodels(obj, inputs, horizons)
    if callable(getattr(obj, "predict_partial_hazard", None)) or type(obj).__module__.startswith("lifelines."):
        return lambda inputs, horizons: _lifelines(obj, inputs, horizons)
    if callable(getattr(obj, "predict_survival_function", None)):
        return lambda inputs, horizons: _scikit_survival(obj, inputs, horizons)
    if callable(obj):
        return lambda inputs, horizons: _function(obj(inputs))
    raise ModelError(
        f"{name}: {class_name(obj)} must have predict_survival_function, or be a function of the inputs that gives a "
        "risk for each row, or its chances of no event until each horizon"
    )


def _lifelines(obj: Any, inputs: Any, horizons: tuple[float, ...]) -> Asked:
    hazard = getattr(obj, "predict_partial_hazard", None)
    chances = np.asarray(obj.predict_survival_function(inputs, times=list(horizons))).T if horizons else None
    return (None if hazard is None else hazard(inputs)), chances


def _scikit_survival(obj: Any, inputs: Any, horizons: tuple[float, ...]) -> Asked:
    predict = getattr(obj, "predict", None)
    chances = None
    if horizons:
        chances = np.array([[float(curve(horizon)) for horizon in horizons] for curve in
                            obj.predict_survival_function(inputs)])  # fmt: skip
    return (None if predict is None else predict(inputs)), chances


def _statsmodels(results: Any, inputs: Any, horizons: tuple[float, ...]) -> Asked:
    # a formula takes its columns from the table by itself
    exog = inputs if hasattr(results.model, "formula") else _columns(results, inputs)
    risk = results.predict(exog=exog, pred_type="hr").predicted_values
    chances = [
        results.predict(exog=exog, endog=np.full(len(inputs), horizon), pred_type="surv").predicted_values
        for horizon in horizons
    ]
    return risk, np.column_stack(chances) if chances else None


def _columns(results: Any, inputs: Any) -> np.ndarray:
    """(n, D) the columns by the names that the results were fitted with, where the inputs have names."""
    named = inputs[list(results.model.exog_names)] if hasattr(inputs, "columns") else inputs
    return np.asarray(named, dtype=np.float64)


def _function(given: Any) -> Asked:
    if isinstance(given, tuple):
        risk, chances = given
        return risk, chances
    answer = np.asarray(given, dtype=np.float64)
    return (answer, None) if answer.ndim == 1 else (None, answer)
