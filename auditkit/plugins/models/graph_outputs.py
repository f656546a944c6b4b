"""What the outputs of a graph that can only be asked mean: labels, probabilities, logits or predicted numbers."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from auditkit.adapters import PROBE, classes_from_labels
from auditkit.errors import Mend, ModelError
from auditkit.models import Model, ModelOptions
from auditkit.value_spelling import listed, spelling

TOLERANCE: Final = 1e-3
"""Probabilities sum to one within this."""
_SHARES: Final = frozenset({"Softmax", "Sigmoid", "HardSigmoid", "Hardmax"})
_LINEAR: Final = frozenset({"Gemm", "MatMul", "Add", "Conv", "LogSoftmax", "FusedMatMul", "FusedGemm"})
"""Last operators that give logits, whose numbers happen to look like shares or not."""
_BINARY, _REGRESSION = Mend("model.task", "binary"), Mend("model.task", "regression")
_LOGITS, _PROBABILITIES = Mend("model.output", "logits"), Mend("model.output", "probabilities")


class Reading(NamedTuple):
    """What the outputs are read as."""

    kind: str
    """`labels`, `probabilities`, `one probability`, `logits`, `one logit` or `number`."""
    columns: int
    """Columns of numbers that are read; 0 where labels alone are."""
    evidence: str
    """By what that was told."""


def read(labelled: bool, values: Any, classes: int, maker: str, options: ModelOptions, name: str) -> Reading:
    """What the outputs mean.

    Args:
        labelled: there is an output of labels, which are the decisions.
        values: (n, C) float64 of the first rows; None where there are labels alone.
        classes: how many the graph names itself; 0: it names none.
        maker: the operator behind the numbers; empty where it is not known.
        options: `task`, `classes`, and `output`, which decides where it is given.
        name: of the model, for messages.

    Raises:
        ModelError: the shape fits no task, or nothing shows what one number per row is.
    """
    by_rows = f"by the first {min(PROBE, 0 if values is None else len(values))} rows"
    if labelled:
        if values is not None and values.shape[1] == (classes or values.shape[1]) and _sum_to_one(values):
            return Reading("probabilities", values.shape[1], by_rows)
        left_out = "" if values is None else "; its other output holds no probabilities, and is left out"
        return Reading("labels", 0, f"as the graph states{left_out}")
    columns = values.shape[1]
    if options.task == "regression":
        if columns != 1:
            raise ModelError(f"{name}: a regressor must give one number per row; its output has {columns} columns")
        return Reading("number", 1, "as told")
    if columns == 1:
        return _single(values, maker, options, name)
    if options.output is not None:
        return Reading(options.output, columns, "as told")
    inside = values.min() >= 0 and values.max() <= 1
    if inside and _sum_to_one(values) and maker not in _LINEAR:
        return Reading("probabilities", columns, by_rows)
    if maker == "Sigmoid":
        raise ModelError(
            f"{name}: the graph gives {columns} probabilities that do not sum to 1, as for several labels at once. "
            "Save it with the one output that is meant"
        )
    return Reading("logits", columns, "by the last operator" if maker in _LINEAR else by_rows)


def _single(values: np.ndarray, maker: str, options: ModelOptions, name: str) -> Reading:
    """One number per row: a probability or a logit of the positive class."""
    if options.task is None and options.classes is None:
        raise ModelError(
            f"{name}: the graph gives one number per row; say {_BINARY.line} or {_REGRESSION.line} in wrap(…) or under "
            "[model], or name the two classes with classes=…",
            mend=[_BINARY, _REGRESSION],
        )
    if options.output is not None:
        return Reading("one logit" if options.output == "logits" else "one probability", 1, "as told")
    if maker in _SHARES:
        return Reading("one probability", 1, "by the last operator")
    if maker in _LINEAR:
        return Reading("one logit", 1, "by the last operator")
    if values.min() < 0 or values.max() > 1:
        return Reading("one logit", 1, f"by the first {min(PROBE, len(values))} rows")
    raise ModelError(
        f"{name}: nothing shows whether the one number per row, between {values.min():g} and {values.max():g}, is a "
        f"probability or a logit; say {_PROBABILITIES} or {_LOGITS.line}",
        mend=[_PROBABILITIES, _LOGITS],
    )


def _sum_to_one(values: np.ndarray) -> bool:
    return bool((values >= -TOLERANCE).all() and (np.abs(values.sum(axis=1) - 1) <= TOLERANCE).all())


def class_names(
    model: Model, own: tuple[Any, ...], columns: int, labels: Any, known: tuple[Any, ...], options: ModelOptions
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The classes as the graph spells them, and as the audit does, in the order of the columns.

    Args:
        model: takes notes.
        own: the classes that the graph names; empty where it names none.
        columns: of numbers; 0 where there are labels alone.
        labels: the first labels; None where the graph gives none.
        known: the labels of the data.
        options: `classes`, `positive`.

    Raises:
        ModelError: nobody names the classes, or the names contradict each other.
    """
    if own:
        return own, _renamed(own, options, model.name)
    if options.classes is not None:
        return tuple(options.classes), tuple(options.classes)
    if labels is not None:
        if not known:
            raise ModelError(
                f"{model.name}: classes must be named, for the graph names none; pass classes=(…) in the order of the "
                "columns of its probabilities"
            )
        ordered = classes_from_labels(model, known, columns or len(known), options.positive)
        return ordered, ordered
    if known:
        ordered = classes_from_labels(model, known, columns, options.positive)
    else:
        ordered = tuple(range(max(2, columns)))
    return ordered, ordered


