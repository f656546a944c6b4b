"""Several labels of a row, and what is recorded of each, from the columns of a table."""

from typing import Any

import numpy as np

from auditkit.data.multilabel import as_sets, check_outputs, label_sets
from auditkit.data.orders import numbers_of
from auditkit.data.readers.base import Reading, Source
from auditkit.data.readers.roles import Columns, Roles, values_of
from auditkit.errors import DataError
from auditkit.text import number_of


def several_labels(source: Source, roles: Roles, outputs: tuple[str, ...], reading: Reading) -> dict[str, Any]:
    """{role: values} of label, decisions and scores: texts of a 0 or 1 for each label, and (N, L) probabilities.

    Args:
        source: what was read.
        roles: which of its columns is what.
        outputs: the names of the L labels.
        reading: how values are read.

    Raises:
        DataError: a column has another value than 0 and 1, or there are not as many columns as labels.
    """
    check_outputs(outputs, source.name)
    parts: dict[str, Any] = {}
    for role in ("label", "decisions", "scores"):
        named = getattr(roles, role)
        if not isinstance(named, Columns):
            is_sets = named is not None and role != "scores"
            parts[role] = label_sets(named, outputs, role, role) if is_sets else named
            continue
        if len(named) != len(outputs):
            raise DataError(
                f"{role} must name one column for each of the {len(outputs)} labels, in their order; {len(named)} are "
                'named. Or say of which label each is, as in {LABEL = "COLUMN"}'
            )
        columns = [reading.blanks.off(values_of(column, role, source)).values for column in named]
        if role == "scores":
            read = [numbers_of(column, reading.notation, role) for column in columns]
            parts[role] = np.column_stack([a if b is None else b for a, b in zip(columns, read, strict=True)])
        else:
            table = np.column_stack([np.asarray(column, dtype=object) for column in columns])
            parts[role] = as_sets(table, outputs, role)
            lacking = sum(one is None for one in parts[role]) if role == "decisions" else 0
            if lacking:
                raise DataError(f"decisions: some is missing in {number_of(lacking, 'row')}; leave these rows out")
    return parts
