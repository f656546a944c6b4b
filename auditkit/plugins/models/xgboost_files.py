"""XGBoost's own files, JSON or UBJSON, checked before XGBoost opens them: it follows any link that they state."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from auditkit.memory import json_size
from auditkit.plugins.models import ubjson
from auditkit.plugins.models.archives import check_size
from auditkit.plugins.models.forests import Damaged, check_links, integers, refuse

MOST_CATEGORIES: Final = 2**24
"""XGBoost keeps a category as a float32, which holds whole numbers below this one alone."""
NO_NODE: Final = (-1, 2**31 - 1)
"""What stands for the parent of a root."""
_DIGITS = re.compile(r"[0-9]{1,10}")


def check(data: bytes, name: str, most: int) -> None:
    """Refuse a file that XGBoost could not follow to its end.

    Args:
        data: the file.
        name: of the file.
        most: bytes of memory that what it states may take.

    Raises:
        Damaged: it states links, features, classes or lengths that do not fit each other.
        ModelFileRejected: what it states takes more memory.
        ValueError: it is broken.
    """
    document = _read(data, name, most)
    try:
        _check_learner(document["learner"])
    except (LookupError, TypeError, AttributeError) as error:
        raise Damaged(f"something is lacking or of another kind than XGBoost writes ({error})") from error


def _read(data: bytes, name: str, most: int) -> Any:
    # behind the brace of UBJSON stands the type of a length, in JSON a quotation mark or blanks
    if data[1:2] in ubjson.NUMBERS:
        return ubjson.loads(data, most)
    check_size(json_size(data), name, most, "what it states would take")
    return json.loads(data.decode(), object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        refuse("a name stands twice in one object")
    return members


def _check_learner(learner: Mapping[str, Any]) -> None:
    parameters = learner["learner_model_param"]
    features = _number(parameters, "num_feature", 2**31)
    outputs = max(1, _number(parameters, "num_class", 2**31), _number(parameters, "num_target", 2**31, 1))
    for names in ("feature_names", "feature_types"):
        if len(learner.get(names, ())) not in (0, features):
            refuse(f"{names} must be {features:,}; there are {len(learner[names]):,}")
    base_scores = str(parameters.get("base_score", "0")).count(",") + 1
    if base_scores not in (1, outputs):
        refuse(f"base_score must be one number or {outputs:,}; there are {base_scores:,}")
    booster = learner["gradient_booster"]
    if booster["name"] == "gblinear":
        weights = np.asarray(booster["model"]["weights"])
        if len(weights) != (features + 1) * outputs:
            refuse(f"weights must be {(features + 1) * outputs:,}; there are {len(weights):,}")
        return
    if booster["name"] == "dart":
        dropped, booster = booster["weight_drop"], booster["gbtree"]
        if len(dropped) != len(booster["model"]["trees"]):
            refuse("weight_drop must have a number for each tree")
    _check_model(booster["model"], features, outputs)


def _check_model(model: Mapping[str, Any], features: int, outputs: int) -> None:
    trees = model["trees"]
    parameters = model["gbtree_model_param"]
    if _number(parameters, "num_trees", 2**31) != len(trees):
        refuse(f"num_trees is {parameters['num_trees']}, and there are {len(trees):,} trees")
    if _number(parameters, "num_parallel_tree", 2**31, 1) < 1:
        refuse("num_parallel_tree must be 1 or more")
    vectors = [max(1, _number(tree["tree_param"], "size_leaf_vector", 2**31, 1)) for tree in trees]
    if any(vector not in (1, outputs) for vector in vectors):
        refuse(f"a leaf must have 1 or {outputs:,} numbers")
    if outputs > max(1, sum(vectors)):
        refuse(f"{outputs:,} outputs need as many trees; there are {len(trees):,}")
    integers(model["tree_info"], len(trees), "tree_info", 0, outputs)
    _check_rising(model.get("iteration_indptr", ()), len(trees), "iteration_indptr")
    if [tree["id"] for tree in trees] != list(range(len(trees))):
        refuse("trees must be numbered from 0")
    _check_categories(model.get("cats", {}), features)
    first = [0]
    lefts, rights = [], []
    for tree, vector in zip(trees, vectors, strict=True):
        left, right = _checked_tree(tree, vector, features)
        lefts.append(np.where(left < 0, -1, left + first[-1]))
        rights.append(np.where(right < 0, -1, right + first[-1]))
        first.append(first[-1] + len(left))
    if trees:
        check_links(np.concatenate(lefts), np.concatenate(rights), np.array(first))


def _checked_tree(tree: Mapping[str, Any], vector: int, features: int) -> tuple[np.ndarray, np.ndarray]:
    """The links of a tree, all other arrays of which fit; both -1 for a leaf."""
    count = _number(tree["tree_param"], "num_nodes", 2**31)
    if count < 1:
        refuse("a tree must have a node")
    left = integers(tree["left_children"], count, "left_children", -1, count)
    right = integers(tree["right_children"], count, "right_children", -1, count)
    inner = left >= 0
    if vector > 1:
        # a leaf of several numbers has its place among the leaves for a right child
        leaves = int((~inner).sum())
        if (right[~inner] >= leaves).any():
            refuse("a leaf must have its place among the leaves")
        _check_length(tree, "leaf_weights", leaves * vector)
        right = np.where(inner, right, -1)
    parents = integers(tree["parents"], count, "parents", -1, 2**31)
    if parents[0] not in NO_NODE:
        refuse("the first node of a tree must be its root")
    for side in (left, right):
        linked = inner & (side >= 0)
        if not np.array_equal(parents[side[linked]], np.flatnonzero(linked)):
            refuse("parents must be the other end of each link")
    for numbers in ("split_conditions", "loss_changes", "sum_hessian"):
        _check_length(tree, numbers, count)
    _check_length(tree, "base_weights", count * vector)
    split = integers(tree["split_indices"], count, "split_indices", 0, 2**32)
    integers(split[inner], None, "split_indices", 0, features)
    integers(tree["default_left"], count, "default_left", 0, 2)
    _check_category_splits(tree, count, inner)
    return left, right


def _check_category_splits(tree: Mapping[str, Any], count: int, inner: np.ndarray) -> None:
    kinds = integers(tree.get("split_type", np.zeros(count, int)), count, "split_type", 0, 2)
    categories = integers(tree.get("categories", ()), None, "categories", 0, MOST_CATEGORIES)
    nodes = integers(tree.get("categories_nodes", ()), None, "categories_nodes", 0, count)
    starts = integers(tree.get("categories_segments", ()), len(nodes), "categories_segments", 0, len(categories) + 1)
    sizes = integers(tree.get("categories_sizes", ()), len(nodes), "categories_sizes", 0, len(categories) + 1)
    if (starts + sizes > len(categories)).any() or not np.array_equal(nodes, np.flatnonzero(inner & (kinds == 1))):
        refuse("categories must be stated for each split by categories, in order")


def _check_categories(cats: Mapping[str, Any], features: int) -> None:
    """What the categories of the training table were called."""
    encodings: Sequence[Mapping[str, Any]] = cats.get("enc", ())
    if len(encodings) not in (0, features):
        refuse(f"categories must be named for {features:,} features; they are for {len(encodings):,}")
    sizes = []
    for encoding in encodings:
        offsets = encoding.get("offsets")
        if offsets is not None:
            _check_rising(offsets, len(encoding["values"]), "offsets of names of categories")
        sizes.append(max(0, len(encoding["values"] if offsets is None else offsets) - (offsets is not None)))
    segments = integers(cats.get("feature_segments", ()), None, "feature_segments", 0, sum(sizes) + 1)
    if len(segments) and not np.array_equal(segments, np.concatenate([[0], np.cumsum(sizes)])):
        refuse("feature_segments must be how many categories each feature has")
    integers(cats.get("sorted_idx", ()), sum(sizes), "sorted_idx", 0, max(1, sum(sizes)))


def _check_rising(values: Any, end: int, what: str) -> None:
    steps = integers(values, None, what, 0, end + 1)
    if len(steps) and (steps[0] != 0 or steps[-1] != end or (np.diff(steps) < 0).any()):
        refuse(f"{what} must rise from 0 to {end:,}")


def _check_length(tree: Mapping[str, Any], key: str, count: int) -> None:
    if len(tree[key]) != count or np.asarray(tree[key]).dtype.kind not in "fiu":
        refuse(f"{key} must be {count:,} numbers; there are {len(tree[key]):,}")


def _number(parameters: Mapping[str, Any], key: str, below: int, otherwise: int | None = None) -> int:
    """A whole number, which XGBoost writes as text."""
    text = str(parameters[key] if otherwise is None else parameters.get(key, otherwise))
    if not _DIGITS.fullmatch(text) or int(text) >= below:
        refuse(f"{key} must be a whole number from 0 and below {below:,}")
    return int(text)
