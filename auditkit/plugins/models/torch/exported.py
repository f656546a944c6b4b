"""`torch.export` archives: what they may hold, so that opening one runs no foreign code, and how many rows they take.

`torch.export.load` by itself unpickles weights, custom objects and sample inputs, evaluates expressions and runs
generated source that is made of names in the file. So the members, the operators, the names and the expressions are
checked against lists of what is known to be harmless, and torch is given an archive rebuilt from what was checked.
"""

import io
import json
import math
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import torch

from auditkit.errors import ModelFileRejected
from auditkit.io.zip_directories import content
from auditkit.memory import json_size
from auditkit.plugins.models.archives import ZIP, check_size, members, unpacked
from auditkit.plugins.models.torch.measured_graph import Measured
from auditkit.text import number_of, one_line

ROWS = (1, 2, 7)
"""Batch sizes that a graph is tried with."""
TRIED = (*range(1, 65), 96, 100, 128, 200, 250, 256, 500, 512, 1000, 1024)
"""Batch sizes by which the one that a graph was traced with is found."""

_MEMBERS = re.compile(
    r"[^/]+/(data/weights/(weight_\d+|model_weights_config\.json)"
    r"|data/constants/(tensor_\d+|model_constants_config\.json)"
    r"|data/sample_inputs/model\.pt|models/model\.json|archive_format|archive_version|byteorder|\.data/[\w.]+)"
)
_OPERATORS = re.compile(
    r"torch\.ops\.aten\.\w+\.\w+"
    r"|_operator\.(getitem|add|sub|mul|floordiv|truediv|mod|neg|pow|eq|ne|lt|le|gt|ge|and_|or_)"
    r"|torch\.sym_(max|min|int|float|not|ite|sqrt)|math\.(ceil|floor|trunc)"
)
FORBIDDEN = re.compile(r"from_file|_print|save|_save\w*|set_data")
"""Operators that touch files or the terminal."""
_NAMES = re.compile(r"[\w.@+\-]*")
_TEXTS = re.compile(r"[\w .,:>\-]*")
_WORDS = {
    "Symbol", "Integer", "Float", "Rational", "Add", "Mul", "Mod", "PythonMod", "FloorDiv", "CeilDiv", "CleanDiv",
    "IntTrueDiv", "FloatTrueDiv", "ToFloat", "TruncToInt", "RoundToInt", "ModularIndexing", "Max", "Min", "Where", "Eq",
    "Ne", "Lt", "Le", "Gt", "Ge", "And", "Or", "Not", "True", "False", "positive", "nonnegative", "integer", "real",
    "finite", "evaluate", "int_oo", "oo",
}  # fmt: skip
_EXPRESSION = re.compile(r"[\w\s'(),+*/<>=.\-]*")
_TREES = {None, "builtins.tuple", "builtins.list", "builtins.dict"}


class Padded(torch.nn.Module):
    """A graph that takes exactly `rows` rows, or at least as many, made to take any number.

    Rows are handed over `rows` at a time; the last ones are filled up with copies of the last row, whose answers
    are dropped. Rows are taken to be answered one by one, as in any model in eval mode.
    """

    def __init__(self, graph: torch.nn.Module, rows: int) -> None:
        super().__init__()
        self.graph = graph
        self.rows = rows

    def forward(self, inputs: torch.Tensor) -> Any:
        """(n, ...) to (n, ...), or to several outputs of that many rows."""
        answers = []
        # The last row is copied, not zeros: a module may fail on rows that no data has.
        for part in torch.split(inputs, self.rows):
            lacking = self.rows - len(part)
            padded = torch.cat([part, part[-1:].expand(lacking, *part.shape[1:])]) if lacking else part
            answers.append((self.graph(padded), len(part)))
        return _joined([output for output, _ in answers], [count for _, count in answers])


def _joined(outputs: list[Any], counts: list[int]) -> Any:
    """The first rows of each batch, of one output or of each of several."""
    if isinstance(outputs[0], Mapping):
        return {key: _joined([output[key] for output in outputs], counts) for key in outputs[0]}
    if isinstance(outputs[0], tuple | list):
        return tuple(_joined(list(parts), counts) for parts in zip(*outputs, strict=True))
    return torch.cat([output[:count] for output, count in zip(outputs, counts, strict=True)])


def runnable(program: Any, name: str, most: int = sys.maxsize) -> tuple[torch.nn.Module, str | None]:
    """The graph module of an exported program and a note about its batch, None where it takes any number of rows.

    Args:
        program: as `loaded` gives it.
        name: of the file.
        most: bytes that an answer about few rows may take.

    Raises:
        ModelFileRejected: it takes several inputs or too much memory, or fails on its own sample.
    """
    # Guards are source code in the file; without them a wrong shape fails in an operator, which is caught.
    graph = program.module(check_guards=False)
    sample = _sample(program, name, most)
    count = len(sample)
    accepted = {rows for rows in sorted({*ROWS, count}) if _takes(graph, sample, rows, name, most)}
    if set(ROWS) <= accepted:
        return graph, None
    if count not in accepted:
        raise ModelFileRejected(f"{name}: the graph fails on its own sample of {number_of(count, 'row')}")
    return Padded(graph, count), filled_up(count)


