"""l1: local linear models of 500 rows around a random forest, against a loop over the package lime."""

from __future__ import annotations

import pathlib
import statistics
from typing import Any, NamedTuple

import numpy as np
import scipy.stats
from sklearn.ensemble import RandomForestClassifier

from auditkit.plugins.explanations.lime.neighbourhood import Neighbourhood
from auditkit.plugins.explanations.lime.tables import Local, explain_table
from benchmarks.explanations_rows.people import NAMES, SEX, TITLE, people
from benchmarks.harness import Baseline, Gate, Line, in_turn

GOAL = 150.0


class Size(NamedTuple):
    """How large the work is."""

    rows: int
    samples: int
    rounds: int
    seeds: int
    """Of each side, by which the laws are compared."""


FULL = Size(500, 5_000, 3, 30)
QUICK = Size(10, 500, 1, 10)


class Work:
    """A forest on made-up people, and both ways to explain their rows."""

    def __init__(self, size: Size) -> None:
        self.x, self.samples = people(0), size.samples
        score = self.x[:, 2] + self.x[:, 4] * self.x[:, 6] + self.x[:, SEX] - 0.5
        self.forest = RandomForestClassifier(100, random_state=0).fit(self.x, score > 0)
        self.rows = self.x[: size.rows]
        self.is_category = np.isin(np.arange(len(NAMES)), (SEX, TITLE))

    def shared(self, rows: np.ndarray, seed: int) -> Local:
        """Everything from the training rows on."""
        neighbourhood = Neighbourhood(self.x, self.is_category)
        drawn = neighbourhood.draw(self.samples - 1, np.random.default_rng(seed))
        own, answers = np.split(self.forest.predict_proba(np.concatenate([rows, drawn.codes])), [len(rows)])
        return explain_table(drawn, answers, neighbourhood.pieces(rows), own, np.ones(len(rows), dtype=int))

    def loop(self, rows: np.ndarray, seed: int) -> Local:
        """One explainer, as documented, asked about one row after the other."""
        from lime.lime_tabular import LimeTabularExplainer

        explainer = LimeTabularExplainer(self.x, categorical_features=[SEX, TITLE], random_state=seed)
        width = self.x.shape[1]
        explained = [
            explainer.explain_instance(row, self.forest.predict_proba, num_features=width, num_samples=self.samples)
            for row in rows
        ]
        values = [[dict(outcome.local_exp[1])[column] for column in range(width)] for outcome in explained]
        return Local(np.array(values), np.array([outcome.score for outcome in explained]))


def measure(size: Size, folder: pathlib.Path, environments: pathlib.Path) -> tuple[list[Line], dict[str, Any]]:
    """The comparison, with the law of both sides as its gate."""
    work = Work(size)
    seconds = in_turn(
        {"lime": (lambda: work.loop(work.rows, 0), 1), "ours": (lambda: work.shared(work.rows, 0), 1)}, size.rounds
    )
    p_values = laws(work, size.seeds)
    gates = (
        Gate(f"law: coefficients and R2 of 3 rows over {size.seeds} seeds, of {p_values.size} p of Kolmogorov and "
             "Smirnov under 0.001", float((p_values < 0.001).sum()), 0.0),
        Gate("law: share of these p under 0.05", float((p_values < 0.05).mean()), 0.2),
    )  # fmt: skip
    what = f"{size.rows} rows, {size.samples:,} neighbours, forest of 100 trees, {len(NAMES)} columns"
    baseline = Baseline("lime, its own loop", statistics.median(seconds["lime"]), f"median of {size.rounds} rounds")
    line = Line("l1", what, baseline, tuple(seconds["ours"]), gates, GOAL)
    return [line], {"seconds": seconds, "p": p_values.tolist()}


def laws(work: Work, seeds: int) -> np.ndarray:
    """p of every coefficient and R2 of three rows, for the two sides to have one law."""
    rows = work.rows[:3]
    sides = []
    for explain in (work.shared, work.loop):
        drawn = [explain(rows, 1 + seed) for seed in range(seeds)]
        sides.append(np.array([np.column_stack([local.values, local.r2]).ravel() for local in drawn]))
    pairs = zip(sides[0].T, sides[1].T, strict=True)
    return np.array([scipy.stats.ks_2samp(own, other).pvalue for own, other in pairs])
