"""Corruptions of sequences: of series the faults of sensors and lines, of ids (tokens) others of the data."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from auditkit.data import AuditData
from auditkit.data.inputs import as_array
from auditkit.data.ranges import spread_range
from auditkit.errors import present
from auditkit.plugins.robustness.corruptions.base import SERIES, TOKENS, Changed, Corrupt, Suite
from auditkit.plugins.robustness.token_places import token_places

STRENGTHS: Mapping[str, tuple[float, ...]] = {
    "noise": (0.01, 0.02, 0.05, 0.1, 0.2),
    "spikes": (0.01, 0.02, 0.05, 0.1, 0.2),
    "drift": (0.05, 0.1, 0.2, 0.4, 0.8),
    "dropped points": (0.05, 0.1, 0.2, 0.4, 0.6),
    "missing spans": (0.05, 0.1, 0.2, 0.3, 0.5),
    "substituted tokens": (0.02, 0.05, 0.1, 0.2, 0.3),
    "transposed tokens": (0.05, 0.1, 0.2, 0.3, 0.5),
}
WORDS: Mapping[str, str] = {
    "noise": "standard deviation {:.0%} of each channel's range",
    "spikes": "{:.0%} of the points off by a whole range",
    "drift": "a slope that ends {:.0%} of the range away",
    "dropped points": "{:.0%} of the points lost",
    "missing spans": "one span of {:.0%} of the series lost",
    "substituted tokens": "another id of the data in {:.0%} of the places",
    "transposed tokens": "{:.0%} of the places changed with the next",
}


class Series(Suite):
    """Series of numbers (N, T) or (N, T, F), F channels, and what may happen to them on their way.

    A channel's unit is its range in all rows, from the 1st to the 99th percentile, or the one that the owner declared.

    Args:
        data: its inputs are an array or a tensor of numbers.
        seeds: {corruption: seed}.
    """

    def __init__(self, data: AuditData, seeds: Mapping[str, int]) -> None:
        super().__init__(SERIES, STRENGTHS, WORDS, seeds)
        self._inputs = data.inputs
        self._kind = present(as_array(data.inputs), "a series is an array").dtype
        self._values = self._of(data.inputs)
        self._gaps = np.isnan(self._values).any(axis=(0, 1))
        ends = np.nanpercentile(self._values, (1, 99), axis=(0, 1))
        full = np.nanmax(self._values, axis=(0, 1)) - np.nanmin(self._values, axis=(0, 1))
        self._unit = np.where(ends[1] > ends[0], ends[1] - ends[0], full)
        self._low, self._high = np.array(-np.inf), np.array(np.inf)
        if data.range is not None:
            ends = spread_range(data.range, tuple(data.inputs.shape[1:]))
            self._low, self._high = (end.reshape(self._values.shape[1:]) for end in ends)
            self._unit = self._high - self._low
        self._unit = np.where(self._unit > 0, self._unit, 1.0)
        filled, gaps = int((~self._gaps).sum()), int(self._gaps.sum())
        self.notes = [
            "A point lost is a gap in channels that have gaps in these rows "
            f"({gaps} of them); elsewhere ({filled}) the value before it is held, at the start the one after it."
        ]

    def own(self, name: str, severity: int) -> Changed:
        """The series under one corruption; the distance is the mean change in units, 1 for a gap."""
        values = self._values
        if severity:
            rng = np.random.default_rng(self.seeds[name])
            values = getattr(self, "_" + name.replace(" ", "_"))(self.level(name, severity), rng)
        return self._changed(values)

    def under(self, corrupt: Corrupt, strength: float, seed: int) -> Changed:
        """The series under the function of a plugin; values that are not allowed are counted and left out."""
        given = self._values.reshape(self._inputs.shape).copy()
        values = self._of(corrupt(given, strength, np.random.default_rng(seed)))
        return self._changed(values)

    def _changed(self, values: np.ndarray) -> Changed:
        values = np.round(values) if self._kind.kind in "iu" else values
        new_gaps = np.isnan(values) & ~np.isnan(self._values)
        with np.errstate(invalid="ignore"):
            outside = (new_gaps & ~self._gaps) | np.isinf(values) | (values < self._low) | (values > self._high)
        values = np.where(outside, self._values, values)
        changes = np.where(new_gaps & ~outside, 1.0, np.abs(values - self._values) / self._unit)
        return Changed(self._as_inputs(values), float(np.nan_to_num(changes).mean()), int(outside.sum()))

    def _noise(self, strength: float, rng: np.random.Generator) -> np.ndarray:
        return self._inside(self._values + rng.standard_normal(self._values.shape) * strength * self._unit)

    def _spikes(self, strength: float, rng: np.random.Generator) -> np.ndarray:
        is_hit, is_up = (rng.random(self._values.shape) for _ in range(2))
        off = np.where(is_up < 0.5, -1.0, 1.0) * self._unit
        return self._inside(np.where(is_hit < strength, self._values + off, self._values))

    def _drift(self, strength: float, rng: np.random.Generator) -> np.ndarray:
        rows, steps, channels = self._values.shape
        signs = np.where(rng.random((rows, 1, channels)) < 0.5, -1.0, 1.0)
        slope = np.linspace(0.0, 1.0, steps)[None, :, None]
        return self._inside(self._values + signs * slope * strength * self._unit)

    def _dropped_points(self, strength: float, rng: np.random.Generator) -> np.ndarray:
        return self._without(rng.random(self._values.shape[:2]) < strength)

    def _missing_spans(self, strength: float, rng: np.random.Generator) -> np.ndarray:
        rows, steps, _ = self._values.shape
        length = max(1, round(strength * steps))
        starts = np.floor(rng.random(rows) * (steps - length + 1))[:, None]
        places = np.arange(steps)[None, :]
        return self._without((places >= starts) & (places < starts + length))

    def _without(self, is_lost: np.ndarray) -> np.ndarray:
        """The series without these points (N, T), in all channels: gaps, or the value before them held."""
        places = np.arange(is_lost.shape[1])
        last = np.maximum.accumulate(np.where(is_lost, -1, places), axis=1)
        # before the first point that is left stands the value after it; where none is left, the row's own first
        first = np.where(is_lost.all(axis=1), 0, np.argmin(is_lost, axis=1))
        source = np.where(last < 0, first[:, None], last)
        held = np.take_along_axis(self._values, source[:, :, None], axis=1)
        return np.where(is_lost[:, :, None], np.where(self._gaps, np.nan, held), self._values)

    def _inside(self, values: np.ndarray) -> np.ndarray:
        return np.clip(values, self._low, self._high)

    def _of(self, inputs: Any) -> np.ndarray:
        """(N, T, F) float64."""
        array = present(as_array(inputs) if not isinstance(inputs, np.ndarray) else inputs, "a series is an array")
        return np.asarray(array.reshape(*array.shape[:2], -1).astype(np.float64))

    def _as_inputs(self, values: np.ndarray) -> Any:
        shaped = values.reshape(self._inputs.shape)
        return shaped.astype(self._kind) if isinstance(self._inputs, np.ndarray) else self._inputs.new_tensor(shaped)


class Tokens(Suite):
    """Sequences of ids (N, T): another id of the data stands in some places, or neighbours change places.

    Padding stays, and so do places where all rows have the same id.

    Args:
        data: its inputs are an array or a tensor of whole numbers.
        seeds: {corruption: seed}.
    """

    def __init__(self, data: AuditData, seeds: Mapping[str, int]) -> None:
        super().__init__(TOKENS, STRENGTHS, WORDS, seeds)
        self._data, self._places = data, token_places(data)
        # as often as they occur in these rows: a rare id is rare among mistakes too
        self._donors = self._places.ids[self._places.free]
        self.names = TOKENS if len(np.unique(self._donors)) > 1 else ()
        held = int((~self._places.free).sum())
        padding = "no id was taken for padding" if self._places.padding is None else "padding is among them"
        self.notes = [
            f"Held are {held:,} of {self._places.ids.size:,} places, where all rows are alike or filled up ({padding})."
        ]

    def own(self, name: str, severity: int) -> Changed:
        """The sequences under one corruption; the distance is the share of places that changed."""
        ids = self._places.ids
        if severity:
            rng = np.random.default_rng(self.seeds[name])
            ids = getattr(self, "_" + name.replace(" ", "_"))(self.level(name, severity), rng)
        return self._changed(ids)

    def under(self, corrupt: Corrupt, strength: float, seed: int) -> Changed:
        """The sequences under the function of a plugin; ids that no row has are counted and left out."""
        return self._changed(np.asarray(corrupt(self._places.ids.copy(), strength, np.random.default_rng(seed))))

    def _changed(self, ids: np.ndarray) -> Changed:
        own = self._places.ids
        is_known = np.isin(ids, self._places.vocabulary) | (ids == own)
        ids = np.where(is_known, ids, own)
        outside = int((~is_known).sum())
        return Changed(self._data.decode(ids.astype(np.float64)), float((ids != own).mean()), outside)

    def _substituted_tokens(self, strength: float, rng: np.random.Generator) -> np.ndarray:
        ids = self._places.ids
        is_hit = (rng.random(ids.shape) < strength) & self._places.free
        return np.where(is_hit, self._donors[rng.integers(len(self._donors), size=ids.shape)], ids)

    def _transposed_tokens(self, strength: float, rng: np.random.Generator) -> np.ndarray:
        ids, free = self._places.ids.copy(), self._places.free
        is_hit = rng.random(ids.shape) < strength
        for at in range(ids.shape[1] - 1):
            swapped = is_hit[:, at] & free[:, at] & free[:, at + 1]
            is_hit[:, at + 1] &= ~swapped  # an id moves by one place at most
            ids[swapped, at], ids[swapped, at + 1] = ids[swapped, at + 1], ids[swapped, at]
        return ids
