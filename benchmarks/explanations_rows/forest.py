"""s2: an opaque random forest of 23 columns, at equal mean square error, against shap's Kernel and Permutation."""

from __future__ import annotations

import pathlib
import statistics
from typing import Any, NamedTuple

import numpy as np

from auditkit.plugins.explanations.shared.permutation import paired_permutations
from auditkit.plugins.explanations.shared.trees import tree_values
from benchmarks.explanations_rows.tables import credit
from benchmarks.harness import Baseline, Gate, Line, in_turn


class Size(NamedTuple):
    """How large the work is."""

    rows: int
    background: int
    trees: int
    pairs: int
    rounds: int


FULL = Size(12, 50, 100, 2, 3)
QUICK = Size(2, 10, 5, 2, 1)
GOALS = {"kernel": (3.0, 5), "permutation": (50.0, 8)}
"""{side: (how many times less time, how many times fewer model rows)}"""


def measure(size: Size, folder: pathlib.Path, environments: pathlib.Path) -> tuple[list[Line], dict[str, Any]]:
    """Each side at its default budget, brought to equal error by the law that all three follow: error² · rows."""
    import shap
    from sklearn.ensemble import RandomForestClassifier

    table = credit()
    model = RandomForestClassifier(size.trees, random_state=0, min_samples_leaf=5).fit(
        table.rows[2_000:], table.labels[2_000:]
    )
    x, background = table.rows[: size.rows], table.rows[1_000 : 1_000 + size.background]
    truth = tree_values(model, x, background, quiet)[:, :, 1]
    asked, values, draws = {}, {}, iter(range(1_000))

    def counted(side: str) -> Any:
        asked[side] = 0

        def ask(rows: np.ndarray, of: Any = None) -> np.ndarray:
            asked[side] += len(rows)
            return model.predict_proba(np.asarray(rows))[:, 1]

        return ask

    def kernel() -> None:
        explainer = shap.KernelExplainer(counted("kernel"), background)
        record("kernel", explainer.shap_values(x, nsamples="auto", l1_reg=False, silent=True))

    def permutation() -> None:
        masker = shap.maskers.Independent(background, max_samples=len(background))
        explainer = shap.explainers.Permutation(counted("permutation"), masker, seed=next(draws))
        record("permutation", explainer(x, silent=True).values)

    def pairs() -> None:
        rng = np.random.default_rng(next(draws))
        record("pairs", paired_permutations(counted("pairs"), x, background, rng, size.pairs).values)

    def record(side: str, given: np.ndarray) -> None:
        values.setdefault(side, []).append(float(((given - truth) ** 2).mean()))

    state = np.random.get_state()
    sides = {"kernel": kernel, "permutation": permutation, "pairs": pairs}
    seconds = in_turn({name: (call, 1) for name, call in sides.items()}, size.rounds)
    np.random.set_state(state)
    errors = {side: statistics.mean(mean_squares) for side, mean_squares in values.items()}
    lines = [_line(side, size, seconds, asked, errors) for side in GOALS]
    return lines, {"seconds": seconds, "model rows": dict(asked), "mean square errors": errors}


def _line(
    side: str, size: Size, seconds: dict[str, list[float]], asked: dict[str, int], errors: dict[str, float]
) -> Line:
    goal, fewer = GOALS[side]
    # mean squares fall as 1 / rows on every side; a side's time is that of its rows
    to_equal = errors[side] / errors["pairs"]
    how = (
        f"extrapolated to our error: {statistics.median(seconds[side]):.3g} s at its default budget, of which the "
        f"mean square error is {to_equal:.3g} times ours"
    )
    rows = asked["pairs"] / (asked[side] * to_equal)
    gate = Gate(f"our model rows at equal error, as a share of those of {side}", rows, 1 / fewer)
    work = f"random forest of {size.trees} trees, 23 columns, {size.rows} rows, {size.background} background rows"
    names = {"kernel": "shap KernelExplainer(l1_reg=False)", "permutation": "shap PermutationExplainer"}
    baseline = Baseline(names[side], statistics.median(seconds[side]) * to_equal, how)
    return Line("s2", work, baseline, tuple(seconds["pairs"]), (gate,), goal)


def quiet(done: int, total: int, what: str) -> None:
    """Progress that nobody reads."""
