"""Columns that stand beside the prompts: whether one is there, and what one says that is yes or no."""

import numpy as np

from auditkit.data import AuditData
from auditkit.errors import DataError
from auditkit.value_spelling import spelling

_TRUE, _FALSE = frozenset({"1", "true", "yes"}), frozenset({"0", "false", "no"})
_BLANK = frozenset({"", "nan", "none", "<na>"})
BLANK = -1
"""What stands for a row about which nobody said anything."""


def is_there(data: AuditData, name: str, usual: str) -> bool:
    """Whether a column stands beside the prompts; one that its user named must.

    Args:
        data: the audit data.
        name: of the column.
        usual: the name that is looked for where the user names none.

    Raises:
        DataError: the user named another column than the usual one, and it is not there.
    """
    if name in data.asides or name in data.groups:
        return True
    if name != usual:
        data.column(name)  # which says what is there instead
    return False


def flags(values: np.ndarray, parameter: str, name: str) -> np.ndarray:
    """(N,) bool: a column that says yes or no in every row.

    Args:
        values: (N,) of the column.
        parameter: that names it.
        name: of the column.

    Raises:
        DataError: a value says neither.
    """
    return _codes(values, parameter, name, frozenset(), "in every row") == 1


def flags_or_blank(values: np.ndarray, parameter: str, name: str) -> np.ndarray:
    """(N,) 1 for yes, 0 for no, `BLANK` where nobody said.

    Raises:
        DataError: a value is none of these.
    """
    return _codes(values, parameter, name, _BLANK, "or be blank where nobody said")


def _codes(values: np.ndarray, parameter: str, name: str, blank: frozenset[str], where: str) -> np.ndarray:
    words = [spelling(value).strip().casefold() for value in values]
    strange = sum(word not in _TRUE | _FALSE | blank for word in words)
    if strange:
        raise DataError(
            f"{parameter}: the column {name!r} must say 1, true or yes, or 0, false or no, {where}; {strange} of its "
            "values are none of these"
        )
    return np.array([BLANK if word in blank else int(word in _TRUE) for word in words], dtype=np.int64)
