"""From the values of a column to names: of groups, and of the classes of labels and decisions.

Which values mean missing is said here too: the same for texts, numbers and dates, so that every reader takes out the
same rows.
"""

import decimal
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from auditkit.counts.arrow_codes import Field
from auditkit.errors import DataError, closest
from auditkit.times import same_times
from auditkit.value_spelling import BOOLEANS, NUMBER, listed, match_class, spelling, spellings


class Markers:
    """The texts that mean missing, and which of them were met.

    A number is matched by its value, so that -1 matches -1.0; a moment by its time, so that 1900-01-01 matches a
    midnight; everything else as it is written, but for blanks around it.

    Args:
        texts: as the owner lists them.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = tuple(texts)
        self.numbers = {float(text): text for text in self.texts if NUMBER.fullmatch(text)}
        """Those that are numbers."""
        self.times = {spelt: text for text in self.texts for spelt in (same_times([text]) or ())}
        """Those that are moments, or lengths of time, as `same_times` spells them."""
        self.met: set[str] = set()
        """The markers that some value has."""

    def means_missing(self, value: Any) -> bool:
        """Whether a value, not missing itself, is one of the markers."""
        marker = self._marker(value)
        if marker is not None:
            self.met.add(marker)
        return marker is not None

    @property
    def notes(self) -> list[str]:
        """What there is to say of markers that no value has; the empty text is listed for good measure."""
        # a number that was met in one of its spellings was met in all of them
        met = {text for text in self.texts if NUMBER.fullmatch(text) and self.numbers[float(text)] in self.met}
        unmet = [text for text in dict.fromkeys(self.texts) if text and text not in self.met | met]
        return [f"missing lists {', '.join(map(repr, unmet))}, which no value has"] if unmet else []

    def _marker(self, value: Any) -> str | None:
        # item() would make a plain number of a moment of numpy's
        moment = getattr(getattr(value, "dtype", None), "kind", "") in "mM"
        value = value.item() if hasattr(value, "item") and not moment else value
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        if isinstance(value, str):
            if value in self.texts or value.strip() in self.texts:
                return str(value) if value in self.texts else value.strip()
            if self.numbers and NUMBER.fullmatch(value.strip()):
                return self.numbers.get(float(value))
        # True equals 1 in Python, and means no missing value
        elif isinstance(value, int | float | decimal.Decimal) and not isinstance(value, bool):
            return self.numbers.get(float(value))
        elif str(value) in self.texts:
            return str(value)
        return next(iter(self.times.get(spelt) for spelt in same_times([value]) or ()), None) if self.times else None


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
