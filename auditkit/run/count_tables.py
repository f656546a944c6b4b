"""Tables of people by group, label and decision: which can be protected at all, and the cells of each."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from scipy import sparse

from auditkit.data import AuditData
from auditkit.data.labels import CLASSIFYING
from auditkit.predictions import Predictions

CELLS: Final = 4000
"""Unknown cells that a reader may be thought to solve for; with more, less is published: see `People`."""

Kind: TypeAlias = tuple[str, str]
"""A label and a decision: a class as "0", "1" …, "not 0", "blank" where there is none, or "any"."""
ANY: Final = "any"
BLANK: Final = "blank"
EVERYBODY: Final = (ANY, ANY)
RIGHT, WRONG = ("right", "right"), ("wrong", "wrong")


class Part(NamedTuple):
    """A table of counts whose cells a reader does not know."""

    model: int
    attributes: tuple[str, ...]
    counts: np.ndarray
    """One axis for each attribute, then labels, then decisions."""
    cells: np.ndarray
    """Of the same shape: the number of the unknown cell; -1 where a combination is known to be nobody's."""


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


class Protected(NamedTuple):
    """What is protected, and so can be published."""

    order: int
    """How many attributes are intersected."""
    apart: bool
    """A table for each attribute, of single attributes only; else one table of all attributes."""
    labels: Levels
    decisions: tuple[Levels, ...]


def fitting(data: AuditData, answers: Sequence[Predictions], order: int) -> Protected:
    """The most that can be protected."""
    lengths = [len(values) for values in data.cells.values.values()]
    full, bare = _detail(data, answers), (_nothing(data), (_nothing(data),))
    for least in (1, 0):
        for labels, decisions in (full, bare):
            kinds = sum(len(labels.every) * len(levels.every) for levels in decisions)
            for size in range(order if least else 0, min(order, least) - 1, -1):
                if (size == 0 and kinds <= CELLS) or (size and int(np.prod(lengths, dtype=object)) * kinds <= CELLS):
                    return Protected(size, False, labels, decisions)
                # tables of single attributes say more together than apart where several models decide
                if size == 1 and len(decisions) == 1 and sum(lengths) * kinds <= CELLS:
                    return Protected(1, True, labels, decisions)
    return Protected(0, False, *bare)


def _nothing(data: AuditData) -> Levels:
    return Levels((), True, np.zeros(len(data), dtype=np.int64))


def _detail(data: AuditData, answers: Sequence[Predictions]) -> tuple[Levels, tuple[Levels, ...]]:
    """Labels and decisions as they are, the classes in one order for all models."""
    if data.task not in CLASSIFYING:
        return _nothing(data), (_nothing(data),)
    classes = list(dict.fromkeys(name for answer in answers for name in answer.classes))
    first = answers[0]
    positive = classes.index(first.classes[first.positive]) if data.task == "binary" else -1

    def levels(codes: np.ndarray, names: Sequence[object]) -> Levels:
        position = np.array([*(classes.index(name) for name in names), -1])  # a code of -1 takes the last
        codes, size = position[codes], len(classes)
        # of two classes "1" is always the positive one, whichever stands first
        if positive == 0:
            codes = np.where(codes >= 0, 1 - codes, codes)
        return Levels(tuple(map(str, range(size))), bool((codes < 0).any()), np.where(codes < 0, size, codes))

    labels = _nothing(data) if data.labels is None else levels(first.truth, first.classes)
    return labels, tuple(levels(answer.codes, answer.classes) for answer in answers)


def parts_of(data: AuditData, plan: Protected) -> Iterator[Part]:
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


def kinds_of(labels: Levels, decisions: Levels) -> Iterator[tuple[Kind, str, np.ndarray]]:
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


def shared_sums(parts: Sequence[Part], size: int) -> sparse.csr_array | None:
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
