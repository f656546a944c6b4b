"""Which encodings may have written a text, and what each makes of its words.

UTF-8 is told for certain, and the others are not: every byte is a letter in some encoding. So each that can have
written the text is tried, and whoever knows the words chooses.
"""

import codecs
import itertools
import operator
import re
import unicodedata
from typing import Final

CANDIDATES: Final = (
    "utf-8", "cp1252", "cp1250", "cp1254", "cp1257", "cp1251", "koi8-r", "cp1253", "cp1255", "cp1256", "cp874", "cp932",
    "euc-jp", "gb18030", "big5", "cp949", "iso8859-15", "iso8859-2", "iso8859-5", "iso8859-7", "iso8859-6", "koi8-u",
    "cp850", "cp852", "cp857", "cp775", "cp866", "cp737", "cp862", "mac_roman", "mac_turkish", "mac_cyrillic",
    "mac_greek",
)  # fmt: skip
"""UTF-8; of Windows, letters of one byte: Western, central European, Turkish, Baltic, Cyrillic (with that of Unix),
Greek, Hebrew, Arabic, Thai; and of several: Japanese (two), Chinese (two), Korean. Then of ISO and Unix, of DOS and of
the Macintosh before Unicode."""
EAST: Final = {"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC", "FULLWIDTH", "HALFWIDTH"}
"""Scripts that Japanese mixes with Chinese characters in a word."""
COMMON: Final = {"cp932": 0x97, "euc-jp": 0xCF, "gb18030": 0xD7, "big5": 0xC6, "cp949": 0xC8}
"""The last first byte of common characters; those of China and Korea, and in euc-jp, have no byte below 0xA1."""
MOST_WRONG: Final = 0.34
"""Of the signs beyond ASCII, where no language writes them."""
MOST: Final = 6
"""Encodings that are proposed, the likelier ones."""
WITHIN: Final = "’·–—"
"""Signs beyond ASCII between the letters of a word."""
_MARKS = ("Mn", "Mc", "Nd")
_WORD = re.compile(r"(?:[A-Za-z0-9]|[^\x00-\x7f\s])+")
_FIELD = re.compile(r"[^\s,;\"|]*[^\x00-\x7f\s][^\s,;\"|]*")


def likely(sample: bytes) -> dict[str, str]:
    """{encoding: how it reads a word beyond ASCII} of those that can have written a text, likelier ones first.

    The word is the first that tells them apart.

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
        wrong = sum(_wrong(word, encoding) for word in words)
        share = wrong / max(1, sum(not sign.isascii() for word in words for sign in word))
        if share <= MOST_WRONG and not any(map(_is_drawn, text)):
            readings.append((share, encoding, text))
    # encodings that read all of it alike are one way out
    first_of: dict[str, str] = {}
    for _, encoding, text in sorted(readings, key=operator.itemgetter(0)):
        first_of.setdefault(text, encoding)
    fields_of = {encoding: fields for text, encoding in first_of.items() if (fields := _FIELD.findall(text))}
    likeliest = dict(itertools.islice(fields_of.items(), MOST))
    shortest = min(map(len, likeliest.values()), default=0)
    place = max(range(shortest), key=lambda place: len({fields[place] for fields in likeliest.values()}), default=0)
    return {encoding: fields[place][:20] for encoding, fields in likeliest.items()}


def _wrong(word: str, encoding: str) -> int:
    """How many signs beyond ASCII in a word stand where no language writes them."""
    beyond_ascii = sum(not sign.isascii() for sign in word)
    if not _one_script(word):
        return beyond_ascii
    if encoding in COMMON:
        return sum(not sign.isascii() and _is_rare(sign, encoding) for sign in word)
    places = zip(f" {word}", word, f"{word[1:]} ", strict=False)
    return sum(not sign.isascii() and _is_odd(before, sign, after) for before, sign, after in places)


def _is_rare(character: str, encoding: str) -> bool:
    raw = character.encode(encoding)
    return raw[0] > COMMON[encoding] or (encoding not in ("cp932", "big5") and min(raw) < 0xA1)


def _is_odd(before: str, sign: str, after: str) -> bool:
    """Whether it is a capital behind a small letter, or none and beside letters, but no mark of punctuation there."""
    kind = unicodedata.category(sign)
    if kind[0] in "LM":
        return sign.isupper() and before.islower()
    if before.isalpha():
        return sign not in WITHIN if after.isalpha() else kind not in ("Pf", "Po", "Pd")
    return after.isalpha() and not before.isdigit() and kind[0] != "P"


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
