"""Models that answer about several labels of each row: estimators, callables, recorded answers (task multilabel)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from auditkit.adapters import adopt, failing, note, noting, prepared
from auditkit.data import AuditData, Recorded
from auditkit.data.inputs import as_array, without_mask
from auditkit.data.multilabel import label_sets, names_in
from auditkit.errors import CapabilityError, ModelError
from auditkit.models import Answers, Capability, Model, ModelOptions
from auditkit.plugins.models.fingerprints import Fingerprint, fingerprint


def adopt_labels(model: Model, options: ModelOptions, name: str) -> None:
    """Take name, batch, threshold and the names of the labels from the options."""
    adopt(model, options, name)
    if options.threshold is not None and not 0 <= options.threshold <= 1:
        raise ModelError(f"{model.name}: threshold must lie in [0, 1]; {options.threshold:g} was given")
    for option in ("target", "abstain", "positive"):
        if getattr(options, option) is not None:
            raise ModelError(
                f"{model.name}: {option} is for one answer about each row; leave it out where all labels are audited"
            )
    model.classes = () if options.classes is None else tuple(map(str, options.classes))
    model.capabilities = frozenset({Capability.QUERIES})


def answers_from(given: Any, rows: int, model: Model, is_chance: bool | None = None) -> Answers:
    """Answers from what a model gives for one batch.

    Args:
        given: (n, L) zeros and ones or probabilities, as an array, tensor, sparse matrix or table; a list of L arrays
            (n,) or (n, 2), the second column for the label; or {label: (n,)}.
        rows: n.
        model: takes the names of the labels, where they stand with the answers.
        is_chance: whether they are probabilities; None: where a number lies between 0 and 1.

    Raises:
        ModelError: another shape, or numbers that are neither labels nor probabilities.
    """
    names = names_in(given)
    matrix = _matrix(given, rows, model.name)
    if names and not model.classes and names != tuple(map(str, range(len(names)))):
        model.classes = names
    if is_chance is None:
        is_chance = matrix.dtype.kind == "f" and not np.isin(matrix, (0.0, 1.0)).all()
    if not is_chance:
        return Answers(label_sets(matrix, _numbered(matrix), model.name, "decisions"))
    chances = matrix.astype(np.float64)
    if not ((chances >= 0) & (chances <= 1)).all():
        raise ModelError(
            f"{model.name}: probabilities of several labels must lie in [0, 1], each by itself; those given lie "
            f"between {chances.min():g} and {chances.max():g}. Apply a sigmoid to logits"
        )
    threshold = 0.5 if model.threshold is None else model.threshold
    return Answers(label_sets((chances >= threshold).astype(np.int64), _numbered(matrix), model.name), chances=chances)


def _numbered(matrix: np.ndarray) -> tuple[str, ...]:
    return tuple(map(str, range(matrix.shape[1])))


def _matrix(given: Any, rows: int, name: str) -> np.ndarray:
    if isinstance(given, Mapping):
        given = list(given.values())
    if isinstance(given, list | tuple) and len(given) and np.ndim(without_mask(given[0])) > 0 and len(given[0]) == rows:
        given = np.column_stack([_one(part, name) for part in given])
    elif hasattr(given, "columns"):
        given = given.to_numpy()
    elif hasattr(given, "toarray"):
        given = given.toarray()
    array = as_array(without_mask(given))
    array = np.asarray(given) if array is None else array
    if array.ndim == 3 and array.shape[0] != rows and array.shape[1] == rows:  # (L, n, 2), a list made an array
        array = array[:, :, -1].T
    if array.ndim != 2 or array.shape[0] != rows or array.shape[1] < 2:
        raise ModelError(
            f"{name}: the model must give (n, L) labels or probabilities, L of 2 or more, or a list of L arrays; it "
            f"gave the shape {array.shape} for {rows} rows"
        )
    return array


def _one(part: Any, name: str) -> np.ndarray:
    """(n,) of one label: the last column, which is that of the second class."""
    array = as_array(without_mask(part))
    array = np.asarray(part) if array is None else array
    if array.ndim == 2 and array.shape[1] > 2:
        raise ModelError(
            f"{name}: a label of several is 0 or 1; one of the outputs has {array.shape[1]} classes. Audit it by "
            "itself: name its column as the label and its output with target"
        )
    return array if array.ndim == 1 else array[:, -1]


class FunctionLabels(Model):
    """A callable that answers with (n, L) labels or probabilities, a list of L arrays, or {label: (n,)}.

    Args:
        function: takes a batch of inputs, of the kind that the audit data holds.
        options: `classes` names the outputs; `output` says `labels` or `probabilities` where the numbers should not.
    """

    kind = "function"
    task = "multilabel"

    def __init__(self, function: Callable[[Any], Any], options: ModelOptions) -> None:
        self._function, self._options = function, options
        adopt_labels(self, options, str(getattr(function, "__name__", type(function).__name__)))
        self.output = options.output or ""

    @property
    def fingerprint(self) -> str:
        """SHA-256, as good as can be, over bytecode, closure, named globals and threshold."""
        walked = fingerprint(
            "function of labels", self._function, self._options.preprocess, self._options.classes, self.threshold
        )
        return Fingerprint(walked, opaque=True)

    @property
    def preprocess(self) -> Any:
        """What prepares the inputs for the callable, where the owner gave something; else None."""
        return self._options.preprocess

    def answer(self, inputs: Any) -> Answers:
        """Answers for one batch."""
        eaten = prepared(inputs, self._options.preprocess, self.name)
        with noting(self), failing(self.name, "the callable", eaten):
            given = self._function(eaten)
            stated = {"labels": False, "probabilities": True}.get(self.output)
            answers = answers_from(given, len(inputs), self, stated)
        if not self.output:  # the first batch decides, so that a later one of zeros and ones alone is read alike
            self.output = "labels" if answers.chances is None else "probabilities"
            note(self, f"the callable answers with {self.output} of several labels")
        return answers

    def fresh(self, public: Collection[str] = ()) -> Model:
        """Never.

        Raises:
            CapabilityError: always.
        """
        raise CapabilityError(f"{self.name}: no untrained copy of a function can be made")


class RecordedLabels(Model):
    """A model of which only its recorded decisions or probabilities of several labels are known.

    Args:
        data: audit data of the task multilabel, with recorded answers.
        options: `threshold` is of every label; 0.5 unless given.
    """

    kind = "recorded"
    loaded = "recorded answers"
    task = "multilabel"

    def __init__(self, data: AuditData, options: ModelOptions) -> None:
        adopt_labels(self, options, self.loaded)
        self.classes, self.capabilities = data.outputs, frozenset()
        recorded = data.recorded or Recorded(None, None)
        if all(part is None for part in recorded):
            raise ModelError(f"{self.name}: decisions or scores must stand beside the data; name their columns")
        if recorded.decisions is None:
            self.threshold = 0.5 if self.threshold is None else self.threshold
            self.notes = (f"decisions are recorded probabilities at or above {self.threshold:g}",)
        self._digest = fingerprint(recorded.decisions, recorded.scores)

    def given(self, columns: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """None: what stands beside recorded answers need not be what they were made from."""
        return None

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the recorded answers and how they are read."""
        return fingerprint("recorded labels", self.classes, self.threshold, self._digest)

    def answer(self, inputs: Any) -> Answers:
        """Never: nobody can be asked.

        Raises:
            CapabilityError: always.
        """
        raise CapabilityError(
            f"{self.name}: recorded answers stand for these rows only and cannot be asked about others"
        )
