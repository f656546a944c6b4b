"""Copies of the audited model, made anew and fitted to other rows."""

import warnings
from typing import Any

import numpy as np

from auditkit.data import take_rows
from auditkit.foreign_code import raised
from auditkit.models import Capability, Model
from auditkit.plugins.privacy.membership.members import from_scores, graded_by
from auditkit.plugins.privacy.membership.parameters import Parameters
from auditkit.plugins.privacy.membership.pool import Ask, Copier, GoOn, NoCopy, Pool


def copier(model: Model, parameters: Parameters) -> Copier:
    """How copies of a model are fitted: an estimator of scikit-learn's interface is cloned, a network trained anew.

    Args:
        model: to be copied; it is never fitted itself.
        parameters: how a network was trained.

    Raises:
        NoCopy: it cannot be fitted anew, or a copy would keep what it learnt.
    """
    if Capability.TORCH_MODULE in model.capabilities:
        if parameters.epochs is None:
            raise NoCopy("a network is trained by a loop of its own; say how with epochs, and learning_rate")
        from auditkit.plugins.privacy.membership.network_copies import network_copier

        return network_copier(model, parameters)
    estimator = model.estimator()
    if estimator is None or not hasattr(estimator, "fit") or not hasattr(estimator, "get_params"):
        raise NoCopy(_why_not(model, estimator))
    values = [estimator, *estimator.get_params(deep=True).values()]
    if any(
        type(value).__name__ == "FrozenEstimator" or (isinstance(value, str) and value == "prefit") for value in values
    ):
        # such a copy has seen every row, and taking its score off would take the leak off
        raise NoCopy("a part of it stays fitted in a copy, and knows the training rows as the model does")

    def fit(pool: Pool, go_on: GoOn) -> list[Ask]:
        asks: list[Ask] = []
        for number, (fitted, seed) in enumerate(zip(pool.fitted, pool.seeds, strict=True)):
            if not go_on(number, len(pool.seeds)):
                return asks[: number // 2 * 2]
            rows = np.flatnonzero(fitted)
            asks.append(_fitted(model, estimator, take_rows(pool.inputs, rows), pool.codes[rows], int(seed)))
        return asks

    return fit


def _fitted(model: Model, estimator: Any, inputs: Any, codes: np.ndarray, seed: int) -> Ask:
    from sklearn.base import clone

    own_classes = np.asarray(estimator.classes_)
    try:
        copy = clone(estimator)
        # a seed that the owner chose is part of the model
        open_seeds = {
            name: seed % 2**31
            for name, value in copy.get_params(deep=True).items()
            if value is None and (name == "random_state" or name.endswith("__random_state"))
        }
        with warnings.catch_warnings(action="ignore"):
            copy.set_params(**open_seeds).fit(model.as_fitted(inputs), own_classes[codes])
    except Exception as error:  # an estimator may raise anything
        raise NoCopy(f"a copy could not be fitted: {raised(error, 200)}") from error
    columns = np.searchsorted(own_classes, copy.classes_)

    def ask(rows: Any) -> np.ndarray:
        chances = np.zeros((len(rows), len(own_classes)))
        with warnings.catch_warnings(action="ignore"):
            if hasattr(copy, "predict_proba"):
                chances[:, columns] = copy.predict_proba(model.as_fitted(rows))
            elif graded_by(model) == "scores" and len(columns) == 2:
                scores = np.asarray(copy.decision_function(model.as_fitted(rows)), dtype=np.float64).ravel()
                # of the second class, and the model's of its positive one
                return from_scores(scores if model.positive in (None, model.classes[1]) else -scores, model)
            else:
                decided = np.searchsorted(own_classes, np.asarray(copy.predict(model.as_fitted(rows))).ravel())
                chances[np.arange(len(rows)), decided] = 1.0
        return chances

    return ask


def _why_not(model: Model, estimator: Any) -> str:
    if estimator is None and hasattr(model, "fitted"):
        return "preprocessing of its own stands before the estimator; make one Pipeline of both"
    return f"a {model.kind} model cannot be fitted anew by fit(X, y)"
