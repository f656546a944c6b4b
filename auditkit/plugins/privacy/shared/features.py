"""Inputs of any kind as numbers, for the attackers and reference models that never see the model under audit."""

import hashlib
from typing import NamedTuple

import numpy as np

from auditkit.data import AuditData, as_array

WORDS = 256
"""Columns that texts are hashed into."""
NUMBER, NAME, TEXT = 0, 1, 2
"""What a feature is: of free text and of ids the number says which one it is, and nothing can be learnt from it."""
CATEGORIES = 50
"""Categories of a feature that get a column of their own; the rest share the absence of all."""


class Plain(NamedTuple):
    """Inputs as numbers."""

    values: np.ndarray
    """(N, F) float64; NaN where a value is missing."""
    category: np.ndarray
    """(F,) `NUMBER`, or where the numbers of this feature are no sizes `NAME` or `TEXT`."""


def plain(data: AuditData) -> Plain:
    """The inputs of a table, an array or texts as numbers, one row each; of sequences of ids how often each occurs."""
    if hasattr(data.inputs, "columns"):
        is_name = np.array([not feature.numeric for feature in data.schema], dtype=np.int8)
        return Plain(data.codes(), np.where(data.uncompared, TEXT, is_name))
    array = as_array(data.inputs)
    if array is not None and not data.tokens:
        flat = _flat(array)
        return Plain(flat, np.zeros(flat.shape[1], dtype=np.int8))
    from sklearn.feature_extraction.text import HashingVectorizer

    # ids are hashed as words are, for no id is larger than another
    of_ids = {} if array is None else {"analyzer": lambda row: [str(token) for token in row.tolist()]}
    documents = data.inputs if array is None else array
    hashed = HashingVectorizer(n_features=WORDS, alternate_sign=False, **of_ids).transform(documents)
    return Plain(np.asarray(hashed.todense()), np.zeros(WORDS, dtype=np.int8))


def _flat(array: np.ndarray) -> np.ndarray:
    return np.asarray(array.reshape(len(array), -1).astype(np.float64))


def expand(values: np.ndarray, category: np.ndarray) -> np.ndarray:
    """(N, G) without gaps: numbers centred and scaled, categories one column each, a column for what is missing.

    Free text has none.

    Args:
        values: (N, F) of everybody who is to be compared, NaN where missing.
        category: (F,) as in `Plain`.
    """
    columns = []
    for is_category, column in zip(category, values.T, strict=True):
        if is_category == TEXT:
            continue
        missing = np.isnan(column)
        if is_category:
            codes, counts = np.unique(column[~missing], return_counts=True)
            often = codes[np.argsort(-counts, kind="stable")][:CATEGORIES]
            columns += [(column == category_code).astype(np.float64) for category_code in np.sort(often)]
        else:
            filled = np.where(missing, 0.0 if missing.all() else np.nanmean(column), column)
            spread = filled.std()
            columns.append((filled - filled.mean()) / spread if spread > 0 else np.zeros_like(filled))
        if missing.any():
            columns.append(missing.astype(np.float64))
    return np.column_stack(columns) if columns else np.zeros((len(values), 0))


def fingerprints(data: AuditData) -> np.ndarray:
    """(N,) bytes: equal exactly where inputs and label are equal, numbers as 32 bits hold them.

    One of two files is often written in fewer bits.
    """
    labels = [str(text) for text in ([""] * len(data) if data.labels is None else data.labels)]
    if isinstance(data.inputs, list):
        rows = [text.encode() for text in data.inputs]
    else:
        # -0.0 is 0.0, and every missing value is the same one
        array = as_array(data.inputs) if data.tokens else None  # their order counts, and every digit
        values = plain(data).values.astype(np.float32) + np.float32(0.0) if array is None else _flat(array)
        values[np.isnan(values)] = np.nan
        rows = [row.tobytes() for row in values]
    digests = [hashlib.sha256(row + b"\0" + label.encode()).digest() for row, label in zip(rows, labels, strict=True)]
    return np.array(digests, dtype="S32")
