"""What may be published of the people of an audit: their counts by group, label and decision, decided all at once."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from scipy import sparse

from auditkit.counts.names import MISSING
from auditkit.counts.suppression import Line, Published, may_be_called_small, suppress
from auditkit.data import AuditData
from auditkit.errors import DataError, Mend
from auditkit.predictions import Predictions
from auditkit.results import Measurement
from auditkit.variants import AMONG_LARGE, LARGE, is_large

ROOM: Final = 3
"""How many times `minimum_cell` 2 % of the people are at least where a group may be known to be less than that."""
CELLS: Final = 4000
"""Unknown cells that a reader may be thought to solve for; with more, less is published: see `People`."""

Kind: TypeAlias = tuple[str, str]
"""A label and a decision: a class as "0", "1" …, "not 0", "blank" where there is none, or "any"."""
Group: TypeAlias = tuple[tuple[str, str], ...]
"""(attribute, value) pairs in the order of the data; none: everyone."""

ANY: Final = "any"
BLANK: Final = "blank"
EVERYBODY: Final = (ANY, ANY)
RIGHT, WRONG = ("right", "right"), ("wrong", "wrong")

WORDS: Final[Mapping[str, Kind]] = {
    "people": EVERYBODY, "positives": ("1", ANY), "negatives": ("0", ANY), "selected": (ANY, "1"),
    "rejected": (ANY, "0"), "abstained": (ANY, BLANK), "tp": ("1", "1"), "fp": ("0", "1"), "fn": ("1", "0"),
    "tn": ("0", "0"),
}  # fmt: skip
"""What a check may say that a number is made of (`Check.counted`), where there are two classes."""


class Part(NamedTuple):
    """A table of counts whose cells a reader does not know."""

    model: int
    attributes: tuple[str, ...]
    counts: np.ndarray
    """One axis for each attribute, then labels, then decisions."""
    cells: np.ndarray
    """Of the same shape: the number of the unknown cell; -1 where a combination is known to be nobody's."""


