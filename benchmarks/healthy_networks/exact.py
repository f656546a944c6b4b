"""The exact distance from a row to another decision, in a box: linear models, small ReLU networks, trees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import optimize

Layers = Sequence[tuple[np.ndarray, np.ndarray]]
"""Weights (out, in) and biases (out,) of linear layers with a ReLU between them."""


def linear(weight: np.ndarray, bias: np.ndarray, x: np.ndarray, own: int, norm: str) -> float:
    """The least change of x (D,) in [0, 1]^D after which another class is first; weight (K, D)."""
    gains = (
        (weight[other] - weight[own], weight[own] @ x - weight[other] @ x + bias[own] - bias[other])
        for other in set(range(len(weight))) - {own}
    )
    return min(_halfspace(slope, float(margin), x, norm) for slope, margin in gains)


def _halfspace(slope: np.ndarray, margin: float, x: np.ndarray, norm: str) -> float:
    """The least size of a move whose gain along the slope is the margin, inside the box."""
    room = np.where(slope > 0, 1 - x, x)
    steep = np.abs(slope)
    if steep @ room < margin:
        return float("inf")
    if norm == "L1":  # the steepest first
        order = np.argsort(-steep)
        gained = np.cumsum(steep[order] * room[order])
        at = int(np.searchsorted(gained, margin))
        before = gained[at - 1] if at else 0.0
        return float(room[order][:at].sum() + (margin - before) / steep[order[at]])

    def move(size: float) -> np.ndarray:
        return np.minimum(size if norm == "Linf" else size * steep, room)

    low, high = 0.0, 1.0
    while steep @ move(high) < margin:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if steep @ move(middle) < margin else (low, middle)
    return high if norm == "Linf" else float(np.linalg.norm(move(high)))


def relu(layers: Layers, x: np.ndarray, own: int, most: float) -> float:
    """The least Linf change of x in [0, 1]^D after which another class is first; infinite where it is beyond `most`.

    A mixed-integer programme with bounds of each unit over the box of radius `most` (Tjeng, Xiao, Tedrake 2019,
    arXiv:1711.07356).
    """
    last = layers[-1][0]
    others = set(range(len(last))) - {own}
    return min(_programme(layers, x, own, other, most) for other in others)


def _programme(layers: Layers, x: np.ndarray, own: int, other: int, most: float) -> float:
    low, high = np.clip(x - most, 0, 1), np.clip(x + most, 0, 1)
    features = len(x)
    hidden = [weight.shape[0] for weight, _ in layers[:-1]]
    size = features + 2 * sum(hidden) + 1  # inputs, units, which are on, the distance
    lower, upper = np.zeros(size), np.ones(size)
    lower[:features], upper[:features], upper[-1] = low, high, most
    rows: list[tuple[np.ndarray, float, float]] = []
    start, at = 0, features
    for weight, bias in layers[:-1]:
        above, below = np.clip(weight, 0, None), np.clip(weight, None, 0)
        ends = (above @ low + below @ high + bias, above @ high + below @ low + bias)
        for unit in range(len(weight)):
            place, switch = at + unit, at + sum(hidden) + unit
            bottom, top = float(ends[0][unit]), float(ends[1][unit])
            lower[place], upper[place] = 0.0, max(top, 0.0)
            slope = np.zeros(size)
            slope[start : start + weight.shape[1]], slope[place] = -weight[unit], 1.0
            if bottom >= 0:
                rows.append((slope, bias[unit], bias[unit]))
            elif top > 0:
                off, on = slope.copy(), np.zeros(size)
                off[switch], on[place], on[switch] = -bottom, 1.0, -top
                rows += [(slope, bias[unit], np.inf), (off, -np.inf, bias[unit] - bottom), (on, -np.inf, 0.0)]
        low, high = np.maximum(ends[0], 0), np.maximum(ends[1], 0)
        start, at = at, at + len(weight)
    weight, bias = layers[-1]
    ahead = np.zeros(size)
    ahead[start : start + weight.shape[1]] = weight[other] - weight[own]
    rows.append((ahead, bias[own] - bias[other], np.inf))
    for feature in range(features):
        for sign in (1.0, -1.0):
            far = np.zeros(size)
            far[feature], far[-1] = sign, -1.0
            rows.append((far, -np.inf, sign * x[feature]))
    whole = np.zeros(size)
    whole[features + sum(hidden) : -1] = 1
    slopes, least, largest = (np.array(part) for part in zip(*rows, strict=True))
    solved = optimize.milp(
        np.eye(size)[-1], integrality=whole, bounds=optimize.Bounds(lower, upper),
        constraints=optimize.LinearConstraint(slopes, least, largest),
    )  # fmt: skip
    if solved.status == 2:
        return float("inf")
    assert solved.status == 0, solved.message
    return float(solved.fun)


def boxes(tree: Any, low: np.ndarray, high: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, int]]:
    """(low, high, class) of every leaf of a scikit-learn tree."""
    inner = tree.tree_
    leaves: list[tuple[np.ndarray, np.ndarray, int]] = []

    def walk(node: int, low: np.ndarray, high: np.ndarray) -> None:
        if inner.children_left[node] < 0:
            leaves.append((low, high, int(inner.value[node][0].argmax())))
            return
        feature, cut = inner.feature[node], inner.threshold[node]
        left, right = high.copy(), low.copy()
        left[feature], right[feature] = min(high[feature], cut), max(low[feature], cut)
        walk(inner.children_left[node], low, left)
        walk(inner.children_right[node], right, high)

    walk(0, low, high)
    return leaves


def tree(
    fitted: Any, x: np.ndarray, own: np.ndarray, low: np.ndarray, high: np.ndarray, scale: np.ndarray
) -> np.ndarray:
    """(N,) the least Euclidean change, in units of `scale`, after which rows (N, D) are decided otherwise."""
    needed = np.full(len(x), np.inf)
    for bottom, top, decided in boxes(fitted, low, high):
        if (bottom > top).any():
            continue
        gone = np.maximum(0, np.maximum(bottom - x, x - top)) / scale
        far = np.sqrt((gone**2).sum(axis=1))
        needed = np.where((own != decided) & (far < needed), far, needed)
    return needed
