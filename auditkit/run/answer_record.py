"""Answers in plain words and arrays: how they leave the process that asked the model."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from auditkit.models import Answers
from auditkit.run.plain_values import plain, value_of
from auditkit.workers.shared_arrays import SharedArrays


def record_of(answers: Answers, arrays: SharedArrays) -> dict[str, Any]:
    """Write answers to shared arrays, and say how to read them.

    Raises:
        TypeError: labels are of a type that cannot be handed over.
    """
    return {
        name: None if part is None else _labels(part, arrays) if part.dtype.kind == "O" else arrays.write(part)
        for name, part in answers._asdict().items()
    }


def answers_in(record: Mapping[str, Any], arrays: SharedArrays, rows: int) -> Answers:
    """The answers that were written.

    Raises:
        ValueError, TypeError, KeyError: they are not there, or not one for each row.
    """
    labels, *numbers = (None if record[name] is None else _part(record[name], arrays) for name in Answers._fields)
    if labels is None or any(part is not None and part.shape[:1] != (rows,) for part in (labels, *numbers)):
        raise ValueError("there must be one answer for each row")
    return Answers(labels, *numbers)


def _labels(labels: np.ndarray, arrays: SharedArrays) -> dict[str, Any]:
    """Labels that are objects, such as texts: each value once, and which of them each row has."""
    place_of: dict[tuple[type, Any], int] = {}
    # by type too, for True, 1 and 1.0 are equal
    places = (place_of.setdefault((type(label), label), len(place_of)) for label in labels.ravel())
    codes = np.fromiter(places, dtype=np.int64, count=labels.size).reshape(labels.shape)
    return {"values": [plain(label) for _, label in place_of], "codes": arrays.write(codes)}


def _part(record: Mapping[str, Any], arrays: SharedArrays) -> np.ndarray:
    if "values" not in record:
        return arrays.read(record)
    values = np.empty(len(record["values"]), dtype=object)
    values[:] = [value_of(value) for value in record["values"]]
    codes = arrays.read(record["codes"])
    return values[codes]
