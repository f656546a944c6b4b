"""What may be published of the people of an audit: their counts by group, label and decision, decided all at once."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

import numpy as np
from scipy import sparse

from auditkit.counts.names import MISSING
from auditkit.counts.published_counts import Line, Published
from auditkit.counts.suppression import may_be_called_small, suppress
from auditkit.data import AuditData
from auditkit.data.labels import CLASSIFYING
from auditkit.errors import DataError, Mend
from auditkit.predictions import Predictions
from auditkit.results import Measurement
from auditkit.run.count_tables import (
    ANY,
    BLANK,
    EVERYBODY,
    RIGHT,
    WRONG,
    Kind,
    Part,
    fitting,
    kinds_of,
    parts_of,
    shared_sums,
)
from auditkit.variants import AMONG_LARGE, LARGE, is_large

ROOM: Final = 3
"""How many times `minimum_cell` 2 % of the people are at least where a group may be known to be less than that."""

Group: TypeAlias = tuple[tuple[str, str], ...]
"""(attribute, value) pairs in the order of the data; none: everyone."""

WORDS: Final[Mapping[str, Kind]] = {
    "people": EVERYBODY, "positives": ("1", ANY), "negatives": ("0", ANY), "selected": (ANY, "1"),
    "rejected": (ANY, "0"), "abstained": (ANY, BLANK), "tp": ("1", "1"), "fp": ("0", "1"), "fn": ("1", "0"),
    "tn": ("0", "0"),
}  # fmt: skip
"""What a check may say that a number is made of (`Definition.made_of`), where there are two classes."""


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
        plan = fitting(data, answers, min(order, len(data.groups)))
        self.order, self._labels, self._decisions = plan.order, plan.labels, plan.decisions
        self._detailed = bool(plan.decisions[0].names) or data.task not in CLASSIFYING
        is_whole = self._detailed and self.order == min(order, len(data.groups))
        self._parts = list(parts_of(data, plan))
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
        self.all_open = is_whole and not self._dark.any()
        """Whether all counts that are protected are published, so that there is none to be worked out."""
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
        return (
            group
            for group in self.groups(disparity.across or tuple(disparity.slice))
            if self.estimated(group, words, model) and (not large or is_large(group, self.data))
        )

    def everyone_is_public(self, model: int = 0) -> bool:
        """Whether no count about everyone is kept back."""
        indices = [index for (owner, group, _), index in self._keys.items() if not group and owner in (0, model)]
        return not self._dark[indices].any()

    def groups(self, attributes: tuple[str, ...]) -> Iterator[dict[str, str]]:
        """Every group of these attributes in which somebody is, published or not."""
        ordered = tuple(name for name in self.data.groups if name in attributes)
        everybody = (group for owner, group, kind in self._keys if owner == 0 and kind == EVERYBODY)
        return (dict(group) for group in everybody if tuple(name for name, _ in group) == ordered)

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
            twice = attributes == () and part.attributes != self._parts[0].attributes
            if twice or not set(attributes) <= set(part.attributes):
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
        for kind, block, cells_of_kind in kinds_of(labels, decisions):
            # counts without a decision are the same for every model; the first holds them
            if part.model and kind[1] == ANY:
                continue
            inside = np.broadcast_to(cells_of_kind, counts.shape)
            self._keys[(part.model, group, kind)] = len(self._counts)
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
            same=shared_sums(self._parts, size),
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
