"""How rows are written into a request and where answers stand: rows as JSON, and the Open Inference Protocol v2.

The second is the one of KServe, Triton, MLServer and Seldon: github.com/kserve/open-inference-protocol, version 2.
"""

import math
import urllib.parse
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from auditkit.endpoints import Endpoint
from auditkit.plugins.models.endpoint.answers import Expected, at, kept_answer
from auditkit.plugins.models.endpoint.columns import Rows
from auditkit.plugins.models.endpoint.exchange import Trouble

_NUMBERS: Final = ("FP16", "FP32", "FP64", "BF16")
_WHOLE: Final = ("INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64")


class Question(NamedTuple):
    """One request, and how its answer is read."""

    url: str
    body: Any
    """None for a GET."""
    rows: int
    """How many leave the house with it."""
    read: Callable[[Any], dict[str, Any]]
    """From the answer's JSON to what is kept; raises Trouble."""


def rows_question(endpoint: Endpoint, rows: Rows, expected: Expected) -> Question:
    """All rows in one request, as records or as lists, at a place of the body."""
    request, response = endpoint.request, endpoint.response
    entries = rows.records if request.form == "records" else rows.values
    body: Any = entries
    for step in reversed(request.rows.split(".") if request.rows else []):
        body = {step: body}
    body = {**request.body, **body} if isinstance(body, dict) else body
    places = {name: getattr(response, name) for name in ("labels", "scores", "probabilities")}
    places = {name: place for name, place in places.items() if place is not None}

    def read(document: Any) -> dict[str, Any]:
        return kept_answer({name: at(document, place) for name, place in places.items()}, expected)

    return Question(endpoint.url, body, len(rows.values), read)


def metadata_question(endpoint: Endpoint) -> Question:
    """What the model's inputs and outputs are called and what they hold; no row is sent."""

    def read(document: Any) -> dict[str, Any]:
        tensors = document.get("inputs") if isinstance(document, dict) else None
        if not isinstance(tensors, list) or not tensors:
            raise Trouble("the metadata of the model must name its inputs, in a list `inputs`")
        return {"inputs": [_tensor(tensor) for tensor in tensors]}

    return Question(_model_url(endpoint), None, 0, read)


def oip_question(endpoint: Endpoint, rows: Rows, expected: Expected, metadata: dict[str, Any]) -> Question:
    """All rows in one request: one tensor for all columns, or one for each.

    Raises:
        Trouble: the inputs of the model are not those of the data.
    """
    names = {
        output: name
        for name in ("labels", "scores", "probabilities")
        if (output := getattr(endpoint.response, name)) is not None
    }
    body = {**endpoint.request.body, "inputs": _inputs(metadata["inputs"], rows),
            "outputs": [{"name": output} for output in names]}  # fmt: skip

    def read(document: Any) -> dict[str, Any]:
        outputs = document.get("outputs") if isinstance(document, dict) else None
        data = {
            output.get("name"): output for output in outputs or () if isinstance(output, dict)
        } if isinstance(outputs, list) else {}  # fmt: skip
        parts = {name: _by_row(data.get(output, {}), expected.rows) for output, name in names.items()}
        return kept_answer(parts, expected)

    return Question(f"{_model_url(endpoint)}/infer", body, len(rows.values), read)


def _model_url(endpoint: Endpoint) -> str:
    name = urllib.parse.quote(str(endpoint.request.model), safe="")
    return f"{endpoint.url.rstrip('/')}/v2/models/{name}"


def _tensor(tensor: Any) -> dict[str, Any]:
    name, datatype, shape = (
        (tensor.get(key) for key in ("name", "datatype", "shape")) if isinstance(tensor, dict) else (None, None, None)
    )
    whole = isinstance(shape, list) and all(isinstance(size, int) and not isinstance(size, bool) for size in shape)
    if not (isinstance(name, str) and whole and datatype in ("BOOL", "BYTES", *_NUMBERS, *_WHOLE)):
        raise Trouble("each input in the metadata of the model must have a name, a known datatype and a shape")
    return {"name": name, "datatype": datatype, "shape": shape}


def _inputs(tensors: list[dict[str, Any]], rows: Rows) -> list[dict[str, Any]]:
    values, n = rows.values, len(rows.values)
    if len(tensors) == 1 and (not rows.columns or rows.columns != (tensors[0]["name"],)):
        flat = [leaf for row in values for leaf in _leaves(row)]
        shape = _shape(values)
        wanted = tensors[0]["shape"][1:]
        if len(tensors[0]["shape"]) == 1 and shape == [n, 1]:
            shape = [n]
        elif len(wanted) != len(shape) - 1 or any(
            size not in (-1, own) for size, own in zip(wanted, shape[1:], strict=True)
        ):
            raise Trouble(f"the model's input has the shape {tensors[0]['shape']}, and the rows to send have {shape}")
        return [_filled(tensors[0], shape, flat)]
    names = {tensor["name"] for tensor in tensors}
    if names != set(rows.columns):
        raise Trouble(
            f"the model has {len(names)} inputs, which must be called as the columns that are sent, or one input for "
            f"all; {len(names - set(rows.columns))} of them are no such column. Name the columns with [model] inputs"
        )
    return [
        _filled(tensor, [n, 1] if len(tensor["shape"]) > 1 else [n],
                [row[rows.columns.index(tensor["name"])] for row in values])
        for tensor in tensors
    ]  # fmt: skip


def _filled(tensor: dict[str, Any], shape: list[int], values: list[Any]) -> dict[str, Any]:
    datatype = tensor["datatype"]
    if any(value is None for value in values):
        raise Trouble("values are missing, for which this protocol has no sign; leave those rows or columns out")
    try:
        if datatype == "BYTES":
            data: list[Any] = [str(value) for value in values]
        elif datatype == "BOOL":
            data = [bool(value) for value in values]
        else:
            numbers = [float(value) for value in values]
            whole = datatype in _WHOLE
            if whole and not all(number.is_integer() for number in numbers):
                raise ValueError
            data = [int(value) for value in values] if whole else numbers
    except (TypeError, ValueError):
        raise Trouble(f"the model takes {datatype}, and some values to send are none") from None
    return {"name": tensor["name"], "shape": shape, "datatype": datatype, "data": data}


def _leaves(row: Any) -> list[Any]:
    return [leaf for part in row for leaf in _leaves(part)] if isinstance(row, list) else [row]


def _shape(values: list[Any]) -> list[int]:
    shape, level = [len(values)], values[0]
    while isinstance(level, list):
        shape.append(len(level))
        level = level[0]
    return shape if len(shape) > 1 else [*shape, 1]


def _by_row(output: dict[str, Any], rows: int) -> Any:
    """The values of an output, a list for each row where there are several; None where there is none."""
    shape, data = output.get("shape"), output.get("data")
    if not isinstance(data, list) or not isinstance(shape, list) or not shape or shape[0] != rows:
        return None
    if any(isinstance(entry, list) for entry in data):
        return data
    if not all(isinstance(size, int) and size > 0 for size in shape) or math.prod(shape) != len(data):
        return None
    width = len(data) // rows
    return data if width == 1 else [data[start : start + width] for start in range(0, len(data), width)]
