"""Graphs of ONNX answer as what they were made of, whatever they take and give; others are refused in words."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
import torch
from onnx import helper
from skl2onnx import convert_sklearn, to_onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

import auditkit
from auditkit.errors import MissingExtra, ModelError, ModelFileRejected
from auditkit.models import Capability
from tests.plugins.models.graphs import BOOL, DOUBLE, FLOAT, INT64, STRING, graph, linear, node, of_torch
from tests.plugins.models.modules import Cnn, Flat, mlp
from tests.plugins.models.tables import numbers, people, people_pipeline, truth

X = numbers().astype(np.float32)
Y = truth(X)
FRAME, ANSWERS = people()
FRAME = FRAME.rename(columns={"hours": "hours a week"})
BINARY = {Capability.QUERIES, Capability.SCORES, Capability.PROBABILITIES}


def opened(folder, content, **options):
    path = folder / "m.onnx"
    path.write_bytes(content if isinstance(content, bytes) else content.SerializeToString())
    return auditkit.wrap(path, **options)


def same(one, other, inputs, threshold=0.5):
    """Scores to 1e-5, and the decisions wherever the score is farther than that from the threshold."""
    first, second = one.answers(inputs), other.answers(inputs)
    np.testing.assert_allclose(first.scores, second.scores, atol=1e-5)
    clear = np.abs(second.scores - threshold) > 1e-5
    assert clear.mean() > 0.9
    np.testing.assert_array_equal(first.labels[clear], second.labels[clear])


# ---- scikit-learn


@pytest.fixture(scope="module")
def by_columns():
    """A pipeline of a number, a whole number and a category, each an input of its own."""
    columns = make_column_transformer((StandardScaler(), ["age", "hours a week"]), (OneHotEncoder(), ["job"]))
    pipeline = make_pipeline(columns, LogisticRegression()).fit(FRAME, ANSWERS)
    kinds = {"age": Int64TensorType, "job": StringTensorType, "hours a week": FloatTensorType}
    types = [(name, kind([None, 1])) for name, kind in kinds.items()]
    return pipeline, convert_sklearn(pipeline, initial_types=types).SerializeToString()


def test_a_pipeline_by_columns_with_maps_of_probabilities(tmp_path, by_columns):
    pipeline, content = by_columns
    model = opened(tmp_path, content)
    same(model, auditkit.wrap(pipeline), FRAME)
    assert model.classes == ("no", "yes") and model.positive == "yes" and model.capabilities == BINARY
    assert model.loaded == "ONNX file, no foreign code" and model.name == "m" and model.kind == "onnx"
    assert model.feature_names == ("age", "job", "hours_a_week")  # as skl2onnx writes them
    # other columns, another order and other types of the same values
    moved = FRAME[["hours a week", "job", "age"]].assign(other=1, job=lambda table: table["job"].astype("category"))
    np.testing.assert_array_equal(model.scores(moved), model.scores(FRAME))
    with pytest.raises(ModelError, match="missing: 'job'"):
        model.answers(FRAME.drop(columns="job"))


def test_what_a_column_cannot_be_is_said(tmp_path, by_columns):
    model = opened(tmp_path, by_columns[1])
    for column, value, message in (
        ("job", None, "ONNX has no missing text"),
        ("age", 40.5, "takes whole numbers .int64., none of them missing; the rows hold 40.5"),
        ("age", "old", "takes numbers; column 'age' holds 'old'"),
    ):
        table = FRAME.astype({column: object})
        table.loc[3, column] = value
        with pytest.raises(ModelError, match=message):
            model.answers(table)


@pytest.mark.parametrize("zipmap", [True, False])
@pytest.mark.parametrize("labels", [Y, np.where(Y, "yes", "no"), np.digitize(X[:, 0], [-0.5, 0.5])])
def test_one_matrix(tmp_path, zipmap, labels):
    estimator = GradientBoostingClassifier(n_estimators=5, random_state=0).fit(X, labels)
    model = opened(tmp_path, to_onnx(estimator, X[:1], options={"zipmap": zipmap}))
    np.testing.assert_allclose(model.probabilities(X), estimator.predict_proba(X), atol=1e-5)
    assert model.classes == tuple(estimator.classes_)
    np.testing.assert_array_equal(model.predict(X), estimator.predict(X))


def test_labels_alone_and_numbers(tmp_path):
    estimator = LinearSVC().fit(X, Y)
    model = opened(tmp_path, to_onnx(estimator, X[:1]))
    np.testing.assert_array_equal(model.predict(X), estimator.predict(X))
    assert model.capabilities == {Capability.QUERIES} and "holds no probabilities" in model.notes[-1]
    with pytest.raises(ModelError, match="threshold needs probabilities"):
        opened(tmp_path, to_onnx(estimator, X[:1]), threshold=0.5).answers(X)
    regressor = GradientBoostingRegressor(n_estimators=5).fit(X, X[:, 0])
    model = opened(tmp_path, to_onnx(regressor, X[:1]), task="regression")
    np.testing.assert_allclose(model.predict(X), regressor.predict(X), atol=1e-5)
    assert model.capabilities == {Capability.QUERIES, Capability.SCORES}


def test_the_users_threshold_and_classes(tmp_path):
    estimator = LogisticRegression().fit(X, Y)
    content = to_onnx(estimator, X[:1], options={"zipmap": False})
    model = opened(tmp_path, content, threshold=0.8, classes=("no", "yes"))
    expected = np.where(estimator.predict_proba(X)[:, 1] >= 0.8, "yes", "no")
    np.testing.assert_array_equal(model.predict(X), expected)
    with pytest.raises(ModelError, match=r"classes must be the graph's own, in its order, 0, 1"):
        opened(tmp_path, content, classes=(1, 0)).answers(X)


def test_columns_are_counted_where_they_have_no_names(tmp_path):
    model = opened(tmp_path, to_onnx(LogisticRegression().fit(X, Y), X[:1]))
    model.answers(pd.DataFrame(X, columns=list("abcd")))
    assert any("asked by position" in note for note in model.notes)
    with pytest.raises(ModelError, match="on 4 of them"):
        model.answers(pd.DataFrame(X[:, :3], columns=list("abc")))


# ---- networks


@pytest.mark.parametrize(
    ("module", "task", "kind"),
    [
        (lambda: mlp(2), "binary", "logits"),
        (lambda: mlp(3), "multiclass", "logits"),
        (lambda: mlp(3, torch.nn.Softmax(1)), "multiclass", "probabilities"),
        (lambda: mlp(1), "binary", "one logit"),
        (lambda: mlp(1, torch.nn.Sigmoid()), "binary", "one probability"),
        (lambda: Flat(mlp(1)), "regression", "number"),
    ],
)
@pytest.mark.parametrize("fixed", [False, True])
def test_a_network_is_read_as_torch_reads_it(tmp_path, module, task, kind, fixed):
    module = module().eval()
    model = opened(tmp_path, of_torch(module, torch.zeros(7, 4), fixed), task=task)
    live = auditkit.wrap(module, task=task)
    first, second = model.answers(X), live.answers(X)
    assert model.output == live.output == kind
    if task == "regression":
        np.testing.assert_allclose(first.scores, second.scores, atol=1e-5)
        return
    np.testing.assert_allclose(first.probabilities, second.probabilities, atol=1e-5)
    np.testing.assert_array_equal(first.labels, second.labels)
    assert any("takes 7 rows at a time" in note for note in model.notes) == fixed


def test_pictures(tmp_path):
    pictures = np.random.default_rng(0).normal(size=(20, 1, 8, 8)).astype(np.float32)
    module = Cnn().eval()
    model = opened(tmp_path, of_torch(module, torch.zeros(2, 1, 8, 8)), task="multiclass")
    live = auditkit.wrap(module, task="multiclass")
    np.testing.assert_allclose(model.probabilities(pictures), live.probabilities(pictures), atol=1e-5)
    with pytest.raises(ModelError, match="ONNX Runtime failed"):
        model.answers(pictures[:, 0])


def test_one_number_needs_a_task_and_some_evidence(tmp_path):
    content = linear(np.full((4, 1), 0.1))
    with pytest.raises(ModelError, match="gives one number per row; say task = "):
        opened(tmp_path, content).answers(X)
    hidden = graph([node("Abs", "x", "y")], [("x", FLOAT, ["n", 1])], [("y", FLOAT, ["n", 1])])
    inside = np.abs(np.tanh(X[:, :1]))
    with pytest.raises(ModelError, match="nothing shows whether the one number per row"):
        opened(tmp_path, hidden, task="binary").answers(inside)
    model = opened(tmp_path, hidden, task="binary", output="probabilities")
    np.testing.assert_allclose(model.scores(inside), np.abs(inside[:, 0]), atol=1e-6)
    model = opened(tmp_path, hidden, task="binary", output="logits")
    np.testing.assert_allclose(model.scores(inside), 1 / (1 + np.exp(-np.abs(inside[:, 0]))), atol=1e-6)


def test_several_labels_at_once_and_several_outputs_are_refused(tmp_path):
    with pytest.raises(ModelError, match="as for several labels at once"):
        opened(tmp_path, linear(np.eye(4, 3), "Sigmoid"), task="multiclass").answers(X)
    outputs = [("y", FLOAT, ["n", 4]), ("z", FLOAT, ["n", 4])]
    two = graph([node("Abs", "x", "y"), node("Neg", "x", "z")], [("x", FLOAT, ["n", 4])], outputs)
    with pytest.raises(ModelError, match=r"one output of labels, one of numbers, or both; it has 'y'"):
        opened(tmp_path, two)


# ---- types of numbers


def test_every_type_of_input(tmp_path):
    inputs = [("a", DOUBLE, ["n"]), ("b", INT64, ["n", 1]), ("c", BOOL, ["n", 1]), ("d", STRING, ["n", 1])]
    nodes = [
        node("Cast", "b", "b1", to=DOUBLE),
        node("Cast", "c", "c1", to=DOUBLE),
        node("Unsqueeze", "a one", "a1"),
        node("LabelEncoder", "d", "d0", keys_strings=["1", "x"], values_floats=[10.0, 20.0], domain="ai.onnx.ml"),
        node("Cast", "d0", "d1", to=DOUBLE),
        node("Sum", "a1 b1 c1 d1", "y"),
    ]
    content = graph(nodes, inputs, [("y", DOUBLE, ["n", 1])], {"one": np.array([1])})
    model = opened(tmp_path, content, task="regression")
    table = pd.DataFrame({"a": [0.1, 0.2], "b": [3.0, 4.0], "c": [True, False], "d": ["x", "1"]})
    np.testing.assert_array_equal(model.predict(table), [0.1 + 3 + 1 + 20, 0.2 + 4 + 10])
    # a file of texts reads the category 1 as a number
    np.testing.assert_array_equal(model.predict(table.assign(d=[1, 1])), [0.1 + 3 + 1 + 10, 0.2 + 4 + 10])
    arrays = opened(
        tmp_path, content, task="regression", preprocess=lambda rows: {name: rows[name].to_numpy() for name in rows}
    )
    np.testing.assert_array_equal(arrays.predict(table), model.predict(table))
    with pytest.raises(ModelError, match=r"preprocess must give an array for each input, .*missing: 'b'"):
        opened(tmp_path, content, task="regression", preprocess=lambda rows: {"a": rows["a"]}).predict(table)


def test_several_wide_inputs_need_a_preprocessing(tmp_path):
    inputs = [("a", FLOAT, ["n", 2]), ("b", FLOAT, ["n", 2])]
    content = graph([node("Concat", "a b", "y", axis=1)], inputs, [("y", FLOAT, ["n", 4])])
    table = pd.DataFrame(X[:, :2], columns=["a", "b"])
    with pytest.raises(ModelError, match=r"'a', 'b' takes several columns. Pass preprocess="):
        opened(tmp_path, content, task="multiclass").answers(table)
    model = opened(tmp_path, content, task="multiclass", preprocess=lambda rows: {"a": rows[:, :2], "b": rows[:, 2:]})
    assert model.probabilities(X).shape == (300, 4)


# ---- live, elsewhere, and what it is


def test_a_live_session_and_the_graph_itself_are_the_file(tmp_path, by_columns):
    content = by_columns[1]
    model = opened(tmp_path, content)
    for live in (
        onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"]),
        onnxruntime.InferenceSession(tmp_path / "m.onnx", providers=["CPUExecutionProvider"]),
        onnx.load_model_from_string(content),
    ):
        other = auditkit.wrap(live)
        np.testing.assert_array_equal(other.scores(FRAME), model.scores(FRAME))
        assert other.fingerprint == model.fingerprint and not other.fingerprint.opaque
        again = pickle.loads(pickle.dumps(other))
        np.testing.assert_array_equal(again.scores(FRAME), model.scores(FRAME))


def test_a_session_whose_file_is_gone_stays_in_its_process(tmp_path):
    (tmp_path / "m.onnx").write_bytes(linear(np.eye(4, 3)).SerializeToString())
    live = onnxruntime.InferenceSession(tmp_path / "m.onnx", providers=["CPUExecutionProvider"])
    (tmp_path / "m.onnx").unlink()
    model = auditkit.wrap(live, task="multiclass")
    assert model.fingerprint.opaque and model.probabilities(X).shape == (300, 3)
    with pytest.raises(TypeError, match="cannot leave its process"):
        pickle.dumps(model)


def test_who_made_the_file_and_what_it_says_of_itself_are_no_part_of_the_fingerprint(tmp_path):
    made = linear(np.eye(4, 2))
    first = opened(tmp_path, made, task="binary").fingerprint
    made.producer_name, made.doc_string, made.graph.name = "another", "a text", "other"
    made.metadata_props.append(onnx.StringStringEntryProto(key="who", value="me"))
    assert opened(tmp_path, made, task="binary").fingerprint == first
    made.graph.initializer[0].raw_data = bytes(reversed(made.graph.initializer[0].raw_data))
    assert opened(tmp_path, made, task="binary").fingerprint != first


# ---- what is refused


def outside(made):
    made.graph.initializer[0].ClearField("raw_data")
    made.graph.initializer[0].data_location = onnx.TensorProto.EXTERNAL
    made.graph.initializer[0].external_data.append(onnx.StringStringEntryProto(key="location", value="/etc/passwd"))


def foreign(made):
    made.opset_import.append(helper.make_opsetid("acme", 1))
    made.graph.node[0].domain = "acme"


def newer(made):
    made.ir_version = 99


def later(made):
    made.opset_import[0].version = 99


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (outside, "numbers of the graph lie in another file, which is not opened. Save the model as one file"),
        (foreign, "the graph needs the operator 'MatMul' of the set 'acme', which is code that is not in the file"),
        (newer, r"does not open the graph .IR version 99, .*Save the model for an older set of operators"),
        (later, r"does not open the graph .*ai.onnx 99.*or install a newer onnxruntime"),
    ],
)
def test_what_needs_more_than_the_file_is_refused(tmp_path, change, message):
    made = linear(np.eye(4, 2))
    change(made)
    with pytest.raises(ModelFileRejected, match=message):
        opened(tmp_path, made)


@pytest.mark.workers
def test_a_graph_that_takes_more_memory_than_it_may_is_refused(tmp_path):
    nodes = [node("ConstantOfShape", "s", "c"), node("ReduceSum", "c", "r", keepdims=0), node("Add", "x r", "y")]
    values = [("x", FLOAT, ["n", 2])], [("y", FLOAT, ["n", 2])]
    with pytest.raises(ModelFileRejected, match=r"took more memory than it may|out of memory|Failed to allocate"):
        opened(tmp_path, graph(nodes, *values, {"s": np.array([2**32])}), memory_limit=3 * 10**8)
    wide = graph([node("Abs", "x", "y")], [("x", FLOAT, ["n", 2**40])], [("y", FLOAT, ["n", 2**40])])
    with pytest.raises(ModelFileRejected, match="a row of its inputs would take"):
        opened(tmp_path, wide)


def test_without_onnxruntime_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtra, match=r"pip install 'auditkit-rai\[onnx\]'"):
        opened(tmp_path, linear(np.eye(4, 2)))


def test_nothing_is_sent_to_its_maker_and_nothing_is_left_at_home(tmp_path):
    (tmp_path / "m.onnx").write_bytes(linear(np.eye(4, 2)).SerializeToString())
    code = (
        "import auditkit, os, numpy, threading\n"
        "model = auditkit.wrap('m.onnx', task='binary', rehearse=False)\n"
        "model.answers(numpy.zeros((3, 4)))\n"
        "from auditkit.workers.fork import refusal, threads_left, fork\n"
        "pid = fork()\n"
        "pid or os._exit(0)\n"
        "os.waitpid(pid, 0)\n"
        "print([refusal(), threads_left()])\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    environment |= {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "home" / "cache")}
    (tmp_path / "home").mkdir()
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.stdout.strip().endswith("['', '']"), done.stdout + done.stderr
    assert not list((tmp_path / "home").rglob("*"))


def test_people_pipelines_are_read_by_the_names_of_their_inputs(tmp_path):
    frame, answers = people()
    pipeline = people_pipeline(frame, answers)
    types = [
        ("age", FloatTensorType([None, 1])),
        ("job", StringTensorType([None, 1])),
        ("hours", FloatTensorType([None, 1])),
    ]
    model = opened(tmp_path, convert_sklearn(pipeline, initial_types=types, options={"zipmap": False}))
    same(model, auditkit.wrap(pipeline), frame)
