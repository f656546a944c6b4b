"""Where an attack may go: what may change, how far, and what one unit of distance is."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Space:
    """The inputs that an attack may try. Every field is (D,), about one feature or pixel each."""

    low: np.ndarray
    """The smallest value that a feature may take."""
    high: np.ndarray
    """The largest."""
    scale: np.ndarray
    """What counts as a change of 1: positive; 1 where nothing may change, so that whole numbers there stay exact."""
    whole: np.ndarray
    """bool: only whole numbers make sense."""
    free: np.ndarray
    """bool: may be changed at all."""

    def units(self, points: np.ndarray) -> np.ndarray:
        """(M, D) how far points lie above the smallest values, in units."""
        return np.asarray((points - self.low) / self.scale)

    def snap(self, points: np.ndarray, origins: np.ndarray) -> np.ndarray:
        """(M, D) the nearest points that may be tried: held features and gaps as in `origins`, whole numbers whole.

        An origin that lies outside the range itself widens the range to itself.
        """
        rounded = np.where(self.whole, np.round(points), points)
        # fmin and fmax pass over NaN: an end stays an end where the origin has a gap
        inside = np.clip(rounded, np.fmin(self.low, origins), np.fmax(self.high, origins))
        return np.where(self.free & ~np.isnan(origins), inside, origins)

    def moved(self, points: np.ndarray, origins: np.ndarray) -> np.ndarray:
        """(M, D) how far each feature went, in units; 0 where it is held or missing."""
        return np.where(self.free & ~np.isnan(origins), (points - origins) / self.scale, 0.0)

    def distance(self, points: np.ndarray, origins: np.ndarray) -> np.ndarray:
        """(M,) the Euclidean distance in units."""
        return np.sqrt((self.moved(points, origins) ** 2).sum(axis=1))

    def farthest(self, points: np.ndarray, origins: np.ndarray) -> np.ndarray:
        """(M,) the largest change of any feature in units."""
        return np.abs(self.moved(points, origins)).max(axis=1, initial=0.0)


def feature_space(
    values: np.ndarray,
    *,
    whole: np.ndarray,
    free: np.ndarray,
    low: np.ndarray | None = None,
    high: np.ndarray | None = None,
) -> Space:
    """A space in which every feature has its own unit: the range from its 1st to its 99th percentile.

    A feature whose percentiles coincide has its whole range as unit; one that never varies is held.

    Args:
        values: (N, D) the data; NaN where a value is missing.
        whole: (D,) bool, for whole numbers.
        free: (D,) bool, for what may be changed.
        low: (D,) declared smallest values, NaN where none was; the data's are used then.
        high: (D,) declared largest values, likewise.
    """
    columns = [column[~np.isnan(column)] for column in values.T]
    smallest = np.array([column.min() if len(column) else 0.0 for column in columns])
    largest = np.array([column.max() if len(column) else 0.0 for column in columns])
    ends = np.array([np.percentile(column, (1, 99)) if len(column) else (0.0, 0.0) for column in columns])
    low = smallest if low is None else np.where(np.isnan(low), smallest, low)
    high = largest if high is None else np.where(np.isnan(high), largest, high)
    # percentiles, for one outlier would make every usual difference small
    middle = ends[:, 1] - ends[:, 0]
    scale = np.where(middle > 0, middle, high - low)
    varies = (scale > 0) & (high > low)
    return Space(low, high, np.where(varies & free, scale, 1.0), whole, free & varies)


def declared_space(low: np.ndarray, high: np.ndarray, *, whole: bool, free: np.ndarray) -> Space:
    """A space whose unit is the range that the owner declared, for every feature or pixel (D,) that is free."""
    low, high = np.where(free, low, np.floor(low)), np.where(free, high, np.ceil(high))
    return Space(low, high, np.where(free, high - low, 1.0), np.full(len(low), whole), free)


def picture_space(values: np.ndarray, *, whole: bool, channels: int = 1) -> Space:
    """A space for images and series (N, D): all values of a channel have the same unit, the range of all of them.

    Args:
        values: (N, D), in which the channels of a step lie side by side; NaN is a gap.
        whole: whether only whole numbers make sense.
        channels: how many there are; of an image all are one.
    """
    steps = values.shape[1] // channels
    parts = values.reshape(-1, channels)
    low, high = (np.tile(end, steps) for end in (np.nanmin(parts, axis=0), np.nanmax(parts, axis=0)))
    varies = high > low
    return Space(low, high, np.where(varies, high - low, 1.0), np.full(len(low), whole), varies)
