"""Arrays come back from a fork as they were written, and nobody can change them afterwards."""

from __future__ import annotations

import mmap
import os

import numpy as np
import pytest

from auditkit.workers.shared_arrays import shared_arrays

ARRAYS = [
    np.arange(6).reshape(2, 3), np.asfortranarray(np.ones((4, 3))), np.array(["a", "bcd"]), np.array([True]),
    np.empty((0, 2)), np.array(["2020-01-01"], "datetime64[D]"), np.arange(10)[::2], np.float32(3) * np.ones(1),
]  # fmt: skip


def written_by_a_fork(arrays, given):
    """The records of arrays that a child wrote."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, repr([arrays.write(array) for array in given]).encode())
        os._exit(0)
    os.waitpid(child, 0)
    return eval(os.read(read, 65536).decode())


@pytest.mark.workers
def test_arrays_come_back_with_type_shape_and_order():
    with shared_arrays() as arrays:
        back = [arrays.read(record) for record in written_by_a_fork(arrays, ARRAYS)]
    for array, given in zip(back, ARRAYS, strict=True):
        assert array.dtype == given.dtype and array.shape == given.shape and (array == given).all()
        assert array.flags.f_contiguous == np.ascontiguousarray(given).flags.f_contiguous or given.flags.f_contiguous


@pytest.mark.parametrize("is_mapped", [False, True])
def test_what_was_read_is_changed_by_nobody(is_mapped):
    with shared_arrays() as arrays:
        record = arrays.write(np.arange(1000))
        copy = os.dup(arrays.file)  # as a process that was left running holds it
        writable = mmap.mmap(copy, 0) if is_mapped else None
        back = arrays.read(record)
        if writable is not None:
            writable[record["place"] : record["place"] + 8] = b"\xff" * 8
        else:
            with pytest.raises(PermissionError):
                os.pwrite(copy, b"\xff" * 8, 0)
        with pytest.raises(ValueError, match="read-only"):
            back[0] = 7
        os.close(copy)
    assert back.tolist() == list(range(1000))


@pytest.mark.parametrize(
    "record",
    [
        {"dtype": "O", "shape": [1], "order": "C", "place": 0},
        {"dtype": "<i8", "shape": [99], "order": "C", "place": 0},
        {"dtype": "<i8", "shape": [-1], "order": "C", "place": 0},
        {"dtype": "<i8", "shape": [1], "order": "C", "place": -8},
        {"dtype": "<i8", "shape": [2**70], "order": "C", "place": 0},
    ],
)
def test_an_array_that_is_not_there_is_refused(record):
    with shared_arrays() as arrays:
        arrays.write(np.arange(4))
        with pytest.raises((ValueError, OverflowError)):
            arrays.read(record)


def test_objects_are_not_written():
    with shared_arrays() as arrays, pytest.raises(TypeError, match="holds objects"):
        arrays.write(np.array([object()]))
