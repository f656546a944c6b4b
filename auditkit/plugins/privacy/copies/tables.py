"""The three tables in one space: the rows a generator saw, rows it never saw, and the rows that it made."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from auditkit.data import AuditData
from auditkit.data.codes import codes_of
from auditkit.data.schema import UNCOMPARED, merge_schemas
from auditkit.errors import DataError, present
from auditkit.plugins.privacy.shared.features import expand
from auditkit.plugins.privacy.shared.persons import whose


class Tables(NamedTuple):
    """Codes of the rows, the same for the same value in each table; NaN where missing."""

    training: np.ndarray
    """(T, D)"""
    held_out: np.ndarray
    """(H, D), rows that are in no training split."""
    synthetic: np.ndarray
    """(S, D)"""
    category: np.ndarray
    """(D,) bool: which of them are names."""
    text: np.ndarray
    """(D,) bool: which of these are free text or ids, of which a new value is nothing strange."""
    units: tuple[np.ndarray, np.ndarray]
    """(T,) and (H,) whose row each real row is."""
    left_out: tuple[int, int]
    """Rows of the audit data that are equal to training rows, and other rows of persons in the training split."""
    compared: tuple[np.ndarray, np.ndarray]
    """Places in `training` and `held_out` of rows that are on one side alone, each once."""


class Points(NamedTuple):
    """Rows as points of which the distance says how much they differ."""

    training: np.ndarray
    """(M, G)"""
    held_out: np.ndarray
    """(M, G)"""
    synthetic: np.ndarray
    """(S, G)"""
    units: tuple[np.ndarray, np.ndarray]
    """(M,) each, whose row it is: of training and held-out rows."""


def read(data: AuditData, path: str, reading: Mapping[str, Any]) -> Tables:
    """The synthetic table beside the data and its training split.

    Args:
        data: rows that the generator never saw, with the training split that it was made from.
        path: of the synthetic rows, in the columns of the inputs.
        reading: options of `AuditData.from_table`, beside the columns and the kinds that are declared for the data.

    Raises:
        DataError: it cannot be read, lacks a column, or holds another kind of value in one.
    """
    train = present(data.train, "the check needs it")
    try:
        kinds = {feature.name: {"kind": feature.kind} for feature in data.schema if feature.declared}
        made = AuditData.from_table(path, **{"features": list(data.feature_names), "schema": kinds, **reading})
        if bool(data.schema) != bool(made.schema):
            raise DataError("one is a table with names of columns and the other an array")
        schema, made_schema = merge_schemas(data.schema, made.schema) if data.schema else ((), ())
    except DataError as error:
        raise DataError(f"synthetic: {error}") from error
    parts = ((train.inputs, schema), (data.inputs, schema), (made.inputs, made_schema))
    training, held_out, synthetic = (_canonical(codes_of(inputs, own)) for inputs, own in parts)
    text = np.array([feature.kind in UNCOMPARED for feature in schema] or [False] * training.shape[1])
    category = np.array([not feature.numeric for feature in schema] or [False] * training.shape[1])
    equal, people = among(held_out, training), np.zeros(len(held_out), dtype=bool)
    if data.unit is not None and train.unit is not None:
        people = np.isin(data.unit, train.unit) & ~equal
    kept = np.flatnonzero(~equal & ~people)
    alone = np.flatnonzero(~among(training, held_out))
    compared = alone[different(training[alone])], different(held_out[kept])
    units = whose(train), whose(data)[kept]
    return Tables(
        training, held_out[kept], synthetic, category, text, units, (int(equal.sum()), int(people.sum())), compared
    )


def strange(tables: Tables) -> float:
    """The share of synthetic rows with a name, or a gap, in a column in which no real row has it."""
    real = np.vstack([tables.training, tables.held_out])
    is_strange = np.zeros(len(tables.synthetic), dtype=bool)
    for position, is_name in enumerate(tables.category & ~tables.text):
        known, made = real[:, position], tables.synthetic[:, position]
        gaps = np.isnan(made)
        if is_name:
            is_strange |= ~gaps & ~np.isin(made, known)
        if not np.isnan(known).any():
            is_strange |= gaps
    return float(is_strange.mean()) if len(is_strange) else 0.0


def among(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(N,) bool: which rows are equal to one of the others in every value.

    Args:
        rows: (N, D), as `read` gives them.
        others: (M, D)
    """
    known = {row.tobytes() for row in np.ascontiguousarray(others)}
    return np.array([row.tobytes() in known for row in np.ascontiguousarray(rows)], dtype=bool)


def different(rows: np.ndarray) -> np.ndarray:
    """Where each row, (N, D) as `read` gives them, occurs first."""
    first: dict[bytes, int] = {}
    for place, row in enumerate(np.ascontiguousarray(rows)):
        first.setdefault(row.tobytes(), place)
    return np.array(list(first.values()), dtype=np.int64)


def points_of(tables: Tables, most: int, rng: np.random.Generator) -> Points:
    """As many different training rows as held-out ones, and the synthetic rows, in one space.

    Of rows that occur twice there are fewer places to lie near to than of as many others. What chance repeats on both
    sides is taken from both: left among the training rows alone, it would draw what is near to anybody.

    Numbers are scaled by the real rows; a synthetic one outside of their range counts as at its end, so that one wild
    value does not make all others look alike. Two different names are the root of 2 standard deviations apart.

    Args:
        tables: as `read` gives them.
        most: rows of each at most.
        rng: draws them.
    """
    once = (*tables.compared, np.arange(len(tables.synthetic)))
    size = min(most, len(once[0]), len(once[1]))
    sizes = (size, size, min(most, len(once[2])))
    rows = [np.sort(rng.choice(part, count, replace=False)) for part, count in zip(once, sizes, strict=True)]
    drawn = [part[chosen] for part, chosen in zip(tables[:3], rows, strict=True)]
    real = np.vstack(drawn[:2])
    low, high = np.nanmin(real, axis=0, initial=np.inf), np.nanmax(real, axis=0, initial=-np.inf)
    made = np.where(tables.category, drawn[2], np.clip(drawn[2], np.minimum(low, high), np.maximum(low, high)))
    points = np.split(expand(np.vstack([real, made]), tables.category), [size, 2 * size])
    return Points(points[0], points[1], points[2], (tables.units[0][rows[0]], tables.units[1][rows[1]]))


def _canonical(codes: np.ndarray) -> np.ndarray:
    """Every missing value is the same one, and -0.0 is 0.0."""
    codes = codes + 0.0
    codes[np.isnan(codes)] = np.nan
    return codes