class People:
    """The counts of everyone, of every group and of every intersection, by label and by the decision of each model.

    A reader is taken to know which combinations of groups are empty. With more than 4,000 unknown cells intersections
    are not published, then no labels and decisions, then no groups.

    Args:
        data: the audit data.
        answers: of each model that is audited on it; their numbers are protected together.
        order: how many attributes are intersected.

    Raises:
        DataError: fewer people than the smallest count that may be published.
    """

    def __init__(self, data: AuditData, answers: Sequence[Predictions], order: int) -> None:
        self.data, self.minimum = data, data.minimum_cell
        if data.size < data.minimum_cell:
            mend = Mend("data.disclosure", "internal")
            raise DataError(
                f'{data.name}: with disclosure = "publish", at least minimum_cell = {data.minimum_cell} people are '
                f"needed; there are fewer. Lower minimum_cell, or, for what stays in the house, say {mend}",
                mend=mend,
            )
        # what cannot be protected is not published at all; so this comes before any count is made
        plan = _fitting(data, answers, min(order, len(data.groups)))
        self.order, self._labels, self._decisions = plan.order, plan.labels, plan.decisions
        self._detailed = bool(plan.decisions[0].names) or data.task == "regression"
        self._parts = list(_parts(data, plan))
        self._keys: dict[tuple[int, Group, Kind], int] = {}
        self._counts: list[int] = []
        self._rows: list[np.ndarray] = []
        self._blocks: dict[tuple[int, Group, str], int] = {}
        self._block: list[int] = []
        self._lost: list[int] = []
        for size in range(self.order + 1):
            for attributes in itertools.combinations(data.groups, size):
                self._add_groups(attributes)
        table = self._table()
        self._dark = suppress(table, self.minimum) if self.minimum > 1 else np.zeros(len(self._counts), bool)
        self.may_be_called_small = may_be_called_small(table, self.minimum)
        """Whether no count is given away where it is said that a group is small."""

    def counts(self, group_values: Mapping[str, str], words: str, model: int = 0) -> list[int] | None:
        """The counts of a group that some words stand for; None where one of them is not published.

        Args:
            group_values: the group; empty: everyone.
            words: of `WORDS`, separated by blanks; "outcomes": right and wrong decisions.
            model: the position of the model.
        """
        group = self._group(group_values)
        if len(group) != len(group_values):
            return None
        indices = [self._keys.get(self._key(model, group, kind)) for kind in self._kinds(words)]
        if not indices or any(index is None or self._dark[index] for index in indices):
            return None
        return [self._counts[index] for index in indices if index is not None]

    def every_count(self, group_values: Mapping[str, str], model: int = 0) -> set[int] | None:
        """The counts of a group by label and decision; None where one is not published, or not all are protected."""
        group = self._group(group_values)
        index_of = {
            kind: index
            for (owner, counted_group, kind), index in self._keys.items()
            if counted_group == group and owner in (0, model)
        }
        if (
            len(group) != len(group_values)
            or not index_of
            or not self._detailed
            or self._dark[list(index_of.values())].any()
        ):
            return None
        counts = {kind: self._counts[index] for kind, index in index_of.items()}
        # the two sums are printed by many measures, so a number that is one of them says nothing new
        right, wrong = (sum(counts.get(WORDS[word], 0) for word in words) for words in (("tp", "tn"), ("fp", "fn")))
        return {*counts.values(), right, wrong} - {0}

    def size_of(self, group_values: Mapping[str, str]) -> int:
        """How many people a group has, published or not."""
        return self._counts[self._keys[0, self._group(group_values), EVERYBODY]]

    def estimated(self, group_values: Mapping[str, str], words: str, model: int = 0) -> bool:
        """Whether a rate of these counts is estimated in this group: it has at least `minimum_rate` people."""
        indices = [self._keys.get(self._key(model, self._group(group_values), kind)) for kind in self._kinds(words)]
        least = max(1, self.data.minimum_rate)
        return (
            not indices
            or None in indices
            or sum(self._counts[index] for index in indices if index is not None) >= least
        )

    def compared(self, disparity: Measurement, words: str, model: int = 0) -> Iterator[dict[str, str]]:
        """The groups that a disparity is over: all that have a rate of these counts; among large groups, those alone.

        A group that is left out as not large is told to be under 2 % of the people, which gives no small one away
        where that is several times `minimum_cell`; elsewhere all groups are taken.
        """
        large = disparity.name.endswith(AMONG_LARGE) and self.data.size * LARGE >= ROOM * self.minimum
        for group in self.groups(disparity.across or tuple(disparity.slice)):
            if self.estimated(group, words, model) and (not large or is_large(group, self.data)):
                yield group

    def everyone_is_public(self, model: int = 0) -> bool:
        """Whether no count about everyone is kept back."""
        indices = [index for (owner, group, _), index in self._keys.items() if not group and owner in (0, model)]
        return not self._dark[indices].any()

    def groups(self, attributes: tuple[str, ...]) -> Iterator[dict[str, str]]:
        """Every group of these attributes in which somebody is, published or not."""
        ordered = tuple(name for name in self.data.groups if name in attributes)
        for owner, group, kind in self._keys:
            if owner == 0 and kind == EVERYBODY and tuple(name for name, _ in group) == ordered:
                yield dict(group)

    def is_named(self, text: str) -> bool:
        """Whether a sentence names a sensitive attribute, its column, or one of its groups."""
        data = self.data
        names = {*data.groups, *map(data.column_of, data.groups), *itertools.chain(*data.cells.values.values())}
        return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) for name in names if name)

    @property
    def hidden_missing(self) -> frozenset[int]:
        """How many people lack a sensitive attribute where that is not published; no column may tell it either."""
        groups = [{attribute: MISSING} for attribute in self.data.groups]
        hidden = (self.data.cells.people(group) for group in groups if self.counts(group, "people") is None)
        return frozenset(hidden) - {0}

    @property
    def kept_back(self) -> np.ndarray:
        """(counts,) bool: what is not published, in the order of the data."""
        return self._dark

    def _kinds(self, words: str) -> list[Kind]:
        two = len(self._labels.names) == 2 or len(self._decisions[0].names) == 2
        kinds: list[Kind] = []
        for word in words.split():
            if word == "outcomes":
                kinds += [WORDS[text] for text in ("tp", "fp", "fn", "tn")] if two else [RIGHT, WRONG]
            elif word in WORDS and (two or word in ("people", "abstained")):
                kinds.append(WORDS[word])
            else:
                return []
        return [kind for kind in kinds if not (kind[1] == BLANK and not self._decisions[0].blank)]

    def _key(self, model: int, group: Group, kind: Kind) -> tuple[int, Group, Kind]:
        return (model if kind[1] != ANY else 0, group, kind)

    def _add_groups(self, attributes: tuple[str, ...]) -> None:
        for part in self._parts:
            if not set(attributes) <= set(part.attributes):
                continue
            if attributes == () and part.attributes != self._parts[0].attributes:
                continue
            for values in itertools.product(*(enumerate(self.data.cells.values[name]) for name in attributes)):
                codes = dict(zip(attributes, (code for code, _ in values), strict=True))
                group = tuple(zip(attributes, (value for _, value in values), strict=True))
                block = tuple(codes.get(name, slice(None)) for name in part.attributes)
                # a group that nobody is in is known to be empty, and gets no count of its own
                if part.counts[block].sum():
                    self._add_group(part, group, part.counts[block], part.cells[block])

    def _add_group(self, part: Part, group: Group, counts: np.ndarray, cells: np.ndarray) -> None:
        labels, decisions = self._labels, self._decisions[part.model]
        for kind, block, cells_of_kind in _kinds_of(labels, decisions):
            # counts without a decision are the same for every model; the first holds them
            if part.model and kind[1] == ANY:
                continue
            inside = np.broadcast_to(cells_of_kind, counts.shape)
            key = (part.model, group, kind)
            self._keys[key] = len(self._counts)
            self._counts.append(int(counts[inside].sum()))
            self._rows.append(cells[inside & (cells >= 0)])
            block_number = self._blocks.setdefault((part.model, group, block), len(self._blocks))
            if block_number == len(self._lost):
                self._lost.append(int(counts.sum()))
            self._block.append(block_number)

    def _table(self) -> Published:
        size = 1 + max(int(part.cells.max()) for part in self._parts)
        keys = list(self._keys)
        rows = np.repeat(np.arange(len(keys)), [len(row) for row in self._rows])
        shape = (len(keys), size)
        return Published(
            sums=sparse.csr_array((np.ones(len(rows)), (rows, np.concatenate(self._rows))), shape=shape),
            counts=np.array(self._counts),
            known=np.array([group == () and kind == EVERYBODY for _, group, kind in keys]),
            some=np.array([group != () and kind == EVERYBODY for _, group, kind in keys]),
            block=np.array(self._block),
            people=np.array(self._lost),
            same=_same(self._parts, size),
            lines=tuple(self._lines()),
        )

    def _lines(self) -> Iterator[Line]:
        for (model, group, kind), total in self._keys.items():
            if kind[0] == ANY:
                yield from self._line(total, [(model, group, (name, kind[1])) for name in self._labels.every])
            if kind[1] == ANY:
                for owner, levels in enumerate(self._decisions):
                    yield from self._line(total, [(owner, group, (kind[0], name)) for name in levels.every])
            inside = dict(group)
            for name in self.data.groups:
                if name not in inside and len(group) < self.order:
                    finer = [{**inside, name: value} for value in self.data.cells.values[name]]
                    keys = [(model, self._group(finer_group), kind) for finer_group in finer]
                    yield from self._line(total, [key for key in keys if key in self._keys])

    def _group(self, group_values: Mapping[str, str]) -> Group:
        return tuple((name, group_values[name]) for name in self.data.groups if name in group_values)

    def _line(self, total: int, keys: list[tuple[int, Group, Kind]]) -> Iterator[Line]:
        if keys and all(key in self._keys for key in keys):
            yield Line(total, tuple(self._keys[key] for key in keys))


