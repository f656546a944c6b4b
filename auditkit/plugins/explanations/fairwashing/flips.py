"""What a change of a person's group column does to the model: to real rows, and to mixtures as explanations ask."""

from collections.abc import Callable

import numpy as np

NOTICEABLE = 0.05
"""The share of the outputs' range from which a move counts."""
PAIRS = 2
"""People of another group with whom each row is compared."""
MIXTURES = 16
"""Mixtures for each pair."""
CALLS = 2 * PAIRS * (1 + MIXTURES)
"""Questions about each row."""

Ask = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Mixed rows (m, D) and the explained row that each belongs to (m,) to outputs (m,)."""


def mixed_flip_ratio(
    ask: Ask, x: np.ndarray, background: np.ndarray, column: int, group: np.ndarray, rng: np.random.Generator
) -> float | str:
    """Give each row the column's value of somebody of another group: in the row as it is, and in mixtures of it.

    A mixture has the row's values in a coalition of the other columns and a background row's elsewhere. Coalitions
    are drawn as Shapley values weigh them, first the size, evenly, then who is in it: the mean move of a row's
    mixtures is how far its attribution of the column moves, and no attribution moves farther than its mixtures do. A
    model that answers alike about both, whatever its interactions, moves them about as far as real rows; one that
    tells mixtures from real rows need not.

    Outputs between 0 and 1 are compared as log-odds too, and the larger ratio is taken: near a threshold a
    probability moves far, and mixtures lie farther away from it.

    Args:
        ask: the model.
        x: (n, D) real rows, as codes.
        background: (B, D) real rows to mix with.
        column: that is changed.
        group: (n,) the group of each row, of at least two.
        rng: draws people, background rows and coalitions.

    Returns:
        Mean |move| of mixtures / mean |move| of real rows, 0 or more; or why they cannot be compared.

    Source: Slack et al. 2020, Fooling LIME and SHAP, arXiv:1911.02508, whose models tell mixtures from real rows.
    """
    owners = np.tile(np.arange(len(x)), PAIRS)
    values = np.concatenate([other_values(x, column, group, rng) for _ in range(PAIRS)])
    real = _flipped(ask, x[owners], owners, column, values)
    usual = np.concatenate([real[0], ask(background, rng.integers(0, len(x), len(background)))])
    if np.abs(np.subtract(*real)).mean() <= NOTICEABLE * np.ptp(usual):
        return "changing it hardly moves the output of real rows"
    mixed = np.array([
        _flipped(ask, _mixtures(x[owners], background, column, rng), owners, column, values) for _ in range(MIXTURES)
    ]).swapaxes(0, 1)  # fmt: skip
    # near a threshold a decision flips that lies far away from it in mixtures: an honest model fails then as well
    if len(np.unique([*np.unique(usual), *np.unique(real), *np.unique(mixed)])) <= 2:
        return "a model that only decides shows no size of a move"
    ratios = [_ratio(real, mixed)]
    if min(real.min(), mixed.min()) >= 0 and max(real.max(), mixed.max()) <= 1:
        ratios.append(_ratio(_log_odds(real), _log_odds(mixed)))
    return max(ratios)


def other_values(x: np.ndarray, column: int, group: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n,) for each row of (n, D) the column's value in a random row of another group."""
    values = x[:, column].copy()
    for value in np.unique(group):
        inside = np.flatnonzero(group == value)
        # real values of real people: an invented one might be out of the model's range
        values[inside] = x[rng.choice(np.flatnonzero(group != value), len(inside)), column]
    return values


def _flipped(ask: Ask, rows: np.ndarray, owners: np.ndarray, column: int, values: np.ndarray) -> np.ndarray:
    """(2, m) outputs before and after."""
    changed = rows.copy()
    changed[:, column] = values
    return np.array([ask(rows, owners), ask(changed, owners)])


def _mixtures(rows: np.ndarray, background: np.ndarray, column: int, rng: np.random.Generator) -> np.ndarray:
    """(m, D): each row, with a background row's values outside a coalition that always holds the column."""
    order = rng.random(rows.shape)
    order[:, column] = -1.0
    places = np.argsort(np.argsort(order, axis=1), axis=1)
    # the column has place 0; of the others, none to all are inside
    inside = places <= rng.integers(0, rows.shape[1], (len(rows), 1))
    return np.where(inside, rows, background[rng.integers(0, len(background), len(rows))])


def _ratio(real: np.ndarray, mixed: np.ndarray) -> float:
    return float(np.abs(np.subtract(*mixed)).mean() / np.abs(np.subtract(*real)).mean())


def _log_odds(outputs: np.ndarray) -> np.ndarray:
    # a probability of 0 or 1 has no finite log-odds
    inside = np.clip(outputs, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(inside) - np.log1p(-inside))
