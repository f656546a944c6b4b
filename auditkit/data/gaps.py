"""Whether it may be shown how many values of a column are missing."""

import numpy as np

from auditkit.counts.names import MISSING
from auditkit.data import AuditData
from auditkit.too_few import fewer_than


def missing_reason(data: AuditData, name: str, missing: np.ndarray) -> str | None:
    """Why the number of a column's missing values may not be shown; None where it may.

    Those whose value of a sensitive attribute is missing are a group of that attribute; where the group is hidden, so
    is their number, also under the name of the column that the attribute was read from. Of other columns few missing
    values are a count of everyone, which is kept back only where the evidence leaves the house.

    Args:
        data: the audit data.
        name: the column.
        missing: (N,) bool: where its value is missing.
    """
    for attribute, column in data.groups.items():
        reason = data.cells.unshown({attribute: MISSING})
        # A column whose gaps are those of a hidden group gives the size of that group away.
        if reason is not None and (attribute == name or np.array_equal(column == MISSING, missing)):
            return reason
    if data.disclosure == "publish" and name not in data.groups and 0 < int(missing.sum()) < data.minimum_cell:
        return fewer_than(data.minimum_cell, "people")
    return None
