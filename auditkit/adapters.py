"""What every adapter does alike: options, preprocessing, probabilities to answers, failures and warnings."""

import contextlib
import dataclasses
import math
import numbers
import warnings
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from auditkit.data import Task
from auditkit.errors import AuditkitError, Mend, ModelError
from auditkit.memory import out_of_memory
from auditkit.models import Answers, Capability, Model, ModelOptions, decide
from auditkit.text import class_name, first_few, number_of, one_line, shown
from auditkit.value_spelling import listed, match_class, spelling

PROBE = 64
"""Rows on which an adapter finds out what kind of answers it gets."""
MOST_NOTES = 20
"""Notes kept from warnings; a model that warns about every row must not fill the report."""

INSTEAD: Final = {
    "list": ". Several models are audited with auditkit.compare(models, data)",
    "OrderedDict": ". Weights alone are no model: load them into their module with load_state_dict",
    "ndarray": ". Answers beside the data are named in AuditData.from_table(table, decisions=…)",
    "DataFrame": ". Data are read with AuditData.from_table(table, label=…), and are the second argument of audit",
}
"""What to do with what is no model, by its kind."""


def unknown(subject: str, obj: Any) -> ModelError:
    """The error where no adapter knows an object.

    Args:
        subject: what it is, in words.
        obj: the object; None where it is a file.
    """
    methods = [name for name in ("predict_proba", "predict") if callable(getattr(obj, name, None))]
    advice = f". To mend it, give its method {methods[0]}, which is a callable" if methods else ""
    advice = advice or INSTEAD.get(class_name(obj), "")
    return ModelError(
        f"no plugin knows {subject}; give a scikit-learn estimator, a torch module, a callable, a file in a known "
        f"format, or recorded decisions beside the data{advice}"
    )


def is_reference(path: Any) -> bool:
    """Whether a path names a model of a registry or a run of MLflow, and no file."""
    return str(path).startswith(("models:/", "runs:/"))


def adopt(model: Model, options: ModelOptions, name: str) -> None:
    """Take name, batch and threshold from the options.

    Raises:
        ModelError: a threshold that is not a finite number, or a batch that is not a whole number from 1.
    """
    model.name = options.name or name
    model.stated = options.inputs
    if options.batch is not None:
        if not isinstance(options.batch, numbers.Integral):
            raise ModelError(f"{model.name}: batch must be a whole number; {shown(options.batch)} was given")
        if options.batch < 1:
            raise ModelError(f"{model.name}: batch must be at least 1; {shown(options.batch)} was given")
        model.batch = options.batch
    if options.threshold is not None and not _is_finite(options.threshold):
        raise ModelError(f"{model.name}: threshold must be a finite number; {shown(options.threshold)} was given")
    model.threshold = options.threshold


def _is_finite(number: Any) -> bool:
    # True would be a threshold of 1, which nobody means
    return isinstance(number, numbers.Real) and not isinstance(number, bool) and math.isfinite(number)


def settle(model: Model, options: ModelOptions) -> None:
    """Check task, classes, positive class and threshold against each other, once the classes are known.

    Raises:
        ModelError: they contradict each other.
    """
    if model.task == "regression":
        if model.threshold is not None:
            raise ModelError(f"{model.name}: threshold is for binary classifiers; this model predicts numbers")
        return
    # A classifier of three classes cannot be audited as binary: no two of its classes would be meant.
    if options.task == "regression" or (options.task == "binary" and len(model.classes) > 2):
        mend = Mend("data.task", "binary" if len(model.classes) == 2 else "multiclass")
        raise ModelError(
            f"{model.name}: task must agree with the model, a classifier of {len(model.classes)} classes; "
            f"{shown(options.task)} was given or inferred. Say {mend}",
            mend=mend,
        )
    if len({spelling(label) for label in model.classes}) < len(model.classes):
        raise ModelError(f"{model.name}: classes must be distinct; {list(model.classes)} was given")
    model.task = "binary" if len(model.classes) == 2 else "multiclass"
    if model.threshold is not None and model.task != "binary":
        raise ModelError(f"{model.name}: threshold is for two classes; this model has {len(model.classes)}")
    if options.positive is not None:
        model.positive = match_class(options.positive, model.classes)
        if model.positive not in model.classes:
            raise ModelError(
                f"{model.name}: positive must be one of the classes {list(model.classes)}; "
                f"{shown(options.positive)} was given"
            )
    elif model.task == "binary":
        model.positive = model.classes[-1]


def completed(options: ModelOptions, task: Task, positive: Any) -> ModelOptions:
    """The options with the data's task and positive class where the user named none."""
    return dataclasses.replace(
        options, task=options.task or task, positive=positive if options.positive is None else options.positive
    )


def classes_from_labels(model: Model, labels: tuple[Any, ...], outputs: int, positive: Any) -> tuple[Any, ...]:
    """The classes of a model that has none of its own, from the labels of the data; noted, with how to say otherwise.

    Args:
        model: takes the note.
        labels: the distinct labels, sorted.
        outputs: numbers per row; one is about the positive class, the last of `labels` unless `positive` says which.
        positive: the label that counts as positive; None where nobody said.

    Raises:
        ModelError: there are not as many labels as outputs stand for.
    """
    if len(labels) != max(2, outputs):
        stand = "one output, which stands for two classes" if outputs == 1 else f"{outputs} outputs, one for each class"
        raise ModelError(
            f"{model.name}: the labels must have as many values as the model has outputs; it has {stand}, and the "
            f"labels of the data have {len(labels)}: {listed(labels)}. {_NAME_THEM}, or give a model of as many outputs"
        )
    if outputs > 1:
        note(model, f"{LABELS_NOTE}, sorted, one for each output in this order: {listed(labels)}. {_NAME_THEM}")
        return labels
    last = labels[-1] if positive is None else match_class(positive, labels)
    # The one output is about the positive class, which stands last as in scikit-learn.
    classes = (*(label for label in labels if label != last), last)
    note(model, f"{LABELS_NOTE}; the one output is about {last!r}, against {classes[0]!r}. {_NAME_THEM}")
    return classes


