"""The model under audit: one small interface with declared capabilities. Adapters live in `plugins/models/`."""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, final

import numpy as np

from auditkit.data import Task, take_rows
from auditkit.data.inputs import without_mask
from auditkit.errors import CapabilityError, ModelError, present
from auditkit.memory import out_of_memory
from auditkit.text import class_name

if TYPE_CHECKING:
    import torch


T = TypeVar("T")


class Capability(enum.StrEnum):
    """What a model can be asked for."""

    QUERIES = "queries"
    """Answers about inputs it has not seen; recorded answers lack it."""
    SCORES = "scores"
    """One number per row: the score of the positive class, or a regression's prediction."""
    PROBABILITIES = "probabilities"
    """One probability per class."""
    TEXTS = "texts"
    """Answers in words."""
    GRADIENTS = "gradients"
    """Gradients with respect to the inputs; the module may be run forward, never trained or hooked."""
    TORCH_MODULE = "torch_module"
    """A whole torch module: layers may be hooked, a fresh copy may be trained."""
    TREES = "trees"
    """A tree ensemble that the tree explainers understand."""


class Answers(NamedTuple):
    """What a model says about some rows."""

    labels: np.ndarray
    """(n,) in the model's own vocabulary; the predicted numbers for regression."""
    scores: np.ndarray | None = None
    """(n,) float64: the positive class's score (binary) or the prediction (regression)."""
    probabilities: np.ndarray | None = None
    """(n, C) float64, columns in the order of `classes`."""
    case_scores: np.ndarray | None = None
    """(n, K) float64, columns in the order of the data's `case_scores`, NaN where nothing was given. Where they are the
    answer (task `case_scores`) `labels` is a filler of zeros."""
    texts: np.ndarray | None = None
    """(n,) object: the answers in words (task `generation`), "" where one is empty, None where nothing came; `labels`
    is a filler of zeros then."""
    alive: np.ndarray | None = None
    """(n, H) float64: the chance of no event until each of the data's horizons (task `survival`); `scores` is the risk
    then, higher where the event is expected earlier, and `labels` a filler of zeros."""
    chances: np.ndarray | None = None
    """(n, L) float64: the probability of each of several labels (task `multilabel`), in the order of the model's
    `classes`, which are their names, or of the data's where it knows none. `labels` are texts of a 0 or 1 for each."""


@dataclass(frozen=True)
class ModelOptions:
    """How the user wants a model wrapped; every field may be left to the adapter."""

    name: str | None = None
    task: Task | None = None
    classes: tuple[Any, ...] | None = None
    positive: Any = None
    threshold: float | None = None
    preprocess: Any = None
    """A callable or a fitted transformer: the audit data's inputs in, what the model eats out."""
    tokenizer: Any = None
    """Of transformers, or the path of its folder: it makes what the model eats of texts, in place of `preprocess`."""
    abstain: Any = None
    """The answer that means "I do not decide"; none of the classes."""
    batch: int | None = None
    device: str | None = None
    fresh: Callable[[], Any] | None = None
    """Makes an untrained model of the same kind, for trainers."""
    output: str | None = None
    """`logits` or `probabilities`, where the probe should not decide (torch)."""
    target: str | int | None = None
    """Of a model with several outputs, the one that is audited: its position from 0, or its name."""
    class_path: str | None = None
    """`package.module:Class`, the architecture that `.safetensors` weights belong to."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of that class."""
    trust: tuple[str, ...] = ()
    """Types in a `.skops` file that the user vouches for."""
    trust_pickle: bool = False
    memory_limit: int | None = None
    """Bytes of memory that opening a file may take; 512 MB or 20 times the file, whichever is more, unless given."""
    rehearse: bool = True
    """A file is opened in a process of its own first, so that one that ends its process ends no other."""
    random: bool = False
    """The model answers by chance, and that is meant."""
    inputs: tuple[str, ...] | None = None
    """The columns that the model is given, as its owner states; for a model of which nobody can know them."""


