"""Model files that are malformed or malicious, made of real ones: {name: (name of the file, its bytes)}."""

from __future__ import annotations

import copy
import functools
import gzip
import io
import json
import pathlib
import pickle
import re
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from benchmarks.mutated_files import FILES, MODELS, write_all
from tests.hostile.graph_files import changed_graphs

Case = tuple[str, bytes]


@functools.cache
def real(form: str) -> bytes:
    """A real file of a format."""
    return _all_real()[form]


@functools.cache
def _all_real() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        return {form: path.read_bytes() for form, path in write_all(pathlib.Path(folder)).items()}


def ubjson(value: Any) -> bytes:
    """A document as UBJSON."""
    if isinstance(value, dict):
        return b"{" + b"".join(_sized(name.encode()) + ubjson(part) for name, part in value.items()) + b"}"
    if isinstance(value, list):
        return b"[" + b"".join(map(ubjson, value)) + b"]"
    if isinstance(value, str):
        return b"S" + _sized(value.encode())
    if value is None or isinstance(value, bool):
        return {None: b"Z", True: b"T", False: b"F"}[value]
    return b"L" + struct.pack(">q", value) if isinstance(value, int) else b"d" + struct.pack(">f", value)


def _sized(text: bytes) -> bytes:
    return b"L" + struct.pack(">q", len(text)) + text


