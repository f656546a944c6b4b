"""What is known of the order of a column's values."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Order:
    """A column as ordered numbers; where its order is not known there are no numbers."""

    values: np.ndarray | None = None
    """(N,) float64, NaN where missing; of dates seconds since the year 1, of lengths of time seconds."""
    how: str = ""
    """How it was read, in words; empty where that goes without saying."""
    choices: tuple[str, ...] = ()
    """The readings that fit every value, where there are several."""
    settings: tuple[str, ...] = ()
    """The settings that choose among them."""
    worded: bool = False
    """Whether words stand among the numbers, which come before all numbers."""

    @property
    def doubt(self) -> str:
        """Why no reading was taken, with the setting that decides."""
        if not self.choices:
            return "its values are neither numbers nor dates in any known form"
        readings = " or ".join(self.choices)
        mend = f"; say {' or '.join(self.settings)} under [data]" if self.settings else ""
        return f"its values can be read as {readings}{mend}"
