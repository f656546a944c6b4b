"""What a figure must hold to: each fault is named with the field and the way out, and what can be drawn passes."""

from __future__ import annotations

import base64
import math
import struct
import zlib

import numpy as np
import pydantic
import pytest

from auditkit.plugins.robustness.evasion.worst_cases import png
from auditkit.results import Axis, Figure, Image
from auditkit.run.figure_contract import MOST_BYTES, faults_of_figure
from tests.fake_checks import PIXEL

ROW = {"x": 0.5, "y": 2.0}
SMALL = png(np.zeros((3, 5, 3), np.uint8))


def faults(**fields):
    axes = {"x": Axis(field="x", title="x"), "y": Axis(field="y", title="y")}
    drawn = {"mark": "curve", "data": (ROW,), **axes, **fields}
    return list(faults_of_figure(Figure(name="f", title="t", alt="a", **drawn)))


def faults_of_picture(content, kind="image/png"):
    text = content if isinstance(content, str) else base64.b64encode(content).decode()
    return faults(mark="image", data=(), x=None, y=None, image=Image(media_type=kind, base64=text))


@pytest.mark.parametrize("row", [{"x": 1, "z": 2}, {}])
def test_every_row_has_the_fields_that_are_drawn(row):
    (fault, *_) = faults(data=(ROW, row))
    assert fault.startswith("figure 'f': its data lack the field")
    assert faults(data=(ROW, {"y": 1, "x": 2, "more": 3})) == []
    assert "lack the field 'low'" in faults(low="low")[0]


@pytest.mark.parametrize("axis", ["x", "y", "series", "value"])
def test_a_domain_goes_from_the_lower_number_to_the_higher(axis):
    (fault,) = faults(**{axis: Axis(field="x", title="x", domain=(1.5, 0.5))})
    assert fault.startswith(f"figure 'f', {axis} (over 'x'): domain must go from the lower number to the higher; ")
    assert "from 1.5 to 0.5. Turn it round, or leave domain out" in fault
    for domain in (None, (0, 1), (-3.5, -3.0), (2, 2)):
        assert faults(**{axis: Axis(field="x", title="x", domain=domain)}) == []


@pytest.mark.parametrize("domain", [(0, math.inf), (math.nan, 1.0), [-math.inf, 0], (np.float64("nan"), 1)])
def test_a_domain_that_is_not_finite_is_refused_where_the_axis_is_made(domain):
    with pytest.raises(pydantic.ValidationError, match="domain of the axis over 'epsilon' must be two finite numbers"):
        Axis(field="epsilon", title="e", domain=domain)


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def declaring(width, height):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return SMALL[:8] + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds none"),
        ("%%%", "does not decode; give base64.b64encode(content).decode()"),
        ("AAA", "does not decode"),
        ("\u00e4" * 4, "does not decode"),
        (b"GIF89a" + bytes(40), "a whole PNG file, as media_type says; it holds none, or part of one"),
        (SMALL[:-1], "part of one"),
        (SMALL[:-12], "part of one"),
        (SMALL[:20], "part of one"),
        (SMALL[:40] + bytes([SMALL[40] ^ 1]) + SMALL[41:], "part of one"),
        (SMALL[:8] + chunk(b"IDAT", b"") + SMALL[8:], "part of one"),
        (declaring(0, 5), "1 to 16,777,216 pixels; it has 0 × 5. Make the picture smaller"),
        (declaring(100_000, 100_000), "it has 100,000 × 100,000"),
        (bytes(MOST_BYTES + 1), "at most 8 MB; it holds 8.0 MB. Make the picture smaller"),
    ],
)
def test_a_picture_that_nobody_could_see_is_refused(content, message):
    (fault,) = faults_of_picture(content)
    assert fault.startswith("figure 'f', image: ") and message in fault


@pytest.mark.parametrize("content", [PIXEL, SMALL, declaring(4096, 4096)])
def test_a_picture_of_usual_size_is_taken(content):
    assert faults_of_picture(content) == []


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ('<svg xmlns="http://www.w3.org/2000/svg"></svg>', True),
        (
            "<?xml version='1.0'?>\n<!DOCTYPE svg PUBLIC \"-//W3C//DTD\">\n<!-- by a -->\n<svg></svg>\n",
            True,
        ),
        ("<html><svg></svg></html>", False),
        ("<svg>", False),
        ("", False),
    ],
)
def test_a_drawing_is_svg(text, right):
    assert (faults_of_picture(text.encode(), "image/svg+xml") == []) == right
    assert faults_of_picture(text.encode("utf-16"), "image/svg+xml") != []


def test_a_picture_stands_where_the_mark_says_so():
    picture = Image(media_type="image/png", base64=PIXEL)
    assert "mark must be 'image' where image is given" in faults(image=picture)[0]
    assert "mark is 'image'" in faults(mark="image")[0]
