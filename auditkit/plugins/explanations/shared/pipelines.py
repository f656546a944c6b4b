"""The parts of a fitted pipeline of scikit-learn: what encodes, and what is explained."""

from typing import Any

import numpy as np

from auditkit.plugins.explanations.shared.case import Case


def parts(estimator: Any) -> tuple[Any, Any]:
    """What encodes, None where nothing does, and what is explained: of a pipeline of scikit-learn the last step."""
    steps = getattr(estimator, "steps", None)
    if steps is None:
        return None, estimator
    return (estimator[:-1] if len(steps) > 1 else None), steps[-1][1]


def encode(case: Case, before: Any, codes: np.ndarray) -> Any:
    """The encoding that the explained part of an estimator is given for some codes (m, D)."""
    inputs = case.as_fitted(case.decode(codes))
    inputs = inputs if hasattr(inputs, "columns") else np.asarray(inputs)
    return inputs if before is None else before.transform(inputs)


def dense(encoded: Any) -> np.ndarray:
    """A table, an array or a sparse matrix as (m, K) float64.

    Raises:
        ValueError: it holds texts.
    """
    # one-hot encoders give sparse matrices
    return np.asarray(encoded.toarray() if hasattr(encoded, "toarray") else encoded, dtype=np.float64)
