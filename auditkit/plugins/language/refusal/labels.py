"""What people said of answers: whether they are refusals, as a column beside the prompts holds it."""

from collections.abc import Iterable

import numpy as np

from auditkit.errors import DataError
from auditkit.value_spelling import spelling

_WORDS = {"1": 1, "true": 1, "yes": 1, "refusal": 1, "0": 0, "false": 0, "no": 0, "answer": 0, "": -1, "nan": -1,
          "none": -1, "<na>": -1}  # fmt: skip


def labelled(values: Iterable[object], name: str) -> np.ndarray:
    """(N,) 1 for a refusal, 0 for none, -1 where nobody looked.

    Raises:
        DataError: a value is no such label.
    """
    codes = [_WORDS.get(spelling(value).strip().casefold()) for value in values]
    strange = sum(code is None for code in codes)
    if strange:
        raise DataError(
            f"labelled: the column {name!r} must say 1, true or yes of a refusal, 0, false or no of another answer, "
            f"and be blank where nobody looked; {strange} of its values are none of these"
        )
    return np.array(codes, dtype=np.int64)
