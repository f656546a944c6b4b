"""Whether intervals of two makers follow the same law, though their draws differ."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from benchmarks.harness import Gate

LIMIT = 3.0
"""Standard deviations from what our own runs show among themselves."""


class Law(NamedTuple):
    """A run among runs of auditkit: its ends less their mean, in standard deviations of theirs."""

    mean_lower: float
    mean_upper: float
    spread: float
    """The standard deviation over all ends; 1 is expected."""


def gates(runs: np.ndarray, peer: np.ndarray) -> tuple[Gate, ...]:
    """Whether a peer's lower ends, upper ends and spread are what one more run of auditkit would show.

    Ends of related rates move together, so how far a whole run may be off is taken from our own runs.

    Args:
        runs: (R, 2, ...) lower and upper ends of R runs of auditkit.
        peer: (2, ...) those of one run of fairlearn.
    """
    mean, sd = runs.mean(axis=0), runs.std(axis=0, ddof=1)
    own = np.array([_law(run, mean, sd) for run in runs])
    peer_law = _law(peer, mean, sd)
    names = ("lower ends", "upper ends", "spread of ends")
    values = np.abs(np.array(peer_law) - own.mean(axis=0)) / own.std(axis=0, ddof=1)
    return tuple(
        Gate(f"law: {name} (z {'sd' if name == names[2] else 'mean'} {z:.2f}), sd from our runs", float(value), LIMIT)
        for name, value, z in zip(names, values, peer_law, strict=True)
    )


def _law(ends: np.ndarray, mean: np.ndarray, sd: np.ndarray) -> Law:
    z = (ends - mean) / sd
    return Law(float(z[0].mean()), float(z[1].mean()), float(z.std(ddof=1)))
