"""npz files: arrays in a zip archive, read without trusting what the archive says about itself."""

import math
import pathlib
import zipfile
from typing import Any, Final

import numpy as np
from numpy.lib import format as npy

from auditkit.data.readers.base import SPREADSHEET
from auditkit.data.readers.budget import check
from auditkit.errors import DataError
from auditkit.io.refusals import refusal
from auditkit.io.zip_directories import opened
from auditkit.text import one_line

MEMBERS: Final = 10_000
SHEETS: Final = {"[Content_Types].xml", "mimetype"}
"""Members of the spreadsheets of Excel (xlsx, xlsb) and of OpenDocument."""
DECODED: Final = 5
"""Times the bytes of a text of ASCII that it takes with its copy in Unicode."""


def read_npz(path: pathlib.Path, most: int) -> dict[str, np.ndarray]:
    """The arrays of an npz file, which may take so many bytes of memory.

    Sizes are compared before memory is asked for; Python objects are never unpickled.

    Raises:
        DataError: no npz file, a damaged one, one that unpacks to more than it may, or one that holds objects.
    """
    try:
        with path.open("rb") as file, opened(file) as archive:
            members = archive.infolist()
            _check_archive(path, members)
            check(sum(member.file_size for member in members), most, path.name)
            return {
                member.filename.removesuffix(".npy"): _array(archive, member, path.name, most) for member in members
            }
    except DataError:
        raise
    except Exception as error:  # a damaged archive raises a dozen types, from zlib's to Unicode's
        why = refusal(error)
        wrong = f": {why}" if why else f" as npz: {error}; write it again with numpy.savez"
        raise DataError(f"{path.name} cannot be read{wrong}") from error


def _check_archive(path: pathlib.Path, members: list[zipfile.ZipInfo]) -> None:
    strange = next((member.filename for member in members if not member.filename.endswith(".npy")), None)
    if strange is not None or not members:
        if {member.filename for member in members} & SHEETS:
            raise DataError(f"{path.name} {SPREADSHEET}")
        hint = "" if strange else " (it holds nothing)"
        raise DataError(f"{path.name} is a zip archive but no npz file{hint}; write it with numpy.savez")
    if len(members) > MEMBERS:
        raise DataError(f"{path.name} holds {len(members)} arrays; at most {MEMBERS} are read")
    names = [member.filename.removesuffix(".npy") for member in members]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(
            f"{path.name} holds two arrays of the name {one_line(twice, 80)!r}; give each a name of its own"
        )


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, most: int) -> np.ndarray:
    with archive.open(member) as stream:
        shape, fortran, dtype = _header(stream)
        label = f"{name}: array {member.filename.removesuffix('.npy')!r}"
        if dtype.hasobject or dtype.kind not in "biufUS" or not dtype.itemsize:
            raise DataError(
                f"{label} holds {dtype}; arrays of numbers, booleans or text are read. Save it as one of them"
            )
        size = math.prod(shape) * dtype.itemsize
        # The shape is a claim of the file: memory is asked for only where as many bytes are there.
        if size != member.file_size - stream.tell():
            raise DataError(
                f"{label} says that it has the shape {shape}, but its bytes are another number; write it again"
            )
        check(size * (DECODED if dtype.kind == "S" else 1), most, name)
        buffer = bytearray(stream.read(size))  # a bytearray, as tensors want memory that can be written
    array = np.frombuffer(buffer, dtype=dtype).reshape(shape, order="F" if fortran else "C")
    return np.char.decode(array, "utf-8") if dtype.kind == "S" else array


def _header(stream: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = npy.read_magic(stream)
    if version == (1, 0):
        return npy.read_array_header_1_0(stream)
    if version == (2, 0):
        return npy.read_array_header_2_0(stream)
    raise ValueError(f"version {version} of the npy format")
