"""What scikit-learn's compiled code follows without looking: trees, neighbours and support vectors of a file, checked.

Their arrays are checked by no library: an index that is out of range reads memory of others or ends the process.
"""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any
from unittest import mock

import numpy as np

from auditkit.plugins.models.forests import check_links, integers, refuse

_LARGEST = 2**31
_DEEPEST_WALK = 100


@contextlib.contextmanager
def checked_trees() -> Iterator[None]:
    """Meanwhile, refuse what skops would make a `sklearn.tree._tree.Tree` of where it is none.

    Raises:
        Damaged: its nodes or its sizes are impossible.
    """
    from skops.io._sklearn import ReduceNode

    construct = ReduceNode._construct

    def checked(node: Any) -> Any:
        if node.constructor.class_name == "Tree":
            _check_tree(node.args.construct(), node.attrs.construct())
        return construct(node)

    with mock.patch.object(ReduceNode, "_construct", checked):
        yield


def check_fitted(estimator: Any) -> None:
    """Refuse an estimator whose parts cannot belong together.

    Raises:
        Damaged: a part counts other columns, classes or rows than its owner.
    """
    for part in _parts(estimator, {}, 0):
        kind, columns = type(part).__name__, getattr(part, "n_features_in_", None)
        if hasattr(part, "tree_"):
            _same("columns of a tree", part.tree_.n_features, columns)
        if hasattr(part, "estimators_") and columns is not None:
            _check_ensemble(part, columns)
        if isinstance(getattr(part, "_predictors", None), list):
            _check_histogram_trees(part, columns)
        if kind in ("KDTree", "BallTree", "KDTree64", "BallTree64", "KDTree32", "BallTree32"):
            _check_neighbours(part.__getstate__())
        if hasattr(part, "_n_support") and hasattr(part, "support_vectors_"):
            _check_support_vectors(part, columns)


def _parts(value: Any, seen: dict[int, Any], depth: int) -> Iterator[Any]:
    """An object and all that it holds, each once."""
    if id(value) in seen or depth > _DEEPEST_WALK or isinstance(value, str | bytes | int | float | type | None):
        return
    seen[id(value)] = value  # kept, so that no other object gets its id
    inside: Any = ()
    if isinstance(value, Mapping):
        inside = value.values()
    elif isinstance(value, list | tuple | set):
        inside = value
    elif isinstance(value, np.ndarray):
        inside = value.flat if value.dtype == object else ()
    else:
        yield value
        inside = getattr(value, "__dict__", {}).values()
    for entry in list(inside):
        yield from _parts(entry, seen, depth + 1)


def _check_tree(arguments: Any, state: Any) -> None:
    columns, classes, outputs = arguments
    nodes = state["nodes"]
    count = len(nodes)
    _same("outputs of a tree", len(integers(classes, None, "the classes of a tree", 1, _LARGEST)), outputs)
    _same("nodes of a tree", state["node_count"], count)
    left = integers(nodes["left_child"], count, "the children of a tree", -1, count)
    right = integers(nodes["right_child"], count, "the children of a tree", -1, count)
    check_links(left, right, np.array([0, count]))
    integers(nodes["feature"][left >= 0], None, "the columns that a tree asks about", 0, columns)


def _check_ensemble(part: Any, columns: int) -> None:
    members = list(np.asarray(part.estimators_, dtype=object).flat)
    asked = getattr(part, "_estimators_features", getattr(part, "estimators_features_", None))
    lengths = [columns] * len(members) if asked is None else [len(indices) for indices in asked]
    _same("lists of columns", len(lengths), len(members))
    for member, length in zip(members, lengths, strict=True):
        if hasattr(member, "tree_"):
            _same("columns of a tree", member.tree_.n_features, length)


def _check_histogram_trees(part: Any, columns: Any) -> None:
    categorical = part._bin_mapper.is_categorical_
    _same("columns", len(categorical), columns)
    for predictor in (tree for iteration in part._predictors for tree in iteration):
        nodes, sets = predictor.nodes, predictor.raw_left_cat_bitsets
        count, inner = len(nodes), nodes["is_leaf"] == 0
        links = [
            np.where(inner, integers(nodes[side], count, "the children of a tree", 0, _LARGEST), -1)
            for side in ("left", "right")
        ]
        check_links(links[0], links[1], np.array([0, count]))
        features = integers(nodes["feature_idx"][inner], None, "the columns that a tree asks about", 0, columns)
        by_set = nodes["is_categorical"][inner] != 0
        if not np.asarray(categorical, dtype=bool)[features[by_set]].all() or sets.shape[1:] != (8,):
            refuse("a tree takes a column for a category that is none")
        integers(nodes["bitset_idx"][inner][by_set], None, "the sets of categories", 0, len(sets))


def _check_neighbours(state: Any) -> None:
    data, order, nodes, bounds, _, _, node_count, *_, metric, weights = state
    rows, columns = data.shape
    integers(order, rows, "the rows of a tree of neighbours", 0, rows)
    _same("nodes of a tree of neighbours", node_count, len(nodes))
    if bounds.ndim != 3 or bounds.shape[1:] != (node_count, columns) or (weights is not None and len(weights) != rows):
        refuse("a tree of neighbours has other bounds than nodes")
    starts = integers(nodes["idx_start"], node_count, "the rows of a node", 0, rows + 1)
    ends = integers(nodes["idx_end"], node_count, "the rows of a node", 0, rows + 1)
    inner = np.flatnonzero(nodes["is_leaf"] == 0)
    if (starts > ends).any() or (2 * inner + 2 >= node_count).any():
        refuse("a tree of neighbours has a child that is none of its nodes")
    for facts in metric.__getstate__()[1:3]:
        if np.size(facts) > 1 and set(np.shape(facts)) != {columns}:
            refuse("a distance has other columns than the data")


def _check_support_vectors(part: Any, columns: Any) -> None:
    vectors = part.support_vectors_
    if not isinstance(vectors, np.ndarray):
        return  # sparse ones are indexed by scipy
    counts = integers(part._n_support, None, "the numbers of support vectors", 0, _LARGEST)
    classes = max(2, len(counts))
    stated = counts.sum() if hasattr(part, "classes_") else len(vectors)
    if vectors.ndim != 2 or stated != len(vectors) or np.shape(part.support_) != vectors.shape[:1]:
        refuse("the support vectors are not as many as is stated")
    pairs = classes * (classes - 1) // 2
    short = any(0 < np.size(numbers) < pairs for numbers in (part._probA, part._probB))
    if np.shape(part._dual_coef_) != (classes - 1, len(vectors)) or len(part._intercept_) < pairs or short:
        refuse("the support vectors have other coefficients than classes")
    if vectors.shape[1] not in (columns, 0) and part.kernel != "precomputed":
        refuse("the support vectors have other columns than the model")


def _same(what: str, number: Any, other: Any) -> None:
    if number != other:
        refuse(f"the {what} must be {other}; they are {number}")
