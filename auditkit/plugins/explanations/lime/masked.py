"""Local linear models of rows that are made of parts: pictures of segments, texts of words."""

from collections.abc import Callable

import numpy as np

from auditkit.plugins.explanations.lime.ridge import ridge
from auditkit.plugins.explanations.lime.tables import Local

WIDTH = 0.25
"""Of lime's kernel over cosine distances; of texts it is 25 over a hundred times these, which is the same."""

Outputs = Callable[[int, np.ndarray], np.ndarray]
"""A row's number, and which of its parts are kept (m, P) bool, to outputs (m, K)."""


def picture_masks(parts: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, parts) bool: lime's law for images, each segment kept with probability one half; the first is whole."""
    kept = rng.random((count, parts)) < 0.5
    kept[0] = True
    return kept


def text_masks(parts: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, parts) bool: lime's law for texts, a number of words from one to all is left out; the first is whole."""
    left_out = rng.integers(1, parts + 1, (count, 1))
    kept = np.argsort(rng.random((count, parts)), axis=1).argsort(axis=1) >= left_out
    kept[0] = True
    return kept


def weights(kept: np.ndarray) -> np.ndarray:
    """(m,) lime's kernel of the cosine distance between what is kept and everything."""
    distance = 1 - np.sqrt(kept.mean(axis=1))
    return np.asarray(np.sqrt(np.exp(-(distance**2) / WIDTH**2)))


def explain_masked(outputs: Outputs, sizes: list[int], target: np.ndarray, masks: Callable[[int], np.ndarray]) -> Local:
    """What lime says of each row; every mask is asked about once.

    Args:
        outputs: the model.
        sizes: parts of each row; a row of none has no values and no R2.
        target: (n,) which output is explained.
        masks: parts to masks (m, parts), as one of the two laws draws them.
    """
    values, r2 = np.full((len(sizes), max([*sizes, 1])), np.nan), np.full(len(sizes), np.nan)
    for row, size in enumerate(sizes):
        if not size:
            continue
        kept = masks(size)
        distinct, inverse = np.unique(kept, axis=0, return_inverse=True)
        answers = outputs(row, distinct)[inverse.ravel()]
        fit = ridge(kept.astype(np.float64), weights(kept), answers)
        values[row, :size], r2[row] = fit.coefficients[:, target[row]], fit.r2[target[row]]
    return Local(values, r2)
