"""Plain callables: inputs in, labels or probabilities out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from auditkit.adapters import (
    LABELS_NOTE,
    adopt,
    answer_probabilities,
    classes_from_labels,
    failing,
    names,
    note,
    noting,
    positive_column,
    prepared,
    settle,
)
from auditkit.data import as_array
from auditkit.errors import Mend, ModelError
from auditkit.models import Answers, Capability, ModelOptions
from auditkit.plugins.models.fingerprints import fingerprint
from auditkit.plugins.models.labelled import LabelledModel
from auditkit.text import one_line
from auditkit.value_spelling import listed, match_class, spelling

_TOLERANCE = 1e-3
_PREDICTED = Mend("data.task", "regression")


class FunctionModel(LabelledModel):
    """A callable `f(inputs)` that answers with (N,) labels, (N,) probabilities of the positive class, or (N, C).

    Which of them is found out on the first rows and noted. Capabilities that depend on it are declared then:
    ask once before planning.

    Args:
        function: takes a batch of inputs, of the kind that the audit data holds.
        options: `classes` names the columns; it is required where the answers are probabilities. `output` is one of
            `labels`, `probabilities`, `number` where the probe should not decide.

    Raises:
        ModelError: the options contradict each other.
    """

    kind = "function"

    def __init__(self, function: Callable[[Any], Any], options: ModelOptions) -> None:
        self._function = function
        super().__init__(options)
        adopt(self, options, _name(function))
        if options.output is not None and options.output not in ("labels", "probabilities", "number"):
            raise ModelError(
                f"{self.name}: output of a callable must be 'labels', 'probabilities' or 'number'; "
                f"{options.output!r} was given"
            )
        self._declare()
        note(self, "the fingerprint of a callable covers its code, closure and named globals, not all it may call")

    def _declare(self) -> None:
        """What can be said before the first answer."""
        options = self._options
        able = {Capability.QUERIES}
        if options.task == "regression":
            self.task = "regression"
            settle(self, options)
            able.add(Capability.SCORES)
        elif options.classes is not None:
            self.classes = tuple(options.classes)
            settle(self, options)
        elif options.task is not None:
            self.task = options.task
        self.capabilities = frozenset(able)

    @property
    def fingerprint(self) -> str:
        """SHA-256, as good as can be, over bytecode, closure, named globals, classes and threshold."""
        chosen = self._given
        return fingerprint("function", self._function, chosen.preprocess, chosen.classes, chosen.output, self.threshold)

    def answer(self, inputs: Any) -> Answers:
        """Answers for one batch.

        Raises:
            ModelError: the callable failed, or its answer has another shape or range than its first one.
        """
        eaten = prepared(inputs, self._options.preprocess, self.name)
        with noting(self), failing(self.name, "the callable"):
            answer = self._function(eaten)
            array = _as_rows(answer, len(inputs), self.name)
        array = self._in_order(array, getattr(answer, "columns", getattr(answer, "name", None)))
        if not self.output:
            self._settle(array)
        if self.output == "number":
            numbers = self._numbers(array)
            return Answers(numbers, numbers, None)
        if self.output == "labels":
            return Answers(self._labels(array), None, None)
        return answer_probabilities(self, self._both(array))

    def _in_order(self, array: np.ndarray, names: Any) -> np.ndarray:
        """Columns that are named after classes, in the order of the classes.

        Raises:
            ModelError: a name contradicts the place that its column would be read at.
        """
        classes = self.classes or self._known_labels
        columns = [] if names is None else [names] if isinstance(names, str) else list(names)
        if not classes or array.dtype.kind != "f" or all(_unnamed(*each) for each in enumerate(columns)):
            return array
        meant = [match_class(column, classes) for column in columns]
        if array.ndim == 2 and set(meant) == set(classes) and len(meant) == len(classes):
            return array[:, [meant.index(label) for label in classes]]
        positive = classes[-1] if self._options.positive is None else match_class(self._options.positive, classes)
        if array.ndim == 2 or (meant[0] in classes and meant[0] != positive):
            raise ModelError(
                f"{self.name}: columns of probabilities must be named after the classes {listed(classes)}, or hold the "
                f"positive class {positive!r} alone, or have no names, as a numpy array in the order of the classes; "
                f"they are named {listed(columns)}"
            )
        return array

    def _settle(self, array: np.ndarray) -> None:
        """Find out from the first answer what the callable gives."""
        output = self._form(array)
        if output in ("probabilities", "one probability"):
            if not self.classes:
                outputs = 1 if array.ndim == 1 else array.shape[1]
                self.classes = classes_from_labels(self, self._known_labels, outputs, self._options.positive)
                settle(self, self._options)
            two = len(self.classes) == 2
            self.capabilities |= {Capability.PROBABILITIES} | ({Capability.SCORES} if two else set())
        elif output == "labels" and self.threshold is not None:
            raise ModelError(f"{self.name}: threshold needs probabilities; the callable gives labels only")
        self.output = output
        sentence = "as told" if self._options.output else f"by the first {len(array)} rows"
        note(self, f"the callable answers with {_SPOKEN[output]}, {sentence}")

    def _form(self, array: np.ndarray) -> str:
        asked = self._options.output
        if self.task == "regression" or asked == "number":
            if self.task != "regression":
                raise ModelError(
                    f"{self.name}: output 'number' is for task='regression'; say {_PREDICTED}", mend=_PREDICTED
                )
            return "number"
        if asked == "labels":
            return "labels"
        if array.ndim == 2:
            return self._needs_classes("one column per class", "probabilities")
        if asked == "probabilities":
            return self._needs_classes("one probability per row", "one probability")
        known = {spelling(label) for label in self.classes or self._known_labels}
        if array.dtype.kind != "f" or (known and {spelling(each) for each in np.unique(array)} <= known):
            return "labels"
        if array.min() >= 0 and array.max() <= 1:
            return self._needs_classes("one number in [0, 1] per row", "one probability")
        raise ModelError(
            f"{self.name}: the callable must give labels or probabilities; it gave numbers between {array.min():g} "
            f"and {array.max():g}. Apply a sigmoid in the callable where they are logits, compare them with a "
            f"threshold where they are scores, or say {_PREDICTED} where they are predicted numbers",
            mend=_PREDICTED,
        )

    def _needs_classes(self, given: str, output: str) -> str:
        if not self.classes and not self._known_labels:
            raise ModelError(
                f"{self.name}: classes must be named where the answers are probabilities; the callable gave {given}. "
                "Pass classes=(…) in the order of the columns, the positive class last; "
                f"or say {_PREDICTED} where they are predicted numbers",
                mend=_PREDICTED if output == "one probability" else (),
            )
        return output

    def _numbers(self, array: np.ndarray) -> np.ndarray:
        if array.ndim != 1 or array.dtype.kind not in "fiub":
            raise ModelError(
                f"{self.name}: a regression must give one number per row; it gave {array.dtype} of shape {array.shape}"
            )
        return array.astype(np.float64)

    def _labels(self, array: np.ndarray) -> np.ndarray:
        if array.ndim != 1:
            raise ModelError(f"{self.name}: labels must have shape (N,); they have {array.shape}")
        sentence = None if self._options.abstain is None else spelling(self._options.abstain)
        declined = np.array([spelling(each) == sentence for each in array], dtype=bool)
        if declined.any():
            answers = np.full(len(array), self._options.abstain, dtype=object)
            if not declined.all():
                answers[~declined] = self._labels(array[~declined])
            return answers
        if not self.classes and self._known_labels:
            self.classes = self._known_labels
            note(self, f"{LABELS_NOTE}: {listed(self.classes)}")
            if len(self.classes) >= 2:
                settle(self, self._options)
        unique, inverse = np.unique(array, return_inverse=True)
        values = [match_class(each.item() if hasattr(each, "item") else each, self.classes) for each in unique]
        unknown = [value for value in values if value not in self.classes]
        if not unknown:
            codes = np.array([self.classes.index(value) for value in values], dtype=np.int64)
            return names(self.classes, codes[inverse])
        if self._options.classes is not None:
            raise ModelError(
                f"{self.name}: answers must be among the classes {list(self.classes)}; {unknown[0]!r} was given"
            )
        strange = len(unknown) == len(values) or self._options.task == "binary"
        if self._known_labels and strange and len(self.classes) >= 2:
            raise ModelError(
                f"{self.name}: answers must be among the labels of the data, {listed(self.classes)}; "
                f"{listed(unknown)} came. Give them as the labels are spelt, such as {self.classes[0]!r}"
            )
        self.classes = tuple(sorted([*self.classes, *unknown], key=_order))
        if len(self.classes) >= 2:
            settle(self, self._options)
        note(self, "classes were taken from the answers; name them with classes=… to be sure of them")
        return array

    def _both(self, array: np.ndarray) -> np.ndarray:
        wide = array.astype(np.float64)
        if self.output == "one probability":
            if len(self.classes) != 2 or wide.ndim != 1:
                raise ModelError(
                    f"{self.name}: one probability per row needs exactly two classes; there are {len(self.classes)}, "
                    f"and the shape is {wide.shape}"
                )
            at = positive_column(self)
            wide = np.column_stack([1 - wide, wide] if at == 1 else [wide, 1 - wide])
        if not np.isfinite(wide).all():
            return wide  # said by Model.answers, with the count
        if (wide < -_TOLERANCE).any() or (np.abs(wide.sum(axis=1) - 1) > _TOLERANCE).any():
            raise ModelError(
                f"{self.name}: probabilities must lie in [0, 1] and sum to 1 in every row; "
                f"the sums lie between {wide.sum(axis=1).min():g} and {wide.sum(axis=1).max():g}, the smallest "
                f"value is {wide.min():g}. Apply softmax or sigmoid in the callable"
            )
        return wide


_SPOKEN = {
    "labels": "labels",
    "probabilities": "one probability per class",
    "one probability": "the probability of the positive class",
    "number": "predicted numbers",
}


def _as_rows(answer: Any, rows: int, name: str) -> np.ndarray:
    found = as_array(answer)
    array = np.asarray(answer) if found is None else found
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    strange = next((each for each in array.ravel() if isinstance(each, dict | list | tuple | set)), None)
    if array.dtype.kind == "O" and strange is not None:
        raise ModelError(
            f"{name}: the callable must answer with one label or number for each input, or one probability for each "
            f"class; it gave a {type(strange).__name__} for an input, {one_line(strange, 100)}"
        )
    if array.ndim not in (1, 2) or len(array) != rows:
        raise ModelError(
            f"{name}: the callable must answer with one row per input, (N,) or (N, C); "
            f"it gave shape {array.shape} for {rows} inputs"
        )
    return array


def _unnamed(place: int, column: Any) -> bool:
    """Whether a column has the name that a table gives to a column without one."""
    return column is None or column in (place, str(place), f"column_{place}")


def _order(value: Any) -> tuple[bool, Any]:
    return (isinstance(value, str), value)


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", type(function).__name__))
