"""From the values of a column to names: of groups, and of the classes of labels and decisions."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from auditkit.counts.arrow_codes import Field
from auditkit.counts.markers import Markers
from auditkit.errors import DataError, closest
from auditkit.value_spelling import BOOLEANS, NUMBER, listed, match_class, spelling, spellings

MISSING: Final = "(missing)"
"""The group of the rows in which the attribute is missing."""
EMPTY: Final = "(empty)"
"""The group of the rows that hold a text without letters, where that does not mean missing."""
CLASSES: Final = 100
"""A label with more values than this is a number to predict, or a mistake."""
INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]*)")
TYPES: Final[tuple[tuple[Callable[[str], Any], Callable[[str], Any]], ...]] = (
    (BOOLEANS.__contains__, BOOLEANS.__getitem__), (INTEGER.fullmatch, int), (NUMBER.fullmatch, float),
)  # fmt: skip
"""Whether a field is written so, and what makes a value of it."""

Rename = Callable[[list[Any]], Sequence[str]]
"""Takes the distinct values of a column, none missing, and gives the name of each one's group."""


def typed(values: Sequence[Any], missing: Markers | None) -> list[Any]:
    """The values of a column, its fields of text files as numbers or true and false where all are written so.

    Args:
        values: as a `Coder` lists them.
        missing: what means missing; None: the empty text.
    """

    def present_value(value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, str):
            value = type(value)(value.strip())
        lacking = value == "" if missing is None else missing.means_missing(value)
        return None if lacking else value

    present = [present_value(value) for value in values]
    fields = [value for value in present if isinstance(value, Field)]
    # a text file does not say what is a number: a column is one where every value is written as one
    as_type = next((as_type for is_written, as_type in TYPES if all(map(is_written, fields))), str)
    return [as_type(value) if isinstance(value, Field) else value for value in present]


def group_names(attribute: str, values: Sequence[Any], rename: Rename | None) -> list[str]:
    """The name of each value's group; "(missing)" for a missing one.

    Raises:
        DataError: `rename` gives another number of names than it was given values.
    """
    present = [value for value in values if value is not None]
    names = [text or EMPTY for text in spellings(present)] if rename is None else list(map(str, rename(present)))
    if len(names) != len(present):
        raise DataError(
            f"rename of group {attribute!r} gave {len(names)} names for {len(present)} values; give one each"
        )
    texts = iter(names)
    return [MISSING if value is None else next(texts) for value in values]


def class_places(columns: Mapping[str, Sequence[Any]], positive: Any) -> tuple[tuple[str, ...], list[list[int]]]:
    """The classes that occur in labels and decisions, and for each column the position of each value's class.

    Classes are in the order of numbers or of text, the positive one last. A decision is spelt as the labels are: True
    is the label 1. A missing value has the position C.

    Args:
        columns: {name of the column: its values}, labels first.
        positive: the positive class in any spelling; None: the last in order.

    Raises:
        DataError: more than 100 classes, or `positive` is none of them.
    """
    labels = tuple(value for value in next(iter(columns.values()), ()) if value is not None)
    spelt = [
        [None if value is None else spelling(match_class(value, labels)) for value in values]
        for values in columns.values()
    ]
    for name, texts in zip(columns, spelt, strict=True):
        if len(set(texts) - {None}) > CLASSES:
            raise DataError(
                f"column {name!r} has {len(set(texts) - {None})} different values; at most {CLASSES} can be classes. "
                "Is it a score? Make decisions of it first"
            )
    classes = sorted({text for texts in spelt for text in texts if text is not None}, key=_order)
    if positive is not None:
        positive_class = match_class(positive, tuple(classes))
        if positive_class not in classes:
            close = closest(str(positive), classes) if len(classes) > 10 else f"they are {listed(classes)}"
            raise DataError(f"positive must be one of the classes, and {positive!r} is not; {close}")
        classes = [*(label for label in classes if label != positive_class), positive_class]
    positions = {name: index for index, name in enumerate(classes)}
    return tuple(classes), [[len(classes) if text is None else positions[text] for text in texts] for texts in spelt]


def _order(name: str) -> tuple[int, float, str]:
    return (0, float(name), name) if NUMBER.fullmatch(name) else (1, 0.0, name)
