"""Rows ranked in one list or in many: places and their weight, exposure, tops and divergence."""

from typing import NamedTuple

import numpy as np

FIRST = 128
"""Places that are looked at one by one where a long list is cut into pieces."""
PIECES = 400
"""About how many pieces a long list is cut into."""


class Ranked(NamedTuple):
    """Rows in the order of their lists and, within a list, of their scores from the highest."""

    order: np.ndarray
    """(N,) which row stands here."""
    lists: np.ndarray
    """(N,) its list, 0 to L - 1, rising."""
    places: np.ndarray
    """(N,) its place in the list, from 1; among equal scores in any order."""
    first: np.ndarray
    """(N,) the first place of those with its score."""
    shared: np.ndarray
    """(N,) how many rows of the list have its score."""
    bias: np.ndarray
    """(N,) the mean position bias of the places that its score holds."""
    lengths: np.ndarray
    """(L,) rows of each list."""


class Exposures(NamedTuple):
    """What L lists show of K groups."""

    exposure: np.ndarray
    """(L, K) mean position bias of the group in the list; NaN where the group is not in it."""
    relative: np.ndarray
    """(L, K) the same over the mean of everyone in the list; 1 for a group placed like everyone."""
    shares: np.ndarray
    """(L, K) the group's share of the list."""


def rank(scores: np.ndarray, lists: np.ndarray) -> Ranked:
    """Rank the rows of every list.

    Args:
        scores: (N,) finite; the highest comes first.
        lists: (N,) the list of each row, 0 to L - 1, each with a row.
    """
    order = np.argsort(-scores, kind="stable")
    # Two stable sorts, by score and then by list, keep the scores in order within each list; one list needs no second.
    order = order[np.argsort(lists[order], kind="stable")] if lists.any() else order
    sorted_lists, sorted_scores = lists[order], scores[order]
    lengths = np.bincount(lists)
    starts = np.cumsum(lengths) - lengths
    places = np.arange(len(scores)) - starts[sorted_lists] + 1
    is_new = np.ones(len(scores), dtype=bool)
    is_new[1:] = (np.diff(sorted_lists) != 0) | (np.diff(sorted_scores) != 0)
    tie = np.cumsum(is_new) - 1
    shared = np.bincount(tie)
    bias = position_bias(int(lengths.max()))[places - 1]
    # Equal scores share their places, as they would on average in random order.
    mean = np.bincount(tie, weights=bias) / shared
    return Ranked(order, sorted_lists, places, places[is_new][tie], shared[tie], mean[tie], lengths)


def exposures(ranked: Ranked, codes: np.ndarray, groups: int) -> Exposures:
    """Exposure of every group in every list.

    Args:
        ranked: N rows in L lists.
        codes: (N,) the group of each row, in the rows' own order, 0 to K - 1; K or -1: another.
        groups: K.
    """
    cells, in_group = _cells(ranked, codes, groups)
    size = len(ranked.lengths) * groups
    rows = np.bincount(cells, minlength=size).reshape(len(ranked.lengths), groups)
    bias_sums = np.bincount(cells, weights=ranked.bias[in_group], minlength=size).reshape(len(ranked.lengths), groups)
    everyone = np.bincount(ranked.lists, weights=ranked.bias) / ranked.lengths
    exposure = np.divide(bias_sums, rows, out=np.full(bias_sums.shape, np.nan), where=rows > 0)
    return Exposures(exposure, exposure / everyone[:, None], rows / ranked.lengths[:, None])


def tops(ranked: Ranked, codes: np.ndarray, groups: int, depth: np.ndarray) -> np.ndarray:
    """(L, K) the expected number of each group among the first `depth` (L,) places, equal scores in random order."""
    share_inside = np.clip((depth[ranked.lists] - ranked.first + 1) / ranked.shared, 0, 1)
    cells, in_group = _cells(ranked, codes, groups)
    counts = np.bincount(cells, weights=share_inside[in_group], minlength=len(ranked.lengths) * groups)
    return counts.reshape(len(ranked.lengths), groups)


def divergences(ranked: Ranked, codes: np.ndarray, groups: int) -> np.ndarray:
    """(L,) normalized discounted cumulative divergence of each list, in nats; 0: every top is mixed as the list.

    The mean over places i, weighted by 1 / log2(1 + i), of the Kullback-Leibler divergence of the mix of groups in the
    first i places from that in the whole list. Among equal scores the mix is the one expected in random order. Rows of
    no group together are one more group.

    Args:
        ranked: N rows in L lists.
        codes: (N,) the group of each row, in the rows' own order, 0 to K - 1; K or -1: another.
        groups: K.

    Source: Geyik, Ambler and Kenthapudi (2019), Fairness-aware ranking in search and recommendation systems with
    application to LinkedIn talent search, arXiv:1905.01989, definition 3; natural logarithm.
    """
    group_codes = codes[ranked.order]
    starts = np.cumsum(ranked.lengths) - ranked.lengths
    tie = np.cumsum(ranked.first == ranked.places) - 1
    total = np.zeros(len(group_codes))
    # Group by group, for a table of all rows and groups could be larger than memory. The last round is of those in no
    # group: they hold places, so the mixes must count them.
    for group in range(groups + 1):
        is_member = group_codes == group if group < groups else (group_codes < 0) | (group_codes >= groups)
        if not is_member.any():
            continue
        list_shares = np.bincount(ranked.lists, weights=is_member) / ranked.lengths
        expected = np.bincount(tie, weights=is_member)[tie] / ranked.shared
        running = np.concatenate([[0.0], np.cumsum(expected)])
        mix = (running[1:] - running[starts][ranked.lists]) / ranked.places
        mix[mix < 1e-12] = 0  # what is left of rounding is nobody
        ratio = np.divide(mix, list_shares[ranked.lists], out=np.ones_like(mix), where=mix > 0)
        total += mix * np.log(ratio)
    weight = position_bias(int(ranked.lengths.max()))[ranked.places - 1]
    weighted_sums = np.bincount(ranked.lists, weights=weight * total) / np.bincount(ranked.lists, weights=weight)
    return np.maximum(0, weighted_sums)


def shuffled_within(lists: np.ndarray, codes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(N,) the groups, shuffled among the rows of each list."""
    shuffled = np.empty_like(codes)
    by_list = np.argsort(lists, kind="stable")
    source = np.argsort(lists + rng.random(len(lists)))  # by list, and within it at random
    shuffled[by_list] = codes[source]
    return shuffled


def _cells(ranked: Ranked, codes: np.ndarray, groups: int) -> tuple[np.ndarray, np.ndarray]:
    """The position (list, group) of the rows that are in a group, and which rows of `ranked` these are."""
    group_codes = codes[ranked.order]
    in_group = np.flatnonzero((group_codes >= 0) & (group_codes < groups))
    return ranked.lists[in_group] * groups + group_codes[in_group], in_group


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
    return np.asarray(counts @ np.clip((k - (places.ends - places.sizes)) / places.sizes, 0, 1))


def ndkl(counts: np.ndarray, places: Places) -> np.ndarray:
    """(...,) normalized discounted cumulative divergence, in nats; 0 where every top of the list is mixed as the list.

    Looked at where a piece ends, weighted by the bias of its places; see `divergences` for every place.

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
