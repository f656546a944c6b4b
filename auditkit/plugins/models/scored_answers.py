"""Scores of cases that a callable gives: (n, K) numbers, or a column for each score by its name."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from auditkit.data.inputs import without_mask
from auditkit.errors import ModelError
from auditkit.text import class_name
from auditkit.value_spelling import listed


def case_scores_of(answer: Any, scores: Sequence[str], rows: int, name: str) -> np.ndarray:
    """(n, K) float64, columns in the order of `scores`, NaN where nothing was given.

    Args:
        answer: (n, K) numbers in that order, (n,) of one score, or {score: (n,) numbers}, such as a table.
        scores: the K names.
        rows: n.
        name: of the model, for messages.

    Raises:
        ModelError: a score is lacking or not known, or there is not one number per case.
    """
    if isinstance(answer, Mapping) or hasattr(answer, "columns"):
        given = [str(column) for column in getattr(answer, "columns", answer)]
        if set(given) != set(scores):
            raise ModelError(
                f"{name}: the callable must give the scores {listed(scores)}, which the data state; it gave "
                f"{listed(given)}"
            )
        answer = np.column_stack([np.asarray(without_mask(answer[score]), dtype=object) for score in scores])
    try:
        values = np.asarray(without_mask(answer)).astype(np.float64)
    except (TypeError, ValueError):
        raise ModelError(
            f"{name}: scores of cases must be numbers, NaN where nothing came; the callable gave a {class_name(answer)}"
        ) from None
    values = values[:, None] if values.ndim == 1 and len(scores) == 1 else values
    if values.shape != (rows, len(scores)):
        raise ModelError(
            f"{name}: the callable must give one row per case and one column per score, {(rows, len(scores))}; it gave "
            f"the shape {values.shape}"
        )
    return values
