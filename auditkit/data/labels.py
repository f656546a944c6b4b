"""Labels: the truth beside the data, the task it makes, the value that counts as positive, and recorded answers."""

from typing import Any, Final, Literal, NamedTuple, TypeAlias

import numpy as np

from auditkit.data.inputs import as_column
from auditkit.errors import DataError, Mend
from auditkit.lazy import pandas
from auditkit.text import number_of
from auditkit.value_spelling import listed, match_class

Task: TypeAlias = Literal["binary", "multiclass", "multilabel", "regression", "case_scores", "generation", "survival"]
TASKS: Final = ("binary", "multiclass", "multilabel", "regression", "case_scores", "generation", "survival")
CLASSIFYING: Final = ("binary", "multiclass")
WITHOUT_LABELS: Final = ("case_scores", "generation", "survival")
"""Tasks whose answers are held against no label: scores of cases, answers in words, and risks of an event in time."""
CLASSES: Final = 50
"""A label with more distinct values than this is a number to predict, or a mistake."""


class Recorded(NamedTuple):
    """Answers that stand beside the data instead of a model."""

    decisions: np.ndarray | None
    """(N,) in the vocabulary of the labels; for regression the predicted numbers."""
    scores: np.ndarray | None
    """(N,) float64: the score of the positive class; (N, L) of several labels."""


def label_array(values: Any, name: str = "label", people: np.ndarray | None = None) -> np.ndarray:
    """(N,) labels or decisions as booleans, integers, float64 or text; whole floats become integers.

    Args:
        values: as they stand in the data.
        name: the column, for messages.
        people: (N,) how many each row stands for, so that messages count them; None: one.

    Raises:
        DataError: a value is missing or infinite, there is more than one column, records, or kinds are mixed.
    """
    labels = as_column(values)
    if labels.ndim == 2 and labels.shape[1] == 1:  # as torch's losses want it
        labels = labels[:, 0]
    if labels.ndim != 1:
        hint = ". Columns of zeros and a one are classes as values.argmax(axis=1)" if labels.ndim == 2 else ""
        raise DataError(f"{name} must be one value per row, of shape (N,); it has the shape {labels.shape}{hint}")
    if labels.dtype.names:
        fields = " and ".join(map(repr, labels.dtype.names))
        raise DataError(
            f"{name} must be one value per row; each is a record of {fields}, as of survival times, for which there is "
            f"no task. Give one of them, as in label = values[{labels.dtype.names[0]!r}]"
        )
    blank = pandas.isna(labels) if labels.dtype.kind in "fO" else np.zeros(len(labels), dtype=bool)
    if blank.any():
        raise _missing(labels[~blank], rows_in_words(blank, people), name)
    return _plain(labels, name)


def rows_in_words(mask: np.ndarray, people: np.ndarray | None) -> str:
    """How many rows a mask holds, in words; where rows stand for several people, how many people."""
    return (
        number_of(int(mask.sum()), "row")
        if people is None or np.asarray(people).dtype.kind not in "iu"  # not yet looked at, as in a table of counts
        else number_of(int(np.asarray(people)[mask].sum()), "person", "people")
    )


def _missing(present: np.ndarray, count: str, name: str) -> DataError:
    """The error about values that are missing, with the settings that help where they stand."""
    if name.startswith(("decisions", "scores")):
        mends = [Mend("model.abstain", "")]
        advice = f"where that means that no decision was made, say {mends[0]}; else take these rows out"
    else:
        mends = [Mend("data.unlabelled", "drop")]
        advice = f"to leave them out say {mends[0]}"
        if _classes_at_most(present):
            mends.append(Mend("data.unlabelled", "keep"))
            advice += f"; to keep them for what needs no label, {mends[1]}"
    verb = "are" if name.startswith(("decisions", "scores")) else "is"
    return DataError(f"{name} {verb} missing in {count}; {advice}", mend=mends)


def _classes_at_most(present: np.ndarray) -> bool:
    """Whether values that are there are classes, rather than numbers to predict."""
    try:
        return len(present) > 0 and infer_task(label_array(present))[0] != "regression"
    except DataError:  # of one class, or too many
        return True


