"""Rows of one unit, such as a patient, vary together: which do, and what is said of numbers that take each alone."""

from typing import Final

import numpy as np

from auditkit.too_few import fewer_than

FEW: Final = 30
"""Units under which an interval of anything but a share holds less often than it says."""


def clusters_of(unit: np.ndarray | None) -> np.ndarray | None:
    """(N,) whose row it is; None where nobody says so, or no unit has two rows, so that each varies by itself."""
    return None if unit is None or len(np.unique(unit)) == len(unit) else unit


def counts_rows(unit: str) -> str:
    """Why a number whose interval or test takes each row by itself is undecided.

    Args:
        unit: the column that says whose row it is; empty where it has no name.
    """
    return f"its interval or test takes each row by itself, and rows of one {unit or 'unit'} vary together"


def few_units(unit: str) -> str:
    """Why an interval over few units is undecided; as `counts_rows`."""
    counted = f"units of {unit}" if unit else "units"
    return f"{fewer_than(FEW, counted)}, too few for an interval of this kind to hold"