class Levels(NamedTuple):
    """The labels or the decisions that occur."""

    names: tuple[str, ...]
    blank: bool
    codes: np.ndarray
    """(N,) positions in `every`."""

    @property
    def every(self) -> tuple[str, ...]:
        """The names, and that of none where there is such a row."""
        return (*self.names, BLANK) if self.blank else self.names


class Plan(NamedTuple):
    """What is protected, and so can be published."""

    order: int
    """How many attributes are intersected."""
    apart: bool
    """A table for each attribute, of single attributes only; else one table of all attributes."""
    labels: Levels
    decisions: tuple[Levels, ...]


def _fitting(data: AuditData, answers: Sequence[Predictions], order: int) -> Plan:
    """The most that can be protected."""
    lengths = [len(values) for values in data.cells.values.values()]
    full, bare = _detail(data, answers), (_nothing(data), (_nothing(data),))
    for least in (1, 0):
        for labels, decisions in (full, bare):
            kinds = sum(len(labels.every) * len(levels.every) for levels in decisions)
            for size in range(order if least else 0, min(order, least) - 1, -1):
                if (size == 0 and kinds <= CELLS) or (size and int(np.prod(lengths, dtype=object)) * kinds <= CELLS):
                    return Plan(size, False, labels, decisions)
                # tables of single attributes say more together than apart where several models decide
                if size == 1 and len(decisions) == 1 and sum(lengths) * kinds <= CELLS:
                    return Plan(1, True, labels, decisions)
    return Plan(0, False, *bare)