def _renamed(own: tuple[Any, ...], options: ModelOptions, name: str) -> tuple[Any, ...]:
    """The classes by the user's names, where the graph counts them from 0."""
    if options.classes is None or [*map(spelling, options.classes)] == [*map(spelling, own)]:
        return own
    numbered = own == tuple(range(len(own)))
    if len(options.classes) == len(own) and numbered and not {*map(spelling, options.classes)} & {*map(spelling, own)}:
        return tuple(options.classes)
    raise ModelError(
        f"{name}: classes must be the graph's own, in its order, {listed(own)}, or names for classes that are numbered "
        f"from 0; {listed(options.classes)} was given"
    )


def codes(labels: Sequence[Any], own: tuple[Any, ...], name: str) -> np.ndarray:
    """(n,) positions of labels among the classes as the graph spells them.

    Raises:
        ModelError: a label is none of them.
    """
    position = {spelling(label): place for place, label in enumerate(own)}
    unique, inverse = np.unique(np.asarray(labels).astype(object), return_inverse=True)
    strange = [label for label in unique if spelling(label) not in position]
    if strange:
        raise ModelError(
            f"{name}: the graph must answer with one of the classes, {listed(own)}; {listed(strange[:1])} came. Name "
            "them with classes=…"
        )
    return np.array([position[spelling(label)] for label in unique], dtype=np.int64)[inverse.ravel()]


def as_probabilities(values: np.ndarray, kind: str, name: str) -> np.ndarray:
    """(n, C) probabilities of what the output is read as; C is 2 where it is one number about the second class."""
    import scipy.special

    if kind.startswith("one ") and values.shape[1] == 1:
        share = scipy.special.expit(values[:, 0]) if kind == "one logit" else values[:, 0]
        if ((share < -TOLERANCE) | (share > 1 + TOLERANCE)).any():
            raise ModelError(
                f"{name}: the output is read as one probability, and lies between {share.min():g} and {share.max():g}. "
                f"If it is a logit, say {_LOGITS}",
                mend=_LOGITS,
            )
        return np.column_stack([1 - share, share])
    return np.asarray(scipy.special.softmax(values, axis=1)) if kind == "logits" else values
