"""Rows of one unit, such as a patient, vary together: which do, and what is said of numbers that take each alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from auditkit.too_few import fewer_than

if TYPE_CHECKING:
    from auditkit.data.fields import Fields

FEW: Final = 30
"""Units under which an interval of anything but a share holds less often than it says."""


def clusters_of(unit: np.ndarray | None) -> np.ndarray | None:
    """(N,) whose row it is; None where nobody says so, or no unit has two rows, so that each varies by itself."""
    return None if unit is None or len(np.unique(unit)) == len(unit) else unit


def unit_called(data: Fields) -> str:
    """The column that says whose row it is, as sentences name it."""
    return data.unit_name or "unit"


def counts_rows(data: Fields) -> str:
    """Why a number whose interval or test takes each row by itself is undecided."""
    return f"its interval or test takes each row by itself, and rows of one {unit_called(data)} vary together"


def few_units(data: Fields) -> str:
    """Why an interval over few units is undecided."""
    return f"{fewer_than(FEW, f'units of {unit_called(data)}')}, too few for an interval of this kind to hold"
