"""The worst cases as a picture: the row, what it was changed into, and the difference, magnified."""

import base64
import struct
import zlib

import numpy as np

from auditkit.plugins.robustness.evasion.outcome import Pictures
from auditkit.results import Figure, Image

SHOWN = 8
"""Rows that are shown."""
SIDE = 64
"""Pixels that a shown row is wide at least."""
GAP = 4


def grid(pictures: Pictures) -> Figure | None:
    """The rows broken by the smallest change, originals above, changed ones below, and the differences under them.

    None where the inputs are no pictures of one or three channels, or none was broken.
    """
    before, after = pictures.before, pictures.after
    if before.ndim != 4 or before.shape[1] not in (1, 3):
        return None
    sizes = np.linalg.norm((after - before).reshape(len(before), -1), axis=1)
    rows = [int(row) for row in np.argsort(sizes, kind="stable") if sizes[row] > 0 and pictures.broken[row]][:SHOWN]
    if not rows:
        return None
    change = after[rows] - before[rows]
    largest = float(np.abs(change).max())
    magnified = 0.5 + change / (2 * largest)
    tiles = _tiles([before[rows], after[rows], magnified])
    return Figure(
        name="worst-cases",
        title="Worst cases: the rows that the smallest change makes the model wrong about",
        alt=f"{len(rows)} rows in columns: the row, the row as changed, and the change, at most {largest:.3g}.",
        caption=(
            f"Above the row, below it the changed row on which the model is wrong, then the change, magnified "
            f"{0.5 / largest:.3g} times; grey is no change. Shown because rows were allowed to be shown."
        ),
        mark="image",
        image=Image(media_type="image/png", base64=base64.b64encode(png(tiles)).decode()),
    )


def png(pixels: np.ndarray) -> bytes:
    """A PNG file of (H, W, 1 or 3) uint8; deterministic."""
    # by hand: a picture library writes its version and settings that change between releases, and is one package more
    height, width, channels = pixels.shape
    colour_type = {1: 0, 3: 2}[channels]
    lines = b"".join(b"\x00" + pixels[row].tobytes() for row in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    )


def _tiles(rows: list[np.ndarray]) -> np.ndarray:
    """(H, W, C) uint8: each of (n, C, h, w), between 0 and 1, a line of pictures, each pixel enlarged."""
    factor = max(1, -(-SIDE // rows[0].shape[3]))
    lines = []
    for row in rows:
        pixels = np.round(np.clip(row, 0, 1) * 255).astype(np.uint8).transpose(0, 2, 3, 1)
        large = pixels.repeat(factor, axis=1).repeat(factor, axis=2)
        padded = np.pad(large, ((0, 0), (0, GAP), (0, GAP), (0, 0)), constant_values=255)
        lines.append(np.concatenate(list(padded), axis=1))
    return np.concatenate(lines, axis=0)
