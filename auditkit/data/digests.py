"""The digest of audit data: names, types, order and values in one fixed form, under SHA-256.

The form: every part begins with its length, so that no two data sets write the same bytes; NaN has one pattern and
-0.0 is 0.0; the bytes of numbers are little-endian; a column of texts is its distinct values in the order of their
first row, and one code per row. The index of a table, its name and the text type that pandas uses are no part of it.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from auditkit.lazy import pandas

CHUNK = 2**22
"""Numbers canonicalised at once."""


class Digest:
    """SHA-256 over typed values, each with its length."""

    def __init__(self) -> None:
        self._state = hashlib.sha256()

    def hexdigest(self) -> str:
        """64 hexadecimal digits."""
        return self._state.hexdigest()

    def copy(self) -> Digest:
        """Another that has seen the same so far."""
        digest = Digest()
        digest._state = self._state.copy()
        return digest

    def text(self, value: object) -> None:
        """One fact, as text."""
        raw = str(value).encode("utf-8", "surrogatepass")
        self._state.update(len(raw).to_bytes(8, "little") + raw)

    def frame(self, frame: pandas.DataFrame) -> None:
        """A table: the number of rows, then each column."""
        self.text(f"table {len(frame)} {frame.shape[1]}")
        for position, name in enumerate(frame.columns):
            self.text(name)
            self._column(frame.iloc[:, position])

    def array(self, array: np.ndarray) -> None:
        """An array of numbers, booleans or texts, of any shape."""
        self.text(f"array {array.shape}")
        if array.dtype.kind in "fiub":
            self._numbers(array)
        elif array.dtype.kind in "OU":
            self._objects(array.astype(object).ravel())
        else:
            self.text(array.dtype.str)
            self._state.update(np.ascontiguousarray(array).tobytes())

    def texts(self, texts: list[str]) -> None:
        """A list of texts."""
        self.text(f"texts {len(texts)}")
        raw = [text.encode("utf-8", "surrogatepass") for text in texts]
        self._state.update(np.fromiter(map(len, raw), dtype="<i8", count=len(raw)).tobytes())
        self._state.update(b"".join(raw))

    def _column(self, column: pandas.Series[Any]) -> None:
        dtype = column.dtype
        if isinstance(dtype, pandas.CategoricalDtype):
            self.text(f"categories {len(dtype.categories)} {dtype.ordered}")
            self._objects(dtype.categories.astype(object).to_numpy())
            self._numbers(column.cat.codes.to_numpy().astype(np.int64))
        elif isinstance(dtype, np.dtype) and dtype.kind in "fiub":
            self._numbers(column.to_numpy())
        elif dtype.kind in "iub":  # numbers that may lack a value
            lacking = column.isna()
            self.text("nullable")
            self._numbers(lacking.to_numpy(dtype=bool))
            self._numbers(column.astype(object).where(~lacking, 0).to_numpy().astype(f"{dtype.kind}{dtype.itemsize}"))
        else:
            self._objects(column.astype(object).to_numpy())

    def _numbers(self, array: np.ndarray) -> None:
        # The same numbers have the same bytes on machines of either byte order.
        exact = array.astype(array.dtype.newbyteorder("<"), copy=False)
        self.text(f"{exact.dtype.kind}{exact.dtype.itemsize}")
        flat = np.ascontiguousarray(exact).reshape(-1)
        for start in range(0, flat.size, CHUNK):
            part = flat[start : start + CHUNK]
            if part.dtype.kind == "f":
                part = part + part.dtype.type(0)  # -0.0 becomes 0.0
                # NaN has many bit patterns; all are one missing value here.
                part[np.isnan(part)] = np.nan
            self._state.update(part.tobytes())

    def _objects(self, values: np.ndarray) -> None:
        kind = pandas.api.types.infer_dtype(values, skipna=True)
        self.text("objects")
        if kind.startswith("mixed"):  # 1, 1.0 and True count as equal there
            lacking = pandas.isna(values)
            codes, distinct = np.where(lacking, -1, np.arange(len(values))), values[~lacking]
        else:
            codes, distinct = pandas.factorize(values)
        are_texts = kind in ("string", "empty")
        self.texts(list(distinct) if are_texts else [f"{type(value).__name__} {value}" for value in distinct])
        self.text(kind if kind != "empty" else "string")
        self._numbers(np.asarray(codes, dtype=np.int64))
