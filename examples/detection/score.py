"""Pictures with small and large objects, what a detector finds in them, and each picture's scores in work/cases.csv."""

from __future__ import annotations

import pathlib

import numpy as np
import pandas as pd

from auditkit.case_scores import average_precision, recall

HERE = pathlib.Path(__file__).resolve().parent
PICTURES = 300


def pictures() -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray], np.ndarray]:
    """Of each picture the boxes that were found, how sure each is, the objects, and (N,) small or large objects."""
    rng = np.random.default_rng(0)
    sizes = np.where(rng.random(PICTURES) < 0.35, "small", "large")
    boxes, sure, objects = [], [], []
    for size in sizes:
        number = rng.integers(1, 5)
        corners = rng.uniform(0, 500, (number, 2))
        true = np.hstack([corners, corners + (16 if size == "small" else 80)])
        # a box is off by some pixels, whatever the size of the object: more of a small one
        detected = true[rng.random(number) < (0.8 if size == "small" else 0.95)] + rng.normal(0, 2, 4)
        wrong = rng.uniform(600, 700, (rng.integers(0, 2), 2))
        boxes.append(np.vstack([detected, np.hstack([wrong, wrong + 40])]))
        sure.append(np.r_[rng.uniform(0.5, 1, len(detected)), rng.uniform(0.1, 0.8, len(wrong))])
        objects.append(true)
    return boxes, sure, objects, sizes


if __name__ == "__main__":
    boxes, sure, objects, sizes = pictures()
    scores = {"recall": recall(boxes, sure, objects), "precision": average_precision(boxes, sure, objects)}
    (HERE / "work").mkdir(exist_ok=True)
    cases = pd.DataFrame({"size": sizes, "objects": list(map(len, objects)), **scores})
    cases.to_csv(HERE / "work" / "cases.csv", index=False)