def infer_task(labels: np.ndarray, name: str = "label") -> tuple[Task, str]:
    """What there is to predict, and the reason in a sentence for the report.

    Two values are binary; up to 50 texts or whole numbers are classes; other numbers are a regression.

    Args:
        labels: (N,) as `label_array` gives them.
        name: the column, for the sentence.

    Raises:
        DataError: one value only, or more than 50 texts.
    """
    check_two_classes(labels, name)
    distinct = np.unique(labels)
    if len(distinct) == 2:
        return "binary", f"task: binary, as {name} has two values, {listed(distinct)}"
    if labels.dtype.kind == "f":
        return "regression", f"task: regression, as {name} holds numbers with decimals"
    if len(distinct) <= CLASSES:
        return "multiclass", f"task: multiclass, as {name} has {len(distinct)} values"
    if labels.dtype.kind == "i":
        return "regression", f"task: regression, as {name} holds {len(distinct)} different whole numbers"
    mend = Mend("data.task", "multiclass")
    raise DataError(
        f"{name} holds {len(distinct)} different texts; at most {CLASSES} are read as classes. Check that the right "
        f"column is named, or say {mend}",
        mend=mend,
    )


def check_two_classes(labels: np.ndarray, name: str = "label") -> None:
    """Refuse labels that are all the same; `AuditData` itself takes them, as a sample of rows may be such.

    Raises:
        DataError: one value only.
    """
    if (labels == labels[0]).all():
        raise DataError(
            f"{name} holds one class only, {labels[0].item()!r}; there is nothing to tell apart. Check that the "
            "rows are not filtered by their label, and that the right column is named"
        )


def check_labels(labels: np.ndarray, task: Task, name: str = "label") -> np.ndarray:
    """The labels as the task wants them: float64 for regression, classes as they are.

    Raises:
        DataError: the labels do not fit the task.
    """
    if task == "regression":
        if labels.dtype.kind not in "if":
            raise DataError(f"{name} must hold numbers for a regression; it holds {listed(np.unique(labels), 3)}")
        return labels.astype(np.float64)
    distinct = np.unique(labels)
    if task == "binary" and len(distinct) > 2:
        tasks = ("multiclass", "regression") if labels.dtype.kind in "if" else ("multiclass",)
        mends = [Mend("data.task", task) for task in tasks]
        raise DataError(
            f"{name} must have two values for the task binary; it has {len(distinct)}: {listed(distinct)}. "
            f"Say {' or '.join(map(str, mends))}, or check that the right column is named",
            mend=mends,
        )
    return labels


def pick_positive(stated: Any, classes: tuple[Any, ...], name: str = "label") -> tuple[Any, str]:
    """The positive class as the data spells it, and where it was inferred a sentence for the report.

    Args:
        stated: the value asked for, in any spelling; None: 1 of 0 and 1, True of False and True, else the last.
        classes: the distinct labels, sorted.
        name: the column, for messages.

    Raises:
        DataError: `stated` does not occur.
    """
    if stated is None:
        advice = "" if set(classes) <= {0, 1} else ' (the last in order; set it with positive = "…" under [data])'
        return classes[-1], f"positive: {classes[-1]!r}{advice}"
    match = match_class(stated, classes)
    if match not in classes:
        raise DataError(f"positive must be one of the values of {name}: {listed(classes)}; {stated!r} was given")
    return match, ""


def check_order(stated: Any, task: Task, classes: tuple[Any, ...], name: str) -> tuple[Any, ...]:
    """The classes from the lowest to the highest, as the data spells them; empty where no order is stated.

    Args:
        stated: the classes in their order, in any spelling; empty: none is stated.
        task: of the data.
        classes: the distinct labels, sorted; empty where there are none.
        name: of the data, for messages.

    Raises:
        DataError: the task is not multiclass, a class has no place or two, or there are fewer than three.
    """
    if stated is None or not len(stated):
        return ()
    order = tuple(match_class(label, classes) for label in stated)
    if task != "multiclass":
        mend = Mend("data.task", "multiclass")
        raise DataError(f"{name}: order is for the task multiclass, and the task is {task}. Say {mend}", mend=mend)
    lost = [label for label in classes if label not in order]
    if lost or len(set(order)) < len(order) or len(order) < 3:
        what = f"{listed(lost)} has no place" if lost else f"{listed(order)} was given"
        raise DataError(
            f"{name}: order must name every class once, from the lowest to the highest, three or more; {what}. Write "
            "all classes, such as order = [1, 2, 3]"
        )
    return order


