"""Do outputs move as attributions say? Infidelity, and the correlation that size alone does not give."""

import numpy as np


def infidelity(promised: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """(n,) the share of the output's moves that attributions do not explain, scaled as suits each row best; 0 to 1.

    The mean over changes of (b * promised - moved)^2, with the b that makes it least, over the mean of moved^2; NaN
    where the output never moves. 1 where nothing is promised.

    Args:
        promised: (n, m) what attributions say that each of m changes of a row takes from the output.
        moved: (n, m) what it takes.

    Source: Yeh et al. 2019, On the (In)fidelity and Sensitivity of Explanations, arXiv:1901.09392, with the scale of
    its section 2.3.
    """
    products, sizes, moves = ((one * other).sum(axis=1) for one, other in (
        (promised, moved), (promised, promised), (moved, moved)
    ))  # fmt: skip
    explained = np.divide(products**2, sizes * moves, out=np.zeros(len(moved)), where=sizes * moves > 0)
    return np.where(moves > 0, np.clip(1 - explained, 0, 1), np.nan)


def followed(promised: np.ndarray, moved: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """(n,) the correlation of promised and real moves of the output over changes of a row, given the changes' sizes.

    What is linear in the sizes is first taken out of both: where much is taken away much moves, and an attribution that
    draws the input, or gives every part the same, would pass for faithful by that alone. Rows without an attribution,
    or whose attribution is a function of the sizes, have 0; rows whose output never moves are NaN.

    Args:
        promised: (n, m) what attributions say that each of m changes takes from the output.
        moved: (n, m) what it takes.
        sizes: (n, m, k) of the changes, such as how many parts and how much of the input they take.
    """
    correlations = np.full(len(moved), np.nan)
    for row, (said_row, moved_row, sizes_row) in enumerate(zip(promised, moved, sizes, strict=True)):
        known = np.column_stack([np.ones(len(moved_row)), sizes_row])
        left, wanted = (_residual(known, side) for side in (said_row, moved_row))
        if wanted is not None:
            correlations[row] = 0.0 if left is None else float(left @ wanted)
    return correlations


def _residual(known: np.ndarray, side: np.ndarray) -> np.ndarray | None:
    """What is left of one side beside what is known, of length 1; None where that is rounding."""
    left = side - known @ np.linalg.lstsq(known, side, rcond=None)[0]
    length = float(np.linalg.norm(left))
    return left / length if length > 1e-5 * float(np.linalg.norm(side - side.mean())) and length > 0 else None
