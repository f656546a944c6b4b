"""Groups of columns that a rule pack names as protected, where the owner named none."""

import dataclasses
import re
from collections.abc import Collection

import numpy as np

from auditkit.data import AuditData
from auditkit.text import first_few

MOST = 5
"""Columns that are tried."""
FEW_VALUES = 10
"""A number of more distinct values is split at its median."""


def with_protected(data: AuditData, protected: Collection[str]) -> tuple[AuditData, str | None]:
    """The data with the protected columns among its features as groups, and a sentence that says so.

    A column is one where its name is a protected characteristic's, or ends in it after a word: `sex`, `applicant_sex`.
    Data whose owner named groups, and data without such a column, is given back as it is.

    Args:
        data: the audit data.
        protected: names of characteristics, as rule packs have them.
    """
    if data.groups or not protected or data.modality != "table":
        return data, None
    names = {_plain(name) for name in protected}
    columns = [name for name in data.feature_names if _is_one(_plain(name), names)][:MOST]
    codes = data.codes()
    groups = {name: _groups(codes[:, data.feature_names.index(name)]) for name in columns}
    groups = {name: group for name, group in groups.items() if len(np.unique(group)) > 1}
    if not groups:
        return data, None
    note = (
        f"No groups were named. Tried as groups, for a rule pack names them as protected: {first_few(list(groups))}. "
        "[data] groups would name those that are meant."
    )
    return dataclasses.replace(data, groups=groups, whole=None), note


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _is_one(column: str, names: Collection[str]) -> bool:
    return any(column == name or column.endswith(f"_{name}") for name in names)


def _groups(column: np.ndarray) -> np.ndarray:
    """(n,) text: each value of few, or the half of the values that a number is in; the missing are one of their own."""
    if len(np.unique(column)) > FEW_VALUES:
        column = np.where(np.isnan(column), np.nan, column > np.nanmedian(column))
    return column.astype(str)