def _nothing(data: AuditData) -> Levels:
    return Levels((), True, np.zeros(len(data), dtype=np.int64))


def _detail(data: AuditData, answers: Sequence[Predictions]) -> tuple[Levels, tuple[Levels, ...]]:
    """Labels and decisions as they are, the classes in one order for all models."""
    if data.task == "regression":
        return _nothing(data), (_nothing(data),)
    classes = list(dict.fromkeys(name for answer in answers for name in answer.classes))
    first = answers[0]
    positive = classes.index(first.classes[first.positive]) if data.task == "binary" else -1

    def levels(codes: np.ndarray, names: Sequence[object]) -> Levels:
        position = np.array([*(classes.index(name) for name in names), -1])  # a code of -1 takes the last
        return _levels(position[codes], len(classes), positive)

    labels = _nothing(data) if data.labels is None else levels(first.truth, first.classes)
    return labels, tuple(levels(answer.codes, answer.classes) for answer in answers)


def _levels(codes: np.ndarray, size: int, positive: int) -> Levels:
    """Codes from 0, negative where blank; of two classes the positive one is called "1"."""
    # of two classes "1" is always the positive one, whichever stands first
    if positive == 0:
        codes = np.where(codes >= 0, 1 - codes, codes)
    return Levels(tuple(map(str, range(size))), bool((codes < 0).any()), np.where(codes < 0, size, codes))


def _parts(data: AuditData, plan: Plan) -> Iterator[Part]:
    """One table for each model; or of one model one for each attribute."""
    names = tuple(data.groups) if plan.order else ()
    start = 0
    for model, levels in enumerate(plan.decisions):
        for attributes in [(name,) for name in names] if plan.apart else [names]:
            counts = _tabulate(data, attributes, plan.labels, levels)
            nobody = _known_empty(counts.sum(axis=(-1, -2)), plan.order)[..., None, None]
            possible = ~np.broadcast_to(nobody, counts.shape)
            cells = np.full(counts.shape, -1)
            cells[possible] = start + np.arange(int(possible.sum()))
            start += int(possible.sum())
            yield Part(model, attributes, counts, cells)


