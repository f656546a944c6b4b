"""Pictures of two scanners, two ways to find the bright spot in each, and the Dice of each in work/cases.csv."""

from __future__ import annotations

import pathlib

import numpy as np
import pandas as pd
from scipy.ndimage import uniform_filter

from auditkit.case_scores import dice

HERE = pathlib.Path(__file__).resolve().parent
PICTURES, SIDE = 240, 32


def pictures() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(N, 32, 32) pictures, (N, 32, 32) masks of what is to be found, and (N,) the scanner; the new one is noisier."""
    rng = np.random.default_rng(0)
    scanner = np.where(rng.random(PICTURES) < 0.4, "new", "old")
    rows, columns = np.mgrid[:SIDE, :SIDE]
    centre, radius = rng.uniform(8, 24, (2, PICTURES, 1, 1)), rng.uniform(3, 7, (PICTURES, 1, 1))
    masks = (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 < radius**2
    noise = np.where(scanner == "new", 0.45, 0.3)[:, None, None]
    return masks + noise * rng.normal(size=masks.shape), masks, scanner


def segmented(images: np.ndarray) -> dict[str, np.ndarray]:
    """{system: (N, 32, 32) masks}: a threshold, and the same after each pixel was averaged with its neighbours."""
    return {"threshold": images > 0.5, "smoothed": uniform_filter(images, size=(1, 3, 3)) > 0.5}


if __name__ == "__main__":
    images, masks, scanner = pictures()
    scores = {f"dice_{name}": dice(mask, masks, empty=1.0) for name, mask in segmented(images).items()}
    (HERE / "work").mkdir(exist_ok=True)
    cases = pd.DataFrame({"scanner": scanner, "pixels": masks.sum(axis=(1, 2)), **scores})
    cases.to_csv(HERE / "work" / "cases.csv", index=False)
