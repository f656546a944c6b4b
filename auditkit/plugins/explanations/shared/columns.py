"""Which columns hold numbers, and which original column each column of an encoding comes from."""

from collections.abc import Callable

import numpy as np

from auditkit.data import AuditData


def numeric_columns(data: AuditData) -> np.ndarray:
    """(D,) bool: which columns hold numbers; those of an array without a schema do, unless they are ids."""
    kinds = {feature.name: feature.numeric for feature in data.schema}
    return np.array([kinds.get(name, not kinds) for name in data.feature_names], dtype=bool) & ~data.identifiers


def column_owners(
    encode: Callable[[np.ndarray], np.ndarray], codes: np.ndarray, rng: np.random.Generator
) -> np.ndarray | None:
    """The one original column that decides each encoded column, or None where that does not hold for all of them.

    Each original column in turn is moved by one row; the encoded columns that change are its own. The outcome is then
    tried on coalitions: encoding a mixture of two rows must equal the mixture of their encodings, which is what
    explaining in the encoded space rests on.

    Args:
        encode: takes codes (m, D), gives the encoding (m, K).
        codes: (N, D) rows whose values are mixed; a column that is constant among them decides nothing.
        rng: draws the mixtures.

    Returns:
        (K,) positions of original columns, -1 where the encoded column never changes; None where an encoded column
        depends on more than one original column.
    """
    encoded = encode(codes)
    if encoded.shape == codes.shape and _is_same(encoded, codes).all():
        owners = np.arange(codes.shape[1])
    else:
        owners = np.full(encoded.shape[1], -1)
        for column in range(codes.shape[1]):
            moved = codes.copy()
            # values of other rows and no invented ones: an encoder may refuse what it never saw
            moved[:, column] = np.roll(codes[:, column], 1)
            changed = ~_is_same(encode(moved), encoded).all(axis=0)
            if (owners[changed] >= 0).any():
                return None
            owners[changed] = column
    return owners if _keeps_mixtures(encode, codes, encoded, owners, rng) else None


def gather(values: np.ndarray, owners: np.ndarray, columns: int) -> np.ndarray:
    """Sums over the encoded columns of each original column: (n, K, ...) to (n, columns, ...)."""
    summed = np.zeros((len(values), columns, *values.shape[2:]))
    for column in np.flatnonzero(owners >= 0):
        summed[:, owners[column]] += values[:, column]
    return summed


def _keeps_mixtures(
    encode: Callable[[np.ndarray], np.ndarray],
    codes: np.ndarray,
    encoded: np.ndarray,
    owners: np.ndarray,
    rng: np.random.Generator,
) -> bool:
    # swapping one column at a time misses an encoding that looks at two at once
    for _ in range(3):
        partner = rng.permutation(len(codes))
        inside = rng.random(codes.shape) < 0.5
        mixture = encode(np.where(inside, codes, codes[partner]))
        from_first = inside[:, owners] | (owners < 0)
        if not _is_same(mixture, np.where(from_first, encoded, encoded[partner])).all():
            return False
    return True


def _is_same(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    return np.isclose(values, others, rtol=1e-5, atol=1e-8, equal_nan=True)
