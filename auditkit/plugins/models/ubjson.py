"""Universal Binary JSON as XGBoost writes it, read so that what it holds can be checked first."""

import json
import struct
from typing import Any, Final

import numpy as np

NUMBERS: Final = {
    b"i": ">i1", b"U": ">u1", b"I": ">i2", b"u": ">u2", b"l": ">i4", b"m": ">u4", b"L": ">i8", b"d": ">f4", b"D": ">f8",
}  # fmt: skip
"""{marker: type}."""
CONSTANTS: Final = {b"T": True, b"F": False, b"Z": None}
DEEPEST: Final = 100
CONTAINER, ENTRY = 100, 40
"""Bytes of memory that an array or object, and each of its entries, takes at most beside what is in it."""


def loads(data: bytes, most: int) -> Any:
    """What the bytes state: dictionaries, lists, texts, numbers, and arrays where all are of one type.

    Args:
        data: the whole file.
        most: bytes of memory that it may take.

    Raises:
        ValueError: it is no such file, or takes more.
    """
    reader = _Reader(data, most)
    value = reader.value(reader.take(1), 0)
    if reader.place != len(data):
        raise ValueError(f"{len(data) - reader.place:,} bytes are left behind its end")
    return value


class _Reader:
    def __init__(self, data: bytes, most: int) -> None:
        self.place = 0
        self._data = data
        self._left = most

    def take(self, count: int) -> bytes:
        end = self.place + count
        if count < 0 or end > len(self._data):
            raise ValueError(f"it ends at byte {len(self._data):,}, where {count:,} more must follow")
        part = self._data[self.place : end]
        self.place = end
        return part

    def value(self, marker: bytes, depth: int) -> Any:
        if depth > DEEPEST:
            raise ValueError(f"it is nested deeper than {DEEPEST} times")
        if marker in NUMBERS:
            return self._number(marker)
        if marker in CONSTANTS:
            return CONSTANTS[marker]
        if marker == b"S":
            return self._text()
        if marker == b"C":
            return self.take(1).decode("ascii")
        if marker == b"[":
            return self._array(depth)
        if marker == b"{":
            return self._object(depth)
        raise ValueError(f"there is no type {marker!r} (before byte {self.place:,})")

    def _number(self, marker: bytes) -> int | float:
        kind = np.dtype(NUMBERS[marker])
        number: int | float = np.frombuffer(self.take(kind.itemsize), kind)[0].item()
        return number

    def _count(self) -> int:
        count = self._number(self._marker_of_number())
        if not isinstance(count, int) or count < 0:
            raise ValueError(f"a length must be a whole number from 0; it is {count}")
        return count

    def _marker_of_number(self) -> bytes:
        marker = self.take(1)
        if marker not in NUMBERS:
            raise ValueError(f"a length must be a number; its type is {marker!r} (before byte {self.place:,})")
        return marker

    def _text(self) -> str:
        return self.take(self._count()).decode()

    def _spend(self, bytes_held: int) -> None:
        self._left -= bytes_held
        if self._left < 0:
            raise ValueError("what it holds would take more memory than a model may")

    def _array(self, depth: int) -> Any:
        self._spend(CONTAINER)
        if self._data[self.place : self.place + 1] == b"$":
            return self._typed_array()
        count = None
        if self._data[self.place : self.place + 1] == b"#":
            self.take(1)
            count = self._count()
        values: list[Any] = []
        while count is None or len(values) < count:
            marker = self.take(1)
            if count is None and marker == b"]":
                break
            self._spend(ENTRY)
            values.append(self.value(marker, depth + 1))
        return values

    def _typed_array(self) -> np.ndarray:
        _, marker, hash_sign = struct.unpack("ccc", self.take(3))
        if marker not in NUMBERS or hash_sign != b"#":
            raise ValueError(f"there is no array of the type {marker!r} (before byte {self.place:,})")
        kind = np.dtype(NUMBERS[marker])
        array: np.ndarray = np.frombuffer(self.take(self._count() * kind.itemsize), kind)
        return array

    def _object(self, depth: int) -> dict[str, Any]:
        self._spend(2 * CONTAINER)
        members: dict[str, Any] = {}
        while True:
            marker = self.take(1)
            if marker == b"}":
                return members
            if marker not in NUMBERS:
                raise ValueError(f"a name must begin with its length (before byte {self.place:,})")
            self.place -= 1
            name = self._text()
            if name in members:
                raise ValueError(f"the name {json.dumps(name[:80])} stands twice in one object")
            self._spend(2 * ENTRY + len(name))
            members[name] = self.value(self.take(1), depth + 1)
