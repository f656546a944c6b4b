"""Corruptions of a table under its schema: gaps, noise, swapped categories, drift."""

from collections.abc import Mapping

import numpy as np

from auditkit.data import AuditData
from auditkit.plugins.robustness.attackability import table_space
from auditkit.plugins.robustness.corruptions import texts
from auditkit.plugins.robustness.corruptions.base import TABLE, TEXT, Changed, Corrupt, Suite
from auditkit.value_spelling import listed

STRENGTHS: Mapping[str, tuple[float, ...]] = {
    "missing values": (0.02, 0.05, 0.1, 0.2, 0.3),
    "noise": (0.01, 0.02, 0.05, 0.1, 0.2),
    "swapped categories": (0.02, 0.05, 0.1, 0.2, 0.3),
    "drift": (0.01, 0.02, 0.05, 0.1, 0.2),
}
WORDS: Mapping[str, str] = {
    "missing values": "{:.0%} of the values lost",
    "noise": "standard deviation {:.0%} of each feature's range",
    "swapped categories": "{:.0%} of the categories drawn anew",
    "drift": "every numeric column shifted by {:.0%} of its range",
}


class Tables(Suite):
    """A table as codes (N, D), and what may be done to it.

    Args:
        data: inputs are a data frame with a schema, or an array (N, D).
        seeds: {corruption: seed}.
        held: whether immutable features and group columns stay as they are.
    """

    def __init__(self, data: AuditData, seeds: Mapping[str, int], *, held: bool) -> None:
        self._data = data
        self._codes = data.codes()
        names = data.feature_names
        self._numeric = np.array([feature.numeric for feature in data.schema] or [True] * len(names), dtype=bool)
        is_immutable = np.array([not feature.mutable for feature in data.schema] or [False] * len(names), dtype=bool)
        is_immutable |= np.isin(names, [data.column_of(name) for name in data.seen_groups])
        self.free = ~is_immutable if held else np.ones(len(names), dtype=bool)
        self.space = table_space(data, self._codes, self.free, alone=True)
        self._numbers = self._numeric & self.space.free
        self._categories = ~self._numeric & self.free & ~data.free_text
        self._texts = data.free_text & self.free
        self._can_change = self._numbers | self._categories
        self._gaps = np.isnan(self._codes).any(axis=0)
        # there is no typical id, so one is lost only where gaps are known
        self._can_be_lost = self._can_change & (self._gaps | ~data.identifiers)
        self._typical = np.array([_typical(*pair) for pair in zip(self._codes.T, self._numeric, strict=True)])
        can_change = {
            "noise": self._numbers, "drift": self._numbers, "swapped categories": self._categories,
            "missing values": self._can_be_lost, **dict.fromkeys(TEXT, self._texts),
        }  # fmt: skip
        known = (*TABLE, *TEXT) if data.free_text.any() else TABLE
        names_left = tuple(name for name in known if can_change[name].any())
        super().__init__(names_left, {**STRENGTHS, **texts.STRENGTHS}, {**WORDS, **texts.WORDS}, seeds)
        self.notes = self._sentences([name for name in known if name not in self.names], is_immutable & held)
        self.notes += [texts.ENGLISH] if self._texts.any() else []

    def own(self, name: str, severity: int) -> Changed:
        """The table under one corruption.

        The distance is the mean over the features that may change: a number's change in ranges, 1 for another category
        or a value lost; of a corruption of texts, over the free texts, the share of characters changed.
        """
        codes = self._codes
        if severity and name in TEXT:
            return self._rewritten(name, severity)
        if severity:
            strength, rng = self.level(name, severity), np.random.default_rng(self.seeds[name])
            codes = getattr(self, "_" + name.replace(" ", "_"))(strength, rng)
        return self._changed(codes, int(self._outside(codes).sum()))

    def _rewritten(self, name: str, severity: int) -> Changed:
        """The table with other free texts; a text that is missing stays so."""
        table, distances, emptied = self._data.decode(self._codes), [], 0
        for column in np.flatnonzero(self._texts):
            present = ~np.isnan(self._codes[:, column])
            before = table.iloc[present, column].tolist()
            after = texts.corrupted_texts(before, name, self.level(name, severity), self.seeds[name])
            distances += [texts.distance(*pair) for pair in zip(before, after, strict=True)]
            emptied += sum(bool(text) and not left for text, left in zip(before, after, strict=True))
            values, kind = table.iloc[:, column].astype(object), table.dtypes.iloc[column]
            values[present] = after
            # a type of fixed categories has no place for other texts
            table.isetitem(column, values if hasattr(kind, "categories") else values.astype(kind))
        return Changed(table, float(np.mean(distances)) if distances else 0.0, emptied)

    def under(self, corrupt: Corrupt, strength: float, seed: int) -> Changed:
        """The table under the function of a plugin; a value that the schema does not allow is counted and left out."""
        corrupted = np.asarray(corrupt(self._codes.copy(), strength, np.random.default_rng(seed)), dtype=np.float64)
        outside = self._outside(corrupted)
        return self._changed(np.where(outside, self._codes, corrupted), int(outside.sum()))

    def _changed(self, codes: np.ndarray, outside: int) -> Changed:
        is_lost = np.isnan(codes) & ~np.isnan(self._codes)
        distances = np.abs(np.nan_to_num(codes) - np.nan_to_num(self._codes))
        distances = np.where(is_lost, 1.0, np.where(self._numeric, distances / self.space.scale, distances > 0))
        distance = float(distances[:, self._can_change].mean()) if self._can_change.any() else 0.0
        return Changed(self._data.decode(codes), distance, outside)

    def _missing_values(self, strength: float, rng: np.random.Generator) -> np.ndarray:
        is_lost = (rng.random(self._codes.shape) < strength) & self._can_be_lost
        # a feature that never had a gap gets its typical value: the model may not accept a gap in it
        filled = np.where(self._gaps, np.nan, self._typical)
        return np.where(is_lost, filled, self._codes)

    def _noise(self, strength: float, rng: np.random.Generator) -> np.ndarray:
        noise = rng.standard_normal(self._codes.shape) * strength * self.space.scale
        return np.where(self._numbers, self.space.snap(self._codes + noise, self._codes), self._codes)

    def _drift(self, strength: float, rng: np.random.Generator) -> np.ndarray:
        signs = np.where(rng.random(self._codes.shape[1]) < 0.5, -1.0, 1.0)
        shifted = self._codes + signs * strength * self.space.scale
        return np.where(self._numbers, self.space.snap(shifted, self._codes), self._codes)

    def _swapped_categories(self, strength: float, rng: np.random.Generator) -> np.ndarray:
        codes = self._codes.copy()
        for column in np.flatnonzero(self._categories):
            # drawn for all rows whatever is hit, so that every severity sees the same draws
            is_hit, donors = rng.random(len(codes)) < strength, rng.integers(len(codes), size=len(codes))
            is_swapped = is_hit & ~np.isnan(codes[:, column]) & ~np.isnan(self._codes[donors, column])
            codes[is_swapped, column] = self._codes[donors, column][is_swapped]
        return codes

    def _outside(self, codes: np.ndarray) -> np.ndarray:
        """(N, D) bool: not allowed by the schema: held and changed, out of range, not whole, a new gap."""
        is_unchanged = (codes == self._codes) | (np.isnan(codes) & np.isnan(self._codes))
        with np.errstate(invalid="ignore"):
            is_forbidden = (codes < self.space.low) | (codes > self.space.high) | np.isinf(codes)
            is_forbidden |= (self.space.whole | ~self._numeric) & (codes != np.round(codes)) & ~np.isnan(codes)
        # categories of which no value is known hold none
        has_values = [feature.numeric or bool(feature.coded) for feature in self._data.schema] or [True]
        is_forbidden |= np.isnan(codes) & ~self._gaps | ~self.free | ~np.array(has_values)
        return np.asarray(is_forbidden & ~is_unchanged)

    def _sentences(self, left_out: list[str], is_immutable: np.ndarray) -> list[str]:
        held = np.asarray(self._data.feature_names, dtype=object)[is_immutable].tolist()
        filled, gaps = (int((self._can_be_lost & part).sum()) for part in (~self._gaps, self._gaps))
        sentences = (
            (f"Not tried, because no feature allows it: {listed(left_out)}.", left_out),
            (f"Held as they are: {listed(held)}.", held),
            (
                "A value lost is replaced by the feature's median or most frequent value where these rows have no gaps "
                f"in it ({filled} of the features), and is a gap elsewhere ({gaps} of them).", filled,
            ),
        )  # fmt: skip
        return [sentence for sentence, holds in sentences if holds]


def _typical(column: np.ndarray, numeric: bool) -> float:
    """The median of numbers, as one of them; the most frequent category; NaN where there is none."""
    known = np.sort(column[~np.isnan(column)])
    if not len(known):
        return float("nan")
    if numeric:
        return float(known[(len(known) - 1) // 2])
    values, counts = np.unique(known, return_counts=True)
    return float(values[counts.argmax()])
