"""Models whose decisions are drawn: a chance to be selected for everyone, and a draw that is fixed for each person.

Drawing anew at every call would decide about the same person differently from day to day. Here the draw is a hash of
the row and a seed: fixed for each person, as good as random over persons, the same in every process, whatever the order
of rows and columns and the batch.
"""

import hashlib
import json
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np

from auditkit.data import AuditData, as_array
from auditkit.errors import present
from auditkit.lazy import pandas
from auditkit.models import Answers, Capability, Model
from auditkit.plugins.fairness.mitigation.group_thresholds import Reader, Rule
from auditkit.value_spelling import spelling

NOTES = (
    "A decision that hangs on chance is drawn once for each person: from the person's own inputs, sensitive attributes "
    "left out, and a fixed seed. So the same inputs always get the same decision, and the least change of them a new "
    "draw.",
    "The model gives decisions and no scores: a chance to be selected is no probability of the label.",
)

_MISSING = np.array([np.nan])


class Draw(NamedTuple):
    """What a person's draw hangs on, beside the person's inputs."""

    seed: int
    blind: tuple[str, ...]
    """Columns that must not change it: the sensitive attributes."""
    positions: tuple[int, ...] | None
    """Where the inputs are an array, the columns that do."""

    @classmethod
    def of(cls, data: AuditData, seed: int) -> Self:
        """The draws of a model that is made on these data."""
        positions = None
        if not hasattr(data.inputs, "columns") and data.feature_names:
            positions = tuple(index for index, name in enumerate(data.feature_names) if name not in data.groups)
        return cls(seed, tuple(data.groups), positions)


