"""Places in a list: their weight, places shared by equal scores, and numbers of one list from who stands where."""

from typing import NamedTuple

import numpy as np

FIRST = 128
"""Places that are looked at one by one where a long list is cut into pieces."""
PIECES = 400
"""About how many pieces a long list is cut into."""


class Places(NamedTuple):
    """A list cut into pieces, from the top; the rows of one piece are in random order."""

    sizes: np.ndarray
    """(M,) int64: rows in each piece."""
    weights: np.ndarray
    """(M,) the mean position bias in each piece."""

    @property
    def ends(self) -> np.ndarray:
        """(M,) int64: the last place of each piece, counted from 1."""
        return np.cumsum(self.sizes)


def position_bias(places: int) -> np.ndarray:
    """(places,) how much each place of a list is seen: 1 / log2(1 + place), 1 for the first.

    Source: Järvelin and Kekäläinen (2002), Cumulated gain-based evaluation of IR techniques, ACM TOIS 20; as exposure:
    Singh and Joachims (2018), Fairness of exposure in rankings, arXiv:1802.07281.
    """
    return np.asarray(1 / np.log2(1 + np.arange(1, places + 1)))


def tied_places(scores: np.ndarray) -> tuple[Places, np.ndarray]:
    """The pieces of equal score, from the highest, and (N,) the piece of each row.

    Equal scores share their places evenly, which is what random order among them gives on average.

    Args:
        scores: (N,) finite; the highest comes first.
    """
    levels, piece = np.unique(-scores, return_inverse=True)
    return cut(np.bincount(piece, minlength=len(levels))), piece


def cut(sizes: np.ndarray) -> Places:
    """Pieces of these sizes, with their mean position bias."""
    summed = np.concatenate([[0.0], np.cumsum(position_bias(int(sizes.sum())))])
    ends = np.cumsum(sizes)
    return Places(sizes.astype(np.int64), (summed[ends] - summed[ends - sizes]) / sizes)


def coarse(places: Places, edges: np.ndarray) -> tuple[Places, np.ndarray]:
    """A long list in about 400 pieces, fine at the top, and (M,) the new piece of each old one.

    Pieces are only joined. No joined piece reaches over one of `edges`, where an old piece ends there.

    Args:
        places: the list.
        edges: places that matter, such as the ends of the top k.
    """
    ends = places.ends
    if len(ends) <= PIECES:
        return places, np.arange(len(ends))
    # Place by place at the top, where each weighs most; further down the pieces grow by a constant factor.
    steps = np.geomspace(FIRST, ends[-1], PIECES - FIRST).astype(np.int64)
    stops = np.unique(np.concatenate([np.arange(1, FIRST), steps, edges[edges <= ends[-1]]]))
    piece = np.searchsorted(stops, ends, side="left")
    _, piece = np.unique(piece, return_inverse=True)
    return cut(np.bincount(piece, weights=places.sizes).astype(np.int64)), piece


def top_count(counts: np.ndarray, places: Places, k: int) -> np.ndarray:
    """(..., K) how many of the first `k` places each group has; a piece that `k` cuts is shared evenly."""
    share_inside = np.clip((k - (places.ends - places.sizes)) / places.sizes, 0, 1)
    return np.asarray(counts @ share_inside)


def ndkl(counts: np.ndarray, places: Places) -> np.ndarray:
    """(...,) normalized discounted cumulative divergence, in nats; 0 where every top of the list is mixed as the list.

    Looked at where a piece ends, weighted by the bias of its places; see `lists.divergences` for every place.

    Args:
        counts: (..., K, M) rows of each group in each piece.
        places: M pieces.

    Source: Geyik, Ambler and Kenthapudi (2019), Fairness-aware ranking in search and recommendation systems with
    application to LinkedIn talent search, arXiv:1905.01989, definition 3; natural logarithm.
    """
    running = np.cumsum(counts, axis=-1, dtype=float)
    total = running[..., -1:] / places.sizes.sum()
    mix = running / places.ends
    # x ln x goes to 0 with x: a group that is not in a top adds nothing to it.
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(mix > 0, mix * np.log(mix / total), 0.0)
    weight = places.weights * places.sizes
    return np.asarray(parts.sum(axis=-2) @ weight / weight.sum())
