"""Labels: the truth beside the data, the task it makes, the value that counts as positive, and recorded answers."""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple, TypeAlias

import numpy as np

from auditkit.data.inputs import as_column
from auditkit.errors import DataError
from auditkit.spelling import listed, match_class

Task: TypeAlias = Literal["binary", "multiclass", "regression"]
TASKS: Final = ("binary", "multiclass", "regression")
CLASSES: Final = 50
"""A label with more distinct values than this is a number to predict, or a mistake."""


class Recorded(NamedTuple):
    """Answers that stand beside the data instead of a model."""

    decisions: np.ndarray | None
    """(N,) in the vocabulary of the labels; for regression the predicted numbers."""
    scores: np.ndarray | None
    """(N,) float64: the score of the positive class."""


def label_array(values: Any, what: str = "label") -> np.ndarray:
    """(N,) labels or decisions as booleans, integers, float64 or text; whole floats become integers.

    Raises:
        DataError: a value is missing or infinite, there is more than one column, or kinds are mixed.
    """
    import pandas  # the one library that knows every kind of missing value

    array = as_column(values)
    if array.ndim != 1:
        raise DataError(f"{what} must be one value per row, of shape (N,); it has the shape {array.shape}")
    missing = int(pandas.isna(array).sum()) if array.dtype.kind in "fO" else 0
    if missing:
        raise DataError(
            f'{what} is missing in {missing} rows; say unlabelled = "drop" or "keep" under [data], or take them out'
        )
    return _plain(array, what)


def infer_task(labels: np.ndarray, what: str = "label") -> tuple[Task, str]:
    """What there is to predict, and the reason in a sentence for the report.

    Two values are binary; up to 50 texts or whole numbers are classes; other numbers are a regression.

    Args:
        labels: (N,) as `label_array` gives them.
        what: the column, for the sentence.

    Raises:
        DataError: one value only, or more than 50 texts.
    """
    check_two_classes(labels, what)
    distinct = np.unique(labels)
    if len(distinct) == 2:
        return "binary", f"task: binary, as {what} has two values, {listed(distinct)}"
    if labels.dtype.kind == "f":
        return "regression", f"task: regression, as {what} holds numbers with decimals"
    if len(distinct) <= CLASSES:
        return "multiclass", f"task: multiclass, as {what} has {len(distinct)} values"
    if labels.dtype.kind == "i":
        return "regression", f"task: regression, as {what} holds {len(distinct)} different whole numbers"
    raise DataError(
        f"{what} holds {len(distinct)} different texts; at most {CLASSES} are read as classes. Check that the right "
        'column is named, or say task = "multiclass"'
    )


def check_two_classes(labels: np.ndarray, what: str = "label") -> None:
    """Refuse labels that are all the same; `AuditData` itself takes them, as a sample of rows may be such.

    Raises:
        DataError: one value only.
    """
    if (labels == labels[0]).all():
        raise DataError(
            f"{what} holds one class only, {labels[0].item()!r}; there is nothing to tell apart. Check that the "
            "rows are not filtered by their label, and that the right column is named"
        )


def check_labels(labels: np.ndarray, task: Task, what: str = "label") -> np.ndarray:
    """The labels as the task wants them: float64 for regression, classes as they are.

    Raises:
        DataError: the labels do not fit the task.
    """
    if task == "regression":
        if labels.dtype.kind not in "if":
            raise DataError(f"{what} must hold numbers for a regression; it holds {listed(np.unique(labels), 3)}")
        return labels.astype(np.float64)
    distinct = np.unique(labels)
    if task == "binary" and len(distinct) > 2:
        raise DataError(
            f"{what} must have two values for the task binary; it has {len(distinct)}: {listed(distinct)}. "
            'Say task = "multiclass" or task = "regression", or check that the right column is named'
        )
    return labels


def pick_positive(wanted: Any, classes: tuple[Any, ...], what: str = "label") -> tuple[Any, str]:
    """The positive class as the data spells it, and where it was inferred a sentence for the report.

    Args:
        wanted: the value asked for, in any spelling; None: 1 of 0 and 1, True of False and True, else the last.
        classes: the distinct labels, sorted.
        what: the column, for messages.

    Raises:
        DataError: `wanted` does not occur.
    """
    if wanted is None:
        certain = set(classes) <= {0, 1}
        how = "" if certain else ' (the last in order; set it with positive = "…" under [data])'
        return classes[-1], f"positive: {classes[-1]!r}{how}"
    found = match_class(wanted, classes)
    if found not in classes:
        raise DataError(f"positive must be one of the values of {what}: {listed(classes)}; {wanted!r} was given")
    return found, ""


def check_recorded(recorded: Recorded, classes: tuple[Any, ...], task: Task) -> tuple[Recorded, str]:
    """Recorded answers in the vocabulary of the labels, and where they hold other values a sentence for the report.

    Args:
        recorded: decisions and scores as they stand in the data.
        classes: the distinct labels; empty where there are none, and for regression.
        task: binary, multiclass or regression.

    Raises:
        DataError: probabilities given as decisions, decisions that no label has (binary), scores that are no numbers.
    """
    scores = None if recorded.scores is None else _numbers(recorded.scores, "scores")
    if recorded.decisions is None:
        return Recorded(None, scores), ""
    if task == "regression":
        return Recorded(_numbers(recorded.decisions, "decisions"), scores), ""
    decisions = label_array(recorded.decisions, "decisions")
    distinct, inverse = np.unique(decisions, return_inverse=True)
    matched = [match_class(value.item(), classes) for value in distinct]
    strange = [value for value in matched if value not in classes]
    if decisions.dtype.kind == "f" and (strange or not classes):
        raise DataError(
            f"decisions must be classes; they hold fractions such as {_fraction(distinct)!r}. "
            "Give probabilities as scores = …, and a threshold under [model] if decisions are to be made from them"
        )
    if strange and classes and task == "binary":
        raise DataError(f"decisions must be among the labels, {listed(classes)}; they also hold {listed(strange)}")
    note = f"decisions hold classes that no label has: {listed(strange)}" if strange and classes else ""
    spelt = _plain(np.asarray(matched, dtype=object), "decisions") if classes else distinct
    return Recorded(spelt[inverse], scores), note


def _fraction(distinct: np.ndarray) -> float:
    return float(next(value for value in distinct if value != round(value)))


def _numbers(values: Any, what: str) -> np.ndarray:
    array = label_array(values, what)
    if array.dtype.kind not in "ifb":
        raise DataError(f"{what} must be numbers; they hold {listed(np.unique(array), 3)}")
    return array.astype(np.float64)


def _plain(array: np.ndarray, what: str) -> np.ndarray:
    from pandas.api.types import infer_dtype  # as above

    if array.dtype.kind == "O":
        kind = infer_dtype(array, skipna=False)
        wanted = {"string": str, "boolean": bool, "integer": np.int64, "floating": float, "mixed-integer-float": float}
        if kind not in wanted and not kind.startswith(("date", "categor")):
            raise DataError(f"{what} must be all text, all numbers or all true and false; it is {kind}")
        array = array.astype(wanted.get(kind, str))
    if array.dtype.kind == "f":
        exact = array.astype(np.float64)
        if not np.isfinite(exact).all():
            raise DataError(f"{what} must be finite; {int((~np.isfinite(exact)).sum())} values are infinite")
        whole = (exact == np.round(exact)).all() and (np.abs(exact) < 2**53).all()
        return exact.astype(np.int64) if whole else exact
    if array.dtype.kind in "iu":
        return array.astype(np.int64)
    return array if array.dtype.kind in "bU" else array.astype(str)
