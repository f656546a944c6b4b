"""Words and sentences of a text, in the one form in which checks compare texts."""

import re
from typing import Final

_WORD: Final = re.compile(r"\w+(?:['’]\w+)*")
_END: Final = re.compile(r"(?<=[.!?…。！？])[\"'”’)\]]*\s+|\n+")
_APOSTROPHES: Final = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "“": '"', "”": '"'})


def plain(text: str | None) -> str:
    """A text without capitals, with one kind of apostrophe, and one blank where there were several; "" for None."""
    return " ".join((text or "").translate(_APOSTROPHES).casefold().split())


def words(text: str | None) -> list[str]:
    """The words of a text, without capitals and punctuation, in their order."""
    return _WORD.findall(plain(text))


def sentences(text: str | None) -> list[str]:
    """The sentences of a text, ended by `.`, `!`, `?` or a line break, without blanks around them; none of "".

    A full stop after a short form, such as `Dr.`, ends a sentence too: this is no grammar.
    """
    return [part.strip() for part in _END.split(text or "") if part and part.strip()]