LEARNER = ("learner", "learner_model_param")
MODEL = ("learner", "gradient_booster", "model")
TREE = (*MODEL, "trees", 0)
XGBOOST: tuple[tuple[tuple[Any, ...], Any], ...] = (
    ((*LEARNER, "num_feature"), "2"),
    ((*LEARNER, "num_feature"), "4000000000"),
    ((*LEARNER, "num_feature"), "-1"),
    ((*LEARNER, "num_feature"), "x"),
    ((*LEARNER, "num_class"), "1000000000"),
    ((*LEARNER, "num_class"), "7"),
    ((*LEARNER, "num_target"), "99"),
    ((*LEARNER, "base_score"), "[1,2,3,4,5]"),
    (LEARNER, {}),
    (LEARNER, None),
    (("learner",), []),
    (("learner",), "x"),
    (MODEL, {}),
    ((*MODEL, "trees"), []),
    ((*MODEL, "trees"), [{}]),
    ((*MODEL, "tree_info"), [0, 0, 1]),
    ((*MODEL, "tree_info"), [0, 0, -1]),
    ((*MODEL, "tree_info"), [0]),
    ((*MODEL, "tree_info"), [0, 0, 2**31]),
    ((*MODEL, "iteration_indptr"), [0, 1, 2, 30]),
    ((*MODEL, "iteration_indptr"), [0, 2, 1, 3]),
    ((*MODEL, "iteration_indptr"), [-1, 1, 2, 3]),
    ((*MODEL, "gbtree_model_param", "num_trees"), "4"),
    ((*MODEL, "gbtree_model_param", "num_trees"), "2147483647"),
    ((*MODEL, "gbtree_model_param", "num_parallel_tree"), "0"),
    ((*TREE, "id"), 1),
    ((*TREE, "id"), -1),
    ((*TREE, "left_children", 0), 0),
    ((*TREE, "left_children", 0), 2),
    ((*TREE, "left_children", 0), 99),
    ((*TREE, "left_children", 0), -1),
    ((*TREE, "left_children", 0), -9),
    ((*TREE, "left_children", 0), 2**31 - 1),
    ((*TREE, "left_children", 0), 2**40),
    ((*TREE, "left_children", 0), 1.5),
    ((*TREE, "left_children", 0), "1"),
    ((*TREE, "left_children"), []),
    ((*TREE, "left_children"), [1]),
    ((*TREE, "left_children"), None),
    ((*TREE, "right_children", 0), 1),
    ((*TREE, "right_children", 0), 0),
    ((*TREE, "right_children", 0), 10**6),
    ((*TREE, "right_children", 1), -1),
    ((*TREE, "right_children"), {}),
    ((*TREE, "split_indices", 0), 3),
    ((*TREE, "split_indices", 0), 2**31 - 1),
    ((*TREE, "split_indices", 0), -1),
    ((*TREE, "split_indices"), [0]),
    ((*TREE, "parents", 0), 0),
    ((*TREE, "parents", 1), 1),
    ((*TREE, "parents"), []),
    ((*TREE, "split_conditions"), []),
    ((*TREE, "split_conditions"), ["x"]),
    ((*TREE, "base_weights"), [0.0]),
    ((*TREE, "sum_hessian"), []),
    ((*TREE, "loss_changes"), [1.0] * 500),
    ((*TREE, "default_left", 0), 7),
    ((*TREE, "split_type", 0), 1),
    ((*TREE, "split_type", 0), 5),
    ((*TREE, "categories"), [2**31]),
    ((*TREE, "categories_nodes"), [0]),
    ((*TREE, "categories_segments"), [9]),
    ((*TREE, "categories_sizes"), [9]),
    ((*TREE, "tree_param", "num_nodes"), "0"),
    ((*TREE, "tree_param", "num_nodes"), "1000000000"),
    ((*TREE, "tree_param", "num_nodes"), "1"),
    ((*TREE, "tree_param", "size_leaf_vector"), "1000000"),
    ((*TREE, "tree_param"), "x"),
    (("learner", "feature_names"), ["a"]),
    (("learner", "feature_types"), ["float"] * 9),
    (("learner", "gradient_booster", "name"), "dart"),
    (("learner", "gradient_booster", "name"), "gblinear"),
    (("learner", "gradient_booster"), []),
)
"""(where, what stands there instead) in a model of XGBoost with three features and three trees."""
CATEGORIES: tuple[tuple[tuple[Any, ...], Any], ...] = (
    ((*TREE, "categories", 0), -1),
    ((*TREE, "categories", 0), 2**24),
    ((*TREE, "categories", 0), 2**31 - 1),
    ((*TREE, "categories_sizes", 0), 4),
    ((*TREE, "categories_segments", 0), 3),
    ((*TREE, "categories_nodes", 0), 1),
    ((*TREE, "categories_nodes"), []),
    ((*MODEL, "cats", "sorted_idx"), [0, 9]),
    ((*MODEL, "cats", "feature_segments"), [0, 5, 2]),
    ((*MODEL, "cats", "enc"), []),
    ((*MODEL, "cats", "enc", 1, "offsets"), [0, 1, 2**30]),
    ((*MODEL, "cats", "enc", 1, "offsets"), [0, 2, 1]),
)
"""The same, in one that was fitted on categories."""
LIGHTGBM = (
    ("max_feature_idx", "1"),
    ("max_feature_idx", "2147483647"),
    ("max_feature_idx", ""),
    ("num_class", "9"),
    ("num_class", "0"),
    ("num_tree_per_iteration", "0"),
    ("num_tree_per_iteration", "2"),
    ("num_tree_per_iteration", "1000000000"),
    ("tree_sizes", "1 2 3"),
    ("tree_sizes", "1"),
    ("tree_sizes", "x"),
    ("num_leaves", "0"),
    ("num_leaves", "1000000000"),
    ("num_leaves", "-4"),
    ("num_leaves", "3"),
    ("num_cat", "1"),
    ("num_cat", "1000000000"),
    ("split_feature", "0 0 9"),
    ("split_feature", "0 0 -1"),
    ("split_feature", "0"),
    ("split_feature", "0 0 x"),
    ("threshold", "1"),
    ("threshold", "a b c"),
    ("decision_type", "1 1 1"),
    ("decision_type", "2 2 999"),
    ("left_child", "0 0 0"),
    ("left_child", "1 2 99"),
    ("left_child", "-1 -2 -99"),
    ("left_child", "1 2 0"),
    ("left_child", "1 1 -1"),
    ("right_child", "1 1 1"),
    ("right_child", "2147483647 -1 -2"),
    ("right_child", "-2147483648 -1 -2"),
    ("right_child", ""),
    ("leaf_value", "1 2"),
    ("leaf_value", "a b c d"),
    ("leaf_weight", "1"),
    ("leaf_count", ""),
    ("split_gain", "1"),
    ("is_linear", "1"),
    ("Tree", "7"),
    ("feature_names", "a"),
)
"""(key, value) of its first line with that key, in a model of LightGBM with three features and trees of four leaves."""


