"""Where a search by decisions may look next, guessed from all answers so far: boxes of a tree, and local planes.

A model that is a tree, or rounds its inputs, has boxes: each leaf of a decision tree fitted to the answers proposes its
nearest point. A smooth model has a boundary that is nearly a plane where a row comes close to it: a plane fitted to the
answers around the best point says in which direction the boundary is nearest. Either is a guess; the model is asked.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from auditkit.plugins.robustness.space import Space

FEATURES = 64
"""Features that may change, at most: with more of them, answers are too few to guess from."""
LEAVES = 300
"""Leaves of the tree at most."""
KEPT = 8_000
"""Answers that are kept, the newest."""
CELLS = 100_000
"""Numbers to which a tree is fitted at most, for time's sake: answers times features."""
INSIDE = 1e-4
"""How far inside a box a point is set, in units: thresholds are rounded to float32."""
AROUND = 40
"""Answers for each feature that may change to which a plane is fitted."""
AROUND_MOST = 1000
"""Such answers at most."""
EDGES = 2
"""Points on the boundary for each such feature through which it should go."""
EDGE_WEIGHT = 10.0
"""What such a point counts, in answers."""
RIDGE = 0.1
"""How much a plane is held back, as a share of what an average feature says."""
GAP = -1e30
"""What stands for a missing value, so that it is a value of its own."""


class Boxes(NamedTuple):
    """(L, D) ends of boxes in which answers were alike, and (L,) the answer."""

    low: np.ndarray
    high: np.ndarray
    decided: np.ndarray


class Answers:
    """The newest answers of a model.

    Args:
        space: what may change.
    """

    def __init__(self, space: Space) -> None:
        self.space = space
        self._parts: list[tuple[np.ndarray, np.ndarray]] = []

    def add(self, points: np.ndarray, decided: np.ndarray) -> None:
        """Keep what was decided (M,) at points (M, D)."""
        if len(points):
            self._parts.append((points, decided))

    def newest(self) -> tuple[np.ndarray, np.ndarray]:
        """(M, D) points and (M,) decisions, in the order in which they were given."""
        points, decided = (np.concatenate(part)[-KEPT:] for part in zip(*self._parts, strict=True))
        self._parts = [(points, decided)]
        return points, decided

    def teach(self) -> bool:
        """Whether there are different ones, about few enough features that something can be guessed from them."""
        if not self._parts or int(self.space.free.sum()) > FEATURES:
            return False
        return len(np.unique(self.newest()[1])) > 1

    def boxes(self, rng: np.random.Generator) -> Boxes:
        """The leaves of a decision tree fitted to the answers."""
        from sklearn.tree import DecisionTreeClassifier  # slow to import

        points, decided = self.newest()
        few = max(1, CELLS // points.shape[1])
        tree = DecisionTreeClassifier(max_leaf_nodes=LEAVES, random_state=int(rng.integers(2**31)))
        return _leaves(tree.fit(_filled(points[-few:]), decided[-few:]))

    def normals(self, near: np.ndarray, own: np.ndarray, edge: np.ndarray) -> np.ndarray:
        """(R, D) unit vectors, in units of the space, out of the decisions (R,) `own`, as planes through `near` say.

        Args:
            near: (R, D) points on the boundary.
            own: (R,) the decisions of their rows.
            edge: (B, D) all points that are known to lie on the boundary.
        """
        points, decided = self.newest()
        free = np.flatnonzero(self.space.free)
        every, here, border = (np.nan_to_num(part[:, free] / self.space.scale[free]) for part in (points, near, edge))
        around = _closest(here, every, min(AROUND_MOST, AROUND * len(free)))
        # the direction alone counts: answers lie a thousandth as well as a whole range away
        aside = _unit(every[around] - here[:, None])
        along = _unit(border[_closest(here, border, EDGES * len(free))] - here[:, None])
        sign = np.where(decided[around] != own[:, None], 1.0, -1.0)
        products = aside.swapaxes(1, 2) @ aside + EDGE_WEIGHT * (along.swapaxes(1, 2) @ along)
        ridge = RIDGE * np.trace(products, axis1=1, axis2=2) / len(free) + 1e-12
        slopes = np.linalg.solve(
            products + ridge[:, None, None] * np.eye(len(free)), aside.swapaxes(1, 2) @ sign[:, :, None]
        )
        normals = np.zeros_like(near)
        normals[:, free] = _unit(slopes[:, :, 0])
        return normals


def _unit(moved: np.ndarray) -> np.ndarray:
    return moved / np.maximum(np.linalg.norm(moved, axis=-1, keepdims=True), 1e-12)


def _closest(here: np.ndarray, points: np.ndarray, count: int) -> np.ndarray:
    """(R, at most count) the places of the points (M, F) closest to each of `here` (R, F)."""
    apart = (points**2).sum(axis=1) - 2 * here @ points.T
    return np.argpartition(apart, min(count, len(points)) - 1, axis=1)[:, :count]


def _filled(points: np.ndarray) -> np.ndarray:
    return np.nan_to_num(points, nan=GAP).astype(np.float32)


def _leaves(fitted: Any) -> Boxes:
    inner = fitted.tree_
    low = np.full((inner.node_count, inner.n_features), -np.inf)
    high = np.full((inner.node_count, inner.n_features), np.inf)
    for node in range(inner.node_count):  # children come after their parent
        left, right = inner.children_left[node], inner.children_right[node]
        if left < 0:
            continue
        low[[left, right]], high[[left, right]] = low[node], high[node]
        feature, cut = inner.feature[node], inner.threshold[node]
        high[left, feature] = low[right, feature] = cut
    leaf = inner.children_left < 0
    return Boxes(low[leaf], high[leaf], fitted.classes_[inner.value[leaf, 0].argmax(axis=1)])


def nearest(boxes: Boxes, space: Space, origins: np.ndarray, own: np.ndarray, count: int) -> np.ndarray:
    """(R, at most count, D) for rows (R, D) of these decisions (R,), the nearest points of boxes of other decisions.

    The row itself where there are fewer boxes that it can reach by what may change.
    """
    low = np.where(space.whole, np.floor(boxes.low) + 1, boxes.low + INSIDE * space.scale)
    high = np.where(space.whole, np.floor(boxes.high), boxes.high)
    rows = origins[:, None, :]
    free = (space.free & ~np.isnan(origins))[:, None, :]
    given = _filled(rows).astype(np.float64)
    points = np.where(free, np.clip(rows, low, np.maximum(low, high)), rows)
    inside = np.where(
        free,
        (points >= np.fmin(space.low, rows)) & (points <= np.fmax(space.high, rows)) & (low <= high),
        (given > boxes.low) & (given <= boxes.high),
    )
    reached = inside.all(axis=2) & (boxes.decided != own[:, None])
    gone = np.sqrt((np.where(free, (points - rows) / space.scale, 0.0) ** 2).sum(axis=2))
    gone = np.where(reached, gone, np.inf)
    first = np.argsort(gone, axis=1, kind="stable")[:, :count]
    chosen = np.take_along_axis(points, first[:, :, None], axis=1)
    return np.where(np.isfinite(np.take_along_axis(gone, first, axis=1))[:, :, None], chosen, rows)
