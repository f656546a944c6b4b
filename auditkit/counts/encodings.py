"""Which encodings may have written a text, and what each makes of its words.

UTF-8 is told for certain, and the others are not: every byte is a letter in some encoding. So each that can have
written the text is tried, and whoever knows the words chooses.
"""

import codecs
import operator
import re
import unicodedata
from typing import Final

CANDIDATES: Final = (
    "utf-8", "cp1252", "cp1250", "cp1254", "cp1257", "cp1251", "koi8-r", "cp1253", "cp1255", "cp1256", "cp874", "cp932",
    "euc-jp", "gb18030", "big5", "cp949",
)  # fmt: skip
"""UTF-8; letters of one byte: Western, central European, Turkish, Baltic, Cyrillic (two), Greek, Hebrew, Arabic, Thai;
letters of several: Japanese (two), Chinese (two), Korean."""
EAST: Final = {"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC", "FULLWIDTH", "HALFWIDTH"}
"""Scripts that Japanese mixes with Chinese characters in a word."""
MOST_WRONG: Final = 0.2
"""Of the letters beyond ASCII, in words that no language writes."""
_MARKS = ("Mn", "Mc", "Nd")
_WORD = re.compile(r"(?:[A-Za-z0-9]|[^\x00-\x7f\s])+")
_FIELD = re.compile(r"[^\s,;\"|]*[^\x00-\x7f\s][^\s,;\"|]*")


def likely(sample: bytes) -> dict[str, str]:
    """{encoding: the first word beyond ASCII as it reads it} of all that can have written a text, likelier ones first.

    Args:
        sample: lines of the text, which may end within a letter.
    """
    readings: list[tuple[float, str, str]] = []
    for encoding in CANDIDATES:
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(sample)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8":  # nothing else is written so by chance
            return {encoding: ""}
        words = [word for word in _WORD.findall(text) if not word.isascii()]
        wrong = sum(_beyond_ascii(word) for word in words if not _one_script(word))
        if wrong <= MOST_WRONG * sum(map(_beyond_ascii, words)) and not any(map(_is_drawn, text)):
            readings.append((_capitals_within(words), encoding, text))
    # encodings that read all of it alike are one way out
    first_of: dict[str, str] = {}
    for _, encoding, text in sorted(readings, key=operator.itemgetter(0)):
        first_of.setdefault(text, encoding)
    return {encoding: match.group()[:20] for text, encoding in first_of.items() if (match := _FIELD.search(text))}


def _beyond_ascii(word: str) -> int:
    return sum(not letter.isascii() for letter in word)


def _one_script(word: str) -> bool:
    """Whether a language writes such a word: in letters of one script, and of Latin ones some without an accent."""
    # marks too, such as Thai vowels, and digits beyond ASCII
    scripts = {_script(letter) for letter in word if letter.isalpha() or unicodedata.category(letter) in _MARKS}
    scripts.discard("DIGIT")
    if not scripts:
        return len(word) == 1  # a sign, such as that of a currency
    if scripts == {"LATIN"} and len(word) > 2:
        return any(letter.isascii() for letter in word)
    return len(scripts) == 1


def _script(letter: str) -> str:
    script = unicodedata.name(letter, "").partition(" ")[0]
    return "CJK" if script in EAST else script


def _is_drawn(sign: str) -> bool:
    """A control sign, one for private use, or a piece of a drawn line: what no column of a table holds."""
    return (ord(sign) > 127 and unicodedata.category(sign) in ("Cc", "Co", "Cn")) or "\u2500" <= sign <= "\u25ff"


def _capitals_within(words: list[str]) -> float:
    """The share of capitals after the first letter: many, where small and capital letters have changed places."""
    beyond_ascii = (letter for word in words for letter in word[1:] if not letter.isascii())
    within = [letter for letter in beyond_ascii if letter.isupper() or letter.islower()]
    return sum(letter.isupper() for letter in within) / max(1, len(within))
