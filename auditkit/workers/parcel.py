"""An object on its way to another process: pickled once, its arrays in memory that both processes map."""

import io
import mmap
import os
import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, TypeVar

import cloudpickle

from auditkit.foreign_code import foreign, raised
from auditkit.workers.module_state import changed_since, state_here

ALIGNED = 64
"""Bytes; arrays begin at multiples of it, as numpy's own do."""

Packed = TypeVar("Packed")


class Parcel:
    """An object, packed.

    Classes and functions of a notebook or a script go along by their code (cloudpickle), so that nothing of the
    caller's program runs anew for them.

    Args:
        content: what crosses.
        shared: parts of it of which the other process may not change an array.

    Raises:
        Exception: whatever a part raises that cannot be pickled.
    """

    def __init__(self, content: Any, shared: Sequence[Any] = ()) -> None:
        buffers: list[memoryview] = []
        parts = [_dumps(tuple(shared), (), buffers), _dumps((state_here(), content), shared, buffers)]
        self._parts = [*(memoryview(part) for part in parts), *buffers]
        self.sizes = [part.nbytes for part in self._parts]
        """Bytes of every part, as `open_parcel` needs them."""

    def in_memory(self) -> int | None:
        """A descriptor of anonymous memory that holds it from now on; None where the system has none."""
        if sys.platform != "linux":
            return None
        descriptor = os.memfd_create("auditkit")
        try:
            os.ftruncate(descriptor, max(sum(map(_padded, self.sizes)), 1))
            with open(descriptor, "wb", closefd=False) as memory:
                self.write(memory)
        except BaseException:
            os.close(descriptor)
            raise
        self._parts = []
        return descriptor

    def write(self, stream: BinaryIO) -> None:
        """Write all of it."""
        for part in self._parts:
            stream.write(part)
            stream.write(bytes(_padded(part.nbytes) - part.nbytes))
        stream.flush()


def open_parcel(source: int | BinaryIO, sizes: Sequence[int]) -> Any:
    """What was packed; its shared arrays cannot be written to.

    Args:
        source: the descriptor of memory that holds it, or a stream.
        sizes: `Parcel.sizes`.

    Raises:
        RuntimeError: a module of the program is not as it is there.
        Exception: whatever a class raises where it is made anew.
    """
    length = sum(map(_padded, sizes))
    content = (
        mmap.mmap(source, max(length, 1), access=mmap.ACCESS_READ)
        if isinstance(source, int)
        else memoryview(source.read(length))
    )
    parts = list(_cut(memoryview(content), sizes))
    buffers = iter(parts[2:])  # of the shared ones first, as they were packed
    shared = pickle.Unpickler(io.BytesIO(parts[0]), buffers=buffers).load()
    unpickler = _Unpickler(io.BytesIO(parts[1]), buffers=buffers)
    unpickler.shared = shared
    state, opened = unpickler.load()
    changed = changed_since(state)
    if changed:
        raise RuntimeError(f"{changed[0]} is another one here: the program changed it after the import of its module")
    return opened


def parcel_of(content: Any, who: str, shared: Sequence[Any] = ()) -> Parcel | str:
    """An object, packed; where it cannot be, why, in words that follow its name.

    Args:
        content: what crosses.
        who: whose code is run for that, the same in every attempt.
        shared: as of a `Parcel`.
    """
    return _tried(lambda: Parcel(content, shared), who)


def unsendable(content: Any, who: str) -> str:
    """Why an object cannot be packed, in words that follow its name; empty where it can be.

    Args:
        content: what would cross.
        who: whose code is run for that, the same in every attempt.
    """
    tried = _tried(lambda: _dumps(content, (), []), who)
    return tried if isinstance(tried, str) else ""


def _tried(pack: Callable[[], Packed], who: str) -> Packed | str:
    _take_along_main()
    try:
        with foreign(f"{who}: its pickling"):
            return pack()
    except Exception as error:  # a class may raise anything at all where it is pickled
        return f"cannot be sent to another process ({raised(error, 120)})"


def to_bytes(content: Any) -> bytes:
    """A small object for a process that this one started."""
    return cloudpickle.dumps(content)


def from_bytes(content: bytes) -> Any:
    """What the process that started this one gave to `to_bytes`; never what came from anywhere else."""
    return pickle.loads(content)


def _padded(size: int) -> int:
    return -(-size // ALIGNED) * ALIGNED


def _cut(content: memoryview, sizes: Sequence[int]) -> Iterator[memoryview]:
    start = 0
    for size in sizes:
        yield content[start : start + size]
        start += _padded(size)


def _take_along_main() -> None:
    """Have the script of a process that multiprocessing started go along as one that runs itself would.

    There it has the name `__mp_main__`, by which no other process can import it.
    """
    script = sys.modules.get("__mp_main__")
    if script is not None:
        cloudpickle.register_pickle_by_value(script)


def _dumps(content: Any, shared: Sequence[Any], buffers: list[memoryview]) -> bytes:
    """The pickle of it; what is not to be written to goes to the buffers, and a shared part is named alone."""

    def keep(buffer: pickle.PickleBuffer) -> bool:
        with buffer.raw() as raw:
            apart = not shared or raw.readonly
        if apart:
            buffers.append(buffer.raw())
        return not apart  # of others the other process gets a copy that it can write to

    stream = io.BytesIO()
    pickler = _Pickler(stream, protocol=5, buffer_callback=keep)
    pickler.names = {id(part): index for index, part in enumerate(shared)}
    pickler.dump(content)
    return stream.getvalue()


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc] # it has no types
    names: dict[int, int]

    def persistent_id(self, obj: Any) -> int | None:
        return self.names.get(id(obj))


class _Unpickler(pickle.Unpickler):
    shared: Sequence[Any]

    def persistent_load(self, pid: int) -> Any:
        return self.shared[pid]
