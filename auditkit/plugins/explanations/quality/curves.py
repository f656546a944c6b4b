"""Deletion and insertion curves: the output while parts leave a row, or enter it, in the order of attributions."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from auditkit.plugins.explanations.shared.attributions import Estimate, mean_of

Answer = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Which parts of a row are kept (m, P) bool, and the row that each belongs to (m,), to outputs (m,)."""

POINTS = 8
"""Steps of a curve at most."""


class Curves(NamedTuple):
    """Outputs of each row along one order of its parts."""

    shares: np.ndarray
    """(S,) of the parts that have left the row, or entered it; from 0 to 1."""
    deletion: np.ndarray
    """(n, S) outputs while parts leave the row, the first of the order first."""
    insertion: np.ndarray
    """(n, S) outputs while parts enter an empty row, the first of the order first."""


class Gains(NamedTuple):
    """By how much an order beats another, as areas between their curves; 0 where it does not."""

    deletion: np.ndarray
    """(n,) how much lower the deletion curve lies, as a share of the range of the outputs."""
    insertion: np.ndarray
    """(n,) how much higher the insertion curve lies, as a share of the range of the outputs."""

    @property
    def means(self) -> tuple[Estimate, Estimate]:
        """Over the rows, with Student t intervals: of deletion, of insertion."""
        return mean_of(self.deletion), mean_of(self.insertion)


def places(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n, P) the place of each part in its row, 0 for the largest attribution; equals in random order.

    Args:
        values: (n, P) attributions; NaN where a row has no such part, whose place is -1.
        rng: draws the order of equals, so that attributions that say nothing are an order that says nothing.
    """
    shuffled = rng.random(values.shape)
    order = np.lexsort((shuffled, -values), axis=1)  # NaN comes last
    ranked = np.empty(values.shape, dtype=np.int64)
    np.put_along_axis(ranked, order, np.arange(values.shape[1])[None], axis=1)
    return np.where(np.isnan(values), -1, ranked)


def random_places(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n, P) a random order of the parts of each row; -1 where `values` has no such part."""
    return places(np.where(np.isnan(values), np.nan, 0.0), rng)


def curves(answer: Answer, ordered: np.ndarray, points: int = POINTS) -> Curves:
    """The deletion and the insertion curve of each row along an order of its parts.

    Args:
        answer: the model, about rows of which only some parts are kept.
        ordered: (n, P) the place of each part, as `places` gives it.
        points: steps at most; never more than a row has parts.

    Source: Petsiuk, Das, Saenko 2018, RISE, arXiv:1806.07421.
    """
    players = (ordered >= 0).sum(axis=1)
    shares = np.linspace(0, 1, 1 + max(1, min(points, int(players.max(initial=1)))))
    taken = np.rint(shares * players[:, None])
    first = ordered[:, None, :] < taken[:, :, None]
    rows = np.repeat(np.arange(len(ordered)), len(shares))

    def outputs(kept: np.ndarray) -> np.ndarray:
        return np.asarray(answer(kept.reshape(-1, ordered.shape[1]), rows)).reshape(taken.shape)

    return Curves(shares, outputs(~first), outputs(first))


def gains(by_attribution: Curves, by_chance: Curves) -> Gains | None:
    """How far the curves by attribution lie on the right side of those by chance; None where nothing moves any row.

    The area between two curves of a row, over the range of the outputs of full and of empty rows. An attribution that
    is the same for all parts is a random order, and gains nothing.
    """
    ends = np.concatenate([by_attribution.deletion[:, 0], by_attribution.insertion[:, 0]])
    spread = float(np.ptp(ends))
    if spread <= 1e-9 * max(1.0, float(np.abs(ends).max())):
        return None
    shares = by_attribution.shares
    areas = (
        np.trapezoid((higher - lower) / spread, shares, axis=1)
        for higher, lower in (
            (by_chance.deletion, by_attribution.deletion),
            (by_attribution.insertion, by_chance.insertion),
        )
    )
    return Gains(*areas)
