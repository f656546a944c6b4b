"""Where a search by decisions may look next, guessed from all answers so far: boxes of a tree, and local planes.

A model that is a tree, or rounds its inputs, has boxes: each leaf of a decision tree fitted to the answers proposes its
nearest point. A smooth model has a boundary that is nearly a plane where a row comes close to it: a plane fitted to the
answers around the best point says in which direction the boundary is nearest. Either is a guess; the model is asked.
"""

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
        rows = max(1, CELLS // points.shape[1])
        # leaves are opened best first, so the few allowed lie where the decisions differ
        tree = DecisionTreeClassifier(max_leaf_nodes=LEAVES, random_state=int(rng.integers(2**31)))
        return _leaves(tree.fit(_filled(points[-rows:]), decided[-rows:]))

    def normals(self, boundary: np.ndarray, row_decisions: np.ndarray, edges: np.ndarray) -> np.ndarray:
        """(R, D) unit vectors, in units of the space, out of the rows' decisions, by planes through `boundary`.

        Args:
            boundary: (R, D) points on the boundary.
            row_decisions: (R,) the decisions of their rows.
            edges: (B, D) all points that are known to lie on the boundary.
        """
        points, decided = self.newest()
        free = np.flatnonzero(self.space.free)
        answered, at_boundary, known_edge = (
            np.nan_to_num(part[:, free] / self.space.scale[free]) for part in (points, boundary, edges)
        )
        neighbours = _closest(at_boundary, answered, min(AROUND_MOST, AROUND * len(free)))
        # the direction alone counts: answers lie a thousandth as well as a whole range away
        to_answers = unit_length(answered[neighbours] - at_boundary[:, None])
        to_edge = unit_length(known_edge[_closest(at_boundary, known_edge, EDGES * len(free))] - at_boundary[:, None])
        sign = np.where(decided[neighbours] != row_decisions[:, None], 1.0, -1.0)
        # least squares on the answers' signs; a point on the boundary asks for 0, so it adds to the left side alone
        products = to_answers.swapaxes(1, 2) @ to_answers + EDGE_WEIGHT * (to_edge.swapaxes(1, 2) @ to_edge)
        ridge = RIDGE * np.trace(products, axis1=1, axis2=2) / len(free) + 1e-12
        slopes = np.linalg.solve(
            products + ridge[:, None, None] * np.eye(len(free)), to_answers.swapaxes(1, 2) @ sign[:, :, None]
        )
        normals = np.zeros_like(boundary)
        normals[:, free] = unit_length(slopes[:, :, 0])
        return normals


def unit_length(vectors: np.ndarray) -> np.ndarray:
    """The same directions, of Euclidean length 1 along the last axis; 0 stays 0."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def _closest(centres: np.ndarray, points: np.ndarray, count: int) -> np.ndarray:
    """(R, at most count) the indices of the points (M, F) closest to each of `centres` (R, F)."""
    # the centres' own squares are left out: they change no order, and the array of differences would be M times F large
    distances = (points**2).sum(axis=1) - 2 * centres @ points.T
    return np.argpartition(distances, min(count, len(points)) - 1, axis=1)[:, :count]


def _filled(points: np.ndarray) -> np.ndarray:
    return np.nan_to_num(points, nan=GAP).astype(np.float32)


def _leaves(fitted: Any) -> Boxes:
    tree = fitted.tree_
    low = np.full((tree.node_count, tree.n_features), -np.inf)
    high = np.full((tree.node_count, tree.n_features), np.inf)
    for node in range(tree.node_count):  # children come after their parent
        left, right = tree.children_left[node], tree.children_right[node]
        if left < 0:
            continue
        low[[left, right]], high[[left, right]] = low[node], high[node]
        feature, cut = tree.feature[node], tree.threshold[node]
        high[left, feature] = low[right, feature] = cut
    leaf = tree.children_left < 0
    return Boxes(low[leaf], high[leaf], fitted.classes_[tree.value[leaf, 0].argmax(axis=1)])


def nearest(boxes: Boxes, space: Space, origins: np.ndarray, row_decisions: np.ndarray, count: int) -> np.ndarray:
    """(R, at most count, D) for rows (R, D) of these decisions (R,), the nearest points of boxes of other decisions.

    The row itself where there are fewer boxes that it can reach by what may change.
    """
    # a tree goes left at `<=`, so a box has its high end and not its low one
    low = np.where(space.whole, np.floor(boxes.low) + 1, boxes.low + INSIDE * space.scale)
    high = np.where(space.whole, np.floor(boxes.high), boxes.high)
    rows = origins[:, None, :]
    free = (space.free & ~np.isnan(origins))[:, None, :]
    filled = _filled(rows).astype(np.float64)
    points = np.where(free, np.clip(rows, low, np.maximum(low, high)), rows)
    is_inside = np.where(
        free,
        (points >= np.fmin(space.low, rows)) & (points <= np.fmax(space.high, rows)) & (low <= high),
        (filled > boxes.low) & (filled <= boxes.high),
    )
    is_reachable = is_inside.all(axis=2) & (boxes.decided != row_decisions[:, None])
    distances = np.sqrt((np.where(free, (points - rows) / space.scale, 0.0) ** 2).sum(axis=2))
    distances = np.where(is_reachable, distances, np.inf)
    order = np.argsort(distances, axis=1, kind="stable")[:, :count]
    chosen = np.take_along_axis(points, order[:, :, None], axis=1)
    return np.where(np.isfinite(np.take_along_axis(distances, order, axis=1))[:, :, None], chosen, rows)
