"""Scores of what a generator draws: which real rows it comes near to, and which samples come near to real rows."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from auditkit.errors import DataError

BLOCK = 2**22
"""Distances that are held at once."""


def covered(real: Any, samples: Any, k: int = 5) -> np.ndarray:
    """(N,) 1 where a sample is as near to a real row as its k-th nearest other real row is, else 0; higher is better.

    The mean is coverage, a measure of diversity: what a generator leaves out is not covered. Rows that are drawn as the
    real ones are, M of them, cover about 1 - (N-1)…(N-k) / ((M+N-1)…(M+N-k)), which is 0.97 for k = 5 and M = N.

    Args:
        real: (N, …) rows that the generator never saw, or features of pictures; columns in comparable units.
        samples: (M, …) likewise.
        k: how many neighbours make a row's surroundings.

    Raises:
        DataError: shapes do not fit, numbers are not finite, or there are no more than k real rows.

    Source: Naeem, Oh, Uh, Choi and Yoo (2020), Reliable Fidelity and Diversity Metrics for Generative Models,
    arXiv:2002.09797.
    """
    rows, others = _rows(real, samples, k)
    radius = _radius(rows, k)
    nearest = np.concatenate([part.min(axis=1) for part in _squares(rows, others)])
    return (nearest <= radius).astype(np.float64)


def realistic(samples: Any, real: Any, k: int = 3) -> np.ndarray:
    """(M,) 1 where a sample lies among real rows: as near to one as that one's k-th nearest other; else 0.

    The mean is the precision of Kynkäänniemi et al., a measure of fidelity; higher is better. One real row that lies
    far from all others makes everything around it count as real.

    Args:
        samples: (M, …) rows, or features of pictures; columns in comparable units.
        real: (N, …) likewise.
        k: how many neighbours make a row's surroundings.

    Raises:
        DataError: as `covered`.

    Source: Kynkäänniemi, Karras, Laine, Lehtinen and Aila (2019), Improved Precision and Recall Metric for Assessing
    Generative Models, arXiv:1904.06991.
    """
    rows, others = _rows(real, samples, k)
    radius = _radius(rows, k)
    return np.concatenate([(part <= radius).any(axis=1) for part in _squares(others, rows)]).astype(np.float64)


def _rows(real: Any, samples: Any, k: int) -> tuple[np.ndarray, np.ndarray]:
    """(N, D) and (M, D) float64."""
    first, second = (np.asarray(array, dtype=np.float64) for array in (real, samples))
    if first.ndim < 2 or first.shape[1:] != second.shape[1:] or not len(second):
        raise DataError(
            f"real rows and samples must be (N, …) and (M, …) with one shape for each row; they have {first.shape} and "
            f"{second.shape}"
        )
    if not 0 < k < len(first):
        raise DataError(f"k must be between 1 and the other real rows, {len(first) - 1}; it is {k}")
    for name, array in (("real rows", first), ("samples", second)):
        if not np.isfinite(array).all():
            raise DataError(f"{name} must be finite; {int((~np.isfinite(array)).sum())} values are not")
    return first.reshape(len(first), -1), second.reshape(len(second), -1)


def _radius(rows: np.ndarray, k: int) -> np.ndarray:
    """(N,) squared distance of each row to its k-th nearest other."""
    # the nearest of all is the row itself
    return np.concatenate([np.partition(part, k, axis=1)[:, k] for part in _squares(rows, rows)])


def _squares(rows: np.ndarray, others: np.ndarray) -> Iterator[np.ndarray]:
    """Squared distances of some rows at a time to all others, as differences: a copy is at 0."""
    size = max(1, BLOCK // others.size)
    for start in range(0, len(rows), size):
        yield ((rows[start : start + size, None] - others) ** 2).sum(axis=2)
