"""Models whose nearest changed row is known exactly, also where there is none: linear ones, and single trees."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from auditkit.data import AuditData
from auditkit.errors import TimeLimit
from auditkit.models import Model
from auditkit.plugins.explanations.counterfactuals.leaves import boxes, nearest_in_leaves
from auditkit.plugins.explanations.counterfactuals.linear import linear_form, nearest_linear
from auditkit.plugins.explanations.counterfactuals.query_log import Verdicts
from auditkit.plugins.explanations.counterfactuals.reference import Reference
from auditkit.plugins.explanations.counterfactuals.space import Space
from auditkit.plugins.explanations.counterfactuals.wanted import Wanted
from auditkit.plugins.explanations.shared.pipelines import dense, parts

MARGIN = 2e-6
"""How far beyond the threshold a linear model is brought, as a share of the range of its margins: twice the tolerance
of the solver."""

Progress = Callable[[int, int, str], None]
Solver = Callable[[np.ndarray, Progress], tuple[np.ndarray, np.ndarray]]
"""Rows (n, D) to their nearest changed rows (n, D), NaN throughout where there is none, and whether that is known."""


def exact_solver(model: Model, data: AuditData, space: Space, wanted: Wanted, real: Reference) -> Solver | str:
    """The solver, or why there is none.

    Args:
        model: the model; its estimator is looked into.
        data: how to decode rows.
        space: what is allowed, and what it costs.
        wanted: the outcome.
        real: real rows, on which it is tried whether the estimator decides as the model does.
    """
    estimator = model.estimator()
    if estimator is None:
        return "the model does not show its estimator"
    before, final = parts(estimator)

    def encode(codes: np.ndarray) -> np.ndarray:
        inputs = model.as_fitted(data.decode(codes))
        inputs = inputs if hasattr(inputs, "columns") else np.asarray(inputs)
        return dense(inputs if before is None else before.transform(inputs))

    try:
        with warnings.catch_warnings(action="ignore"):
            if np.size(getattr(final, "intercept_", ())) == 1 and hasattr(final, "coef_"):
                return _linear(final, encode, space, wanted, real, model.threshold)
            if hasattr(final, "tree_") and getattr(final, "n_outputs_", 1) == 1:
                return _tree(final.tree_, encode, space, wanted, real)
    except TimeLimit:
        raise
    except Exception as error:  # foreign code: whatever it dislikes, the search will do
        return f"looking into {type(final).__name__} failed with {type(error).__name__}"
    return f"{type(final).__name__} is neither linear nor a single tree"


def _linear(
    final: Any, encode: Callable[[np.ndarray], np.ndarray], space: Space, wanted: Wanted, real: Reference,
    threshold: float | None,
) -> Solver | str:  # fmt: skip
    weights, constant = np.ravel(final.coef_).astype(np.float64), float(np.ravel(final.intercept_)[0])

    def margin(codes: np.ndarray) -> np.ndarray:
        return np.asarray(encode(codes) @ weights + constant)

    margins = margin(real.rows)
    interval = _interval(margins, real.answers, threshold, wanted.target)
    if interval is None:
        return "the model does not decide by the margin of its estimator and one threshold"
    form = linear_form(margin, space, real.rows, np.random.default_rng(0))
    if form is None:
        return "the preprocessing bends a number, or mixes columns"
    spare = MARGIN * max(1.0, float(np.ptp(margins)))

    def solve(x: np.ndarray, progress: Progress) -> tuple[np.ndarray, np.ndarray]:
        nearest, proved = np.full(x.shape, np.nan), np.zeros(len(x), dtype=bool)
        for number, (row, own) in enumerate(zip(x, margin(x), strict=True)):
            need = (interval[0] - own + spare, interval[1] - own - spare)
            changed, proved[number] = nearest_linear(form, space, row, need)
            if changed is not None and space.allowed(row, changed[None])[0]:
                nearest[number] = changed
            elif changed is not None:
                proved[number] = False
            progress(number + 1, len(x), "people solved")
        # one that the model does not take, for whatever rounding, is not known
        solved = ~np.isnan(nearest).all(axis=1)
        if solved.any():
            proved[solved] &= wanted.ask(nearest[solved]).wanted
        nearest[~proved] = np.nan
        return nearest, proved

    return solve


def _interval(
    margins: np.ndarray, answers: Verdicts, threshold: float | None, target: tuple[float, float] | None
) -> tuple[float, float] | None:
    """Between which margins the wanted outcome lies, by the thresholds that there may be; None where none fits."""
    share = np.clip(0.5 if threshold is None else threshold, 1e-12, 1 - 1e-12)
    cuts = {0.0, float(np.log(share / (1 - share))), 0.0 if threshold is None else float(threshold)}
    intervals = [interval for cut in sorted(cuts) for interval in ((cut, np.inf), (-np.inf, cut))]
    for low, high in [target] if target is not None else intervals:
        inside = (margins >= low) & (margins <= high)
        # at a threshold itself a rounding may decide
        clear = np.minimum(np.abs(margins - low), np.abs(margins - high)) > 1e-9
        if (inside == answers.wanted)[clear].all():
            return low, high
    return None


def _tree(
    tree: Any, encode: Callable[[np.ndarray], np.ndarray], space: Space, wanted: Wanted, real: Reference,
) -> Solver | str:  # fmt: skip
    if space.sums:
        return "sums that are kept make the columns of a leaf hang together"
    leaf = tree.apply(encode(real.rows).astype(np.float32))
    hits, people = np.bincount(leaf, real.answers.wanted), np.bincount(leaf)
    if ((hits > 0) & (hits < people)).any():
        return "the model decides rows of one leaf differently"
    leaves = boxes(tree, encode, space, real.rows[~np.isnan(real.rows).any(axis=1)], np.random.default_rng(0))
    if isinstance(leaves, str):
        return leaves

    def solve(x: np.ndarray, progress: Progress) -> tuple[np.ndarray, np.ndarray]:
        nearest, proved = np.full(x.shape, np.nan), ~np.isnan(x).any(axis=1)
        for number in np.flatnonzero(proved):
            rows = nearest_in_leaves(leaves, space, x[number])
            hits = np.flatnonzero(wanted.ask(rows).wanted) if len(rows) else np.zeros(0, dtype=np.int64)
            if len(hits):
                nearest[number] = rows[hits[0]]
            progress(int(number) + 1, len(x), "people solved")
        return nearest, proved

    return solve