LABELS_NOTE = "classes are the labels of the data"
_NAME_THEM = "To say otherwise, name the class of each output with wrap(…, classes=[…]) or [model] classes"


class LabelledModel(Model):
    """A model that has no classes of its own: task and classes are taken from the labels where its user named none.

    Args:
        options: as the user gave them.
    """

    def __init__(self, options: ModelOptions) -> None:
        self._user_options = self._options = options
        self._known_labels: tuple[Any, ...] = ()

    def take_labels(self, task: Task, labels: tuple[Any, ...], positive: Any = None) -> None:
        """Take task and classes from the data where the user named none; the next answer settles them."""
        model_options = completed(self._user_options, task, positive)
        if self._user_options.classes is not None or (model_options, labels) == (self._options, self._known_labels):
            return
        self._options, self._known_labels = model_options, labels
        # All that the first answer settled goes, for it was read under the former labels.
        self.output, self.classes, self.positive = "", (), None
        self.notes = tuple(note for note in self.notes if not note.startswith(LABELS_NOTE))
        self._declare()

    def _declare(self) -> None:
        """What can be said before the first answer."""
        options, able = self._options, {Capability.QUERIES}
        self.task = options.task or self.task
        if self.task == "generation":
            able.add(Capability.TEXTS)
        elif self.task == "regression":
            settle(self, options)
            able.add(Capability.SCORES)
        elif options.classes is not None:
            self.classes = tuple(options.classes)
            settle(self, options)
        self.capabilities = frozenset(able)


def positive_column(model: Model) -> int:
    """The column of the positive class of a binary model."""
    return len(model.classes) - 1 if model.positive is None else model.classes.index(model.positive)


def names(classes: tuple[Any, ...], codes: np.ndarray) -> np.ndarray:
    """The class values at these positions, as an array of one kind."""
    # One array of all classes first, so that every batch of answers has the same type.
    return np.take(np.asarray(classes), codes)


def answer_probabilities(model: Model, probabilities: np.ndarray, labels: np.ndarray | None = None) -> Answers:
    """Answers from (n, C) probabilities; `labels` where the model decides by another rule than ours."""
    wide = np.asarray(probabilities, dtype=np.float64)
    if wide.ndim != 2 or wide.shape[1] != len(model.classes):
        raise ModelError(
            f"{model.name}: probabilities must have one column for each of the {len(model.classes)} classes "
            f"{list(model.classes)}; their shape is {wide.shape}. Name the classes with classes=…"
        )
    if labels is None:
        labels = decide(wide, model.classes, model.positive, model.threshold)
    return Answers(labels, wide[:, positive_column(model)] if model.task == "binary" else None, wide)


def prepared(inputs: Any, preprocess: Any, name: str) -> Any:
    """The inputs after the user's own preprocessing.

    Raises:
        ModelError: it is neither a transformer nor a callable, or it failed.
    """
    if preprocess is None:
        return inputs
    # A fitted scikit-learn transformer is not callable, a plain function has no transform.
    step = preprocess.transform if hasattr(preprocess, "transform") else preprocess
    if not callable(step):
        raise ModelError(
            f"{name}: preprocess must be a callable or a fitted transformer; {class_name(preprocess)} was given"
        )
    with failing(name, "preprocess"):
        return step(inputs)


@contextlib.contextmanager
def failing(name: str, action: str, inputs: Any = None) -> Iterator[None]:
    """Turn a foreign exception into a ModelError; out-of-memory passes, so that the batch can be halved.

    Args:
        name: of the model.
        action: what may fail.
        inputs: what it was given; its kind is told.
    """
    try:
        yield
    except AuditkitError:
        raise
    except Exception as error:
        # Each library has an error of its own for it; Model.answers halves the batch then.
        if out_of_memory(error):
            raise
        given = "" if inputs is None else f"; it was given {number_of(len(inputs), 'row')} as {_kind_of(inputs)}"
        raise ModelError(f"{name}: {action} failed: {class_name(error)}: {one_line(error, 500)}{given}") from error


def _kind_of(inputs: Any) -> str:
    if hasattr(inputs, "columns"):
        columns = first_few([shown(column) for column in inputs.columns])
        return f"a {class_name(inputs)} with the columns {columns}, each to be taken by its name"
    if hasattr(inputs, "shape"):
        return f"an array of the shape {tuple(inputs.shape)}, its columns to be taken by position"
    return f"a {class_name(inputs)} of {class_name(inputs[0])}" if isinstance(inputs, list) else "inputs of its own"


@contextlib.contextmanager
def noting(model: Model) -> Iterator[None]:
    """Turn warnings of foreign code into notes of the model, each once."""
    with warnings.catch_warnings(record=True) as caught:
        # Python shows a warning once a place, and a second model would get none of it.
        warnings.simplefilter("always")
        yield
    note(model, *(warned(warning) for warning in caught))


def warned(warning: warnings.WarningMessage) -> str:
    """A warning as one line."""
    return f"{warning.category.__name__}: {one_line(warning.message, 300)}"


def note(model: Model, *sentences: str) -> None:
    """Add notes that are not there yet."""
    for sentence in sentences:
        # A model that warns about each batch would say the same a hundred times.
        if sentence not in model.notes and len(model.notes) < MOST_NOTES:
            model.notes = (*model.notes, sentence)
