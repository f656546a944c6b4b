"""Zip archives that could do harm are refused before anything in them is unpacked."""

from __future__ import annotations

import io
import zipfile

import pytest

from auditkit.errors import ModelFileRejected
from auditkit.plugins.models import archives


def packed(*names, content=b"x", method=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name in names:
            archive.writestr(name, content)
    return buffer.getvalue()


def test_a_plain_archive():
    data = packed("a/b.txt", "c")
    assert sorted(archives.members(data, "m")) == ["a/b.txt", "c"]


def test_bomb_is_judged_before_it_is_unpacked():
    data = packed("data", content=bytes(20_000_000), method=zipfile.ZIP_DEFLATED)
    assert len(data) < 30_000
    with pytest.raises(ModelFileRejected, match="m: a model archive may unpack to 100 times its size; it would to"):
        archives.members(data, "m")


def test_compression_within_reason_is_fine():
    data = packed("data", content=b"0123456789" * 100, method=zipfile.ZIP_DEFLATED)
    assert archives.members(data, "m")


def test_total_size(monkeypatch):
    monkeypatch.setattr(archives, "MOST_BYTES", 10)
    assert archives.members(packed("a", content=bytes(10)), "m")
    with pytest.raises(ModelFileRejected, match="may unpack to 10 bytes; it would to 11"):
        archives.members(packed("a", content=bytes(11)), "m")


def test_members():
    assert archives.MOST_MEMBERS == 10_000 and archives.MOST_BYTES == 2 * 1024**3
    with pytest.raises(ModelFileRejected, match="may have 10000 members; it has 10001"):
        archives.members(packed(*(str(index) for index in range(10_001))), "m")


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", "a/../../b", "C:/x", "a\\..\\b", "\\x"])
def test_names_that_leave(name):
    with pytest.raises(ModelFileRejected, match="a member's name leaves the archive"):
        archives.members(packed("fine", name), "m")


def test_the_same_name_twice():
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = packed("a", "a")
    with pytest.raises(ModelFileRejected, match="two members of the archive have the same name"):
        archives.members(data, "m")


def test_encrypted():
    data = bytearray(packed("a"))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    with pytest.raises(ModelFileRejected, match="encrypted; save the model without a password"):
        archives.members(bytes(data), "m")


@pytest.mark.parametrize("cut", [4, 30, 60])
def test_broken(cut):
    with pytest.raises(ModelFileRejected, match="the zip archive is broken"):
        archives.members(packed("a", "b")[:cut], "m")
