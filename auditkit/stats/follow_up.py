"""Times until an event of which some are not known: how long people are followed, and what is weighted by it.

Of equal times events come first: who was last seen at a time had no event until then.
"""

from typing import NamedTuple

import numpy as np


def keys_of(times: np.ndarray, events: np.ndarray) -> np.ndarray:
    """(N,) int64 that order people as their times do; of equal times events come before those who were last seen."""
    ranks = np.unique(times, return_inverse=True)[1].reshape(-1).astype(np.int64)
    return 2 * ranks + np.where(events, 0, 1)


class Staying(NamedTuple):
    """The chance of still being followed, as a step function of keys."""

    steps: np.ndarray
    """(K,) rising keys at which somebody was last seen."""
    shares: np.ndarray
    """(K,) the share who are still followed after it."""

    def until(self, keys: np.ndarray) -> np.ndarray:
        """(N,) the chance of being followed until just before these keys."""
        return np.concatenate([[1.0], self.shares])[np.searchsorted(self.steps, keys, side="left")]


def staying(times: np.ndarray, events: np.ndarray, weights: np.ndarray | None = None) -> Staying:
    """How long people are followed: the Kaplan-Meier estimate with the two ends of following changed round.

    Args:
        times: (N,) until the event, or until the person was last seen.
        events: (N,) bool: whether it was the event.
        weights: (N,) positive, or None.

    Source: Kaplan and Meier (1958), JASA 53.
    """
    if events.all():
        return Staying(np.empty(0, dtype=np.int64), np.empty(0))
    from statsmodels.duration.survfunc import SurvfuncRight  # statsmodels takes a second to import

    curve = SurvfuncRight(keys_of(times, events), (~events).astype(int), freq_weights=weights)
    return Staying(np.asarray(curve.surv_times), np.asarray(curve.surv_prob))


def horizon_weights(
    times: np.ndarray, events: np.ndarray, horizon: float, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """(N,) bool: who had the event until the horizon; and (N,) how many people each who is known of stands for.

    People who were last seen before the horizon count 0, and the others for them. The weighted share with an event is
    one less the Kaplan-Meier estimate.

    Args:
        times: (N,)
        events: (N,) bool.
        horizon: a time beyond which somebody is followed.
        weights: (N,) positive, or None; not part of what is returned.

    Source: Graf, Schmoor, Sauerbrei and Schumacher (1999), Statistics in Medicine 18; Satten and Datta (2001), The
    American Statistician 55.
    """
    keys, law = keys_of(times, events), staying(times, events, weights)
    had, beyond = events & (times <= horizon), times > horizon
    # just after the horizon: below the key of every later time
    last = keys[~beyond].max(initial=-1) + 1
    left = float(law.until(np.array([last]))[0])
    known = np.zeros(len(times))
    known[had] = 1 / law.until(keys[had])
    known[beyond] = 1 / left if left > 0 else 0.0
    return had, known


def uno_weights(
    times: np.ndarray, events: np.ndarray, until: float = np.inf, weights: np.ndarray | None = None
) -> np.ndarray:
    """(N,) 1 / G² of those with an event until `until`, else 0, for `concordance`; G: the chance of being followed.

    Source: Uno, Cai, Pencina, D'Agostino and Wei (2011), Statistics in Medicine 30.
    """
    keys, law = keys_of(times, events), staying(times, events, weights)
    counted = events & (times <= until)
    inverse = np.zeros(len(times))
    inverse[counted] = law.until(keys[counted]) ** -2.0
    return inverse
