"""LightGBM's own files of text, checked before LightGBM opens them: it follows any link, and opens half a file."""

import itertools
import re
from collections.abc import Mapping
from typing import Final

import numpy as np

from auditkit.plugins.models.forests import Damaged, check_links, integers, refuse

_END: Final = re.compile(r"(?m)^end of trees$")
"""What stands behind the last tree of a whole file."""
_TREE = re.compile(r"(?m)^Tree=")
_PARAMETER = re.compile(r"\[[a-z0-9_]+: [^\x00]*\]")
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,10}")
_LIKE_INNER = ("split_feature", "split_gain", "threshold", "decision_type", "left_child", "right_child")
"""Lists with an entry for each split."""
_LIKE_LEAF = ("leaf_value", "leaf_weight", "leaf_count")
_LINEAR = ("leaf_const", "num_features", "leaf_features", "leaf_coeff")


def checked(data: bytes) -> str:
    """The text of a file that LightGBM can follow to its end.

    Raises:
        Damaged: it is cut off, or states links, features, classes or lengths that do not fit each other.
        UnicodeDecodeError: it is no text.
    """
    text = data.decode().replace("\r\n", "\n")
    if "\r" in text:
        refuse("a line ends with a sign that no file of LightGBM has")
    end = _END.search(text)
    if end is None:
        refuse("its end mark is lacking, so that it is no whole model; save it again, or copy it again")
    trees = text[: end.start()]
    _check_parameters(text[end.end() :])
    starts = [match.start() for match in _TREE.finditer(trees)]
    header = _fields(trees[: starts[0]] if starts else trees)
    features = _number(header, "max_feature_idx") + 1
    of_iteration = _number(header, "num_tree_per_iteration")
    if not 1 <= of_iteration <= max(1, len(starts)) or len(starts) % of_iteration:
        refuse(f"{len(starts):,} trees are no whole number of iterations of {of_iteration:,}")
    if not 1 <= _number(header, "num_class") <= of_iteration:
        refuse("num_class must be from 1 to num_tree_per_iteration")
    blocks = [trees[start:stop] for start, stop in itertools.pairwise([*starts, len(trees)])]
    _check_sizes(header, blocks)
    first, lefts, rights = [0], [], []
    for number, block in enumerate(blocks):
        if block.partition("\n\n")[2].strip("\n"):
            refuse("a tree has an empty line, behind which LightGBM reads no more of it")
        left, right = _links(_fields(block), number, features)
        lefts.append(np.where(left < 0, -1, left + first[-1]))
        rights.append(np.where(right < 0, -1, right + first[-1]))
        first.append(first[-1] + len(left))
    if blocks:
        check_links(np.concatenate(lefts), np.concatenate(rights), np.array(first))
    return text


def _check_parameters(text: str) -> None:
    """The settings of training, which LightGBM takes apart without looking."""
    _, begun, rest = text.partition("\nparameters:\n")
    lines, ended, _ = rest.partition("\nend of parameters\n")
    if begun and not (ended and all(_PARAMETER.fullmatch(line) for line in lines.split("\n") if line)):
        refuse("its parameters must be lines of [name: value] up to their end")


def _check_sizes(header: Mapping[str, str], blocks: list[str]) -> None:
    """LightGBM jumps by the sizes that the header states."""
    if "tree_sizes" not in header:
        return
    sizes = _list(header, "tree_sizes", len(blocks), 0, 2**31)
    if sizes.tolist() != [len(block.encode()) for block in blocks]:
        refuse("tree_sizes must be the lengths of the trees")


def _fields(block: str) -> dict[str, str]:
    """{key: what stands behind =} of the lines of a block; a line without the sign is a key alone."""
    fields: dict[str, str] = {}
    for line in block.split("\n"):
        key, _, value = line.partition("=")
        if key and key in fields:
            refuse(f"{key[:40]!r} stands twice in one part")
        fields[key] = value
    return fields


def _links(tree: Mapping[str, str], number: int, features: int) -> tuple[np.ndarray, np.ndarray]:
    """The links of a tree, all other lists of which fit. A leaf has a node of its own, behind those of all splits."""
    if _number(tree, "Tree") != number:
        refuse("trees must be numbered from 0")
    leaves = _number(tree, "num_leaves")
    if leaves < 1:
        refuse("a tree must have a leaf")
    splits = leaves - 1
    for key in _LIKE_LEAF if splits else _LIKE_LEAF[:1]:
        _check_floats(tree, key, leaves)
    linear = tree.get("is_linear", "0") != "0"
    if linear:
        _check_linear(tree, leaves, features)
    if not splits:
        return np.array([-1]), np.array([-1])
    _list(tree, "split_feature", splits, 0, features)
    _check_floats(tree, "split_gain", splits)
    kinds = _list(tree, "decision_type", splits, -128, 128)
    _check_categories(tree, kinds, splits)
    sides = []
    for key in ("left_child", "right_child"):
        links = _list(tree, key, splits, -leaves, splits)
        # -1 is the first leaf, which takes its place behind the splits
        sides.append(np.concatenate([np.where(links < 0, splits - 1 - links, links), np.full(leaves, -1)]))
    return sides[0], sides[1]


def _check_categories(tree: Mapping[str, str], kinds: np.ndarray, splits: int) -> None:
    count = _number(tree, "num_cat")
    thresholds = _check_floats(tree, "threshold", splits)
    used = thresholds[(kinds & 1) == 1]
    if len(used) and not ((used >= 0) & (used < count)).all():
        refuse("a split by categories must have its place among them")
    if not count:
        return
    bounds = _list(tree, "cat_boundaries", count + 1, 0, 2**31)
    if bounds[0] != 0 or (np.diff(bounds) < 0).any():
        refuse("cat_boundaries must rise from 0")
    _list(tree, "cat_threshold", int(bounds[-1]), 0, 2**32)


def _check_linear(tree: Mapping[str, str], leaves: int, features: int) -> None:
    """Leaves that are lines of some features."""
    _check_floats(tree, "leaf_const", leaves)
    counts = _list(tree, "num_features", leaves, 0, features + 1)
    total = int(counts.sum())
    _list(tree, "leaf_features", total, 0, features)
    _check_floats(tree, "leaf_coeff", total)


def _number(fields: Mapping[str, str], key: str) -> int:
    text = fields.get(key, "")
    if not _WHOLE_NUMBER.fullmatch(text) or not -1 <= int(text) < 2**31 - 1:
        refuse(f"{key} must be a whole number; it is {text[:40]!r}")
    return int(text)


def _list(fields: Mapping[str, str], key: str, length: int | None, low: int, high: int) -> np.ndarray:
    words = _words(fields, key)
    if not all(map(_WHOLE_NUMBER.fullmatch, words)):
        refuse(f"{key} must be whole numbers")
    return integers([int(word) for word in words], length, key, low, high)


def _check_floats(fields: Mapping[str, str], key: str, length: int) -> np.ndarray:
    words = _words(fields, key)
    if len(words) != length:
        refuse(f"{key} must be {length:,} numbers; there are {len(words):,}")
    try:
        return np.array(words, dtype=np.float64)
    except ValueError as error:
        raise Damaged(f"{key} must be numbers") from error


def _words(fields: Mapping[str, str], key: str) -> list[str]:
    if key not in fields:
        refuse(f"{key} is lacking")
    return [word for word in fields[key].split(" ") if word]
