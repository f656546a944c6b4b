"""A scikit-learn file whose arrays would lead compiled code out of them is refused; every honest one opens."""

from __future__ import annotations

import json
import pathlib
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier

from auditkit.errors import ModelFileRejected
from auditkit.models import ModelOptions
from auditkit.plugins.models.files import load

X = np.random.default_rng(0).random((90, 3)).round(1)
Y = np.digitize(X[:, 0], [0.3, 0.6])


def opened(model: Any, folder: pathlib.Path) -> Any:
    path = folder / "model.skops"
    skops.io.dump(model, path)
    return load(path, ModelOptions(trust=tuple(skops.io.get_untrusted_types(file=path))))


def histogram() -> Any:
    colour = np.arange(len(X)) % 3
    rows, labels = np.column_stack([X[:, :2], colour]), (colour == 1) + (X[:, 0] > 0.5)
    return HistGradientBoostingClassifier(max_iter=2, min_samples_leaf=2, categorical_features=[2]).fit(rows, labels)


def neighbours(**parameters: Any) -> Any:
    return KNeighborsClassifier(algorithm="kd_tree", leaf_size=5, **parameters).fit(X, Y)


@pytest.mark.parametrize("make", [
    histogram, neighbours, lambda: neighbours(metric="minkowski", p=3),
    lambda: KNeighborsClassifier(algorithm="ball_tree", metric="seuclidean", metric_params={"V": np.ones(3)}).fit(X, Y),
    lambda: make_pipeline(StandardScaler(), RandomForestClassifier(2)).fit(X, Y),
    lambda: GridSearchCV(GradientBoostingClassifier(n_estimators=2), {"max_depth": [1]}, cv=2).fit(X, Y),
    lambda: BaggingClassifier(n_estimators=2, max_features=2).fit(X, Y), lambda: SVC().fit(X, Y),
    lambda: SVC(kernel="linear").fit(X, Y > 0), lambda: BaggingClassifier(SVC(), n_estimators=2).fit(X, Y),
])  # fmt: skip
def test_an_honest_file_opens_and_answers(make, tmp_path):
    model = make()
    assert list(opened(model, tmp_path).predict(X)[:9]) == list(model.predict(X)[:9])


def test_a_regression_by_support_vectors_opens(tmp_path):
    assert len(opened(SVR().fit(X, X[:, 1]), tmp_path).predict(X)) == len(X)


def changed_tree(change: Callable[[dict[str, Any]], object], columns: int = 3) -> Any:
    """A decision tree with another state, taken over by a tree of that many columns."""
    from sklearn.tree._tree import Tree

    model = DecisionTreeClassifier(max_depth=3).fit(X, Y)
    state = model.tree_.__getstate__()
    state["nodes"] = state["nodes"].copy()
    change(state)
    tree = Tree(columns, np.array([3]), 1)
    tree.__setstate__(state)
    model.tree_ = tree
    return model


def node(name: str, value: int, place: int = 0) -> Callable[[dict[str, Any]], None]:
    def change(state: dict[str, Any]) -> None:
        state["nodes"][name][place] = value

    return change


@pytest.mark.parametrize(("change", "fault"), [
    (node("left_child", 10**9), "children of a tree"), (node("right_child", -7), "children of a tree"),
    (node("left_child", 0), "a cycle"), (node("right_child", 1), "several lead to"),
    (node("right_child", -1), "one child alone"), (node("feature", 10**12), "columns that a tree asks about"),
    (node("feature", -2), "columns that a tree asks about"),
])  # fmt: skip
def test_a_tree_that_leads_nowhere_is_refused(change, fault, tmp_path):
    with pytest.raises(ModelFileRejected, match=fault):
        opened(changed_tree(change), tmp_path)
    forest = RandomForestClassifier(2).fit(X, Y)
    forest.estimators_[1] = changed_tree(change)
    with pytest.raises(ModelFileRejected, match=fault):
        opened(forest, tmp_path)