class DrawnModel(Model):
    """A model that selects each person with a chance of the person's own.

    Args:
        parent: classes, batch and device are its.
        at: the position of the positive class among the parent's.
        draw: how the draws are made.
    """

    def __init__(self, parent: Model, positive: int, draw: Draw) -> None:
        self.classes, self.positive, self.task = parent.classes, parent.classes[positive], "binary"
        self.device, self.batch = parent.device, parent.batch
        self.capabilities = frozenset({Capability.QUERIES})
        self.loaded = f"made from {parent.name}"
        self.notes = NOTES
        self._draw, self._at, self._parent = draw, positive, parent
        self._names: tuple[Any, ...] | None = getattr(parent, "feature_names", None)

    @property
    def feature_names(self) -> tuple[Any, ...] | None:
        """The columns that the model reads, where it knows them."""
        return self._names

    def given(self, columns: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """The columns that the parent is given, and that by which the rules read a group."""
        of_parent = self._parent.given(columns)
        if of_parent is None:
            return None
        return tuple(name for name in columns if name in of_parent or str(name) == self.reads_group)

    reads_group: str | None = None
    """The column from which a person's group is read."""

    @abstractmethod
    def chances(self, inputs: Any) -> np.ndarray:
        """(n,) between 0 and 1: how probably each row of one batch is selected."""

    def draws(self, inputs: Any) -> np.ndarray:
        """(n,) in [0, 1): a person is selected whose draw is below the person's chance."""
        seed, blind, positions = self._draw
        if not hasattr(inputs, "columns"):
            return draws(inputs, seed, positions)
        columns = list(inputs.columns)
        # Only what the parent reads counts: a column that nobody uses must not draw anybody anew.
        indices = self._parent.find_columns(columns)
        names = columns if indices is None else [columns[index] for index in indices]
        if self.reads_group is not None and self.reads_group not in map(str, names):
            names += [name for name in columns if str(name) == self.reads_group]
        # The same person of another group keeps the draw.
        return draws(inputs, seed, [name for name in names if str(name) not in blind])

    def answer(self, inputs: Any) -> Answers:
        """Decisions: those that are certain, and those that are drawn."""
        chance = self.chances(inputs)
        names = np.asarray(self.classes)
        return Answers(np.where(self.draws(inputs) < chance, names[self._at], names[1 - self._at]), None, None)

    def _digest(self, *facts: Any) -> str:
        stated = [self.kind, [str(label) for label in self.classes], self._at, self._draw, *facts]
        return hashlib.sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest()


class ThresholdModel(DrawnModel):
    """The parent's scores under a rule for each group; people of any other group keep the parent's decision."""

    kind = "thresholds by group"

    def __init__(self, parent: Model, positive: int, draw: Draw, reader: Reader, rules: Sequence[Rule]) -> None:
        super().__init__(parent, positive, draw)
        self.reader, self.rules, self.reads_group = reader, tuple(rules), reader.column
        if self._names is not None and reader.column not in map(str, self._names):
            self._names = (*self._names, reader.column)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the parent's fingerprint, the rules, the way to the groups and the seed of the draws."""
        column, position, codes, steps = self.reader
        known = sorted((str(key), group) for key, group in codes.items())
        return self._digest(self._parent.fingerprint, [column, position, known, steps], self.rules)

    def chances(self, inputs: Any) -> np.ndarray:
        """What each row's group's rule makes of the parent's score."""
        answers = self._parent.answers(inputs)
        scores = positive_scores(answers, self._parent, self._at)
        groups = self.reader.read(inputs)
        # People of no group with a rule keep the parent's decision, as a chance of 0 or 1.
        chance = (answers.labels == np.asarray(self.classes)[self._at]).astype(np.float64)
        for group, rule in enumerate(self.rules):
            chance[groups == group] = rule.chance(scores[groups == group])
        return chance


class MixtureModel(DrawnModel):
    """Several models, of which each decides with a weight: a number stands for one that always decides that way."""

    kind = "mixture of models"

    def __init__(
        self, parent: Model, positive: int, draw: Draw, members: Sequence[Model | int], shares: Sequence[float]
    ) -> None:
        super().__init__(parent, positive, draw)
        self.members, self.shares = tuple(members), tuple(shares)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the fingerprints of the members, their weights and the seed of the draws."""
        facts = [member if isinstance(member, int) else member.fingerprint for member in self.members]
        return self._digest(facts, self.shares)

    def chances(self, inputs: Any) -> np.ndarray:
        """The weight of the members that select each row."""
        positive = np.asarray(self.classes)[self._at]
        chance = np.zeros(len(inputs))
        for member, weight in zip(self.members, self.shares, strict=True):
            chance += weight * (member if isinstance(member, int) else member.answers(inputs).labels == positive)
        return np.clip(np.round(chance, 12), 0, 1)  # weights that add up to 1 do so to the last bits only


def positive_scores(answers: Answers, model: Model, positive: int) -> np.ndarray:
    """(n,) scores of the class at `positive`, whichever class the model's own scores are about."""
    if answers.probabilities is not None:
        return answers.probabilities[:, positive]
    # The scores may be about the other class; then it is the low ones that speak for this class.
    scores = present(answers.scores, "asked only where the model gives scores")
    return scores if model.positive in (None, model.classes[positive]) else -scores


def draws(inputs: Any, seed: int, columns: Sequence[Any] | None = None) -> np.ndarray:
    """(N,) float64, uniform in [0, 1): a row's number depends on its own values and the seed alone.

    A number is the same person's whether it is stored as an integer or a float, a text whether it is a category or
    not; -0.0 is 0.0, and every missing value is the same.

    Args:
        inputs: a data frame, an array or tensor (N, ...), or a list of texts.
        seed: another seed gives other numbers.
        columns: those that count: names in a data frame, positions in an array (N, D); None: all.

    Source: Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators, for the mixing function.
    """
    total = np.full(len(inputs), _digest(f"seed {seed}"), dtype=np.uint64)
    if hasattr(inputs, "columns"):
        for name in inputs.columns if columns is None else columns:
            total += _mixed(_keys(inputs[name]) ^ _digest(f"column {name}"))
    elif isinstance(inputs, list):
        total += _mixed(np.array([_digest(str(text)) for text in inputs], dtype=np.uint64))
    else:
        array = as_array(inputs)
        flat = np.asarray(inputs if array is None else array).reshape(len(inputs), -1)
        for position in range(flat.shape[1]) if columns is None else columns:
            total += _mixed(_keys(flat[:, position]) ^ _digest(f"column {position}"))
    # The columns' numbers are added, so that their order does not count; 53 bits are what a float64 below 1 holds.
    return (_mixed(total) >> np.uint64(11)) * 2.0**-53


def _keys(column: Any) -> np.ndarray:
    """(N,) uint64: equal for equal values."""
    kind = getattr(column.dtype, "kind", "O")
    if isinstance(column.dtype, np.dtype) and kind in "fiub":
        return _bits(np.asarray(column, dtype=np.float64))
    # pandas knows every kind of missing value
    codes, distinct = pandas.factorize(np.asarray(column, dtype=object))
    numbers = int | float | np.number | np.bool_
    keys = [
        _bits(np.array([float(value)]))[0] if isinstance(value, numbers) else _digest(spelling(value))
        for value in distinct
    ]
    return np.array([*keys, _bits(_MISSING)[0]], dtype=np.uint64)[codes]  # the code of a missing value is -1


def _bits(numbers: np.ndarray) -> np.ndarray:
    # Adding 0.0 turns -0.0 into 0.0, and of the many bit patterns of NaN one is taken.
    return np.where(np.isnan(numbers), np.nan, numbers + 0.0).view(np.uint64)


def _digest(text: str) -> Any:
    return np.uint64(int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()))


def _mixed(keys: np.ndarray) -> np.ndarray:
    # SplitMix64 with the constants of its authors' code; uint64 wraps around, which is meant.
    keys = keys + np.uint64(0x9E3779B97F4A7C15)
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))
