"""s1: logistic regression on Adult, 12 groups of columns, probabilities, against shap's KernelExplainer."""

from __future__ import annotations

import pathlib
import statistics
from typing import Any, NamedTuple

import numpy as np

from auditkit.plugins.explanations.shapley import enumeration, first_layer
from auditkit.plugins.explanations.shapley.affine_models import AffineModel, logistic
from benchmarks.explanations_rows.tables import adult
from benchmarks.harness import Baseline, Gate, Line, in_turn, largest_difference


class Size(NamedTuple):
    """How large the work is."""

    rows: int
    background: int
    baseline_rows: int
    """Which KernelExplainer really explains."""
    rounds: int


FULL = Size(128, 100, 4, 3)
QUICK = Size(3, 20, 1, 1)


def measure(size: Size, folder: pathlib.Path, environments: pathlib.Path) -> tuple[list[Line], dict[str, Any]]:
    """Both sides in turn, theirs on few rows; ours against all coalitions by asking the model."""
    import shap
    from shap.utils._legacy import DenseData
    from sklearn.linear_model import LogisticRegression

    table = adult()
    model = LogisticRegression(max_iter=1000).fit(table.rows, table.labels)
    x, background = table.rows[: size.rows], table.rows[1_000 : 1_000 + size.background]
    players = int(table.owners.max()) + 1
    affine = AffineModel(model.coef_.T, model.intercept_, logistic)
    target = np.ones(len(x), dtype=np.int64)
    values: dict[str, np.ndarray] = {}

    def positive(rows: np.ndarray) -> np.ndarray:
        return model.predict_proba(rows)[:, 1]

    def by_sums(dtype: type) -> None:
        layer = first_layer.first_layer(affine, x, background, table.owners, players, target)
        values[dtype.__name__] = first_layer.enumerated(layer, lambda done, total, what: None, dtype).values

    def by_kernel() -> None:
        groups = [np.flatnonzero(table.owners == player) for player in range(players)]
        explainer = shap.KernelExplainer(positive, DenseData(background, [str(p) for p in range(players)], groups))
        few = x[: size.baseline_rows]
        values["kernel"] = explainer.shap_values(few, nsamples="auto", l1_reg=False, silent=True)

    state = np.random.get_state()
    sides = {"kernel": by_kernel, "float64": lambda: by_sums(np.float64), "float32": lambda: by_sums(np.float32)}
    seconds = in_turn({name: (call, 1) for name, call in sides.items()}, size.rounds)
    np.random.set_state(state)
    exact = asked(positive, x[:2], background, table.owners)
    whole = statistics.median(seconds["kernel"]) * len(x) / size.baseline_rows
    how = f"extrapolated from {size.baseline_rows} rows, median of {size.rounds}"
    baseline = Baseline("shap KernelExplainer(l1_reg=False)", whole, how)
    lines = []
    for name, limit, goal in (("float64", 1e-12, 150.0), ("float32", 1e-6, 300.0)):
        gate = Gate(f"{name}: from all coalitions by asking", largest_difference(values[name][:2], exact), limit)
        work = f"Adult, logistic regression, {players} groups, {len(x)} rows, {len(background)} background rows, {name}"
        lines.append(Line("s1", work, baseline, tuple(seconds[name]), (gate,), goal))
    error = largest_difference(values["kernel"][:1], exact[:1])
    return lines, {"seconds": seconds, "error of KernelExplainer": error}


def asked(positive: Any, x: np.ndarray, background: np.ndarray, owners: np.ndarray) -> np.ndarray:
    """Values by the definition, of a model that is asked about whole rows."""
    players = int(owners.max()) + 1
    worths = np.empty((len(x), 2**players))
    for coalition in range(2**players):
        inside = (coalition >> owners) & 1 == 1
        for row, own in enumerate(x):
            worths[row, coalition] = positive(np.where(inside, own, background)).mean()
    return enumeration.shapley_values(worths)
