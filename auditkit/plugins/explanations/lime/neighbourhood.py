"""The neighbours that lime draws around rows of a table: the same ones for every row."""

from typing import NamedTuple

import numpy as np
import scipy

WIDTH = 0.75
"""Of lime's kernel, in roots of the number of columns."""


class Bins(NamedTuple):
    """How one column is cut, and how values are drawn within its pieces."""

    edges: np.ndarray
    """Upper ends of all pieces but the last, for numbers; the values themselves, for categories."""
    shares: np.ndarray
    """(K,) of the training rows in each piece; the last is that of missing values, where there are any."""
    is_category: bool
    has_missing: bool
    draws: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None = None
    """Mean, deviation, lower and upper end of the values in each piece, for numbers."""


class Neighbours(NamedTuple):
    """Rows around nobody in particular, and the pieces that they fall into."""

    codes: np.ndarray
    """(N, D) to ask the model about."""
    pieces: np.ndarray
    """(N, D)."""


class Neighbourhood:
    """Lime's default law for tables: quartiles, values of a truncated normal within them, frequencies of categories.

    In lime the neighbours of a row, but for the row itself, do not depend on it: only which pieces they share with it
    does. So they are drawn, and the model asked about them, once for all rows; each explanation has lime's law, and
    the explanations of different rows hang together. A missing value, which lime does not take, is a piece of its own.

    Args:
        train: (N, D) codes.
        is_category: (D,) bool: columns whose values are pieces themselves.

    Source: Ribeiro, Singh, Guestrin 2016, arXiv:1602.04938; lime 0.2, `LimeTabularExplainer` with its defaults.
    """

    def __init__(self, train: np.ndarray, is_category: np.ndarray) -> None:
        self.bins = [_bins(column, bool(category)) for column, category in zip(train.T, is_category, strict=True)]

    def draw(self, count: int, rng: np.random.Generator) -> Neighbours:
        """Neighbours (count, D), each column by itself."""
        columns = [_draw(bins, count, rng) for bins in self.bins]
        codes, pieces = (np.column_stack([column[part] for column in columns]) for part in (0, 1))
        return Neighbours(codes, pieces.astype(np.int16))

    def pieces(self, x: np.ndarray) -> np.ndarray:
        """(n, D) the piece that each value falls into; -1 for a category that the training rows do not have."""
        return np.column_stack([_pieces(bins, column) for bins, column in zip(self.bins, x.T, strict=True)])


def weights(shared: np.ndarray, columns: int) -> np.ndarray:
    """Lime's kernel for tables, of how many pieces a neighbour shares with the row, between 0 and 1."""
    apart = np.arange(columns, -1, -1)
    kernel = np.sqrt(np.exp(-apart / (WIDTH**2 * columns)))
    return np.asarray(kernel[shared])


def _bins(column: np.ndarray, is_category: bool) -> Bins:
    known = column[~np.isnan(column)]
    has_missing = len(known) < len(column)
    if is_category or not len(known):
        edges, counts = np.unique(known, return_counts=True)
        draws = None
    else:
        edges = np.unique(np.percentile(known, [25, 50, 75]))
        where = np.searchsorted(edges, known)
        counts = np.bincount(where, minlength=len(edges) + 1)
        pieces = [known[where == piece] for piece in range(len(edges) + 1)]
        draws = (
            np.array([piece.mean() if len(piece) else 0.0 for piece in pieces]),
            np.array([piece.std() if len(piece) else 0.0 for piece in pieces]) + 1e-11,
            np.append(known.min(), edges),
            np.append(edges, known.max()),
        )
    counts = np.append(counts, len(column) - len(known)) if has_missing else counts
    return Bins(edges, counts / counts.sum(), is_category or draws is None, has_missing, draws)


def _pieces(bins: Bins, column: np.ndarray) -> np.ndarray:
    found_at = np.searchsorted(bins.edges, column)
    if bins.is_category:
        inside = np.minimum(found_at, max(len(bins.edges) - 1, 0))
        is_known = bins.edges[inside] == column if len(bins.edges) else np.zeros(len(column), dtype=bool)
        found_at = np.where(is_known, inside, -1)
    return np.where(np.isnan(column), len(bins.shares) - 1 if bins.has_missing else -1, found_at)


def _draw(bins: Bins, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    pieces = rng.choice(len(bins.shares), count, p=bins.shares)
    missing = bins.has_missing & (pieces == len(bins.shares) - 1)
    inside = np.where(missing, 0, pieces)
    if bins.draws is None:
        values = bins.edges[inside] if len(bins.edges) else np.full(count, np.nan)
    else:
        mean, deviation, low, high = (of_piece[inside] for of_piece in bins.draws)
        # the inverse of the distribution, as many values at once as are wanted
        ends = (scipy.special.ndtr((end - mean) / deviation) for end in (low, high))
        values = mean + deviation * scipy.special.ndtri(rng.uniform(*ends))
        values = np.clip(values, low, high)
    return np.where(missing, np.nan, values), pieces
