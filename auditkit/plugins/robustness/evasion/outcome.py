"""What an attack is told, and what it found."""

from typing import NamedTuple

import numpy as np

from auditkit.results import Control
from auditkit.variants import named

NOTHING_RIGHT = "The model is wrong about every row, so there was nothing to attack."
GUARDED = ("robust_accuracy", *named("robust_accuracy_difference"), "median_distance")
"""What the controls guard: all that rests on the attack."""


class Pictures(NamedTuple):
    """Rows and what they were changed into, as they would be shown."""

    before: np.ndarray
    """(N, *shape) in units."""
    after: np.ndarray
    """(N, *shape) in units; the row itself where nothing was found."""
    broken: np.ndarray
    """(N,) bool: the changed row makes the model wrong."""


class Outcome(NamedTuple):
    """What was found on N rows."""

    norm: str
    broken_at: np.ndarray
    """(N,) 0 where the row was wrong before any attack, else the distance or the epsilon that broke it, or infinite."""
    queries: int
    distances: np.ndarray | None = None
    """(M,) of the rows that were right and were broken: the smallest change found."""
    controls: tuple[Control, ...] = ()
    notes: tuple[str, ...] = ()
    pictures: Pictures | None = None
    clusters: np.ndarray | None = None
    """(N,) which rows vary together; None: each varies by itself."""
