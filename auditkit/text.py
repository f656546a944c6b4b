"""Text that came from data, models or plugins, made harmless for terminals and logs."""

import itertools
import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

_CONTROL = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI sequences
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC sequences
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"  # C0 and C1, without tab and newline
    "|[\u200e\u200f\u202a-\u202e\u2066-\u2069]"  # bidirectional overrides
)


def printable(text: object, limit: int = 2000) -> str:
    """`text` without control characters and escape sequences, cut to `limit` characters (CWE-150)."""
    # cut first, for a text may have millions of characters; half a surrogate pair can be neither printed nor saved
    clean = _CONTROL.sub("", written(text, str)[: 4 * limit + 1000]).encode("utf-8", "replace").decode()
    return _cut(clean, limit)


def one_line(text: object, limit: int = 200) -> str:
    """`printable` text on one line."""
    return _cut(" ".join(printable(text, limit * 4).split()), limit)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def shown(value: object, limit: int = 80) -> str:
    """A value that a user or a plugin gave, as Python writes it, on one line."""
    return one_line(written(value, repr), limit)


def written(value: object, write: Callable[[object], str]) -> str:
    """What `str` or `repr` makes of a value; its kind where that raises, as a stranger's object may.

    An exception without words of its own gets some: that of `sys.exit(0)` is "0", that of a bare assert nothing.
    """
    try:
        if isinstance(value, SystemExit):
            return f"the code called sys.exit({value.code!r}), which ends the program"
        text = str.__str__(write(value))  # a stranger's kind of text may run code whatever is done with it
        return "without a message" if isinstance(value, BaseException) and not text else text
    except BaseException:  # the text of an exception may raise anything, too
        return f"a {class_name(value)}"


def class_name(value: object) -> str:
    """What the class of a value is called, whatever that class says of itself, on one line."""
    return one_line(_NAME.__get__(type(value)), 100)


_NAME = vars(type)["__name__"]


def as_python(value: Any) -> Any:
    """A setting without scalars of numpy, whose text names their type, also in lists, tuples and dictionaries.

    A float of less than 64 bits stays, for as a longer one it is another number.
    """
    if type(value) in (list, tuple):
        return type(value)(map(as_python, value))
    if type(value) is dict:
        return {as_python(key): as_python(entry) for key, entry in value.items()}
    if type(value).__module__ != "numpy" or getattr(value, "shape", None) != ():
        return value
    return value.item() if value.dtype.kind in "biuSU" or value.dtype == float else value


def one_or_more(names: Any) -> Any:
    """A single name as a list of one, which its letters are not; an array as a list; anything else as it is."""
    if isinstance(names, str):
        return (names,)
    return names.tolist() if hasattr(names, "tolist") else names


def first_few(names: Sequence[str], most: int = 8, between: str = ", ") -> str:
    """`A, B and 3 more`: the first names, and how many there are beside them.

    Args:
        names: in the order in which they are told.
        most: how many are told.
        between: what stands between two of them.
    """
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return f"{between.join(names[:most])}{more}"


def number_of(count: int | str, one: str, many: str = "") -> str:
    """`1 row`, `6,012 rows`, `fewer than 10 people`: a count, and what is counted.

    Args:
        count: how many, or that in words.
        one: what follows `1`, with its verb where one stands there.
        many: what follows any other count; empty: `one` with an s.
    """
    count_text = count if isinstance(count, str) else f"{count:,}"
    return f"{count_text} {one if count_text == '1' else many or one + 's'}"


def within_sentence(title: str) -> str:
    """A title in the middle of a sentence: it begins small, unless with an abbreviation or somebody's name."""
    return (
        title
        if title[1:2].isupper() or title.startswith(("Kolmogorov", "Wasserstein"))
        else title[:1].lower() + title[1:]
    )


def unused(name: str, taken: Collection[str], numbered: str = "{} ({})") -> str:
    """`name`, or where it is taken the first of `name (2)`, `name (3)`, … that is not."""
    others = (numbered.format(name, number) for number in itertools.count(2))
    return next(free for free in itertools.chain([name], others) if free not in taken)


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `11th`."""
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