def check_recorded(
    recorded: Recorded, classes: tuple[Any, ...], task: Task, people: np.ndarray | None = None
) -> tuple[Recorded, str]:
    """Recorded answers in the vocabulary of the labels, and where they hold other values a sentence for the report.

    Args:
        recorded: decisions and scores as they stand in the data.
        classes: the distinct labels; empty where there are none, and for regression.
        task: binary, multiclass or regression.
        people: (N,) how many each row stands for, for messages.

    Raises:
        DataError: probabilities given as decisions, decisions that no label has (binary), scores that are no numbers.
    """
    scores = None if recorded.scores is None else _numbers(recorded.scores, "scores")
    if recorded.decisions is None:
        return Recorded(None, scores), ""
    if task == "regression":
        return Recorded(_numbers(recorded.decisions, "decisions"), scores), ""
    decisions = label_array(recorded.decisions, "decisions", people)
    # Each different decision is matched once, and the rows take the result over.
    distinct, inverse = np.unique(decisions, return_inverse=True)
    matched = [match_class(value.item(), classes) for value in distinct]
    strange = [value for value in matched if value not in classes]
    if decisions.dtype.kind == "f" and (strange or not classes):
        raise _fractions(distinct, classes)
    # Of several classes one more may be rare; of two, or where none is in common, it is another vocabulary.
    if strange and classes and (task == "binary" or len(strange) == len(matched)):
        raise DataError(f"decisions must be among the labels, {listed(classes)}; they also hold {listed(strange)}")
    note = f"decisions hold classes that no label has: {listed(strange)}" if strange and classes else ""
    spelt = _plain(np.asarray(matched, dtype=object), "decisions") if classes else distinct
    return Recorded(spelt[inverse], scores), note


def _fractions(distinct: np.ndarray, classes: tuple[Any, ...]) -> DataError:
    """The error about numbers that are no classes: predicted numbers where the labels are some, else probabilities."""
    sentence = f"decisions must be classes; they hold fractions such as {next(x for x in distinct if x != round(x)):g}"
    if len(classes) > 2 and all(isinstance(label, int | float) for label in classes):
        mend = Mend("data.task", "regression")
        return DataError(f"{sentence}. Where they are predicted numbers, say {mend}", mend=mend)
    return DataError(
        f"{sentence}. Probabilities are scores: name their column as scores under [model] in place of decisions, and a "
        "threshold there if decisions are to be made from them"
    )


def _numbers(values: Any, name: str) -> np.ndarray:
    numbers = label_array(values, name)
    if numbers.dtype.kind not in "ifb":
        raise DataError(f"{name} must be numbers; they hold {listed(np.unique(numbers), 3)}")
    return numbers.astype(np.float64)


def _plain(values: np.ndarray, name: str) -> np.ndarray:
    if values.dtype.kind == "O":
        kind = pandas.api.types.infer_dtype(values, skipna=False)
        type_of = {"string": str, "boolean": bool, "integer": np.int64, "floating": float, "mixed-integer-float": float}
        if kind not in type_of and not kind.startswith(("date", "categor")):
            raise DataError(f"{name} must be all text, all numbers or all true and false; it is {kind}")
        values = values.astype(type_of.get(kind, str))
    if values.dtype.kind == "f":
        # pandas reads whole numbers with a gap as floats; 1.0 and 1 must be the same class.
        exact = values.astype(np.float64)
        if not np.isfinite(exact).all():
            raise DataError(f"{name} must be finite; infinite values: {int((~np.isfinite(exact)).sum())}")
        are_whole = (exact == np.round(exact)).all() and (np.abs(exact) < 2**53).all()
        return exact.astype(np.int64) if are_whole else exact
    if values.dtype.kind in "iu":
        return values.astype(np.int64)
    return values if values.dtype.kind in "bU" else values.astype(str)