def entry(content: str) -> dict[str, Any]:
    return {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode", "content": content, "is_json": True}


@pytest.mark.parametrize(("outputs", "count", "loader", "fault"), [
    (10**9, 5, "TreeNode", "outputs of a tree"), (1, 10**6, "TreeNode", "nodes of a tree"),
    (1, 10**6, "LossNode", "nodes of a tree"),
])  # fmt: skip
def test_a_tree_of_other_sizes_than_it_states_is_refused_before_it_is_made(outputs, count, loader, fault, tmp_path):
    model = DecisionTreeClassifier(max_depth=3).fit(X, Y)
    whole, path = tmp_path / "whole.skops", tmp_path / "forged.skops"
    skops.io.dump(model, whole)
    with zipfile.ZipFile(whole) as archive, zipfile.ZipFile(path, "w") as forged:
        for member in archive.namelist():
            content = archive.read(member)
            if member == "schema.json":
                schema = json.loads(content)
                tree = schema["content"]["content"]["tree_"]
                tree["__loader__"] = loader
                tree["__reduce__"]["args"]["content"][2] = entry(str(outputs))
                tree["content"]["content"]["node_count"] = entry(str(count))
                content = json.dumps(schema).encode()
            forged.writestr(member, content)
    with pytest.raises(ModelFileRejected, match=fault):
        load(path, ModelOptions(trust=("sklearn.tree._tree.Tree",)))


def test_members_of_an_ensemble_ask_for_no_column_that_it_has_not(tmp_path):
    wide = changed_tree(lambda state: None, columns=9)
    for model in (wide, RandomForestClassifier(2).fit(X, Y), GradientBoostingClassifier(n_estimators=2).fit(X, Y > 0)):
        if model is not wide:
            model.n_features_in_ = 2
        with pytest.raises(ModelFileRejected, match="columns of a tree"):
            opened(model, tmp_path)


@pytest.mark.parametrize(("name", "value", "fault"), [
    ("left", 10**6, "children of a tree|none of its nodes"), ("right", 0, "a cycle"), ("feature_idx", 10**9, "columns"),
    ("feature_idx", -1, "columns"), ("is_categorical", 1, "category"), ("bitset_idx", 10**6, "sets of categories"),
])  # fmt: skip
def test_histogram_trees_that_lead_nowhere_are_refused(name, value, fault, tmp_path):
    model = histogram()
    for predictor in (tree for iteration in model._predictors for tree in iteration):
        inner = predictor.nodes["is_leaf"] == 0
        if name == "bitset_idx":
            inner &= predictor.nodes["is_categorical"] == 1
        predictor.nodes[name][inner] = value
    with pytest.raises(ModelFileRejected, match=fault):
        opened(model, tmp_path)


@pytest.mark.parametrize(("place", "change", "fault"), [
    (1, lambda order: order + 10**9, "rows of a tree of neighbours"), (1, lambda order: order[:5], "rows of a tree"),
    (6, lambda count: count + 50, "nodes of a tree"), (3, lambda bounds: bounds[:, :1].copy(), "other bounds"),
    (0, lambda data: np.ascontiguousarray(data[:, :1]), "other bounds"),
])  # fmt: skip
def test_a_tree_of_neighbours_that_leads_nowhere_is_refused(place, change, fault, tmp_path):
    model = neighbours()
    state = list(model._tree.__getstate__())
    state[place] = change(state[place])
    tree = type(model._tree).__new__(type(model._tree))
    tree.__setstate__(tuple(state))
    model._tree = tree
    with pytest.raises(ModelFileRejected, match=fault):
        opened(model, tmp_path)


@pytest.mark.parametrize(("name", "change", "fault"), [
    ("_n_support", lambda counts: counts * 1000, "as many as is stated"),
    ("support_", lambda rows: rows[:1], "as many as is stated"),
    ("_dual_coef_", lambda numbers: numbers[:1, :1], "other coefficients"),
    ("_intercept_", lambda numbers: numbers[:1], "other coefficients"),
    ("support_vectors_", lambda rows: np.ascontiguousarray(rows[:, :1]), "other columns"),
])  # fmt: skip
def test_support_vectors_that_do_not_fit_together_are_refused(name, change, fault, tmp_path):
    model = SVC().fit(X, Y)
    setattr(model, name, change(getattr(model, name)))
    with pytest.raises(ModelFileRejected, match=fault):
        opened(model, tmp_path)
