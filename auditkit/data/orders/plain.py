"""Texts in one plain form: ASCII digits, signs and blanks, whatever script, width or typography they came in."""

import re
import unicodedata
from typing import Final

SAME: Final = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d\u207b", "-"),
    **dict.fromkeys("\u2018\u2019\u02bc\u2032\uff07\u00b4`\u066c", "'"),
    **dict.fromkeys("\u201c\u201d\u2033\u201e\uff02", '"'),
    "\u066b": ".",
    "\u060c": ",",
    "\u0130": "i",
    "\u00d7": "x",
    "\u5e74": "-",
    "\u6708": "-",
    "\u65e5": " ",
    "\ub144": "-",
    "\uc6d4": "-",
    "\uc77c": " ",
}
"""Dashes, apostrophes, quotation marks, Arabic separators, the Turkish i; year, month and day
in Chinese, Japanese and Korean."""
HIGH: Final = str.maketrans("\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079", "0123456789")
QUOTED: Final = re.compile(r"""^=?"(.*)"$|^'(.*)'$|^'(?=[\d.,+-])(.*)$""", re.DOTALL)
POWER: Final = re.compile("(?<=10)[-\u207b]?[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+")


def plain(text: str) -> str:
    """The text without quotation marks around it, in lower case, with single blanks.

    Digits of any script are ASCII digits, one half is 1/2, ten to the power of three is 10^3.
    """
    if not text.isascii():
        text = POWER.sub(lambda power: "^" + power.group().replace("\u207b", "-").translate(HIGH), text)
        text = "".join(_letter(letter) for letter in text)
    text = " ".join(text.split())
    quoted = QUOTED.match(text)
    if quoted:
        text = next(part for part in quoted.groups() if part is not None).strip()
    return unicodedata.normalize("NFC", text.casefold())


def _letter(letter: str) -> str:
    if letter.isascii():
        return letter
    if letter in SAME:
        return SAME[letter]
    kind = unicodedata.category(letter)
    if kind == "Nd":
        return str(unicodedata.decimal(letter))
    if kind in ("Zs", "Cf"):  # blanks of any width; signs that are not seen, such as a mark of direction
        return " " if kind == "Zs" else ""
    if kind == "No":
        fraction = unicodedata.normalize("NFKC", letter)
        # The blank keeps one and a half apart: 1½ becomes 1 1/2, not 11/2.
        return " " + fraction.replace("\u2044", "/") if "\u2044" in fraction else letter
    return unicodedata.normalize("NFKC", letter)
