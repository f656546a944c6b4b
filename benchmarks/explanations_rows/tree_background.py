"""s4: trees with a background of 100,000 rows, against shap's TreeExplainer with all of it."""

from __future__ import annotations

import pathlib
import statistics
from typing import Any, NamedTuple
from unittest import mock

import numpy as np

from auditkit.plugins.explanations.shapley.enumeration import shapley_values
from auditkit.plugins.explanations.shared import trees
from auditkit.plugins.explanations.shared.trees import tree_values
from benchmarks.harness import Baseline, Gate, Line, in_turn, largest_difference

COLUMNS = 8
ENUMERATED = 10_000
"""Background rows with which every coalition is asked about; all of them would take minutes."""


class Size(NamedTuple):
    """How large the work is."""

    rows: int
    background: int
    trees: int
    baseline_rows: int
    """Which TreeExplainer really explains."""
    rounds: int


FULL = Size(100, 100_000, 100, 1, 2)
QUICK = Size(4, 500, 5, 1, 1)


def measure(size: Size, folder: pathlib.Path, environments: pathlib.Path) -> tuple[list[Line], dict[str, Any]]:
    """Both sides in turn, theirs on few rows; one row over all coalitions and all of the background."""
    from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor

    rng = np.random.default_rng(0)
    # halves of whole numbers between which no threshold of float32 lies wrongly
    rows = rng.normal(size=(size.background + 5_000, COLUMNS)).astype(np.float32).astype(np.float64)
    y = rows[:, 0] + rows[:, 1] * rows[:, 2] - np.abs(rows[:, 3]) + 0.3 * rng.normal(size=len(rows))
    learnt, background = slice(0, 5_000), rows[5_000:]
    models = {
        "forest of depth 8": RandomForestRegressor(size.trees, max_depth=8, random_state=0),
        "histogram boosting of 31 leaves": HistGradientBoostingRegressor(max_iter=size.trees, early_stopping=False),
    }
    lines, details = [], {}
    for name, model in models.items():
        model.fit(rows[learnt] + (0.0 if "forest" in name else 1e-3 * rng.normal(size=(5_000, 1))), y[learnt])
        line, details[name] = _line(name, model, rows[: size.rows], background, size)
        lines.append(line)
    return lines, details


def _line(name: str, model: Any, x: np.ndarray, background: np.ndarray, size: Size) -> tuple[Line, dict[str, Any]]:
    import shap

    values: dict[str, np.ndarray] = {}

    def leaves() -> None:
        values["ours"] = tree_values(model, x, background, quiet)[:, :, 0]

    def explainer() -> None:
        masker = shap.maskers.Independent(background, max_samples=len(background))
        walker = shap.TreeExplainer(model, masker, feature_perturbation="interventional")
        values["shap"] = walker.shap_values(x[: size.baseline_rows], check_additivity=False)

    seconds = in_turn({"shap": (explainer, 1), "ours": (leaves, 1)}, size.rounds)
    whole = statistics.median(seconds["shap"]) * len(x) / size.baseline_rows
    how = f"extrapolated from {size.baseline_rows} rows, median of {size.rounds}"
    few = background[:ENUMERATED]
    worths = [
        model.predict(np.where((coalition >> np.arange(COLUMNS)) & 1 == 1, x[0], few)).mean()
        for coalition in range(2**COLUMNS)
    ]
    # as with more rows: few pairs of rows would be left to shap, to 1e-7
    with mock.patch.object(trees, "PAIRS_OF_A_LEAF", 0):
        by_leaves = tree_values(model, x[:1], few, quiet)[:, :, 0]
    apart = largest_difference(values["ours"][: size.baseline_rows], values["shap"])
    from_coalitions = largest_difference(by_leaves, shapley_values(np.array([worths])))
    gates = (
        Gate(f"{name}: from shap", apart, 1e-7),
        Gate(f"{name}: from all coalitions with {len(few):,} background rows", from_coalitions, 1e-9),
    )
    work = f"{name}, {size.trees} trees, {len(x)} rows, {len(background):,} background rows"
    line = Line("s4", work, Baseline("shap TreeExplainer", whole, how), tuple(seconds["ours"]), gates, 100.0)
    return line, {"seconds": seconds}


def quiet(done: int, total: int, what: str) -> None:
    """Progress that nobody reads."""
