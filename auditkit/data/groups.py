"""Groups: the values of a sensitive attribute as text, numbers in bins, a missing value as a group of its own."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from auditkit.counts.names import EMPTY, MISSING
from auditkit.data.inputs import as_column
from auditkit.data.orders import Notation, numbers_of
from auditkit.errors import DataError, Mend, check_known, closest
from auditkit.lazy import pandas
from auditkit.value_spelling import listed, spelling, spellings

NUMBERS: Final = 50
"""A number with more distinct values than this is no group until it has bins."""
VALUES: Final = 1000
SHOWN: Final = 3
"""No attribute may have more groups than this."""
OPTIONS: Final = ("bins", "values")


def group_column(
    name: str, column: Any, options: Mapping[str, Any] | None = None, notation: Notation | None = None
) -> np.ndarray:
    """The groups of one attribute.

    Args:
        name: the attribute, for messages.
        column: (N,) text, numbers, booleans or categories; None, NaN, NA and NaT are missing.
        options: `{"bins": [25, 45, 65]}` puts numbers into "under 25", "25 to 44", "45 to 64", "65 and over";
            `{"values": {"1": "male"}}` renames values; a value that is not named keeps its name.
        notation: how numbers are written, as far as the owner says so; for bins of texts.

    Returns:
        (N,) array of str; missing values are "(missing)".

    Raises:
        DataError: a number with more than 50 values and no bins, more than 1,000 groups, or options that do not fit.
    """
    chosen = dict(options or {})
    check_known(chosen, OPTIONS, DataError, lambda option: f"group {name!r}: unknown option {option!r}; ")
    values = as_column(column)
    if values.ndim != 1:
        raise DataError(f"group {name!r} must be one value per row, of shape (N,); it has the shape {values.shape}")
    # As objects, moments stay moments: numpy would make integers of them.
    codes, distinct = pandas.factorize(values if values.dtype.kind in "fiub" else pandas.Series(values).astype(object))
    if chosen.get("bins") is not None:
        labels = _binned(name, distinct, chosen["bins"], notation or Notation())
    else:
        _check_numbers(name, distinct)
        labels = [text or EMPTY for text in spellings(list(distinct))]
    if chosen.get("values") is not None:
        labels = _renamed(name, labels, chosen["values"])
    if len(set(labels)) > VALUES:
        raise DataError(
            f"group {name!r} has {len(set(labels))} different values; at most {VALUES} can be groups. "
            "Is it an identifier or a free text? Take it out of [data] groups, or group its values first"
        )
    return np.asarray([*labels, MISSING], dtype=str)[codes]  # the code of a missing value is -1


def check_reference(reference: Any, groups: Mapping[str, np.ndarray], name: str) -> dict[str, str]:
    """{attribute: group} with which the others are compared, each a group of the data.

    Raises:
        DataError: an attribute or a group that there is not.
    """
    if not isinstance(reference, Mapping):
        raise DataError(
            f'{name}: reference must name a group of an attribute, as in {{"sex": "male"}}; got {reference!r}'
        )
    check_known(reference, groups, DataError, lambda other: f"{name}: reference names {other!r}, which is no group; ")
    references = {}
    for attribute, group in reference.items():
        known = np.unique(groups[attribute]).tolist()
        references[str(attribute)] = spelling(group)
        if references[str(attribute)] not in known:
            raise DataError(
                f"{name}: reference names the group {spelling(group)!r} of {attribute}, which no row has; "
                f"{closest(spelling(group), known)}"
            )
    return references


def bin_labels(bounds: Sequence[float], are_whole: bool = True) -> list[str]:
    """The names of the bins between `bounds`: "under 25", "25 to 44", …, "65 and over".

    Args:
        bounds: rising; a value that equals a bound is in the bin above it.
        are_whole: False where values or bounds have decimals: the last value before a bound has no name then, and the
            bins are called "25 to under 45".
    """
    names = [spelling(float(bound)) for bound in bounds]
    labels = [f"under {names[0]}"]
    for position, (low, high) in enumerate(itertools.pairwise(names), start=1):
        last = spelling(float(bounds[position]) - 1)
        between = last if last == low else f"{low} to {last}"
        labels.append(between if are_whole else f"{low} to under {high}")
    return [*labels, f"{names[-1]} and over"]


def _binned(name: str, distinct: np.ndarray, bins: Any, notation: Notation) -> list[str]:
    rule = f"group {name!r}: bins must be rising numbers, as in bins = [25, 45, 65]; {bins!r} was given"
    try:
        bounds = np.asarray([float(bound) for bound in bins])
    except (TypeError, ValueError):
        raise DataError(rule) from None
    if not bounds.size or not np.isfinite(bounds).all() or (np.diff(bounds) <= 0).any():
        raise DataError(rule)
    try:
        read = numbers_of(distinct, notation, f"group {name!r}")
        numbers = np.asarray(distinct, dtype=np.float64) if read is None else read
    except (TypeError, ValueError):
        texts = _non_numbers(distinct)
        mend = [Mend("data.missing", texts)] if len(texts) <= SHOWN else []
        raise DataError(
            f"group {name!r}: bins need numbers; the column holds {listed(texts, SHOWN)}. Take bins out, or list what "
            f"means missing under [data] missing{''.join(f', as in {setting.line}' for setting in mend)}",
            mend=mend,
        ) from None
    are_whole = bool((numbers == np.round(numbers)).all() and (bounds == np.round(bounds)).all())
    names = bin_labels([float(bound) for bound in bounds], are_whole)
    return [names[position] for position in np.searchsorted(bounds, numbers, side="right")]


def _renamed(name: str, labels: list[str], names: Any) -> list[str]:
    if not isinstance(names, Mapping):
        raise DataError(f'group {name!r}: values must map old names to new ones, as in {{"1" = "male"}}; got {names!r}')
    # The owner may write 1, 1.0 or "1" for the same value.
    known = {spelling(old): str(new) for old, new in names.items()}
    unknown = [old for old in known if old not in labels]
    if unknown:
        raise DataError(
            f"group {name!r}: values renames {unknown[0]!r}, which no row has; {closest(unknown[0], labels[:VALUES])}"
        )
    return [known.get(label, label) for label in labels]


def _check_numbers(name: str, distinct: np.ndarray) -> None:
    if len(distinct) <= NUMBERS:
        return
    kind = np.asarray(distinct).dtype.kind
    if kind in "fiu" or (kind == "O" and all(isinstance(value, int | float) for value in distinct)):
        # Thirds, rounded to two digits, are bounds that somebody could have chosen.
        thirds = np.quantile(np.asarray(distinct, dtype=np.float64), (1 / 3, 2 / 3))
        bounds = sorted({float(f"{third:.2g}") for third in thirds})
        mend = Mend(f"data.groups.{_key(name)}.bins", [int(bound) if bound.is_integer() else bound for bound in bounds])
        raise DataError(
            f"group {name!r} is a number with {len(distinct)} different values; at most {NUMBERS} can be groups. "
            f"Give bins, in the configuration:\n[data.groups.{_key(name)}]\n{mend.line}\n"
            f'or in Python: groups={{{name!r}: {{"bins": {mend.value}}}}}',
            mend=mend,
        )


def _key(name: str) -> str:
    """A TOML key: bare where that is allowed."""
    bare = name and all(letter.isascii() and (letter.isalnum() or letter in "-_") for letter in name)
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return name if bare else f'"{quoted}"'


def _non_numbers(distinct: np.ndarray) -> list[str]:
    """The values that are no numbers."""

    def is_number(value: Any) -> bool:
        try:
            float(value)
        except (TypeError, ValueError):
            return False
        return True

    return [str(value) for value in distinct if not is_number(value)]
