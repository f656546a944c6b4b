"""Plain callables: inputs in, labels or probabilities out."""

from collections.abc import Callable
from typing import Any

import numpy as np

from auditkit.adapters import (
    LABELS_NOTE,
    LabelledModel,
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
from auditkit.data.inputs import without_mask
from auditkit.errors import Mend, ModelError
from auditkit.models import Answers, Capability, ModelOptions
from auditkit.plugins.models.fingerprints import Fingerprint, fingerprint
from auditkit.plugins.models.one_output import place_of, several
from auditkit.plugins.models.scored_answers import case_scores_of
from auditkit.plugins.models.words import words_of
from auditkit.text import class_name, number_of, one_line
from auditkit.value_spelling import listed, match_class, spelling

_PREDICTED = Mend("data.task", "regression")


class FunctionModel(LabelledModel):
    """A callable `f(inputs)` that answers with (N,) labels, (N,) probabilities of the positive class, or (N, C).

    Under the task `generation` it answers with a text for each prompt, or None where it gives nothing; under the task
    `case_scores` with (N, K) scores of the cases, or a column for each score by its name.
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
        adopt(self, options, str(getattr(function, "__name__", type(function).__name__)))
        if options.output is not None and options.output not in ("labels", "probabilities", "number"):
            raise ModelError(
                f"{self.name}: output of a callable must be 'labels', 'probabilities' or 'number'; "
                f"{options.output!r} was given"
            )
        self._declare()
        note(self, "the fingerprint of a callable covers its code, closure and named globals, not all it may call")

    @property
    def fingerprint(self) -> str:
        """SHA-256, as good as can be, over bytecode, closure, named globals, classes and threshold."""
        chosen = self._user_options
        named = () if chosen.target is None else (chosen.target,)
        walked = fingerprint(
            "function", self._function, chosen.preprocess, chosen.classes, chosen.output, self.threshold, *named
        )
        return Fingerprint(walked, opaque=True)  # what it calls may read a file or ask a server

    def answer(self, inputs: Any) -> Answers:
        """Answers for one batch.

        Raises:
            ModelError: the callable failed, or its answer has another shape or range than its first one.
        """
        eaten = prepared(inputs, self._options.preprocess, self.name)
        # The answer is made an array in here too, for a foreign type may fail at that.
        with noting(self), failing(self.name, "the callable", eaten):
            answer = self._function(eaten)
            if self.task == "case_scores":
                scored = case_scores_of(answer, self._known_labels, len(inputs), self.name)
                return Answers(np.zeros(len(inputs)), case_scores=scored)
            if self.task == "generation":
                return Answers(np.zeros(len(inputs)), texts=words_of(answer, len(inputs), self.name))
            if self._user_options.target is not None:
                answer = _chosen(answer, self._user_options.target, self.name)
            rows = _as_rows(answer, len(inputs), self.name)
        rows = self._in_order(rows, getattr(answer, "columns", getattr(answer, "name", None)))
        if not self.output:
            self._settle(rows)
        if self.output == "number":
            numbers = self._numbers(rows)
            return Answers(numbers, numbers, None)
        if self.output == "labels":
            return Answers(self._labels(rows), None, None)
        return answer_probabilities(self, self._as_shares(rows))

    def _in_order(self, rows: np.ndarray, names: Any) -> np.ndarray:
        """Columns that are named after classes, in the order of the classes.

        Raises:
            ModelError: a name contradicts the place that its column would be read at.
        """
        classes = self.classes or self._known_labels
        columns = [] if names is None else [names] if isinstance(names, str) else list(names)
        # a table gives such names to columns without one
        unnamed = [
            column in (None, position, str(position), f"column_{position}") for position, column in enumerate(columns)
        ]
        if not classes or rows.dtype.kind != "f" or all(unnamed):
            return rows
        # A frame of probabilities has its columns in an order of its own, often the alphabet's.
        labels = [match_class(column, classes) for column in columns]
        if rows.ndim == 2 and set(labels) == set(classes) and len(labels) == len(classes):
            return rows[:, [labels.index(label) for label in classes]]
        positive = classes[-1] if self._options.positive is None else match_class(self._options.positive, classes)
        if rows.ndim == 2 or (labels[0] in classes and labels[0] != positive):
            raise ModelError(
                f"{self.name}: columns of probabilities must be named after the classes {listed(classes)}, or hold the "
                f"positive class {positive!r} alone, or have no names, as a numpy array in the order of the classes; "
                f"they are named {listed(columns)}"
            )
        return rows

    def _settle(self, rows: np.ndarray) -> None:
        """Find out from the first answer what the callable gives."""
        output = self._form(rows)
        if output in ("probabilities", "one probability"):
            if not self.classes:
                outputs = 1 if rows.ndim == 1 else rows.shape[1]
                self.classes = classes_from_labels(self, self._known_labels, outputs, self._options.positive)
                settle(self, self._options)
            two = len(self.classes) == 2
            self.capabilities |= {Capability.PROBABILITIES} | ({Capability.SCORES} if two else set())
        elif output == "labels" and self.threshold is not None:
            raise ModelError(f"{self.name}: threshold needs probabilities; the callable gives labels only")
        self.output = output
        sentence = "as told" if self._options.output else f"by the first {number_of(len(rows), 'row')}"
        note(self, f"the callable answers with {_SPOKEN[output]}, {sentence}")

    def _form(self, rows: np.ndarray) -> str:
        stated = self._options.output
        if self.task == "regression" or stated == "number":
            if self.task != "regression":
                raise ModelError(
                    f"{self.name}: output 'number' is for task='regression'; say {_PREDICTED}", mend=_PREDICTED
                )
            return "number"
        if stated == "labels":
            return "labels"
        if rows.ndim == 2:
            return self._needs_classes("one column per class", "probabilities")
        if stated == "probabilities":
            return self._needs_classes("one probability per row", "one probability")
        known = {spelling(label) for label in self.classes or self._known_labels}
        if rows.dtype.kind != "f" or (known and {spelling(value) for value in np.unique(rows)} <= known):
            return "labels"
        missing = int((~np.isfinite(rows)).sum())
        if missing:
            raise ModelError(
                f"{self.name}: the callable must give a label or a finite number for each row; {missing} of "
                f"{len(rows)} answers are NaN or infinite. Where it does not decide, give decisions, with a word of "
                "their own for these rows that abstain=… names"
            )
        if rows.min() >= 0 and rows.max() <= 1:
            return self._needs_classes("one number in [0, 1] per row", "one probability")
        raise ModelError(
            f"{self.name}: the callable must give labels or probabilities; it gave numbers between {rows.min():g} "
            f"and {rows.max():g}. Apply a sigmoid in the callable where they are logits, compare them with a "
            f"threshold where they are scores, or say {_PREDICTED} where they are predicted numbers",
            mend=_PREDICTED,
        )

    def _needs_classes(self, form: str, output: str) -> str:
        if not self.classes and not self._known_labels:
            raise ModelError(
                f"{self.name}: classes must be named where the answers are probabilities; the callable gave {form}. "
                "Pass classes=(…) in the order of the columns, the positive class last; "
                f"or say {_PREDICTED} where they are predicted numbers",
                mend=_PREDICTED if output == "one probability" else (),
            )
        return output

    def _numbers(self, rows: np.ndarray) -> np.ndarray:
        if rows.ndim == 2:
            raise several(self.name, rows.shape[1])
        if rows.ndim != 1 or rows.dtype.kind not in "fiub":
            raise ModelError(
                f"{self.name}: a regression must give one number per row; it gave {rows.dtype} of shape {rows.shape}"
            )
        return rows.astype(np.float64)

    def _labels(self, rows: np.ndarray) -> np.ndarray:
        if rows.ndim != 1:
            raise ModelError(f"{self.name}: labels must have shape (N,); they have {rows.shape}")
        sentence = None if self._options.abstain is None else spelling(self._options.abstain)
        # An answer "I do not decide" is no class, so it is taken out before the rest is read as classes.
        declined = np.array([spelling(value) == sentence for value in rows], dtype=bool)
        if declined.any():
            answers = np.full(len(rows), self._options.abstain, dtype=object)
            if not declined.all():
                answers[~declined] = self._labels(rows[~declined])
            return answers
        missing = sum(value is None for value in rows)
        if missing:
            raise ModelError(
                f"{self.name}: the callable must give a label for each row; {missing} of {len(rows)} answers are None. "
                "Where it does not decide, answer with a word of its own that abstain=… names"
            )
        if not self.classes and self._known_labels:
            self.classes = self._known_labels
            note(self, f"{LABELS_NOTE}: {listed(self.classes)}")
            if len(self.classes) >= 2:
                settle(self, self._options)
        unique, inverse = np.unique(rows, return_inverse=True)
        values = [match_class(value.item() if hasattr(value, "item") else value, self.classes) for value in unique]
        unknown = [value for value in values if value not in self.classes]
        if not unknown:
            codes = np.array([self.classes.index(value) for value in values], dtype=np.int64)
            return names(self.classes, codes[inverse])
        if self._options.classes is not None:
            raise ModelError(
                f"{self.name}: answers must be among the classes {list(self.classes)}; {unknown[0]!r} was given"
            )
        # One class more than the labels have may be rare; none in common is another vocabulary.
        strange = len(unknown) == len(values) or self._options.task == "binary"
        if self._known_labels and strange and len(self.classes) >= 2:
            raise ModelError(
                f"{self.name}: answers must be among the labels of the data, {listed(self.classes)}; "
                f"{listed(unknown)} came. Give them as the labels are spelt, such as {self.classes[0]!r}"
            )
        # Numbers come before texts, which Python does not compare with them.
        self.classes = tuple(sorted([*self.classes, *unknown], key=lambda label: (isinstance(label, str), label)))
        if len(self.classes) >= 2:
            settle(self, self._options)
        note(self, "classes were taken from the answers; name them with classes=… to be sure of them")
        return rows

    def _as_shares(self, rows: np.ndarray) -> np.ndarray:
        shares = rows.astype(np.float64)
        if self.output == "one probability":
            if len(self.classes) != 2 or shares.ndim != 1:
                raise ModelError(
                    f"{self.name}: one probability per row needs exactly two classes; there are {len(self.classes)}, "
                    f"and the shape is {shares.shape}"
                )
            column = positive_column(self)
            shares = np.column_stack([1 - shares, shares] if column == 1 else [shares, 1 - shares])
        return shares


_SPOKEN = {
    "labels": "labels",
    "probabilities": "one probability per class",
    "one probability": "the probability of the positive class",
    "number": "predicted numbers",
}


def _chosen(answer: Any, target: Any, name: str) -> Any:
    """One output of several: a column of a table or an array (N, K), an entry of a list or a dictionary."""
    if isinstance(answer, dict):
        return answer[list(answer)[place_of(target, list(map(str, answer)), name)]]
    if hasattr(answer, "columns"):
        return answer.iloc[:, place_of(target, list(map(str, answer.columns)), name)].to_numpy()
    count = len(answer) if isinstance(answer, list | tuple) else np.shape(answer)[-1]
    place = place_of(target, [str(number) for number in range(count)], name)
    return answer[place] if isinstance(answer, list | tuple) else np.asarray(as_array(answer))[:, place]


def _as_rows(answer: Any, rows: int, name: str) -> np.ndarray:
    array = as_array(answer := without_mask(answer))
    array = np.asarray(answer) if array is None else array
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    strange = next((entry for entry in array.ravel() if isinstance(entry, dict | list | tuple | set)), None)
    if array.dtype.kind == "O" and strange is not None:
        raise ModelError(
            f"{name}: the callable must answer with one label or number for each input, or one probability for each "
            f"class; it gave a {class_name(strange)} for an input, {one_line(strange, 100)}"
        )
    if array.ndim not in (1, 2) or len(array) != rows:
        kind = "None" if answer is None else f"a {class_name(answer)}"
        gave = f"shape {array.shape}" if array.ndim else kind
        raise ModelError(
            f"{name}: the callable must answer with one row per input, (N,) or (N, C); it gave {gave} for "
            f"{number_of(rows, 'input')} in one call"
        )
    return array
