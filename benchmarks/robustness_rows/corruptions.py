"""e2: corruptions of images, against a loop over scikit-image."""

from __future__ import annotations

import io
import pathlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from auditkit.plugins.robustness.corruptions.base import IMAGE, SEVERITIES
from auditkit.plugins.robustness.corruptions.images import Pictures
from auditkit.plugins.robustness.corruptions.suite import seeds
from benchmarks.harness import Baseline, Gate, Line, timed
from benchmarks.robustness_rows.networks import LATEST, mnist

SAME = ("gaussian blur", "brightness", "contrast", "pixelate")
"""Corruptions without chance that both sides do by the same formula."""
CLOSE = 0.02
"""How far apart a pixel of these may be: scikit-image rounds borders of coarser pixels otherwise."""


class Size(NamedTuple):
    """How large the work is."""

    images: int
    rounds: int


FULL = Size(LATEST, 2)
QUICK = Size(20, 1)


def measure(size: Size, folder: pathlib.Path, environments: pathlib.Path) -> tuple[list[Line], dict[str, Any]]:
    """The comparison, and all timings."""
    images = mnist().x[-LATEST:][: size.images].numpy()
    suite = Pictures(images, seeds(IMAGE, np.random.default_rng(0)), "cpu")
    plain = _plain(suite)
    names = tuple(plain)

    def by_suite() -> None:
        for name in names:
            for severity in SEVERITIES:
                suite.change(name, severity)

    def image_by_image() -> None:
        for name in names:
            for severity in SEVERITIES:
                for image in images:
                    plain[name](image[0], suite.level(name, severity))

    by_suite()
    seconds: dict[str, list[float]] = {"ours": [], "theirs": []}
    for _ in range(size.rounds):
        seconds["theirs"].append(timed(image_by_image))
        seconds["ours"] += [timed(by_suite), timed(by_suite)]
    gates = tuple(
        Gate(f"{name}: largest difference of a pixel", _apart(suite, plain[name], name, images[:20]), CLOSE)
        for name in SAME
    )
    work = f"{len(names)} corruptions, five severities, {size.images:,} images of 28 by 28"
    line = Line(
        "e2", work, Baseline("scikit-image, image by image", min(seconds["theirs"]), f"run {size.rounds} times"),
        tuple(seconds["ours"]), gates, 5.0,
    )  # fmt: skip
    return [line], {"seconds": seconds, "corruptions": names}


def _apart(suite: Pictures, plain: Callable[[np.ndarray, float], np.ndarray], name: str, images: np.ndarray) -> float:
    worst = 0.0
    for severity in SEVERITIES:
        changed = np.asarray(suite.change(name, severity).inputs)[: len(images)]
        expected = np.stack([plain(image[0], suite.level(name, severity)) for image in images])
        worst = max(worst, float(np.abs(changed[:, 0] - expected.clip(0, 1)).max()))
    return worst


def _plain(suite: Pictures) -> dict[str, Callable[[np.ndarray, float], np.ndarray]]:
    """One grey image at a time, with scikit-image, and with Pillow where scikit-image has nothing."""
    import skimage.filters
    import skimage.measure
    import skimage.morphology
    import skimage.transform
    import skimage.util
    from PIL import Image
    from scipy import ndimage

    rng = np.random.default_rng(0)

    def compressed(image: np.ndarray, quality: float) -> np.ndarray:
        file = io.BytesIO()
        Image.fromarray((image * 255).round().astype(np.uint8)).save(file, "JPEG", quality=int(quality))
        return np.asarray(Image.open(file)) / 255

    def warped(image: np.ndarray, share: float) -> np.ndarray:
        side = len(image)
        fields = [ndimage.gaussian_filter(rng.standard_normal(image.shape), max(1.0, 0.1 * side)) for _ in range(2)]
        rows, columns = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
        fields = [field / field.std() * share * side for field in fields]
        return skimage.transform.warp(image, np.array([rows + fields[0], columns + fields[1]]), order=1, mode="edge")

    def coarse(image: np.ndarray, share: float) -> np.ndarray:
        kept = max(1, round(len(image) * share))
        small = _areas(image, kept)
        at = ((np.arange(len(image)) + 0.5) * kept / len(image)).astype(int).clip(0, kept - 1)
        return small[np.ix_(at, at)]

    def covered(image: np.ndarray, share: float) -> np.ndarray:
        changed, length = image.copy(), max(1, round(share * len(image)))
        row, column = rng.integers(0, len(image) - length + 1, 2)
        changed[row : row + length, column : column + length] = 0.5
        return changed

    return {
        "gaussian noise": lambda image, sigma: skimage.util.random_noise(image, "gaussian", rng=rng, var=sigma**2),
        "shot noise": lambda image, photons: rng.poisson(image * photons) / photons,
        "impulse noise": lambda image, share: skimage.util.random_noise(image, "s&p", rng=rng, amount=share),
        "gaussian blur": lambda image, sigma: skimage.filters.gaussian(image, sigma, mode="nearest"),
        "defocus": lambda image, radius: ndimage.convolve(
            image, skimage.morphology.disk(max(1, round(radius))) / skimage.morphology.disk(max(1, round(radius))).sum()
        ),
        "brightness": lambda image, added: np.clip(image + added, 0, 1),
        "contrast": lambda image, kept: image.mean() + kept * (image - image.mean()),
        "jpeg": compressed,
        "pixelate": coarse,
        "elastic": warped,
        "rotation": lambda image, degrees: skimage.transform.rotate(image, degrees, mode="edge"),
        "occlusion": covered,
    }


def _areas(image: np.ndarray, kept: int) -> np.ndarray:
    """The image averaged into kept by kept equal pieces."""
    side = len(image)
    edges = np.linspace(0, side, kept + 1)
    left = np.arange(side)
    inside = np.minimum(left[None] + 1, edges[1:, None]) - np.maximum(left[None], edges[:-1, None])
    means = np.maximum(inside, 0)
    means /= means.sum(axis=1, keepdims=True)
    return means @ image @ means.T
