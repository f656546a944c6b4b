"""p3: RMIA's scores by counting ranks, against the matrix of all pairs."""

from __future__ import annotations

import pathlib
import statistics
from typing import Any, NamedTuple

import numpy as np

from auditkit.plugins.privacy.membership.reference_attacks import rmia_scores
from benchmarks.harness import Baseline, Gate, Line, in_turn, largest_difference

BLOCK = 1000
"""Rows of the matrix that are held at once."""


class Size(NamedTuple):
    """How large the work is."""

    rows: int
    population: int
    rounds: int


FULL = Size(50_000, 50_000, 2)
QUICK = Size(2_000, 1_500, 1)


def measure(size: Size, folder: pathlib.Path, environments: pathlib.Path) -> tuple[list[Line], dict[str, Any]]:
    """The comparison, and all timings."""
    rng = np.random.default_rng(0)
    # two decimals, so that many are tied
    ratios, population = (np.exp(rng.normal(size=count)).round(2) + 0.01 for count in (size.rows, size.population))
    sides = {"matrix": (lambda: matrix(ratios, population), 1), "ours": (lambda: rmia_scores(ratios, population), 5)}
    seconds = in_turn(sides, size.rounds)
    counts = [np.rint(score(ratios, population) * size.population) for score in (matrix, rmia_scores)]
    gate = Gate("rows with another count than the matrix has", largest_difference(*counts), 0)
    baseline = Baseline(
        "the matrix of all pairs, in blocks", statistics.median(seconds["matrix"]), f"{size.rounds} turns"
    )
    work = f"RMIA scores of {size.rows:,} rows against {size.population:,}"
    return [Line("p3", work, baseline, tuple(seconds["ours"]), (gate,), 1000)], {"seconds": seconds}


def matrix(ratios: np.ndarray, population: np.ndarray) -> np.ndarray:
    """As the definition has it: for each row the share of the population over which its ratio is 1 or more."""
    blocks = np.split(ratios, range(BLOCK, len(ratios), BLOCK))
    return np.concatenate([(block[:, None] / population >= 1).mean(axis=1) for block in blocks])
