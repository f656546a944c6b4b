"""Features as lists of conditions: categories, quantile bins of numbers, a missing value; groups as they are named."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np

from auditkit.counts import encode
from auditkit.counts.names import EMPTY, MISSING
from auditkit.data import AuditData
from auditkit.data.cells import Cells
from auditkit.data.schema import FeatureSchema
from auditkit.value_spelling import spelling

CODE: Final = np.int32
"""The type of codes of conditions; of millions of rows they are most of what the check holds."""


class Feature(NamedTuple):
    """One feature and the conditions that it offers; each row satisfies one of them at most."""

    name: str
    texts: tuple[str, ...]
    """The conditions, as people read them."""
    codes: np.ndarray
    """(N,) CODE: which condition each row satisfies; -1 for none that may be shown."""
    group: bool
    """Whether it is a sensitive attribute."""


def features_of(data: AuditData, bins: int) -> list[Feature]:
    """The sensitive attributes, then every other input that offers two conditions or more.

    An input of the same name as a sensitive attribute is left out: the attribute's values take its place. Free text
    offers none.

    Args:
        data: a table or an array (N, D).
        bins: about how many quantile bins a number gets.
    """
    # By the groups as they are named and hidden, and not by the raw column behind them.
    features = [_group(name, data) for name in data.groups]
    codes, is_hidden = data.codes(), data.uncompared
    for index, name in enumerate(data.feature_names):
        if name not in data.groups and not is_hidden[index]:
            features.append(_feature(name, codes[:, index], data.schema[index] if data.schema else None, bins))
    return [feature for feature in features if len(feature.texts) > 1]


def cut(values: np.ndarray, bins: int) -> tuple[tuple[str, ...], np.ndarray]:
    """Numbers in about `bins` quantile bins; a value that fills a bin by itself is a bin of its own.

    Few distinct values (up to `bins`) are each their own bin.

    Args:
        values: (N,) float64; NaN where missing.
        bins: 2 or more.

    Returns:
        The bins as people read them, and (N,) int64 the bin of each number; -1 where it is missing.
    """
    present = values[~np.isnan(values)]
    distinct, counts = np.unique(present, return_counts=True)
    if len(distinct) <= bins:
        edges = distinct[1:]
    else:
        # A value that fills a bin gets an edge on either side, and the others share what is left of the bins.
        heavy = counts * bins >= len(present)
        after = distinct[1:][heavy[:-1]]
        light = np.repeat(distinct[~heavy], counts[~heavy])
        parts = max(1, bins - int(heavy.sum()))
        # An edge must be a value that occurs, so that the name of a bin is exact; other methods give one between two
        # values.
        cuts = np.quantile(light, np.arange(1, parts) / parts, method="inverted_cdf") if len(light) else light
        edges = np.setdiff1d(np.concatenate([distinct[heavy], after, cuts]), distinct[:1])
    bin_of = np.searchsorted(edges, distinct, side="right")
    all_whole = bool((distinct == np.round(distinct)).all())
    texts = (
        [_range(distinct[bin_of == bin_index], bin_index, edges, all_whole) for bin_index in range(len(edges) + 1)]
        if len(distinct)
        else []
    )
    codes = np.where(np.isnan(values), -1, np.searchsorted(edges, values, side="right"))
    return tuple(texts), codes.astype(np.int64)


def forbidden(features: Sequence[Feature], cells: Cells) -> Callable[[tuple[int, ...]], np.ndarray | None]:
    """A function that says which conjunctions of some features may not be shown.

    It takes positions of features and gives a bool array with an axis of conditions for each of them, or None where
    everything may be shown.
    """

    def hidden(chosen: tuple[int, ...]) -> np.ndarray | None:
        groups = [axis for axis, feature in enumerate(chosen) if features[feature].group]
        # Values of one attribute that may not be shown are no conditions to begin with; only combinations can be new.
        if len(groups) < 2:
            return None
        shape = tuple(len(features[chosen[axis]].texts) for axis in groups)
        mask = np.zeros(shape, dtype=bool)
        for where in np.ndindex(*shape):
            values = {
                features[chosen[axis]].name: features[chosen[axis]].texts[code]
                for axis, code in zip(groups, where, strict=True)
            }
            mask[where] = cells.unshown(values) is not None
        spread = tuple(len(features[feature].texts) if axis in groups else 1 for axis, feature in enumerate(chosen))
        return np.broadcast_to(mask.reshape(spread), [len(features[feature].texts) for feature in chosen])

    return hidden


def _group(name: str, data: AuditData) -> Feature:
    encoded = encode(data.groups[name])
    visible = [index for index, value in enumerate(encoded.values) if data.cells.unshown({name: value}) is None]
    positions = np.full(len(encoded.values), -1)
    positions[visible] = np.arange(len(visible))
    codes = positions.astype(CODE)[encoded.codes]
    return Feature(name, tuple(encoded.values[index] for index in visible), codes, True)


def _feature(name: str, column: np.ndarray, schema: FeatureSchema | None, bins: int) -> Feature:
    if schema is None or schema.numeric:
        texts, codes = cut(column, bins)
    else:
        texts = tuple(spelling(value) or EMPTY for value in schema.categories)
        codes = np.where(np.isnan(column), -1, column).astype(np.int64)
    lacking = np.isnan(column)
    if lacking.any():
        codes = np.where(lacking, len(texts), codes)
        texts = (*texts, MISSING)
    return Feature(name, texts, codes.astype(CODE), False)


def _range(values: np.ndarray, bin_index: int, edges: np.ndarray, all_whole: bool) -> str:
    """The name of a bin, from the values that it holds and its edges."""
    if len(values) == 1:
        return spelling(float(values[0]))
    if bin_index == 0:
        return f"under {spelling(float(edges[0]))}"
    if bin_index == len(edges):
        return f"{spelling(float(edges[-1]))} and over"
    low, high = float(edges[bin_index - 1]), float(edges[bin_index])
    return f"{spelling(low)} to {spelling(high - 1)}" if all_whole else f"{spelling(low)} to under {spelling(high)}"