def changed(document: Any, place: tuple[Any, ...], value: Any) -> Any:
    """A copy of a document with another value at a place."""
    document = copy.deepcopy(document)
    holder = document
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    return document


def xgboost_cases() -> Iterator[tuple[str, Case]]:
    """Links, lengths and numbers that do not fit, in both of its formats; and broken files."""
    for form, changes in (("json", XGBOOST), ("categories", CATEGORIES)):
        document = json.loads(real(form))
        for number, (place, value) in enumerate(changes):
            altered = changed(document, place, value)
            label = f"{form}-{number}-{'.'.join(map(str, place[-2:]))}"
            yield label, (f"{label}.json", json.dumps(altered).encode())
            if not number % 2:  # a real file of the other format is read in the same way
                yield f"{label}-ubj", (f"{label}.ubj", ubjson(altered))
    start = b'{"learner":'
    for name, content in {
        "deep": start + b"[" * 100_000,
        "deep-closed": start + b"[" * 9000 + b"]" * 9000 + b"}",
        "twice": start + b'{},"learner":{}}',
        "nan": start + b"NaN}",
        "number": start + b"1" * 10_000 + b"}",
        "behind": real("json") + b"x",
        "not-utf8": start + b'"\xff"}',
        "null": start + b"null}",
    }.items():
        yield f"json-{name}", (f"{name}.json", content)
    head = b"{L" + struct.pack(">q", 7) + b"learner"
    for name, content in {
        "deep": head + b"[" * 100_000,
        "deep-objects": head + b"{U\x01a" * 9000,
        "length": head + b"SL\x7f" + b"\xff" * 7,
        "negative": head + b"SL" + b"\xff" * 8,
        "array": head + b"[$dL\x7f" + b"\xff" * 7,
        "type": head + b"[$?#U\x01x",
        "huge": head + b"[$d#L" + struct.pack(">q", 2**60),
        "counted": head + b"[#L" + struct.pack(">q", 2**60),
        "behind": ubjson({"learner": {}}) + b"x",
        "twice": head + b"Z" + head[1:] + b"Z}",
        "key": head + b"{Sabc",
        "float-length": head + b"[#d\x7f\x80\x00\x00",
        "bools": head + b"[#l\x7f\xff\xff\xff" + b"T" * 1000,
    }.items():
        yield f"ubj-{name}", (f"{name}.ubj", content)


