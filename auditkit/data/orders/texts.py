"""The readings of texts as ordered numbers: every one that fits all of them, and which one the owner means."""

import functools
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np

from auditkit.data.orders import dates, durations, numerals
from auditkit.data.orders.order import Notation
from auditkit.data.orders.plain import plain

FIRST: Final = 100
"""Texts that are tried before all are: most columns of text are known by them."""
POINT, COMMA = 'decimal = "."', 'decimal = ","'
WORDS: Final = 20
"""Texts without a digit that may stand among numbers, as "unknown" and "n/a" do."""


class Reading(NamedTuple):
    """Texts as ordered numbers."""

    how: str
    """In words, such as "dates, day first"."""
    kind: str
    """`number`, `moment` or `length` (of time): what may stand beside these texts in one column."""
    setting: str
    """What to say under [data] where this reading is meant; empty where no setting chooses it."""
    values: list[float]


def readings(texts: Sequence[str], notation: Notation) -> list[Reading]:
    """Every reading that fits all the texts and gives other numbers than those before it.

    Texts without a digit, few beside numbers, have an order of their own below all numbers.

    Args:
        texts: different ones, none missing.
        notation: what the owner says; of several readings, those that agree with it are kept.
    """
    spelt = [plain(text) for text in texts]
    # Before all else, as a few Roman numerals are also words, months or units.
    counted = numerals.roman_numerals(spelt)
    if counted is not None:
        return [Reading("Roman numerals", "number", "", counted)]
    words = sorted({text for text in spelt if is_word(text)})
    with_digits = [text for text in spelt if text not in set(words)]
    if len(words) > WORDS or len(words) >= len(with_digits):
        return []
    fitting = _agreeing(_fitting(with_digits, _usual(notation)), notation) or _fitting(with_digits, RARE)
    return [reading._replace(values=_with_words(reading.values, spelt, words)) for reading in fitting]


def is_word(text: str) -> bool:
    """Whether a text is no number in any form: it has no digit, or it is the error of a spreadsheet."""
    return not any(letter.isdigit() for letter in text) or (text.startswith("#") and text.endswith(("!", "?")))


class _Form(NamedTuple):
    """One way to read texts."""

    how: str
    kind: str
    setting: str
    read: Callable[[Sequence[str]], list[float] | None]

    def reading(self, values: list[float]) -> Reading:
        """What it makes of texts."""
        return Reading(self.how, self.kind, self.setting, values)


RARE: Final = (
    _Form("feet and inches", "number", "", durations.heights),
    _Form("lengths of time", "length", "", durations.durations),
    _Form("fractions", "number", "", numerals.fractions),
    _Form("ranges, a point before decimals", "number", POINT, lambda texts: numerals.ranges(texts, ".")),
    _Form("ranges, a comma before decimals", "number", COMMA, lambda texts: numerals.ranges(texts, ",")),
    _Form("hexadecimal numbers", "number", "", numerals.hexadecimal),
    _Form("versions", "number", "", numerals.versions),
    _Form("addresses of networks", "number", "", numerals.addresses),
)
"""Tried where no other form fits."""


NUMBERS: Final = (
    _Form("numbers with a point before decimals", "number", POINT, lambda texts: numerals.numbers(texts, ".")),
    _Form("numbers with a comma before decimals", "number", COMMA, lambda texts: numerals.numbers(texts, ",")),
)


def dated(texts: Sequence[str], notation: Notation) -> list[Reading]:
    """Every reading of texts as dates that fits all of them."""
    pairs = [(form, form.read(texts)) for form in _dates(notation)]
    return [form.reading(values) for form, values in pairs if values is not None]


def _usual(notation: Notation) -> list[_Form]:
    stated_format, *orders = [None, *_dates(notation)] if "%" not in str(notation.dates) else _dates(notation)
    return [*([stated_format] if stated_format else []), *NUMBERS, *orders]


def _dates(notation: Notation) -> list[_Form]:
    """The format that the owner says first, where there is one; then every order."""
    form = str(notation.dates)
    stated = _Form(f"dates as {form}", "moment", f'dates = "{form}"', functools.partial(dates.by_format, form=form))
    forms = [stated] if "%" in form else []
    for order in dates.ORDERS:
        description, setting = (f"dates with the {order}", f'dates = "{order}"') if order else ("dates", "")
        description = f"dates as {order}" if "%" in order else description
        forms.append(_Form(description, "moment", setting, functools.partial(dates.moments, order=order)))
    return forms


def _fitting(texts: list[str], forms: Sequence[_Form]) -> list[Reading]:
    """The readings that fit all texts; of those that give the same numbers the first."""
    sample = texts[:: max(1, len(texts) // FIRST)]  # from the whole column, which may be sorted
    readings: list[Reading] = []
    for form in forms:
        values = None if form.read(sample) is None else form.read(texts)
        if values is not None and all(values != reading.values for reading in readings):
            readings.append(form.reading(values))
    one_number = [reading.kind == "number" for reading in readings] == [True, *(False for _ in readings[1:])]
    points_only = [reading.setting for reading in readings] == [POINT, COMMA] and not any("," in text for text in texts)
    # dates with the year first have the order of the numbers; 1.234 and 2.500 have the same in both readings
    orders = [np.argsort(reading.values, kind="stable").tolist() for reading in readings]
    alike = all(order == orders[0] for order in orders)
    return readings[:1] if alike and (one_number or points_only) else readings


def _agreeing(readings: list[Reading], notation: Notation) -> list[Reading]:
    """The readings that agree with what the owner said; all, where none does or nothing was said."""
    if len(readings) < 2:
        return readings

    def agrees(reading: Reading) -> bool:
        if reading.setting.startswith("dates"):
            return notation.dates is None or reading.setting == f'dates = "{notation.dates}"'
        return not reading.setting or notation.allows_decimal(reading.setting[-2])

    agreeing = [reading for reading in readings if agrees(reading)]
    stated = [reading for reading in agreeing if reading.setting == f'dates = "{notation.dates}"']
    return stated or agreeing or readings


def _with_words(values: list[float], spelt: list[str], words: list[str]) -> list[float]:
    """The numbers in the order of all texts; each word below the smallest number."""
    lowest = min(values)
    step = max(1.0, abs(lowest) * 1e-9)  # a step of 1 would vanish beside numbers over 2**53
    value_of = {word: lowest - step * (len(words) - rank) for rank, word in enumerate(words)}
    numbers = iter(values)
    return [value_of[text] if text in value_of else next(numbers) for text in spelt]
