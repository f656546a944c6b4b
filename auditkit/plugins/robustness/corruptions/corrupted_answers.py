"""The model asked about every corruption at every severity."""

from typing import Any, NamedTuple

import numpy as np

from auditkit.checks import Context
from auditkit.data import AuditData, as_array
from auditkit.errors import present
from auditkit.plugins.robustness.corruptions.base import SEVERITIES, Suite


class CorruptedAnswers(NamedTuple):
    """What the model answered under C corruptions and S severities."""

    names: tuple[str, ...]
    """(C,)"""
    clean: np.ndarray
    """(N,) bool: decided rightly as they are."""
    right: np.ndarray
    """(C, S, N) bool: decided rightly under a corruption."""
    moved: np.ndarray
    """(C,) share of decisions that are others after the way through with severity 0, which changes nothing."""
    distance: np.ndarray
    """(C, S) how far the inputs went, in the suite's unit."""
    touched: np.ndarray
    """(C, S) share of rows that were changed at all."""
    outside: int
    """Values that the data's range or schema does not allow."""

    @property
    def accuracy(self) -> np.ndarray:
        """(C, S), the share of rows decided rightly."""
        return self.right.mean(axis=2)

    def by_row(self, severities: slice) -> np.ndarray:
        """(N,) the share of corruptions and of these severities under which each row is decided rightly."""
        return self.right[:, severities].mean(axis=(0, 1))


def corrupted_answers(suite: Suite, names: tuple[str, ...], data: AuditData, context: Context) -> CorruptedAnswers:
    """The rows corrupted and the model asked, severity 0 first."""
    predictions = context.predictions
    truth, codes_before = predictions.truth, predictions.codes
    shape = (len(names), len(SEVERITIES))
    right = np.zeros((*shape, len(data)), dtype=bool)

    moved, distance, touched, outside = np.zeros(len(names)), np.zeros(shape), np.zeros(shape), 0
    total = len(names) * (len(SEVERITIES) + 1)
    for corruption, name in enumerate(names):
        unchanged = suite.change(name, 0)
        # severity 0 goes through the same conversions, so a decision that moves here was moved by a conversion
        moved[corruption] = float((predictions.of(unchanged.inputs).codes != codes_before).mean())
        for level, severity in enumerate(SEVERITIES):
            corrupted = suite.change(name, severity)
            right[corruption, level] = predictions.of(corrupted.inputs).codes == truth
            distance[corruption, level] = corrupted.distance
            touched[corruption, level] = float(differs(unchanged.inputs, corrupted.inputs).mean())
            outside += corrupted.outside
            context.progress(corruption * (len(SEVERITIES) + 1) + severity + 1, total, name)
    return CorruptedAnswers(names, codes_before == truth, right, moved, distance, touched, outside)


def differs(before: Any, after: Any) -> np.ndarray:
    """(N,) bool: the rows in which anything is another; a gap is like a gap."""
    if isinstance(before, list):
        return np.array([first != second for first, second in zip(before, after, strict=True)], dtype=bool)
    if hasattr(before, "columns"):
        columns = [_column(before[name]) != _column(after[name]) for name in before.columns]
        return np.asarray(np.any(columns, axis=0)) if columns else np.zeros(len(before), dtype=bool)
    first, second = (present(as_array(inputs), "arrays or tensors") for inputs in (before, after))
    equal = (first == second) | ((first != first) & (second != second))  # NaN equals nothing, itself included
    return ~equal.reshape(len(first), -1).all(axis=1)


def _column(column: Any) -> np.ndarray:
    """Values that compare: a gap as a text that no value is."""
    # pandas writes a gap as None, NaN, NaT or NA, which do not compare as equal, or not at all
    return np.where(column.isna(), "\0gap", np.asarray(column, dtype=object))
