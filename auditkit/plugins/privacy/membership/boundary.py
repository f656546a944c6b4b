"""How far a row can be changed before the model decides otherwise: what decisions alone tell of who is a member.

Choquette-Choo, Tramèr, Carlini and Papernot (2021), Label-Only Membership Inference Attacks, arXiv:2007.14321; Li and
Zhang (2021), Membership Leakage in Label-Only Exposures, arXiv:2007.15528: a model is surer of what it learnt, so its
boundary is farther from members. The boundary is sought by HopSkipJump (Chen, Jordan and Wainwright 2020,
arXiv:1904.02144) of the Adversarial Robustness Toolbox.
"""

import contextlib
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from auditkit.art import evasion_seeded, quiet, require_art
from auditkit.data import AuditData, as_array
from auditkit.plugins.privacy.membership.members import Sides
from auditkit.plugins.privacy.shared.features import plain
from auditkit.predictions import Predictions

ROUNDS = 50
"""Rounds of HopSkipJump at most; the budget of questions ends it before."""

Ask: TypeAlias = Callable[[np.ndarray], np.ndarray]
"""(n, F) inputs as numbers to (n,) positions of the decisions."""


class Range(NamedTuple):
    """What of a row may be changed, and in which units."""

    low: np.ndarray
    """(F,)"""
    scale: np.ndarray
    """(F,) a unit, the standard deviation."""
    top: np.ndarray
    """(F,) the highest value, in units above `low`."""
    free: np.ndarray
    """(F,) bool: numbers of more than one value; names are left as they are."""


class BudgetSpent(Exception):
    """The questions about a row are used up."""


def may_change(data: AuditData) -> bool:
    """Whether the inputs hold numbers, which can be changed little by little."""
    if isinstance(data.inputs, list) or data.tokens:
        return False
    return not bool(plain(data.take(np.arange(1))).category.all())


def range_of(values: np.ndarray, category: np.ndarray) -> Range:
    """The range of rows (N, F), NaN where a value is missing; (F,) bool, which features are names."""
    known = np.where((category > 0) | np.isnan(values).all(axis=0), 0.0, values)
    low, high, scale = np.nanmin(known, axis=0), np.nanmax(known, axis=0), np.nanstd(known, axis=0)
    free = scale > 0
    scale = np.where(free, scale, 1.0)
    return Range(low, scale, (high - low) / scale, free)


def asker(predictions: Predictions, data: AuditData) -> Ask:
    """Ask the model for decisions about rows given as numbers.

    Args:
        predictions: of the model under audit.
        data: rows of the same kind.
    """
    array = as_array(data.inputs)

    def ask(values: np.ndarray) -> np.ndarray:
        if array is None or array.ndim == 2:
            return predictions.of(data.decode(values)).codes
        shaped = data.inputs[:1].reshape(1, -1)  # pictures and sequences keep their type, tensors their device
        made = values.astype(array.dtype)
        inputs = made if isinstance(shaped, np.ndarray) else shaped.new_tensor(made)
        return predictions.of(inputs.reshape(len(values), *array.shape[1:])).codes

    return ask


def distances(
    ask: Ask, sides: Sides, queries: int, order: np.ndarray, seed: int, go_on: Callable[[int], bool]
) -> np.ndarray:
    """(M + N,) how far each row is from being decided otherwise; NaN of those that nobody asked about.

    0 where it is decided wrongly as it is; the farthest that the range allows where nothing else was found.

    Args:
        ask: the model's decisions.
        sides: members and others.
        queries: about each row, at most.
        order: the rows to ask about, in this order.
        seed: of the search.
        go_on: told how many rows are done, says whether there is time for another.
    """
    values, truth = sides.values, sides.truth
    reach = range_of(values, sides.category)
    right = sides.right
    far = np.full(len(right), np.nan)
    for done, place in enumerate(order):
        if not go_on(done):
            break
        far[place] = 0.0
        if right[place]:
            far[place] = distance(ask, values[place], int(truth[place]), reach, queries, seed + done)
    return far


def distance(
    ask: Ask, row: np.ndarray, truth: int, reach: Range, queries: int, seed: int
) -> float:  # fmt: skip
    """How far one row, decided rightly as it is, lies from the closest asked point that is decided otherwise, in units.

    HopSkipJump gives back the row itself where it finds nothing, and a point that nobody asked about where it does; so
    the closest point is kept of all that were asked about.

    Args:
        ask: the model's decisions.
        row: (F,).
        truth: how it is decided.
        reach: of all rows.
        queries: at most.
        seed: of the search.
    """
    free = reach.free & ~np.isnan(row)
    top = reach.top[free]
    closest, left = float(np.sqrt((top**2).sum())), queries
    start = (row - reach.low)[free] / reach.scale[free]

    def predict(points: np.ndarray) -> np.ndarray:
        nonlocal closest, left
        if left <= 0:
            raise BudgetSpent
        asked, points = len(points), np.asarray(points[:left], dtype=np.float64)
        left -= len(points)
        inputs = np.repeat(row[None], len(points), axis=0)
        inputs[:, free] = reach.low[free] + points * reach.scale[free]
        otherwise = ask(inputs) != truth
        lengths = np.sqrt(((points - start) ** 2).sum(axis=1))
        closest = min(closest, float(lengths[otherwise].min(initial=np.inf)))
        if len(points) < asked:
            raise BudgetSpent
        return np.eye(2, dtype=np.float32)[otherwise.astype(int)]

    if free.any():
        _search(predict, start, top, seed)
    return closest


def _search(predict: Callable[[np.ndarray], np.ndarray], start: np.ndarray, top: np.ndarray, seed: int) -> None:
    """Let HopSkipJump ask, until the budget ends it."""
    blackbox: Any = require_art("art.estimators.classification.blackbox")
    attacks: Any = require_art("art.attacks.evasion")
    with quiet(), evasion_seeded(seed), np.errstate(all="ignore"):
        ends = np.zeros_like(top, dtype=np.float32), top.astype(np.float32)
        target = blackbox.BlackBoxClassifierNeuralNetwork(predict, (len(start),), 2, clip_values=ends)
        attack = attacks.HopSkipJump(target, max_iter=ROUNDS, init_eval=20, verbose=False)
        with contextlib.suppress(BudgetSpent):
            attack.generate(start[None].astype(np.float32), y=np.array([[1.0, 0.0]], dtype=np.float32))
