"""Arrays that another process hands back: by an anonymous file, which who made it maps and seals, or by a message."""

import contextlib
import functools
import mmap
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import numpy as np

KINDS: Final = "biufcUSMm"
"""Kinds of arrays that hold numbers, texts and times alone, and no reference to an object."""
ALIGNED: Final = 64
"""Bytes: where an array begins."""


class SharedArrays:
    """A file without a name, made before another process: that writes arrays to it, and who made it reads them.

    They are mapped, so that nothing is copied, and sealed before, so that no process can change them afterwards. On
    systems that have no such file they are carried along in a message.
    """

    def __init__(self) -> None:
        self.file: int | None = None
        """Its descriptor, which another process must be given."""
        if sys.platform == "linux":
            self.file = os.memfd_create("auditkit", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        self._carried = bytearray()

    def clear(self) -> None:
        """Forget what a process that ended before left here."""
        self._carried.clear()
        if self.file is not None:
            os.ftruncate(self.file, 0)

    def carried(self) -> bytes:
        """What a message must carry; nothing where it is in the file."""
        return bytes(self._carried)

    def take(self, carried: bytes) -> None:
        """Take what a message carried."""
        self._carried[:] = carried

    def write(self, array: np.ndarray) -> dict[str, Any]:
        """Take an array up; what is given back says in plain words how to read it.

        Raises:
            TypeError: it holds objects.
        """
        if array.dtype.kind not in KINDS:
            raise TypeError(f"an array of {array.dtype} holds objects")
        # sums over columns end in other digits where the columns lie otherwise in memory
        order: Literal["C", "F"] = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
        record = {"dtype": array.dtype.str, "shape": list(array.shape), "order": order}
        content: Any = memoryview(np.ravel(array, order=order).view(np.uint8))  # type: ignore[arg-type]
        length = len(self._carried) if self.file is None else os.fstat(self.file).st_size
        start = place = -(-length // ALIGNED) * ALIGNED
        if self.file is None:
            self._carried += bytes(place - length) + content
            return {**record, "place": place}
        while content:
            written = os.pwrite(self.file, content, start)
            content, start = content[written:], start + written
        return {**record, "place": place}

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
        if self.file is None:
            return bytes(self._carried)
        import fcntl  # POSIX alone has it

        is_sealed = True
        try:
            fcntl.fcntl(self.file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK)
        except OSError:  # some process that was left running maps it for writing
            is_sealed = False
        mapped = mmap.mmap(self.file, 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
        return mapped if is_sealed else mapped[:]

    def close(self) -> None:
        """Close the file; what was read stays."""
        if self.file is not None:
            os.close(self.file)
            self.file = None


@contextlib.contextmanager
def shared_arrays() -> Iterator[SharedArrays]:
    """Arrays that a worker hands back, as long as they are waited for."""
    arrays = SharedArrays()
    try:
        yield arrays
    finally:
        arrays.close()
