"""A column of texts, read as what it is: numbers where every value is written as one, true and false, or text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import pandas
import pyarrow
from pyarrow import compute

from auditkit.counts import names
from auditkit.counts.names import Markers
from auditkit.data.blanks import one_but_for_blanks
from auditkit.data.orders import Notation, numbers_of, order_of
from auditkit.errors import DataError, Mend
from auditkit.value_spelling import BOOLEANS, EXACT, NUMBER as SPELLED, listed

INTEGER: Final = f"^{names.INTEGER.pattern}$"
PLAIN_INTEGER: Final = "^(0|-?[1-9][0-9]*)$"
"""Written as Python would write it, so that it can be read as a number and no two texts become one."""
NUMBER: Final = f"^{SPELLED.pattern}$"
INFINITE: Final = r"^[+-]?(?i:inf|infinity)$"
GROUPED: Final = r"^-?([0-9]{1,3}|[1-9][0-9]{0,2}\.[0-9]{3})$"
"""Numbers whose point may stand between thousands."""
TIME: Final = r"^-?P[0-9T]|[0-9]( day|-[0-9]|:[0-9])"
"""What a moment or a length of time holds."""
ZEROS: Final = r"^-?0[0-9]+(\.[0-9]*)?$"
MARKERS: Final = ("", "?", "-", ".", "NA", "N/A", "n/a", "na", "nan", "NaN", "NULL", "null", "None", "none")
"""Texts that often mean missing; they are named in a note, as nobody can be known by them."""
FEW: Final = 1000


class Read(NamedTuple):
    """A column, and what is to be said about it."""

    values: pandas.Series[Any]
    notes: tuple[str, ...] = ()
    doubt: str = ""
    """Why it is doubtful that numbers are what they were read as."""
    stripped: bool = False
    """Whether there were blanks around values."""
    merged: tuple[str, ...] = ()
    """Texts that were one without the blanks around them."""


def read_column(
    texts: Any, name: str, missing: Markers, kind: str | None, strip: bool, notation: Notation | None = None
) -> Read:
    """A column of a text file with its type.

    Args:
        texts: a pyarrow chunked array of strings.
        name: of the column, for messages.
        missing: what means missing; it learns which markers are met.
        kind: as declared; None: to be inferred.
        strip: whether blanks around a value are taken off.
        notation: how numbers are written, as far as the owner says so.

    Raises:
        DataError: infinite values among numbers, or values that are not of the declared kind.
    """
    trimmed = compute.utf8_trim_whitespace(texts) if strip else texts
    read = _read(_without(trimmed, missing), name, kind, notation or Notation())
    if not strip or trimmed.equals(texts):
        return read
    return read._replace(stripped=True, merged=one_but_for_blanks(compute.unique(texts).to_pylist()))


def _read(texts: Any, name: str, kind: str | None, notation: Notation) -> Read:
    """The column, once blanks and missing values are out."""
    # an id of whole numbers stays one, as tables of embeddings want it; 007 would become 7
    if kind in ("category", "text") or (kind == "identifier" and not _all(texts, PLAIN_INTEGER)):
        return Read(_text(texts))
    if texts.null_count == len(texts):
        return Read(pandas.Series(np.full(len(texts), np.nan)))
    if kind in ("number", "integer", "boolean"):
        return Read(_declared(texts, name, kind, notation))
    booleans = _booleans(texts)
    if booleans is not None:
        return Read(booleans)
    doubt = _thousands(texts, notation)
    if doubt is None:
        return Read(_text(texts))
    numbers, note = _numbers(texts, name)
    return Read(_text(texts) if numbers is None else numbers, (note,) if note else (), doubt)


def _thousands(texts: Any, notation: Notation) -> str | None:
    """Why it is doubtful that points stand before decimals, as in 334 and 9.209; None where the owner denies it."""
    is_stated = notation.decimal is not None or notation.thousands is not None
    if is_stated and notation.allows_decimal("."):
        return ""
    # The first values are tried alone, so that a long column of other numbers costs no second pass.
    if not _all(texts.slice(0, FEW), GROUPED) or not _all(texts, GROUPED) or not _any(_matches(texts, r"\.")):
        return ""
    if is_stated:
        return None
    return "" if _all(texts, r"\.") else order_of(_text(texts.unique())).doubt  # the same order, where all have one


def _without(texts: Any, missing: Markers) -> Any:
    """The texts, null where one means missing."""
    # Arrow picks the few values that may be markers; Python then asks about each of those alone.
    distinct = compute.unique(texts).drop_null() if missing.texts else texts.slice(0, 0)
    likely = compute.is_in(distinct, value_set=pyarrow.array(missing.texts, pyarrow.string()))
    if missing.numbers:
        likely = compute.or_(likely, _matches(distinct, NUMBER))
    if missing.times:
        likely = compute.or_(likely, _matches(distinct, TIME))
    markers = [marker for marker in distinct.filter(likely).to_pylist() if missing.means_missing(marker)]
    if not markers:
        return texts
    lacking = compute.is_in(texts, value_set=pyarrow.array(markers, pyarrow.string()))
    return compute.if_else(lacking, pyarrow.scalar(None, pyarrow.string()), texts)


def _any(mask: Any) -> bool:
    return bool(compute.any(mask).as_py())


def _matches(texts: Any, pattern: str) -> Any:
    return compute.match_substring_regex(texts, pattern)


def _all(texts: Any, pattern: str) -> bool:
    return bool(compute.all(_matches(texts, pattern)).as_py())


def _numbers(texts: Any, name: str) -> tuple[pandas.Series[Any] | None, str]:
    """The numbers, or None and perhaps a note, where not every value is written as one."""
    start = texts.slice(0, FEW)
    if not _any(_matches(start, NUMBER)) and start.null_count < len(start):
        return None, ""  # most columns of text are known by their first values
    return (_cast(texts), "") if _all(texts, NUMBER) else (None, _not_numbers(texts, name))


def _cast(texts: Any) -> pandas.Series[Any] | None:
    """Numbers from texts that are written as numbers; None for integers that would lose digits."""
    if not _all(texts, INTEGER):
        return pandas.Series(_floats(texts))
    try:
        integers = compute.cast(texts, pyarrow.int64())
    except pyarrow.ArrowInvalid:
        return None  # more than 64 bits: an identifier
    if not texts.null_count:
        return pandas.Series(integers.to_numpy())
    # With missing values the column becomes floats, in which integers from 2**53 on lose their last digits.
    exact = integers.cast(pyarrow.float64(), safe=False).to_numpy()
    return pandas.Series(exact) if np.nanmax(np.abs(exact)) < EXACT else None


def _floats(texts: Any) -> np.ndarray:
    return np.asarray(compute.cast(texts, pyarrow.float64()).to_numpy())


def _not_numbers(texts: Any, name: str) -> str:
    """Why a column with numbers in it is text."""
    is_number = _matches(texts, NUMBER)
    strange = texts.filter(compute.invert(is_number))
    if _all(strange, INFINITE) and _any(is_number):
        mend = Mend("data.missing", compute.unique(strange).to_pylist())
        raise DataError(
            f"column {name!r} holds infinite values ({len(strange)} in all); replace them by the largest number that "
            f"is meant, or list them under [data] missing, as in {mend.line}",
            mend=mend,
        )
    if _all(strange, ZEROS):
        return f"column {name!r} is text, as numbers in it begin with 0"
    share = compute.mean(compute.cast(is_number, "float64")).as_py()
    if share < 0.5:
        return ""
    markers = [marker for marker in MARKERS if marker in set(compute.unique(strange).to_pylist())]
    example = f" ({listed(markers)})" if markers else ""
    reason = f"column {name!r} is text, as not every value is a number{example}"
    return f"{reason}; list what means missing under [data] missing"


def _booleans(texts: Any) -> pandas.Series[Any] | None:
    if not _all(texts.slice(0, FEW), "^(?i:true|false)$"):
        return None
    distinct = compute.unique(texts.drop_null()).to_pylist()
    return _as_booleans(texts, BOOLEANS) if distinct and set(distinct) <= set(BOOLEANS) else None


def _as_booleans(texts: Any, known: Mapping[str, bool]) -> pandas.Series[Any]:
    values = np.array([known.get(text, np.nan) for text in texts.to_pylist()], dtype=object)
    # numpy's booleans have no missing value, so that the column holds objects where there is one.
    return pandas.Series(values if texts.null_count else values.astype(bool))


def _declared(texts: Any, name: str, kind: str, notation: Notation) -> pandas.Series[Any]:
    """The values as the kind that the owner declared."""
    if kind == "boolean":
        known = {**BOOLEANS, "1": True, "0": False}
        strange = sorted({value for value in texts.unique().to_pylist() if value is not None} - set(known))
        if not strange:
            return _as_booleans(texts, known)
    else:
        try:
            numbers = _floats(texts)
            are_whole = kind == "integer" and not texts.null_count and bool((numbers == np.round(numbers)).all())
            return pandas.Series(numbers.astype(np.int64) if are_whole else numbers)
        except pyarrow.ArrowInvalid:
            spelt_numbers = numbers_of(_text(texts), notation, f"column {name!r}")
            if spelt_numbers is not None:
                return pandas.Series(spelt_numbers)
            strange = compute.unique(texts.filter(compute.invert(_matches(texts, NUMBER)))).to_pylist()
    mend = Mend(f'data.features."{name}".kind', "category")
    raise DataError(
        f"column {name!r} is declared {kind}, but holds {listed(strange, 3)}; list what means missing under [data] "
        f"missing, or declare it {mend}",
        mend=mend,
    )


def _text(texts: Any) -> pandas.Series[Any]:
    values = texts.to_pandas()
    return values.where(values.notna(), np.nan) if values.dtype.kind == "O" else values
