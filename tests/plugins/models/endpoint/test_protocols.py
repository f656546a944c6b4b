"""Requests and answers of rows and of the Open Inference Protocol, written out by hand."""

from __future__ import annotations

import pytest

from auditkit.endpoints import Endpoint
from auditkit.plugins.models.endpoint.answers import Expected
from auditkit.plugins.models.endpoint.columns import Rows
from auditkit.plugins.models.endpoint.exchange import Trouble
from auditkit.plugins.models.endpoint.protocols import metadata_question, oip_question, rows_question

TWO = Expected(2, "binary", (0, 1))
ROWS = Rows(("age", "sex"), [[30, "f"], [40, "m"]])


def served(**settings) -> Endpoint:
    return Endpoint(**{"url": "http://host/base/", "response": {"labels": "labels"}, **settings})


@pytest.mark.parametrize(
    ("request_settings", "body"),
    [
        ({}, [{"age": 30, "sex": "f"}, {"age": 40, "sex": "m"}]),
        ({"form": "lists"}, [[30, "f"], [40, "m"]]),
        ({"form": "lists", "rows": "a.b", "body": {"version": 2}}, {"version": 2, "a": {"b": [[30, "f"], [40, "m"]]}}),
    ],
)
def test_rows_stand_where_the_user_says(request_settings, body):
    question = rows_question(served(request=request_settings), ROWS, TWO)
    assert question.body == body and question.rows == 2 and question.url == "http://host/base/"
    assert question.read({"labels": [1, 0]}) == {"codes": [1, 0]}


def tensor(name: str, datatype: str, shape: list[int]) -> dict:
    return {"name": name, "datatype": datatype, "shape": shape}


def infer(inputs: list[dict], rows: Rows = ROWS):
    return oip_question(served(protocol="oip", request={"model": "my model"}), rows, TWO, {"inputs": inputs})


def test_one_tensor_for_each_column():
    question = infer([tensor("sex", "BYTES", [-1]), tensor("age", "INT64", [-1, 1])])
    assert question.url == "http://host/base/v2/models/my%20model/infer"
    assert question.body == {
        "inputs": [
            {"name": "sex", "shape": [2], "datatype": "BYTES", "data": ["f", "m"]},
            {"name": "age", "shape": [2, 1], "datatype": "INT64", "data": [30, 40]},
        ],
        "outputs": [{"name": "labels"}],
    }
    answer = {"outputs": [{"name": "labels", "datatype": "INT64", "shape": [2, 1], "data": [1, 0]}]}
    assert question.read(answer) == {"codes": [1, 0]}


def test_one_tensor_for_all():
    numbers = Rows(("a", "b"), [[1, 2], [3, 4]])
    (sent,) = infer([tensor("x", "FP32", [-1, 2])], numbers).body["inputs"]
    assert sent == {"name": "x", "shape": [2, 2], "datatype": "FP32", "data": [1.0, 2.0, 3.0, 4.0]}
    pictures = Rows((), [[[[1, 2]], [[3, 4]]]])
    (sent,) = infer([tensor("x", "UINT8", [-1, 2, 1, 2])], pictures).body["inputs"]
    assert sent["shape"] == [1, 2, 1, 2] and sent["data"] == [1, 2, 3, 4]
    (sent,) = infer([tensor("words", "BYTES", [-1])], Rows((), ["good", "bad"])).body["inputs"]
    assert sent["shape"] == [2] and sent["data"] == ["good", "bad"]


@pytest.mark.parametrize(
    ("inputs", "rows", "words"),
    [
        ([tensor("x", "FP32", [-1, 3])], ROWS, r"has the shape \[-1, 3\], and the rows to send have \[2, 2\]"),
        ([tensor("age", "FP32", [-1]), tensor("income", "FP32", [-1])], ROWS, "1 of them are no such column"),
        (
            [tensor("age", "INT64", [-1]), tensor("sex", "INT64", [-1])],
            ROWS,
            "takes INT64, and some values to send",
        ),
        ([tensor("x", "INT32", [-1, 1])], Rows(("x",), [[0.5]]), "takes INT32"),
        ([tensor("x", "FP32", [-1, 1])], Rows(("x",), [[None]]), "values are missing"),
    ],
)
def test_inputs_that_do_not_fit(inputs, rows, words):
    with pytest.raises(Trouble, match=words):
        infer(inputs, rows)


@pytest.mark.parametrize(
    "document",
    [None, {}, {"inputs": []}, {"inputs": [1]}, {"inputs": [{"name": "x", "datatype": "FP32"}]},
     {"inputs": [tensor("x", "COMPLEX", [-1])]}, {"inputs": [tensor("x", "FP32", ["a"])]}],
)  # fmt: skip
def test_metadata_that_says_nothing(document):
    question = metadata_question(served(protocol="oip", request={"model": "m"}))
    assert question.body is None and question.rows == 0
    with pytest.raises(Trouble, match=r"in the metadata|the metadata of the model"):
        question.read(document)


@pytest.mark.parametrize(
    "output",
    [
        {},
        {"name": "labels"},
        {"name": "labels", "shape": [3], "data": [1, 0]},
        {"name": "other", "shape": [2], "data": [1, 0]},
        {"name": "labels", "shape": [2, 2], "data": [1, 0]},
        {"name": "labels", "shape": [2, 0], "data": []},
        {"name": "labels", "shape": [2, "x"], "data": [1, 0]},
    ],
)
def test_outputs_that_are_none(output):
    question = infer([tensor("sex", "BYTES", [-1]), tensor("age", "INT64", [-1, 1])])
    for document in ({"outputs": [output]}, {"outputs": output}, [output]):
        with pytest.raises(Trouble, match="labels must be a list with an entry for each row"):
            question.read(document)


def test_shares_come_as_a_matrix():
    endpoint = served(protocol="oip", request={"model": "m"}, response={"probabilities": "p"})
    question = oip_question(endpoint, Rows((), [[1], [2]]), TWO, {"inputs": [tensor("x", "FP64", [-1, 1])]})
    output = {"name": "p", "datatype": "FP64", "shape": [2, 2], "data": [0.25, 0.75, 1, 0]}
    assert question.read({"outputs": [output]}) == {"probabilities": [[0.25, 0.75], [1.0, 0.0]]}