class Model(ABC):
    """A wrapped model. Adapters fill `answer`, and the methods of the capabilities that they declare.

    Batching and halving the batch after out-of-memory are done here, so an adapter sees one batch at a time. What asks
    for answers (`answers`, `predict`, `scores`, `probabilities`) puts the user's options to them, so no adapter may
    override it.

    Raises:
        ModelError: where a class that overrides one of these is defined.
    """

    name: str = "model"
    kind: str = "model"
    """The adapter, such as `sklearn` or `torch`."""
    task: Task = "binary"
    classes: tuple[Any, ...] = ()
    """In the model's own vocabulary, in the order of the columns of its probabilities; empty for regression."""
    positive: Any = None
    """The class that counts as positive (binary); the last one unless given."""
    threshold: float | None = None
    """The score from which a row is decided positive; None: the model's own rule."""
    abstain: Any = None
    """The answer that means that the model declined to decide; it is none of the classes."""
    capabilities: frozenset[Capability] = frozenset()
    device: str = "cpu"
    batch: int = 4096
    """Rows asked about at once."""
    loaded: str = "live object"
    """How it was opened."""
    source: Mapping[str, Any] | None = None
    """How to open it again in another process; None for a live object."""
    notes: tuple[str, ...] = ()
    random: bool = False
    """It answers by chance, and its owner says that this is meant."""
    precision: float = 1.2e-7
    """The relative rounding of its arithmetic; that of single precision unless an adapter knows of a coarser one."""
    stated: tuple[str, ...] | None = None
    """The columns that the model is given, as its owner states; None where nothing is stated."""
    share_tolerance: float = 1e-3
    """How far probabilities may be off: networks that compute in 16 bits round so much."""
    system: str = ""
    """Of several whose scores of cases stand beside the data: which one it is."""
    author: str = "the model"
    """Who is named where its answers are none; set by the host for adapters of plugins."""
    apply_options: Callable[[Answers], Answers] | None = None
    """Puts the user's threshold, classes and positive class to the answers; set by the host for adapters of plugins."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in ("answers", "predict", "scores", "probabilities"):
            # the attribute and not the class's own dict, for a plain base class may bring it along
            if getattr(cls, name) is not getattr(Model, name):
                raise ModelError(
                    f"{cls.__name__}: `{name}` is auditkit's own, for it puts the user's threshold and classes to the "
                    "answers; give them by the method `answer`, and leave it out"
                )

    @property
    def feature_names(self) -> tuple[Any, ...] | None:
        """The columns that the object inside was fitted on, in its order; None where it knows none."""
        return None

    def find_columns(self, columns: Sequence[Any]) -> list[int] | None:
        """The places in a table of the columns that the object inside was fitted on; None where it names none.

        Raises:
            ModelError: columns are missing, or two could be meant.
        """
        return None

    def category_places(self, columns: Sequence[Any]) -> list[int]:
        """The places in a table of the columns that the object inside takes as categories, whatever their type."""
        return []

    def as_fitted(self, inputs: Any) -> Any:
        """The inputs as they are handed to `estimator()`: its columns, in its order, with its types."""
        return inputs

    def given(self, columns: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """Those of a table's columns that the model is known to be given; None where nobody knows.

        Args:
            columns: the inputs' columns. Unless an adapter knows better, the object inside is given all of them.
        """
        return columns

    @property
    def preprocess(self) -> Any:
        """What prepares the inputs for the object inside, where the owner gave something; else None."""
        return None

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """SHA-256 over what decides the answers: parameters and structure, not the file that held them."""

    @abstractmethod
    def answer(self, inputs: Any) -> Answers:
        """Answers for one batch of inputs, of the kind that the audit data holds."""

    @final
    def answers(self, inputs: Any) -> Answers:
        """Answers for any number of rows, batch by batch.

        Raises:
            ModelError: the model failed on the inputs, or what it gave are no answers: not one for each row, numbers
                that are not finite, or probabilities that are none.
        """
        apply_options = self.apply_options or (lambda answers: answers)
        parts = self._by_batch(inputs, lambda rows, _: apply_options(self._as_arrays(self.answer(rows), len(rows))))
        return _join(parts, self.name)

    def _as_arrays(self, given: Any, rows: int) -> Answers:
        """The answers for one batch as arrays, held to what answers must be."""
        author = f"{self.name}: {self.author}"
        if not isinstance(given, Answers):
            raise ModelError(f"{author} must answer with auditkit.models.Answers; it gave a {class_name(given)}")
        arrays = [None if part is None else np.asarray(without_mask(part)) for part in given]
        labels, shares = arrays[0], arrays[2]
        if labels is None:
            raise ModelError(f"{author} must give a label for every row; it gave none")
        for noun, array in zip(Answers._fields, arrays, strict=True):
            if array is not None and array.shape[:1] != (rows,):
                given_shape = f"{self.author} gave {noun} of shape {array.shape}"
                raise ModelError(f"{self.name}: one answer per row is required ({rows:,}); {given_shape}")
            if (
                noun == "texts"
                and array is not None
                and not all(text is None or isinstance(text, str) for text in array)
            ):
                raise ModelError(f"{author} must give texts, or None where nothing came")
            if array is not None and noun not in ("labels", "texts") and array.dtype.kind not in "biuf":
                raise ModelError(f"{author} must give {noun} that are numbers; they are of type {array.dtype}")
        if shares is not None:
            self._hold_shares(shares)
        return Answers(labels, *arrays[1:])

    def _hold_shares(self, shares: np.ndarray) -> None:
        subject = f"{self.name}: probabilities of {self.author}"
        if shares.ndim != 2 or (self.classes and shares.shape[1] != len(self.classes)):
            columns = f"one column for each class, {len(self.classes)}"
            raise ModelError(f"{subject} must have {columns}; they have shape {shares.shape}")
        sums = shares.sum(axis=1)
        # NaN passes here, and is refused where the answers of all batches are joined
        if (shares < -self.share_tolerance).any() or (np.abs(sums - 1) > self.share_tolerance).any():
            raise ModelError(
                f"{subject} must lie in [0, 1] and sum to 1 in every row; the sums lie between {sums.min():g} and "
                f"{sums.max():g}, the smallest value is {shares.min():g}. Apply softmax or sigmoid to logits"
            )
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise ModelError(
                f"{self.name}: threshold must lie in [0, 1], for the model gives probabilities; "
                f"{self.threshold:g} was given"
            )

    def _by_batch(self, inputs: Any, ask: Callable[[Any, np.ndarray], T]) -> list[T]:
        """What `ask` gives for the rows and indices of each batch; halved where memory is short."""
        parts: list[T] = []
        start = 0
        while start < len(inputs):
            indices = np.arange(start, min(start + self.batch, len(inputs)))
            try:
                parts.append(ask(take_rows(inputs, indices), indices))
            except Exception as error:  # each library has an error of its own for it
                # A single row that does not fit will not fit later either.
                if not out_of_memory(error) or self.batch == 1:
                    raise
                self.batch = max(1, self.batch // 2)
                self.notes = (*self.notes, f"out of memory: the batch was halved to {self.batch}")
                continue
            start += len(indices)
        return parts

    @final
    def predict(self, inputs: Any) -> np.ndarray:
        """(N,) decisions in the model's vocabulary, or predicted numbers."""
        return self.answers(inputs).labels

    @final
    def scores(self, inputs: Any) -> np.ndarray:
        """(N,) float64 scores of the positive class, or predicted numbers.

        Raises:
            CapabilityError: the model gives decisions only.
        """
        scores = self.answers(inputs).scores
        if scores is None:
            raise CapabilityError(f"{self.name}: the model gives no scores, only decisions")
        return scores

    @final
    def probabilities(self, inputs: Any) -> np.ndarray:
        """(N, C) float64 probabilities, columns in the order of `classes`.

        Raises:
            CapabilityError: the model gives no probabilities.
        """
        probabilities = self.answers(inputs).probabilities
        if probabilities is None:
            raise CapabilityError(f"{self.name}: the model gives no probabilities")
        return probabilities

    def sampled(self, number: int) -> AbstractContextManager[None]:
        """While it is open, answers are the `number`-th draw to each question; for a model that keeps its answers.

        Any other model draws anew whenever it is asked, and ignores it.
        """
        return nullcontext()

    def encode(self, inputs: Any) -> torch.Tensor:
        """The tensor that the module eats for these inputs, on the model's device (capability `gradients`)."""
        raise CapabilityError(f"{self.name}: a {self.kind} model has no tensors to encode inputs into")

    def gradients(self, inputs: Any, targets: np.ndarray) -> np.ndarray:
        """(N, ...) gradients of the output of class `targets` (N,) with respect to the encoded inputs."""
        raise CapabilityError(f"{self.name}: a {self.kind} model gives no gradients")

    def module(self) -> AbstractContextManager[torch.nn.Module]:
        """The torch module in eval mode with frozen parameters; everything is restored on leaving.

        The module maps encoded inputs to logits (N, C), to one logit (N, 1) or (N,), or to probabilities;
        `output` says which.
        """
        raise CapabilityError(f"{self.name}: a {self.kind} model has no torch module")

    output: str = ""
    """Torch adapters: `logits`, `one logit`, `probabilities`, `one probability` or `number`, told apart by a probe."""

    def take_labels(self, task: Task, labels: tuple[Any, ...], positive: Any = None) -> None:
        """Be told of the audit data's task and labels; a model that knows its own classes, as most do, ignores it.

        Args:
            task: of the data.
            labels: the distinct labels of the data and of its training split, sorted; empty where there are none.
            positive: the label that counts as positive (binary); None where nobody said.
        """
        return None

    def kept(self) -> AbstractContextManager[Any]:
        """Keep what a check may disturb in the object inside and put it back on leaving; by default, nothing."""
        return nullcontext()

    def fresh(self, public: Collection[str] = ()) -> Model:
        """An untrained model of the same kind, for trainers.

        Args:
            public: names of parameters and buffers that are kept as they are, which only networks have.
        """
        raise CapabilityError(f"{self.name}: no untrained copy can be made of a {self.kind} model")

    def weights(self) -> bytes | None:
        """The learned parameters as a `.safetensors` file; None for a kind that has none to give."""
        return None

    def with_weights(self, weights: bytes) -> Model:
        """A model of the same architecture with these parameters, as `weights` gave them."""
        raise CapabilityError(f"{self.name}: a {self.kind} model takes no weights")

    def as_skops(self) -> bytes | None:
        """The object inside as a `.skops` file, for people to take away; None for a kind that cannot be one."""
        return None

    def with_skops(self, content: bytes) -> Model:
        """A model of the same kind with the object that `as_skops` gave."""
        raise CapabilityError(f"{self.name}: a {self.kind} model takes no .skops file")

    def estimator(self) -> Any:
        """The object inside, for exact explainers of trees and linear models; None where there is none to give."""
        return None


