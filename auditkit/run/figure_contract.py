"""What a figure must hold to, so that a browser can draw it and a reader can follow it."""

import base64
import binascii
import re
import struct
import zlib
from collections.abc import Iterator
from typing import Final

from auditkit.errors import closest
from auditkit.results import Axis, Figure, Image
from auditkit.text import one_line

MOST_BYTES: Final = 8 * 2**20
MOST_PIXELS: Final = 4096 * 4096
"""Of a picture: the report holds it whole, and a browser takes four bytes for each pixel."""


def faults_of_figure(figure: Figure) -> Iterator[str]:
    """What keeps a figure from being drawn or read: a sentence for each fault, with how to mend it."""
    where = f"figure {one_line(figure.name)!r}"
    axes = {name: axis for name in ("x", "y", "series", "value") if (axis := getattr(figure, name)) is not None}
    for field in (*(axis.field for axis in axes.values()), *filter(None, (figure.low, figure.high))):
        row = next((row for row in figure.data if field not in row), None)
        if row is not None:
            yield f"{where}: its data lack the field {one_line(field)!r}; {closest(field, row)}"
    for name, axis in axes.items():
        yield from (f"{where}, {name} (over {one_line(axis.field)!r}): {fault}" for fault in _reversed(axis))
    if (figure.mark == "image") != (figure.image is not None):
        yield f"{where}: mark must be 'image' where image is given, and nowhere else; mark is {figure.mark!r}"
    if figure.image is not None:
        yield from (f"{where}, image: {fault}" for fault in _unseen(figure.image))


def _reversed(axis: Axis) -> Iterator[str]:
    if axis.domain is not None and axis.domain[0] > axis.domain[1]:
        low, high = axis.domain
        yield (
            f"domain must go from the lower number to the higher; it goes from {low:g} to {high:g}. Turn it round, or "
            "leave domain out, and the axis reaches as far as the data"
        )


def _unseen(image: Image) -> Iterator[str]:
    """What keeps a picture from being seen."""
    try:
        content = base64.b64decode(image.base64, validate=True)
    except (binascii.Error, ValueError):
        yield "base64 must be a file in base64, and does not decode; give base64.b64encode(content).decode()"
        return
    if len(content) > MOST_BYTES:
        yield (
            f"base64 must hold at most {MOST_BYTES // 2**20} MB; it holds {len(content) / 2**20:.1f} MB. Make the "
            "picture smaller"
        )
    elif image.media_type == "image/svg+xml":
        if not _is_svg(content):
            yield "base64 must hold an SVG file in UTF-8, from <svg to </svg>, as media_type says; it holds none"
    else:
        size = _png_size(content)
        if size is None:
            yield "base64 must hold a whole PNG file, as media_type says; it holds none, or part of one"
        elif not 0 < size[0] * size[1] <= MOST_PIXELS:
            yield (
                f"base64 must hold a picture of 1 to {MOST_PIXELS:,} pixels; it has {size[0]:,} × {size[1]:,}. Make "
                "the picture smaller"
            )


def _is_svg(content: bytes) -> bool:
    try:
        text = content.decode("utf-8").strip()
    except UnicodeDecodeError:
        return False
    head = re.compile(r"(\ufeff|<\?xml[^>]*\?>|<!--.*?-->|<!DOCTYPE svg[^>]*>|\s)*<svg[\s>]", re.DOTALL)
    return head.match(text) is not None and text.endswith("</svg>")


def _png_size(content: bytes) -> tuple[int, int] | None:
    """Width and height that a PNG file declares; None where its chunks are not whole (ISO/IEC 15948, 5.3)."""
    if not content.startswith(b"\x89PNG\r\n\x1a\n"):
        return None
    size, at = None, 8
    while at + 12 <= len(content):
        (length,), name = struct.unpack_from(">I", content, at), content[at + 4 : at + 8]
        body, check = content[at + 8 : at + 8 + length], content[at + 8 + length : at + 12 + length]
        if len(check) < 4 or struct.unpack(">I", check)[0] != zlib.crc32(name + body):
            return None
        if (name == b"IHDR") != (size is None) or (size is None and length != 13):
            return None
        size = size or struct.unpack_from(">II", body)
        if name == b"IEND":
            return size
        at += 12 + length
    return None
