"""The changes that are tried: which features may move, to which values, at what cost, and which rows stay possible."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from auditkit.data import AuditData, FeatureSchema, as_array
from auditkit.errors import DataError, check_known
from auditkit.plugins.robustness.changes.implications import bind, parse
from auditkit.plugins.robustness.token_places import token_places

MOST = 100
"""Categories of one feature that are tried at most: the most frequent ones."""


@dataclass(frozen=True)
class Field:
    """One feature that may move."""

    at: int
    """Its column."""
    name: str
    numeric: bool
    whole: bool
    values: np.ndarray
    """(k,) the codes that are tried, ascending."""
    low: float
    high: float
    unit: float
    """What a change of cost 1 is, before the feature's own cost: its range; 1 for a category."""
    cost: float
    """The feature's own cost."""


@dataclass(frozen=True)
class Moves:
    """All changes of single features, for N rows: K slots, each a feature with a value that may differ by row."""

    origins: np.ndarray
    """(N, D) codes."""
    fields: tuple[Field, ...]
    feature: np.ndarray
    """(K,) the position in `fields` of each slot."""
    values: np.ndarray
    """(N, K) the code that the feature is changed to."""
    costs: np.ndarray
    """(N, K) what the change costs; infinite where it is none."""
    rules: tuple[Callable[[np.ndarray], np.ndarray], ...]
    broken: np.ndarray
    """(N, rules) bool: what the row as it is does not keep, and need not."""

    @property
    def columns(self) -> np.ndarray:
        """(K,) the column of each slot."""
        return np.array([field.at for field in self.fields], dtype=np.int64)[self.feature]

    def points(self, rows: np.ndarray, slots: np.ndarray) -> np.ndarray:
        """(M, D) rows with these slots (M, d) changed; -1 stands for no slot."""
        points = self.origins[rows]
        indices = np.arange(len(rows))
        columns = self.columns
        for slot in slots.T:
            is_changed = slot >= 0
            points[indices[is_changed], columns[slot[is_changed]]] = self.values[rows[is_changed], slot[is_changed]]
        return points

    def possible(self, points: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(M,) bool: whether every implication holds that held for the row before."""
        is_possible = np.ones(len(points), dtype=bool)
        for index, rule in enumerate(self.rules):
            is_possible &= rule(points) | self.broken[rows, index]
        return is_possible

    def take(self, rows: np.ndarray) -> Moves:
        """The same for some of the rows."""
        return replace(
            self, origins=self.origins[rows], values=self.values[rows], costs=self.costs[rows], broken=self.broken[rows]
        )

    def free(self) -> Moves:
        """The same without implications."""
        return replace(self, rules=(), broken=self.broken[:, :0])


def features_of(data: AuditData) -> tuple[FeatureSchema, ...]:
    """The schema of a table; of an array, one that says numbers."""
    if data.schema:
        return data.schema
    array = as_array(data.inputs)
    if data.tokens:
        return tuple(FeatureSchema(name, "identifier") for name in data.feature_names)
    kind = "integer" if array is not None and array.dtype.kind in "iu" else "number"
    return tuple(FeatureSchema(name, kind) for name in data.feature_names)  # type: ignore[arg-type]


def movable(data: AuditData) -> list[int]:
    """The columns that may move: not declared immutable, no sensitive attribute, not free text."""
    return [
        column
        for column, feature in enumerate(features_of(data))
        if feature.mutable and feature.name not in data.groups and feature.kind != "text"
    ]


def fields_of(data: AuditData, known: np.ndarray, costs: Mapping[str, float], grid: int) -> tuple[Field, ...]:
    """Every feature that may move and varies.

    Args:
        data: its schema and groups.
        known: (M, D) codes of all rows at hand, from which values and ranges are taken.
        costs: {feature: what a change costs}; 1 where nothing is stated.
        grid: values of a number that are tried, at most about so many.

    Raises:
        DataError: a cost for a feature that is not there.
    """
    schema = features_of(data)
    names = [feature.name for feature in schema]
    check_known(costs, names, DataError, lambda name: f"costs: there is no feature {name!r}; ")
    if data.tokens:
        return _token_fields(data, names, costs, grid)
    fields = []
    for position in movable(data):
        feature, column = schema[position], known[:, position]
        column = column[~np.isnan(column)]
        low, high = (
            (-np.inf if feature.low is None else feature.low),
            (np.inf if feature.high is None else feature.high),
        )
        if not feature.numeric:
            codes, counts = np.unique(column, return_counts=True)
            values = np.sort(codes[np.argsort(-counts, kind="stable")[:MOST]])
            low, high, unit = -np.inf, np.inf, 1.0
        else:
            inside = column[(column >= low) & (column <= high)]
            values, unit = _grid(inside, grid), _unit(inside)
            if feature.low is None or feature.high is None:
                low, high = max(low, float(inside.min(initial=np.inf))), min(high, float(inside.max(initial=-np.inf)))
        if len(values) > 1:
            cost, whole = float(costs.get(feature.name, 1.0)), feature.kind == "integer"
            fields.append(Field(position, feature.name, feature.numeric, whole, values, low, high, unit, cost))
    return tuple(fields)


def _token_fields(
    data: AuditData, names: Sequence[str], costs: Mapping[str, float], grid: int
) -> tuple[Field, ...]:  # fmt: skip
    """Every place of sequences of ids where another id may stand; a change of all places costs 1.

    Tried are so many ids: half of them the most frequent ones, the others spread from there to the rarest.
    """
    places = token_places(data)
    ranks = len(places.vocabulary)
    often = np.arange(min(ranks, (grid + 1) // 2))
    spread = np.linspace(len(often), ranks - 1, min(ranks - len(often), grid // 2)).astype(int)
    tried = np.sort(places.vocabulary[np.concatenate([often, spread]).astype(int)]).astype(np.float64)
    return tuple(
        Field(at, name, False, True, tried, -np.inf, np.inf, 1.0, float(costs.get(name, 1.0)) / len(names))
        for at, name in enumerate(names)
        if places.free[:, at].any() and len(tried) > 1
    )


def moves_of(
    data: AuditData, origins: np.ndarray, fields: tuple[Field, ...], steps: Sequence[float], implications: Sequence[str]
) -> Moves:
    """The changes tried for these rows.

    Args:
        data: for the names of its columns.
        origins: (N, D) codes of the rows.
        fields: what may move.
        steps: changes of a number beside the observed values: its own value up and down by these costs.
        implications: comparisons that a changed row must keep.

    Raises:
        DataError: an implication about a column that is not there, or not numeric.
    """
    values = [_tried(field, origins[:, field.at], steps) for field in fields]
    features = np.repeat(np.arange(len(fields)), [tried.shape[1] for tried in values])
    costs = [cost_of(field, origins[:, field.at][:, None], tried) for field, tried in zip(fields, values, strict=True)]
    rules = tuple(_bound(text, features_of(data)) for text in implications)
    if data.tokens:  # padding stays, and marks of the format
        held = ~token_places(data).free[:, [field.at for field in fields]]
        costs = [np.where(is_held[:, None], np.inf, part) for is_held, part in zip(held.T, costs, strict=True)]
    broken = np.column_stack([~rule(origins) for rule in rules]) if rules else np.zeros((len(origins), 0), dtype=bool)
    return Moves(origins, fields, features, np.hstack(values), np.hstack(costs), rules, broken)


def cost_of(field: Field, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """What changes of one feature cost: infinite for no change, from or to a missing value, and out of range."""
    with np.errstate(invalid="ignore"):  # missing values are NaN here, and infinity less infinity is NaN too
        size = np.abs(after - before) / field.unit if field.numeric else np.ones(np.broadcast(before, after).shape)
        is_allowed = (
            (after != before) & ~np.isnan(after) & ~np.isnan(before) & (after >= field.low) & (after <= field.high)
        )
    return np.where(is_allowed, size * field.cost, np.inf)


def _tried(field: Field, before: np.ndarray, steps: Sequence[float]) -> np.ndarray:
    """(N, k) the values one feature is changed to."""
    values = np.broadcast_to(field.values, (len(before), len(field.values)))
    if not field.numeric:
        return values
    # the reader asks what a change of this cost does, so these steps are tried whatever values were observed
    reach = np.array(steps) / field.cost * field.unit
    if field.whole:
        reach = np.unique(np.floor(reach + 1e-9))  # without the slack 0.3 / 0.1 would be a step of 2
    nearby = before[:, None] + np.concatenate([-reach, reach])
    return np.hstack([values, nearby])


def _bound(text: str, schema: tuple[FeatureSchema, ...]) -> Callable[[np.ndarray], np.ndarray]:
    numeric = [column for column, feature in enumerate(schema) if feature.numeric]
    holds = bind(parse(text), [schema[column].name for column in numeric])
    return lambda rows: holds(rows[:, numeric])


def _grid(column: np.ndarray, size: int) -> np.ndarray:
    """Observed values: all of them where they are few, else quantiles of the rows and of the distinct values."""
    distinct = np.unique(column)
    if len(distinct) <= size:
        return distinct
    # quantiles of the rows miss rare large values, those of the distinct values miss where most people are
    rows = np.quantile(column, np.linspace(0, 1, size - size // 3), method="nearest")
    spread = np.quantile(distinct, np.linspace(0, 1, size // 3), method="nearest")
    return np.unique(np.concatenate([rows, spread]))


def _unit(column: np.ndarray) -> float:
    """The range from the 1st to the 99th percentile; where these coincide, the whole range."""
    if not len(column):
        return 1.0
    low, high = np.percentile(column, (1, 99))
    return float(high - low or np.ptp(column) or 1.0)
