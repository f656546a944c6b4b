"""Exact Shapley values of linear models, trees and RBF machines, where the preprocessing keeps columns apart."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from auditkit.errors import MissingExtra, TimeLimit, present
from auditkit.plugins.explanations.shapley.kernel_machines import kernel_machine, kernel_values
from auditkit.plugins.explanations.shared.attributions import Attributions, additivity_gap
from auditkit.plugins.explanations.shared.case import Case, Progress
from auditkit.plugins.explanations.shared.columns import column_owners, gather
from auditkit.plugins.explanations.shared.outputs import explained
from auditkit.plugins.explanations.shared.pipelines import dense, encode, parts
from auditkit.plugins.explanations.shared.trees import tree_values

COMPLETE = 0.01
"""The largest additivity gap, as a share of the output range, at which exact values are taken."""


def exact_attributions(case: Case, estimator: Any, rng: np.random.Generator) -> Attributions | str:
    """Exact interventional Shapley values of the original columns, or why there are none.

    Linear models: coefficient times distance from the background's mean, summed over the encoded columns of each
    original column, which is exact because a sum has no interactions. Tree ensembles: leaf by leaf, where encoded
    columns of one original column are in a coalition together, because the Shapley value of a group of columns is not
    the sum of theirs. RBF machines: by an integral of products. Values are given only where they add up to the model's
    own output.
    """
    if estimator is None:
        return "the model does not show its estimator"
    # a pipeline of scikit-learn: its last step is explained, the others only encode
    before, final = parts(estimator)
    solve = _solver(final)
    if solve is None:
        return f"{type(final).__name__} is neither linear nor a tree ensemble nor an RBF machine"
    try:
        # of foreign code, as the shared pass has noted already, and of matplotlib, raised as shap is imported
        with warnings.catch_warnings(action="ignore"):
            return _solve(case, estimator, final, before, solve, rng)
    except MissingExtra as error:
        return str(error)
    except TimeLimit:
        raise
    except Exception as error:  # foreign code: whatever it dislikes, sampling will do
        line = (str(error).splitlines() or [""])[0][:200]
        return f"the exact method failed on {type(final).__name__} with {type(error).__name__}: {line}"


def is_exact_kind(estimator: Any) -> bool:
    """True for estimators that look as if one of these methods serves; whether it does is found out by trying."""
    return estimator is not None and _solver(parts(estimator)[1]) is not None


class Encoded(NamedTuple):
    """What an estimator is given of the rows, and whose each of its columns is."""

    x: np.ndarray
    """(n, E) to explain."""
    background: np.ndarray
    """(B, E) to compare with."""
    owners: np.ndarray
    """(E,) original columns, -1 for none."""
    columns: int
    """D, of the original ones."""


def _linear(final: Any, rows: Encoded, progress: Progress) -> np.ndarray:
    return gather(linear_values(final, rows.x, rows.background), rows.owners, rows.columns)


def _trees(final: Any, rows: Encoded, progress: Progress) -> np.ndarray:
    return tree_values(final, rows.x, rows.background, progress, rows.owners, rows.columns)


def _kernels(final: Any, rows: Encoded, progress: Progress) -> np.ndarray:
    machine = present(kernel_machine(final), "it was seen before")
    return kernel_values(machine, rows.x, rows.background, rows.owners, rows.columns, progress)


Solver = Callable[[Any, Encoded, Progress], np.ndarray]
METHODS: Mapping[Solver, str] = {
    _linear: "closed form of a linear model",
    _trees: "all leaves of the trees, interventional",
    _kernels: "integrals of the RBF kernel's products, interventional",
}


def _solver(final: Any) -> Solver | None:
    # by what it has and not by its class, so that estimators of other packages are seen too
    if hasattr(final, "coef_") and hasattr(final, "intercept_"):
        return _linear
    if any(hasattr(final, mark) for mark in ("tree_", "estimators_", "_predictors", "get_booster", "booster_")):
        return _trees
    return None if kernel_machine(final) is None else _kernels


def _solve(
    case: Case, estimator: Any, final: Any, before: Any, solve: Solver, rng: np.random.Generator
) -> Attributions | str:
    owners = column_owners(
        lambda codes: dense(encode(case, before, codes)), np.concatenate([case.x, case.background]), rng
    )
    if owners is None:
        return "the preprocessing mixes columns"
    rows, background_rows = encode(case, before, case.x), encode(case, before, case.background)
    given = Encoded(dense(rows), dense(background_rows), owners, case.x.shape[1])
    values = solve(final, given, case.progress)
    # from the estimator's own code and not from shap, so that the two can contradict each other
    margins, base = margin(final, rows), margin(final, background_rows).mean(axis=0)
    attributions = explained(values, base, margins, case.output, METHODS[solve])
    if attributions is None:
        return "the model's answers are no known function of its estimator's output"
    gap = additivity_gap(attributions)
    # the proof that link, encoding and solver are the right ones: a wrong one leaves a gap
    if gap is None or gap > COMPLETE:
        missed = "by an unknown share" if gap is None else f"by {gap:.1%}"
        return f"the values of the {METHODS[solve]} missed the model's output {missed} of its range"
    return attributions


def linear_values(final: Any, x: np.ndarray, background: np.ndarray) -> np.ndarray:
    """(n, D, K) Shapley values of a linear model: coefficient times distance from the background's mean.

    Source: Lundberg and Lee 2017, arXiv:1705.07874, corollary 1; exact for the interventional game.
    """
    weights = np.atleast_2d(np.asarray(final.coef_, dtype=np.float64))
    return (x - background.mean(axis=0))[:, :, None] * weights.T[None]


def margin(final: Any, encoded: Any) -> np.ndarray:
    """(m, K) float64: what the estimator adds up before any link, from its own code; forests average probabilities."""
    package = type(final).__module__.partition(".")[0]
    if package == "xgboost":
        raw = final.predict(encoded, output_margin=True)
    elif package == "lightgbm":
        raw = final.predict(encoded, raw_score=True)
    elif hasattr(final, "decision_function"):
        raw = final.decision_function(encoded)
    elif hasattr(final, "predict_proba"):
        raw = final.predict_proba(encoded)
    elif hasattr(final, "coef_"):
        raw = dense(encoded) @ np.atleast_2d(final.coef_).T + final.intercept_
    else:
        raw = final.predict(encoded)
        # scikit-learn's boosting gives the mean and adds up its logarithm
        raw = np.log(raw) if getattr(final, "loss", None) in ("poisson", "gamma") else raw
    margins = np.asarray(raw, dtype=np.float64)
    return margins if margins.ndim == 2 else margins[:, None]
