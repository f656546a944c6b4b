"""Graphs of ONNX with several outputs: one is audited, by its name, its place or its column."""

from __future__ import annotations

import numpy as np
import pytest
from skl2onnx import to_onnx
from sklearn.linear_model import LogisticRegression

import auditkit
from auditkit.errors import ModelError
from tests.plugins.models.graphs import FLOAT, graph, linear, node

ROWS = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
WEIGHTS = np.array([[1, 0], [0, 2], [0.5, 1], [0, -1]], dtype=np.float32)
HEADS = graph(
    [node("MatMul", "x w", "z"), node("Softmax", "z", "cat"), node("ReduceSum", "x axes", "weight", keepdims=1)],
    [("x", FLOAT, ["n", 4])], [("cat", FLOAT, ["n", 2]), ("weight", FLOAT, ["n", 1])],
    {"w": WEIGHTS, "axes": np.array([1])},
)  # fmt: skip


@pytest.mark.parametrize("target", ["cat", 0])
def test_one_output_by_name_or_place(target: str | int) -> None:
    model = auditkit.wrap(HEADS, target=target)
    shares = np.exp(ROWS @ WEIGHTS)
    np.testing.assert_allclose(model.probabilities(ROWS), shares / shares.sum(1, keepdims=True), atol=1e-5)
    weight = auditkit.wrap(HEADS, target="weight", task="regression")
    np.testing.assert_allclose(weight.predict(ROWS), ROWS.sum(1), atol=1e-5)
    assert model.fingerprint != weight.fingerprint


def test_a_column_of_the_one_output() -> None:
    model = auditkit.wrap(linear(WEIGHTS), target=1, task="regression")
    np.testing.assert_allclose(model.predict(ROWS), (ROWS @ WEIGHTS)[:, 1], atol=1e-5)
    with pytest.raises(ModelError, match="target must name one of the 2 outputs, 0, 1; 2 was given"):
        auditkit.wrap(linear(WEIGHTS), target=2, task="regression").predict(ROWS)


def test_where_none_is_named_the_ways_out_are_said() -> None:
    with pytest.raises(ModelError, match="name the one to audit by its name or its position") as refused:
        auditkit.wrap(HEADS)
    assert refused.value.mend[0].setting == "model.target"
    with pytest.raises(ModelError, match="target must name one of the 2 outputs, cat, weight; 'dog' was given"):
        auditkit.wrap(HEADS, target="dog")


def test_an_output_for_each_class_is_told_apart_from_several_outputs() -> None:
    estimator = LogisticRegression().fit(ROWS, ROWS[:, 0] > 0)
    columns = to_onnx(estimator, ROWS[:1], options={id(estimator): {"zipmap": "columns"}})
    with pytest.raises(ModelError, match=r"save it with options=\{'zipmap': False\}"):
        auditkit.wrap(columns)
    labels = auditkit.wrap(columns, target="output_label", classes=(False, True))
    assert (labels.predict(ROWS).astype(bool) == estimator.predict(ROWS)).all()
