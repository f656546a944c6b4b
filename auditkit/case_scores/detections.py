"""Scores of detections: which objects of a picture were found, and which boxes are none."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from auditkit.case_scores.arrays import same_length
from auditkit.errors import DataError


def recall(
    boxes: Sequence[Any], scores: Sequence[Any], reference: Sequence[Any], overlap: float = 0.5, empty: float = np.nan
) -> np.ndarray:
    """(N,) the share of a picture's objects that were found, 0 to 1, higher is better.

    Args:
        boxes: of each picture (P, 4) boxes that were found, as x1, y1, x2, y2.
        scores: of each picture (P,) how sure each is: of two boxes on one object the surer one has found it.
        reference: of each picture (R, 4) the objects.
        overlap: the intersection over union from which a box has found an object, above 0.
        empty: the score of a picture without objects.

    Raises:
        DataError: another number of pictures, boxes that have no area, or not one score per box.
    """
    matched = _matched(boxes, scores, reference, overlap)
    return np.array([hits.sum() / objects if objects else empty for hits, objects in matched], dtype=np.float64)


def precision(
    boxes: Sequence[Any], scores: Sequence[Any], reference: Sequence[Any], overlap: float = 0.5, empty: float = np.nan
) -> np.ndarray:
    """(N,) the share of a picture's boxes that have found an object, 0 to 1, higher is better.

    Args as of `recall`; `empty` is the score of a picture without boxes.
    """
    matched = _matched(boxes, scores, reference, overlap)
    return np.array([hits.mean() if len(hits) else empty for hits, _ in matched], dtype=np.float64)


def average_precision(
    boxes: Sequence[Any], scores: Sequence[Any], reference: Sequence[Any], overlap: float = 0.5, empty: float = np.nan
) -> np.ndarray:
    """(N,) the area under a picture's curve of precision over recall, 0 to 1, higher is better.

    The precision at a recall is the largest at that recall or above, at every recall that there is (all points). Of
    one picture: the mean over pictures is not the average precision of all their boxes together, as COCO counts it.

    Args as of `recall`; `empty` is the score of a picture without objects, whatever boxes it has.

    Source: Everingham et al. (2010), The PASCAL visual object classes challenge, IJCV 88; all points since VOC 2010.
    """
    areas = []
    for hits, objects in _matched(boxes, scores, reference, overlap):
        if not objects:
            areas.append(float(empty))
            continue
        precisions = np.cumsum(hits) / np.arange(1, len(hits) + 1)
        best_from_here = np.maximum.accumulate(precisions[::-1])[::-1]
        areas.append(float(best_from_here[hits].sum() / objects))
    return np.array(areas, dtype=np.float64)


def _matched(
    boxes: Sequence[Any], scores: Sequence[Any], reference: Sequence[Any], overlap: float
) -> list[tuple[np.ndarray, int]]:
    """Of each picture (P,) whether a box has found an object, the surest first, and how many objects there are."""
    same_length(boxes, reference)
    same_length(boxes, scores)
    if not 0 < overlap <= 1:
        raise DataError(f"overlap must be above 0 and at most 1; {overlap!r} was given")
    return [_picture(*parts, overlap) for parts in zip(boxes, scores, reference, strict=True)]


def _picture(boxes: Any, scores: Any, reference: Any, overlap: float) -> tuple[np.ndarray, int]:
    rectangles, objects = _rectangles(boxes), _rectangles(reference)
    sureness = np.asarray(scores, dtype=np.float64).reshape(-1)
    if len(sureness) != len(rectangles):
        raise DataError(f"each box needs one score; {len(rectangles)} boxes have {len(sureness)}")
    order = np.argsort(-sureness, kind="stable")
    overlaps = _overlaps(rectangles[order], objects)
    hits, free = np.zeros(len(order), dtype=bool), np.ones(len(objects), dtype=bool)
    for place, row in enumerate(overlaps):
        # an object is found once: a second box on it has found nothing, unless another object is near enough
        left = np.where(free, row, -1.0)
        best = int(left.argmax()) if len(left) else -1
        if best >= 0 and left[best] >= overlap:
            hits[place], free[best] = True, False
    return hits, len(objects)


def _rectangles(boxes: Any) -> np.ndarray:
    array = np.asarray(boxes, dtype=np.float64)
    array = array.reshape(-1, 4) if array.size == 0 else array
    wrong = array.ndim != 2 or array.shape[1] != 4 or not np.isfinite(array).all()
    if wrong or not ((array[:, 2] > array[:, 0]) & (array[:, 3] > array[:, 1])).all():
        raise DataError(
            "boxes must be (P, 4), each as x1, y1, x2, y2 with x1 below x2 and y1 below y2, and finite; from widths "
            "and heights these are x2 = x1 + width"
        )
    return array


def _overlaps(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(P, R) intersections over unions."""
    low, high = np.maximum(first[:, None, :2], second[None, :, :2]), np.minimum(first[:, None, 2:], second[None, :, 2:])
    both = np.prod(np.clip(high - low, 0, None), axis=2)
    sizes = [np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (first, second)]
    return np.asarray(both / (sizes[0][:, None] + sizes[1][None, :] - both))
