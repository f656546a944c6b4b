"""A small tree that learns a model's answers, and its rules in words."""

from typing import Any, NamedTuple

import numpy as np

from auditkit.data import AuditData
from auditkit.text import one_line

CATEGORIES = 30
"""Values of a category that rules may ask for, the most frequent ones."""


class Question(NamedTuple):
    """What one column of the encoding says of a row."""

    column: int
    value: float | None
    """The category it asks for; None: the number itself; NaN: whether the value is missing."""


class Rule(NamedTuple):
    """A leaf of the tree."""

    words: str
    leaf: int


def questions_of(codes: np.ndarray, numeric: np.ndarray) -> list[Question]:
    """The questions that rules may ask: numbers above something, categories, and whether a value is missing."""
    questions = []
    for column, number in enumerate(numeric):
        present = codes[~np.isnan(codes[:, column]), column]
        if number:
            questions.append(Question(column, None))
        else:
            values, counts = np.unique(present, return_counts=True)
            questions += [Question(column, float(value)) for value in values[np.argsort(-counts)][:CATEGORIES]]
        if len(present) < len(codes):
            questions.append(Question(column, np.nan))
    return questions


def encoded(codes: np.ndarray, questions: list[Question], middles: np.ndarray) -> np.ndarray:
    """(n, Q) float64 answers; a missing number has the middle of its column and is told by a question of its own."""
    columns = []
    for column, value in questions:
        own = codes[:, column]
        if value is None:
            columns.append(np.where(np.isnan(own), middles[column], own))
        else:
            columns.append(np.isnan(own) if np.isnan(value) else own == value)
    return np.column_stack(columns).astype(np.float64)


def fit(features: np.ndarray, outputs: np.ndarray, depth: int, least: int) -> Any:
    """A regression tree of these outputs (n,), with at least so many rows in each leaf (Breiman et al. 1984)."""
    from sklearn.tree import DecisionTreeRegressor

    # roundings are nothing to ask about
    speck = 1e-6 * float(outputs.var())
    return DecisionTreeRegressor(
        max_depth=depth, min_samples_leaf=least, min_impurity_decrease=speck, random_state=0
    ).fit(features, outputs)  # fmt: skip


def rules(tree: Any, questions: list[Question], data: AuditData) -> list[Rule]:
    """Every leaf, in words; several bounds of one number are one."""
    inside, written = tree.tree_, []
    stack: list[tuple[int, list[tuple[int, bool, float]]]] = [(0, [])]
    while stack:
        node, path = stack.pop()
        left, right = int(inside.children_left[node]), int(inside.children_right[node])
        if left == right:
            written.append(Rule(_words(path, questions, data), node))
            continue
        asked, threshold = int(inside.feature[node]), float(inside.threshold[node])
        stack += [(right, [*path, (asked, True, threshold)]), (left, [*path, (asked, False, threshold)])]
    return written


def _words(path: list[tuple[int, bool, float]], questions: list[Question], data: AuditData) -> str:
    parts, bounds = [], dict[str, dict[bool, float]]()
    features = {feature.name: feature for feature in data.schema}
    for asked, above, threshold in path:
        column, value = questions[asked]
        name = data.feature_names[column]
        if value is None:
            ends = bounds.setdefault(one_line(name, 60), {})
            ends[above] = (max if above else min)(threshold, ends.get(above, threshold))
        elif np.isnan(value):
            parts.append(f"{one_line(name, 60)} is {'missing' if above else 'known'}")
        else:
            shown = one_line(str(features[name].categories[int(value)]), 40)
            parts.append(f"{one_line(name, 60)} {'is' if above else 'is not'} {shown}")
    for name, ends in bounds.items():
        low = f"{ends[True]:.4g} < " if True in ends else ""
        high = f" <= {ends[False]:.4g}" if False in ends else ""
        parts.append(f"{low}{name}{high}")
    return " and ".join(parts) or "everybody"


def middles_of(codes: np.ndarray, numeric: np.ndarray) -> np.ndarray:
    """(D,) the median of each number, 0 for categories and for columns without any value."""
    return np.array([
        float(np.median(present)) if number and len(present := column[~np.isnan(column)]) else 0.0
        for column, number in zip(codes.T, numeric, strict=True)
    ])  # fmt: skip
