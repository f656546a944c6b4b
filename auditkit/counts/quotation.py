"""Rows of a text file, and whether the quotation marks in them are where those of a csv file are."""

import io
from typing import Any, Final

import numpy as np

SLICE: Final = 1 << 18
"""Bytes looked at together: few enough for the cache."""


class MarkedRows(io.RawIOBase):
    """A binary stream that looks at each quotation mark as it is read.

    In a csv file every other mark opens a value and stands at its beginning, the next one ends it and stands at its
    end, and two side by side are one in the text. Elsewhere a reader would go on to a later mark and take two rows for
    one, without a word.

    Args:
        stream: bytes in UTF-8, from the beginning of a row.
        start: what was read of it too far.
        delimiter: between values.
        quote: the mark.
    """

    def __init__(self, stream: Any, start: bytes, delimiter: str, quote: str) -> None:
        self._stream, self._start, self._quote = stream, start, ord(quote)
        self._beside = np.zeros(256, dtype=bool)
        self._beside[[ord(sign) for sign in (delimiter, quote, "\r", "\n")]] = True
        self._marks = 0
        self._held = b"\n"
        self.doubtful = False
        """Whether a mark stands elsewhere; so it may also, as in 6", in a value that is not quoted."""

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        data: bytes = self._start or self._stream.read(size)
        self._start = b""
        self._look(data or b"\n")
        if not data and self._marks % 2:
            self.doubtful = True
        return data

    def close(self) -> None:
        """Close the stream too."""
        self._stream.close()
        super().close()

    def _look(self, data: bytes) -> None:
        # of what was looked at the last byte stands before what follows, and the next one waits for what is behind it
        held = self._held + data
        signs = np.frombuffer(held, dtype=np.uint8)
        for start in range(0, len(signs) - 2, SLICE):
            part = signs[start : start + SLICE + 2]
            marks = np.flatnonzero(part[1:-1] == self._quote)
            opening, closing = marks[self._marks % 2 :: 2], marks[1 - self._marks % 2 :: 2]
            if not (self._beside[part[opening]].all() and self._beside[part[closing + 2]].all()):
                self.doubtful = True
            self._marks += len(marks)
        self._held = held[-2:]
