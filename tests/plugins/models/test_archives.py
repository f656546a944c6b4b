"""Zip archives that could do harm are refused before anything in them is unpacked."""

from __future__ import annotations

import io
import zipfile
import zlib

import pytest

from auditkit.errors import ModelFileRejected
from auditkit.plugins.models import archives

MOST = 10_000_000


def packed(*names, content=b"x", method=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name in names:
            archive.writestr(name, content)
    return buffer.getvalue()


def test_a_plain_archive():
    data = packed("a/b.txt", "c")
    assert sorted(archives.members(io.BytesIO(data), "m", MOST)) == ["a/b.txt", "c"]


def test_bomb_is_judged_before_it_is_unpacked():
    data = packed("data", content=bytes(20_000_000), method=zipfile.ZIP_DEFLATED)
    assert len(data) < 30_000
    with pytest.raises(
        ModelFileRejected, match=r"m: it would unpack to 20 MB, and opening it may take 10 MB\. If that"
    ):
        archives.members(io.BytesIO(data), "m", MOST)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_to_any_number_at_once(method):
    with pytest.raises(ModelFileRejected, match="write the archive without compression, or with ZIP_DEFLATED"):
        archives.members(io.BytesIO(packed("a", method=method)), "m", MOST)


def test_a_long_directory():
    data = packed(*(f"{index:060000d}" for index in range(80)))
    with pytest.raises(ModelFileRejected, match=r"its directory would have .* bytes; at most 4,194,304 are read"):
        archives.members(io.BytesIO(data), "m", MOST)


def test_unpacking_stops_at_what_the_directory_states():
    data = bytearray(packed("a", content=bytes(5_000_000), method=zipfile.ZIP_DEFLATED))
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (100).to_bytes(4, "little")
    data[entry + 16 : entry + 20] = zlib.crc32(bytes(100)).to_bytes(4, "little")
    rebuilt = archives.unpacked(bytes(data), "m", MOST)
    with zipfile.ZipFile(io.BytesIO(rebuilt)) as archive:
        assert archive.read("a") == bytes(100)


def test_an_archive_in_an_archive_counts_too():
    inner = packed("x", content=bytes(8_000_000), method=zipfile.ZIP_DEFLATED)
    assert archives.unpacked(packed("a.npz", content=inner), "m", MOST)
    outer = packed("a.npz", "b.npz", content=inner)
    with pytest.raises(ModelFileRejected, match=r"m, b\.npz: it would unpack to 8 MB, and opening it may take 2 MB"):
        archives.unpacked(outer, "m", MOST)


def test_compression_within_reason_is_fine():
    data = packed("data", content=b"0123456789" * 100, method=zipfile.ZIP_DEFLATED)
    assert archives.members(io.BytesIO(data), "m", MOST)


def test_total_size():
    assert archives.members(io.BytesIO(packed("a", content=bytes(10))), "m", 10)
    with pytest.raises(ModelFileRejected, match=r"may take 0 kB\. .*memory_limit = 22 under \[model\]"):
        archives.members(io.BytesIO(packed("a", content=bytes(11))), "m", 10)


def test_members():
    assert archives.MOST_MEMBERS == 10_000
    with pytest.raises(ModelFileRejected, match="may have 10000 members; it has 10001"):
        archives.members(io.BytesIO(packed(*(str(index) for index in range(10_001)))), "m", MOST)


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", "a/../../b", "C:/x", "a\\..\\b", "\\x"])
def test_names_that_leave(name):
    with pytest.raises(ModelFileRejected, match="a member's name leaves the archive"):
        archives.members(io.BytesIO(packed("fine", name)), "m", MOST)


def test_the_same_name_twice():
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = packed("a", "a")
    with pytest.raises(ModelFileRejected, match="two members of the archive have the same name"):
        archives.members(io.BytesIO(data), "m", MOST)


def test_encrypted():
    data = bytearray(packed("a"))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    with pytest.raises(ModelFileRejected, match="encrypted; save the model without a password"):
        archives.members(io.BytesIO(bytes(data)), "m", MOST)


@pytest.mark.parametrize("cut", [4, 30, 60])
def test_broken(cut):
    with pytest.raises(ModelFileRejected, match="the zip archive is broken"):
        archives.members(io.BytesIO(packed("a", "b")[:cut]), "m", MOST)
