"""Arrays that a worker hands back: written to an anonymous file, which the process that made it maps and seals."""

import contextlib
import functools
import mmap
import os
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import numpy as np

KINDS: Final = "biufcUSMm"
"""Kinds of arrays that hold numbers, texts and times alone, and no reference to an object."""
ALIGNED: Final = 64
"""Bytes: where an array begins."""


class SharedArrays:
    """A file without a name, made before a fork: the fork writes arrays to it, and who made it reads them.

    They are mapped, so that nothing is copied, and sealed before, so that no process can change them afterwards.
    """

    def __init__(self) -> None:
        # elsewhere no process is forked, and nobody writes
        make = getattr(os, "memfd_create", None)
        self._file = -1 if make is None else make("auditkit", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)

    def clear(self) -> None:
        """Forget what a worker that ended before left here."""
        os.ftruncate(self._file, 0)

    def write(self, array: np.ndarray) -> dict[str, Any]:
        """Take an array up; what is given back says in plain words how to read it.

        Raises:
            TypeError: it holds objects.
        """
        if array.dtype.kind not in KINDS:
            raise TypeError(f"an array of {array.dtype} holds objects")
        # sums over columns end in other digits where the columns lie otherwise in memory
        order: Literal["C", "F"] = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
        place = -(-os.fstat(self._file).st_size // ALIGNED) * ALIGNED
        content: Any = memoryview(np.ravel(array, order=order).view(np.uint8))  # type: ignore[arg-type]
        start = place
        while content:
            written = os.pwrite(self._file, content, start)
            content, start = content[written:], start + written
        return {"dtype": array.dtype.str, "shape": list(array.shape), "order": order, "place": place}

    def read(self, record: Mapping[str, Any]) -> np.ndarray:
        """The array that was written, which nobody can change.

        Args:
            record: what `write` gave back, or what is said to be.

        Raises:
            ValueError, KeyError, TypeError: no array is there.
        """
        dtype, shape = np.dtype(str(record["dtype"])), [int(size) for size in record["shape"]]
        if dtype.kind not in KINDS or min(shape, default=0) < 0:
            raise ValueError(f"no array of {dtype} and the shape {shape} was written")
        count = int(np.prod(shape, dtype=object))
        if not count:
            return np.empty(shape, dtype)
        flat = np.frombuffer(self._content, dtype, count, int(record["place"]))
        return flat.reshape(shape, order="F" if record["order"] == "F" else "C")

    @functools.cached_property
    def _content(self) -> Any:
        import fcntl  # POSIX alone has it

        is_sealed = True
        try:
            fcntl.fcntl(self._file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK)
        except OSError:  # some process that was left running maps it for writing
            is_sealed = False
        mapped = mmap.mmap(self._file, 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
        return mapped if is_sealed else mapped[:]

    def close(self) -> None:
        """Close the file; what was read stays."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


@contextlib.contextmanager
def shared_arrays() -> Iterator[SharedArrays]:
    """Arrays that a worker hands back, as long as they are waited for."""
    arrays = SharedArrays()
    try:
        yield arrays
    finally:
        arrays.close()