def filled_up(rows: int) -> str:
    """The note about a graph that takes a fixed number of rows."""
    return (
        f"the graph takes {number_of(rows, 'row')} at a time, and no other number; batches are filled up with copies "
        "whose answers are dropped"
    )


def fixed_rows(graph: torch.nn.Module, encoded: torch.Tensor) -> int | None:
    """How many rows a traced, scripted or exported graph takes, where it takes one number alone; None: none was found.

    Args:
        graph: fails on all rows of `encoded`.
        encoded: rows that may be tried, over and over where there are too few.
    """
    # The inputs of an exported graph know their shapes; those of a traced or scripted module do not.
    nodes = graph.graph.nodes if isinstance(graph, torch.fx.GraphModule) else ()
    sizes = [node.meta["val"].shape[0] for node in nodes if node.op == "placeholder" and "val" in node.meta]
    for rows in [*(size for size in sizes if isinstance(size, int)), *TRIED]:
        if _answers(graph, encoded[torch.arange(rows, device=encoded.device) % len(encoded)]):
            return rows
    return None


def _answers(graph: torch.nn.Module, encoded: torch.Tensor) -> bool:
    try:
        output = graph(encoded)
    except Exception:  # whatever a graph raises on rows that it was not made for
        return False
    output = getattr(output, "logits", output)
    return isinstance(output, torch.Tensor) and len(output) == len(encoded)


def _sample(program: Any, name: str, most: int) -> torch.Tensor:
    """A batch of the shape that the graph was exported with."""
    input_names = program.graph_signature.user_inputs
    if len(input_names) != 1:
        raise ModelFileRejected(f"{name}: an exported graph must have one input; it has {len(input_names)}")
    node = next(node for node in program.graph.nodes if node.name == input_names[0])
    value = node.meta["val"]
    shape = [int(node) if isinstance(node, int) else 3 for node in value.shape]
    check_size(math.prod(shape) * value.element_size(), name, most, "the rows that it was made with would take")
    inputs = program.example_inputs[0] if program.example_inputs else ()
    example = inputs[0] if inputs else None
    return example if isinstance(example, torch.Tensor) else torch.zeros(shape, dtype=value.dtype)


def _takes(graph: torch.nn.Module, sample: torch.Tensor, rows: int, name: str, most: int) -> bool:
    """True where the graph answers this many rows, each as it answers it in the sample's own number."""
    indices = torch.arange(rows, device=sample.device) % len(sample)
    try:
        with torch.no_grad(), Measured(name, most):
            pairs = list(zip(_outputs(graph(sample[indices])), _outputs(graph(sample)), strict=True))
    except ModelFileRejected:
        raise
    except Exception:  # a wrong shape may fail in any operator
        return False
    return all(
        len(answer) == rows and torch.allclose(answer, answers[indices], rtol=1e-3, atol=1e-4, equal_nan=True)
        for answer, answers in pairs
    )


def _outputs(output: Any) -> list[torch.Tensor]:
    """All tensors that a graph gives."""
    parts = output.values() if isinstance(output, Mapping) else output
    return [output] if isinstance(output, torch.Tensor) else [tensor for part in parts for tensor in _outputs(part)]