def _tabulate(data: AuditData, attributes: tuple[str, ...], labels: Levels, decisions: Levels) -> np.ndarray:
    # the values of an attribute are sorted, so a search gives their positions
    columns = [np.searchsorted(data.cells.values[name], data.groups[name]) for name in attributes]
    shape = (*(len(data.cells.values[name]) for name in attributes), len(labels.every), len(decisions.every))
    flat_index = np.ravel_multi_index((*columns, labels.codes, decisions.codes), shape)
    # bincount with weights adds in floating point
    return np.rint(np.bincount(flat_index, data.people, int(np.prod(shape)))).astype(np.int64).reshape(shape)


def _known_empty(people: np.ndarray, order: int) -> np.ndarray:
    """Which cells a reader knows to be empty, as a group or an intersection that holds them is."""
    empty = np.zeros(people.shape, dtype=bool)
    for size in range(1, order + 1):
        for axes in itertools.combinations(range(people.ndim), size):
            summed = tuple(axis for axis in range(people.ndim) if axis not in axes)
            empty |= people.sum(axis=summed, keepdims=True) == 0
    return empty


def _kinds_of(labels: Levels, decisions: Levels) -> Iterator[tuple[Kind, str, np.ndarray]]:
    """Each kind, the block in which it is published, and (labels, decisions) bool: which cells it adds up."""
    rows, columns = np.arange(len(labels.every))[:, None], np.arange(len(decisions.every))[None]
    every = (rows >= 0) & (columns >= 0)
    yield EVERYBODY, "people", every
    for axis, levels, label_or_decision in ((0, labels, "labels"), (1, decisions, "decisions")):
        axis_codes = (rows, columns)[axis]
        for code, name in enumerate(levels.every if levels.names else ()):
            yield _with(EVERYBODY, axis, name), f"{label_or_decision} {name == BLANK}", every & (axis_codes == code)
            if len(levels.names) > 2 and name != BLANK:
                negated = every & (axis_codes != code) & (axis_codes < len(levels.names))
                yield _with(EVERYBODY, axis, f"not {name}"), f"{label_or_decision} False", negated
    if labels.names and decisions.names and len(labels.names) == 2:
        for (row, label), (column, decision) in itertools.product(enumerate(labels.every), enumerate(decisions.every)):
            is_decided = BLANK not in (label, decision)
            yield (label, decision), "outcomes" if is_decided else "blanks", every & (rows == row) & (columns == column)
    elif labels.names and decisions.names:
        decided = every & (rows < len(labels.names)) & (columns < len(decisions.names))
        yield RIGHT, "outcomes", decided & (rows == columns)
        yield WRONG, "outcomes", decided & (rows != columns)


def _with(kind: Kind, axis: int, name: str) -> Kind:
    return (name, kind[1]) if axis == 0 else (kind[0], name)


def _same(parts: Sequence[Part], size: int) -> sparse.csr_array | None:
    """Sums that tables share: of each group and label over all models, or of everyone over all attributes."""
    first, pairs = parts[0], []
    for part in parts[1:]:
        if part.attributes == first.attributes:
            blocks = [(*block, slice(None)) for block in np.ndindex(part.counts.shape[:-1])]
        else:
            blocks = [(..., *block) for block in np.ndindex(part.counts.shape[-2:])]
        pairs += [(part.cells[block].ravel(), first.cells[block].ravel()) for block in blocks]
    rows = sparse.lil_array((len(pairs), size))
    for row, (own_cells, first_cells) in enumerate(pairs):
        rows[row, own_cells[own_cells >= 0]] = 1.0
        rows[row, first_cells[first_cells >= 0]] = -1.0
    return rows.tocsr() if pairs else None