def lightgbm_cases() -> Iterator[tuple[str, Case]]:
    """Links, lengths and numbers that do not fit; files that were cut off or changed by hand."""
    text = real("txt").decode()
    for key, value in LIGHTGBM:
        altered = re.sub(rf"(?m)^{key}=.*$", f"{key}={value}", text, count=1)
        if "size" not in key:  # else the sizes alone would tell
            altered = re.sub(r"(?m)^tree_sizes=.*\n", "", altered)
        yield f"lightgbm-{key}-{value[:12]}", ("m.txt", altered.encode())
    first = text[text.index("Tree=0") : text.index("Tree=1")]
    for name, altered in {
        "half": text[: len(text) // 2],
        "no-end": text.replace("end of trees", ""),
        "twice": text.replace(first, first * 2),
        "one-less": text.replace(first, ""),
        "no-parameters-end": text.replace("end of parameters", ""),
        "in-parameters": text[: text.index("[num_leaves") + 9],
        "bracket": text.replace("[num_leaves: 4]", "["),
        "return": text.replace("\nTree=1", "\rTree=1"),
        "key-twice": text.replace("num_cat=0\n", "num_cat=0\nnum_cat=9\n"),
        "empty-line": re.sub(r"(?m)^tree_sizes=.*\n", "", text).replace("\nleaf_value=", "\n\nleaf_value=", 1),
        "nothing": "tree\nversion=v4\n",
        "zero": text.replace("num_cat=0", "num_cat=\0"),
    }.items():
        yield f"lightgbm-{name}", ("m.txt", altered.encode())
    yield "lightgbm-not-utf8", ("m.txt", real("txt").replace(b"sex", b"\xff\xfe\xfd"))


def archive(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """A zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return buffer.getvalue()


def contents(data: bytes) -> dict[str, bytes]:
    """The members of an archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


def archive_cases() -> Iterator[tuple[str, Case]]:
    """Archives whose directory or members do harm, for every format that is one."""
    for form in ("skops", "pt2", "pt"):
        members = contents(real(form))
        first = next(iter(members))
        for name, content in {
            "outside": archive({**members, "../x": b""}),
            "root": archive({**members, "/x": b""}),
            "drive": archive({**members, "C:\\x": b""}),
            "many": archive({**members, **dict.fromkeys(map(str, range(10_001)), b"")}),
            "bzip2": archive(members, zipfile.ZIP_BZIP2),
            "lzma": archive(members, zipfile.ZIP_LZMA),
            "empty-members": archive(dict.fromkeys(members, b"")),
            "no-directory": real(form)[:-60],
            "crc": real(form).replace(members[first][:40], bytes(40)) if len(members[first]) > 40 else real(form)[:-1],
            "stated": _states(real(form), 24, 2**32 - 2),
            "offset": _states(real(form), 42, 2**31),
            "encrypted": _states(real(form), 8, 1),
        }.items():
            yield f"{form}-{name}", (f"m.{form}", content)
    schema = json.loads(contents(real("skops"))["schema.json"])
    for name, altered in {
        "loader": {**schema, "__loader__": "NoSuchNode"},
        "protocol": {**schema, "protocol": 10**6},
        "empty": {},
        "list": [],
        "type": {**schema, "__module__": "os", "__class__": "system"},
        "module": {**schema, "__module__": "\x1b[31m"},
        "text": "x",
        "number": 1,
        "content": {**schema, "content": None},
        "none": None,
    }.items():
        yield f"skops-schema-{name}", ("m.skops", archive({"schema.json": json.dumps(altered).encode()}))
    for name, raw in {"deep": b"[" * 50_000, "cut": b'{"__class__":', "zeros": bytes(99)}.items():
        yield f"skops-json-{name}", ("m.skops", archive({"schema.json": raw}))


def _states(data: bytes, offset: int, value: int) -> bytes:
    """An archive whose directory says something else about its first member."""
    entry = data.index(b"PK\x01\x02") + offset
    width = 2 if offset < 16 else 4
    return data[:entry] + value.to_bytes(width, "little") + data[entry + width :]


PAYLOAD = (
    ("sizes", [{"as_int": 10**6}, {"as_int": 10**6}]),
    ("sizes", [{"as_int": -1}, {"as_int": 3}]),
    ("sizes", []),
    ("sizes", [{"as_int": 5}, {"as_int": 3}]),
    ("sizes", [{"as_expr": {"expr_str": "s0"}}, {"as_int": 3}]),
    ("strides", [{"as_int": 10**12}, {"as_int": 1}]),
    ("strides", [{"as_int": -3}, {"as_int": 1}]),
    ("strides", [{}]),
    ("storage_offset", {"as_int": 10**12}),
    ("storage_offset", {"as_int": -1}),
    ("storage_offset", None),
    ("dtype", 99),
    ("dtype", 8),
    ("dtype", "x"),
    ("sizes", [{"as_int": True}, {"as_int": 3}]),
    ("sizes", [{"as_int": "4"}, {"as_int": 3}]),
)
"""(what is stated of the first weight, of 4 by 3 numbers of 4 bytes, what stands there instead)."""


def exported_cases() -> Iterator[tuple[str, Case]]:
    """Shapes that no file holds, weights without bytes, code."""
    members = contents(real("pt2"))
    root = next(iter(members)).partition("/")[0]
    config_name = f"{root}/data/weights/model_weights_config.json"
    config = json.loads(members[config_name])
    first = next(iter(config["config"]))
    for number, (key, value) in enumerate(PAYLOAD):
        altered = changed(config, ("config", first, "tensor_meta", key), value)
        yield f"pt2-{key}-{number}", ("m.pt2", archive({**members, config_name: json.dumps(altered).encode()}))
    spread = changed(config, ("config", first, "tensor_meta", "sizes"), [{"as_int": 10**6}, {"as_int": 10**6}])
    spread = changed(spread, ("config", first, "tensor_meta", "strides"), [{"as_int": 0}, {"as_int": 0}])
    weight = f"{root}/data/weights/weight_0"
    program = f"{root}/models/model.json"
    for name, altered_members in {
        "spread": {config_name: json.dumps(spread).encode()},
        "empty-weight": {weight: b""},
        "short-weight": {weight: bytes(7)},
        "pickled": {config_name: json.dumps(changed(config, ("config", first, "use_pickle"), True)).encode()},
        "elsewhere": {config_name: json.dumps(changed(config, ("config", first, "path_name"), "../x")).encode()},
        "config": {config_name: b"{}"},
        "config-list": {config_name: b"[]"},
        "deep": {program: b"[" * 50_000},
        "program": {program: b"{}"},
        "code": {f"{root}/data/aotinductor/x.so": b"\x7fELF"},
        "sample": {f"{root}/data/sample_inputs/model.pt": pickle.dumps(_Canary())},
        "guards": {program: json.dumps({**json.loads(members[program]), "guards_code": ["print(1)"]}).encode()},
    }.items():
        yield f"pt2-{name}", ("m.pt2", archive({**members, **altered_members}))


class _Canary:
    """Says so where it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (_sing, ())


SUNG: list[bool] = []


def _sing() -> None:
    SUNG.append(True)


def weight_cases() -> Iterator[tuple[str, Case]]:
    """Headers of safetensors that lie, and pickles in every wrapping under every name."""
    good = {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}
    for name, header in {
        "offset": {"0.weight": {**good, "data_offsets": [0, 10**9]}},
        "shape": {"0.weight": {**good, "shape": [10**6, 10**6]}},
        "negative": {"0.weight": {**good, "shape": [-1]}},
        "dtype": {"0.weight": {**good, "dtype": "X"}},
        "list": [],
        "overlap": {"a": good, "b": good},
        "hole": {"0.weight": {**good, "data_offsets": [4, 20]}},
        "fits-nothing": {"x": good},
        "overflow": {"0.weight": {**good, "shape": [2**63, 4]}},
        "no-offsets": {"0.weight": {"dtype": "F32", "shape": [2]}},
    }.items():
        raw = json.dumps(header).encode()
        yield f"safetensors-{name}", ("m.safetensors", struct.pack("<Q", len(raw)) + raw + bytes(16))
    for name, raw in {"deep": b'{"a":' + b"[" * 50_000, "text": b"{x}", "zeros": b"{" + bytes(50)}.items():
        yield f"safetensors-{name}", ("m.safetensors", struct.pack("<Q", len(raw)) + raw)
    plain = [pickle.dumps(_Canary(), protocol=protocol) for protocol in (0, 2, 5)]
    saved = io.BytesIO()
    torch.save(_Canary(), saved)
    old = io.BytesIO()
    torch.save(_Canary(), old, _use_new_zipfile_serialization=False)
    wrapped = [*plain, gzip.compress(plain[1]), zlib.compress(plain[1]), saved.getvalue(), old.getvalue()]
    for number, content in enumerate(wrapped):
        for ending in ("pkl", "skops", "pt", "json") if number else ("pkl", "pt"):
            yield f"pickle-{number}-{ending}", (f"m.{ending}", content)
    objects = io.BytesIO()
    np.savez(objects, a=np.array([_Canary()], dtype=object), allow_pickle=True)
    yield "npz-of-objects", ("m.skops", objects.getvalue())


def cut_cases() -> Iterator[tuple[str, Case]]:
    """Real files that end too early."""
    for form in MODELS:
        content = real(form)
        for share in (0.2, 0.5, 0.9, 0.99):
            yield f"cut-{form}-{share}", (FILES[form], content[: max(70, int(share * len(content)))])


def onnx_cases() -> Iterator[tuple[str, Case]]:
    """Graphs that state what they do not hold, call themselves, or need what is not in them."""
    for name, content in changed_graphs(real("onnx"), real("forest")):
        yield f"onnx-{name}", ("m.onnx", content)


def all_cases() -> dict[str, Case]:
    """Every file, each of which must be refused."""
    makers = (xgboost_cases, lightgbm_cases, archive_cases, exported_cases, weight_cases, cut_cases, onnx_cases)
    cases = [case for maker in makers for case in maker()]
    assert len({name for name, _ in cases}) == len(cases)
    return dict(cases)