def loaded(data: bytes, name: str, most: int) -> torch.export.ExportedProgram:
    """The program of a `.pt2` file, from an archive of the same members, each checked.

    Args:
        data: the file.
        name: of the file.
        most: bytes of memory that opening it may take.

    Raises:
        ModelFileRejected: the archive holds what could run code or would take more memory, or is broken.
    """
    archive_members = members(io.BytesIO(data), name, most)
    roots = {member.partition("/")[0] for member in archive_members}
    strange = [member for member in archive_members if not _MEMBERS.fullmatch(member)]
    if strange or len(roots) != 1:
        contents = one_line(strange[0]) if strange else f"{len(roots)} folders"
        raise ModelFileRejected(
            f"{name}: the torch.export archive holds what auditkit does not open: {contents!r} (compiled code, custom "
            "objects and pickles are refused). Save it again with torch.export.save from a plain module"
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(buffer, "w") as rebuilt:
        for member, its_entry in archive_members.items():
            raw = content(archive, its_entry)
            if member.endswith(".json"):
                check_size(json_size(raw), name, most, f"what {member} states would take")
            if member.endswith("/models/model.json"):
                _check_program(json.loads(raw), name)
            elif member.endswith("_config.json"):
                folder, _, _ = member.rpartition("/")
                lengths = {path.removeprefix(f"{folder}/"): info.file_size for path, info in archive_members.items()}
                _check_payload(json.loads(raw), lengths, name, most)
            elif member.endswith("/data/sample_inputs/model.pt") and raw:
                raw = unpacked(raw, name, most) if raw.startswith(ZIP) else raw
                torch.load(io.BytesIO(raw), weights_only=True)  # raises where torch would go on and unpickle it
            rebuilt.writestr(member, raw)
    buffer.seek(0)
    return torch.export.load(buffer)


def _check_payload(config: Any, lengths: Mapping[str, int], name: str, most: int) -> None:
    """Check what is stated of tensors: where each lies in a file of so many bytes."""
    from torch._export.serde.serialize import _SERIALIZE_TO_TORCH_DTYPE  # takes long, as loading does

    total = 0
    for entry in config["config"].values():
        if entry["use_pickle"] or not re.fullmatch(r"(weight|tensor)_\d+", entry["path_name"]):
            raise ModelFileRejected(
                f"{name}: the torch.export archive holds a pickled tensor or object; it was not opened"
            )
        facts = entry["tensor_meta"]
        bytes_each = torch.empty(0, dtype=_SERIALIZE_TO_TORCH_DTYPE[facts["dtype"]]).element_size()
        numbers, reach = _extent(facts, name)
        # torch fills a tensor without bytes with zeros
        stated, there = reach * bytes_each, lengths.get(entry["path_name"], 0)
        if stated > there:
            raise ModelFileRejected(
                f"{name}: the torch.export archive is damaged: it holds {there:,} bytes for a tensor of {stated:,}"
            )
        total += numbers * bytes_each
    check_size(total, name, most, "its tensors would take")


def _extent(facts: Any, name: str) -> tuple[int, int]:
    """How many numbers a tensor has, and how many its file must have."""
    sizes = [number["as_int"] for number in facts["sizes"]]
    strides = [number["as_int"] for number in facts["strides"]]
    offset = facts["storage_offset"]["as_int"]
    if len(sizes) != len(strides) or any(type(n) is not int or n < 0 for n in (*sizes, *strides, offset)):
        raise ModelFileRejected(f"{name}: the torch.export archive is damaged: a tensor has no possible shape")
    numbers = math.prod(sizes)
    steps = sum((length - 1) * stride for length, stride in zip(sizes, strides, strict=True))
    return numbers, offset + steps + 1 if numbers else 0


def _check_program(program: Any, name: str) -> None:
    """Check every text of a serialized program: it may end in generated source or in an evaluated expression."""
    if program.get("guards_code"):
        raise ModelFileRejected(f"{name}: the torch.export archive holds source code of guards; it was not opened")
    for key, text in _texts(program, ""):
        if not _harmless(key, text):
            raise ModelFileRejected(
                f"{name}: the torch.export archive holds a text that could run code, as {key}: {one_line(text, 80)!r}"
            )


def _texts(value: Any, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, key)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name == "metadata":  # of a node: where it was traced; looked up by torch, never run
                continue
            yield "expr_str" if key == "range_constraints" else "name", name
            yield from _texts(item, name)


def _harmless(key: str, text: str) -> bool:
    if key in ("target", "as_operator"):
        named = re.match(r"torch\.ops\.aten\.(\w+)", text)
        return bool(_OPERATORS.fullmatch(text)) and not (named and FORBIDDEN.fullmatch(named[1]))
    if key == "expr_str":
        names = re.findall(r"[^\W\d]\w*", text)
        # Attributes lead from any object to all of Python, and no expression of sizes needs one.
        dotted = re.search(r"\.\s*[^\W\d]", text)
        known = all(word in _WORDS or re.fullmatch(r"[a-z]+\d+", word) for word in names)
        return bool(_EXPRESSION.fullmatch(text)) and not dotted and known
    if key in ("in_spec", "out_spec"):
        return not text or _plain_tree(json.loads(text))
    if key in ("as_string", "as_strings"):
        return bool(_TEXTS.fullmatch(text))
    return bool(_NAMES.fullmatch(text)) and "__" not in text.replace("L__self__", "")


def _plain_tree(spec: Any) -> bool:
    """True for `[protocol, tree]` of tuples, lists and dicts with plain keys."""

    def plain(tree: Any) -> bool:
        context = tree["context"]
        return (
            tree["type"] in _TREES
            and (context is None or bool(re.fullmatch(r'null|\[("\w+"(, )?)*\]', context)))
            and all(plain(child) for child in tree["children_spec"])
        )

    return isinstance(spec, list) and len(spec) == 2 and spec[0] == 1 and plain(spec[1])