def decide(
    probabilities: np.ndarray, classes: tuple[Any, ...], positive: Any = None, threshold: float | None = None
) -> np.ndarray:
    """(N,) decisions from (N, C) probabilities: the positive class at or above `threshold`, else the largest.

    Args:
        probabilities: (N, C), columns in the order of `classes`.
        classes: the C class values.
        positive: which of two classes `threshold` is about; the last unless given.
        threshold: None: the class with the largest probability, the first of equals.
    """
    names = np.asarray(classes)
    if threshold is None or len(classes) != 2:
        # argmax takes the first of equals, as scikit-learn does.
        return names[np.argmax(probabilities, axis=1)]
    column = len(classes) - 1 if positive is None else list(classes).index(positive)
    return np.where(probabilities[:, column] >= threshold, names[column], names[1 - column])


def _join(parts: list[Answers], name: str) -> Answers:
    def column(values: list[Any], name_of: str) -> np.ndarray | None:
        # An adapter gives a part for every batch or for none.
        if values[0] is None:
            return None
        joined = np.concatenate(values)
        if joined.dtype.kind == "f" and not np.isfinite(joined).all():
            raise ModelError(
                f"{name}: {name_of} must be finite; values that are not: {int((~np.isfinite(joined)).sum())}"
            )
        return joined

    labels, scores, probabilities, cases, texts, alive, chances = (list(part) for part in zip(*parts, strict=True))
    answered = present(column(labels, "answers"), "every adapter gives labels")
    # a case to which the system gave nothing has no score, which is no fault of the numbers
    scored = None if cases[0] is None else np.concatenate(cases)
    return Answers(
        answered,
        column(scores, "scores"),
        column(probabilities, "probabilities"),
        scored,
        column(texts, "texts"),
        column(alive, "chances of no event"),
        column(chances, "probabilities of labels"),
    )
