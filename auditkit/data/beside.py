"""What stands beside the inputs and is neither label nor group: weights, ids, units, people and masks, checked."""

from typing import Any

import numpy as np

from auditkit.data.blanks import check_mask, check_people
from auditkit.data.clusters import clusters_of
from auditkit.data.fields import Fields
from auditkit.data.identifiers import identified, numbered
from auditkit.data.inputs import without_mask
from auditkit.data.labels import rows_in_words
from auditkit.errors import DataError, Mend
from auditkit.value_spelling import listed


def beside(data: Fields) -> dict[str, Any]:
    """The fields of `data` that stand beside the inputs, in their final form.

    Raises:
        DataError: weights, units, people or masks are not what they must be, or do not go together.
    """
    fields: dict[str, Any] = {}
    if data.weights is not None:
        fields["weights"] = check_weights(data.weights, data.name)
    if data.ids is not None:
        fields["ids"] = data.ids if np.asarray(data.ids).dtype == np.int64 else numbered([data.ids])
    if data.unit is not None:
        fields["unit"] = identified(data.unit)
        if (fields["unit"] < 0).any():
            lacking = rows_in_words(fields["unit"] < 0, None)
            raise DataError(
                f"{data.name}: unit must say of every row whose it is; it is missing in {lacking}. Leave these rows "
                "out, or give each of them a unit of its own"
            )
        if data.people is not None:
            raise DataError(
                f"{data.name}: a row of a table of counts stands for several people, so that it is of no one unit; "
                "leave out unit or people"
            )
        if data.disclosure == "publish" and clusters_of(fields["unit"]) is not None:
            mend = Mend("data.disclosure", "internal")
            raise DataError(
                f"{data.name}: what may be published is decided by counts of rows, and several rows are of one "
                f"{data.unit_name or 'unit'}, so that few people could stand behind a large count: say {mend}, "
                "or publish a table with one row for each",
                mend=mend,
            )
    if data.people is not None:
        fields["people"] = check_people(data.people, data.name)
    if data.known is not None:
        if data.labels is None or data.task == "regression":
            mend = Mend("data.unlabelled", "drop")
            raise DataError(
                f"{data.name}: rows without a label can be kept where labels are classes; they are not: say {mend}",
                mend=mend,
            )
        fields["known"] = check_mask(data.known, len(data.inputs), f"{data.name}: known")
    if data.withheld is not None:
        if data.recorded is None or data.task == "regression":
            raise DataError(f"{data.name}: withheld is for recorded decisions; leave it out where there are none")
        decided = check_mask(~np.asarray(data.withheld), len(data.inputs), f"{data.name}: not withheld")
        fields["withheld"] = None if decided is None else ~decided
    return fields


def check_weights(weights: Any, name: str, people: np.ndarray | None = None) -> np.ndarray:
    """(N,) float64 weights.

    Args:
        weights: as they stand in the data.
        name: the column, for messages.
        people: (N,) how many each row stands for, so that messages count them; None: one.

    Raises:
        DataError: a weight is missing, infinite, zero or negative.
    """
    try:
        array = np.asarray(without_mask(weights), dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{name}: weights must be numbers; they hold {listed(np.asarray(weights), 3)}") from None
    wrong = ~(np.isfinite(array) & (array > 0))
    if array.ndim != 1 or wrong.any():
        shape = "" if array.ndim == 1 else f"of shape {array.shape} "
        count = int(wrong.sum()) if people is None or array.ndim != 1 else rows_in_words(wrong, people)
        raise DataError(
            f"{name}: weights must be positive finite numbers, one per row; {count} {shape}are not. "
            "Take those rows out, or leave the weights out"
        )
    return array
