"""Data and configuration files that are malformed or malicious: {name: (name of the file, its bytes)}."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow
from pyarrow import parquet

from benchmarks.mutated_files import FILES
from tests.hostile.model_files import Case, archive, real

HEADER = b"a,b,sex,y\n"
ROW = b"1,2,f,1\n3,4,m,0\n"
WITHIN = (b"\x00", b"\xff", b"\x1b[31m", b"\r", b'"', b"'", b",", b";", b"=1+1", b"\xe2\x80\xae", b"\xed\xa0\x80")
"""Signs that may stand anywhere, so that a file is read or refused."""


def text_cases() -> Iterator[tuple[str, Case]]:
    """Text files: of no table, of odd lines, cut off."""
    bodies = {
        "empty": b"",
        "blank": b"\n\n\n",
        "header": b"a,b,sex,y",
        "one": b"a",
        "nul": bytes(2000),
        "no-label": b"a,b\n1,2\n",
        "twice": b"a,a,sex,y\n1,2,f,1\n",
        "nameless": b"a,,sex,y\n1,2,f,1\n",
        "ragged": HEADER + b"1,2\n",
        "open": HEADER + b'"1,2,f,1\n',
        "long-open": HEADER + b'"' + b"x\n" * 99_999,
        "html": b"<!DOCTYPE html><p>",
        "xml": b"<?xml version='1.0'?>",
        "pdf": b"%PDF-1.4",
        "lfs": b"version https://git-lfs.github.com/spec/v1\n",
        "pickle": b"\x80\x04K\x01.",
        "arrow": b"ARROW1\0\0",
        "elf": b"\x7fELF" + bytes(99),
        "columns": b",".join(b"c%d" % column for column in range(150_000)) + b"\n",
        "utf16": b"\xff\xfea",
        "utf32": b"\xff\xfe\0\0a",
        "half-letter": HEADER + b"1,2,f,1\n\xc3",
        "latin": HEADER + "1,2,é,1\n3,4,ü,0\n".encode("latin-1"),
        "letters": HEADER + b"\xff" * 70_000,
        "separator": b"sep=\x00\na,b\n",
        "comments": b"#\n" * 9000,
        "inf": HEADER + b"inf,2,f,1\n1,2,m,0\n",
        "one-class": HEADER + b"1,2,f,1\n1,2,m,1\n",
    }
    for name, body in bodies.items():
        yield f"csv-{name}", ("d.csv", body)
        if len(body) < 99_999 and name not in ("empty",):
            yield f"gz-{name}", ("d.csv.gz", gzip.compress(body))
    whole = gzip.compress(HEADER + ROW * 900)
    for name, body in {
        "cut": whole[:-20],
        "start": whole[:5],
        "crc": whole[:-8] + bytes(8),
        "flip": whole[:30] + b"\xff\xff\xff" + whole[33:],
        "method": whole[:2] + b"\x07" + whole[3:],
        "behind": whole + b"x" * 50,
        "nothing": gzip.compress(b""),
        "size": whole[:-1] + b"\x7f",
        "zlib": b"\x1f\x8b" + b"\x00" * 30,
        "in-gzip": gzip.compress(whole),
        "flags": whole[:3] + b"\xff" + whole[4:],
    }.items():
        yield f"packed-{name}", ("d.csv.gz", body)


def json_cases() -> Iterator[tuple[str, Case]]:
    """Documents and records of JSON."""
    row = {"a": 1, "b": 2, "sex": "f", "y": 1}
    documents: dict[str, Any] = {
        "null": None,
        "number": 1,
        "text": "x",
        "list": [],
        "object": {},
        "lists": [[1, 2], [3]],
        "numbers": [1, 2],
        "mixed": [row, 1],
        "nested": [{**row, "a": [1]}],
        "objects": [{**row, "a": {"b": {}}}],
        "label": [{**row, "y": [1]}],
        "group": [{**row, "sex": {}}],
        "lengths": {"a": [1, 2], "y": [1]},
        "no-label": [{"a": 1}],
        "split": {"columns": ["a", "a"], "data": [[1, 2]]},
        "split-rows": {"columns": ["a"], "data": [1]},
        "split-columns": {"columns": 3, "data": [[1]]},
        "split-none": {"columns": None, "data": []},
        "by-row": {"a": {"0": 1}, "y": {"1": 1}},
        "by-row-list": {"a": {"0": [1]}, "y": {"0": 1}},
        "nothing": [{}],
        "two-nothings": [{}, {}],
        "split-odd": {"columns": [["a"], {}], "data": [[1, 2]]},
        "index": {"columns": ["a"], "index": [[1]], "data": [[1]]},
    }
    for name, document in documents.items():
        yield f"json-{name}", ("d.json", json.dumps(document).encode())
    line = json.dumps(row).encode()
    for name, body in {
        "deep": b"[" * 100_000,
        "deep-closed": b"[" * 9999 + b"]" * 9999,
        "deep-object": b'{"a":' * 50_000,
        "cut": line[:-3],
        "twice": b'{"a":1,"a":2}',
        "nan": b'[{"a":NaN,"y":Infinity}]',
        "digits": b'[{"a":' + b"9" * 9000 + b"}]",
        "surrogate": b'["\\ud800"]',
        "latin": b'[{"a":"\xe9"}]',
        "behind": b"[1] [2]",
        "comma": b"[1,]",
        "single": b"{'a':1}",
        "blank": b" \n ",
        "zeros": b"{" + bytes(99),
    }.items():
        yield f"json-{name}", ("d.json", body)
        yield f"jsonl-{name}", ("d.jsonl", line + b"\n" + body)


def parquet_cases() -> Iterator[tuple[str, Case]]:
    """Parquet files of other types than a table has, cut off, with a footer that lies."""
    count = 60
    flat = {"a": list(range(count)), "sex": ["f", "m"] * (count // 2), "y": [0, 1] * (count // 2)}
    odd = {
        "list": [[1, 2]] * count,
        "struct": [{"x": 1}] * count,
        "map": [[("k", 1)]] * count,
        "deep": [[[{"x": [1]}]]] * count,
        "empty-list": [[]] * count,
        "null": [None] * count,
    }
    kinds = {"map": pyarrow.map_(pyarrow.string(), pyarrow.int64())}
    for name, values in odd.items():
        column = pyarrow.array(values, kinds.get(name))
        for role in ("a", "sex", "y") if name != "null" else ("y",):
            yield f"parquet-{name}-{role}", ("d.parquet", written(pyarrow.table({**flat, role: column})))
    whole = real("parquet")
    for name, body in {
        "start": whole[:4],
        "marks": b"PAR1PAR1",
        "cut": whole[:-9],
        "half": whole[: len(whole) // 2],
        "length": whole[:-8] + b"\xff\xff\xff\x7fPAR1",
        "zero-footer": whole[:-8] + bytes(4) + b"PAR1",
        "footer": whole[:-60] + b"\xff" * 52 + whole[-8:],
        "encrypted": whole[:-4] + b"PARE",
        "no-columns": written(pyarrow.table({})),
        "no-rows": written(pyarrow.table({name: pyarrow.array([], "int64") for name in flat})),
        "pages": whole[:4] + b"\xff" * 200 + whole[204:],
    }.items():
        yield f"parquet-{name}", ("d.parquet", body)


def written(table: pyarrow.Table) -> bytes:
    """A table as Parquet."""
    buffer = io.BytesIO()
    parquet.write_table(table, buffer)
    return buffer.getvalue()


def npz_cases() -> Iterator[tuple[str, Case]]:
    """Archives of arrays whose headers or directory lie."""
    for name, header in {
        "shape": "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }",
        "negative": "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }",
        "object": "{'descr': '|O', 'fortran_order': False, 'shape': (2,), }",
        "code": "__import__('os').system('true')",
        "zero": "{'descr': '<U0', 'fortran_order': False, 'shape': (99,), }",
        "kind": "{'descr': 'x', 'fortran_order': False, 'shape': (2,), }",
        "fields": "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2,), }",
        "keys": "{}",
        "deep": "(" * 900,
        "overflow": "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296, 4294967296), }",
        "long": "'" + "x" * 60_000 + "'",
        "time": "{'descr': '<M8[s]', 'fortran_order': False, 'shape': (2,), }",
        "complex": "{'descr': '<c16', 'fortran_order': False, 'shape': (1,), }",
    }.items():
        raw = header.encode().ljust(118) + b"\n"
        yield (
            f"npz-{name}",
            ("d.npz", archive({"a.npy": b"\x93NUMPY\x01\x00" + struct.pack("<H", len(raw) % 65536) + raw + bytes(16)})),
        )
    array = io.BytesIO()
    np.save(array, np.arange(60.0))
    for name, members in {
        "text": {"a.txt": b"x"},
        "workbook": {"xl/workbook.xml": b"<a/>"},
        "no-magic": {"a.npy": bytes(99)},
        "version": {"a.npy": b"\x93NUMPY\x09\x00" + bytes(99)},
        "short": {"a.npy": array.getvalue()[:-8]},
        "longer": {"a.npy": array.getvalue() + b"x"},
        "nothing": {},
        "lengths": {"a.npy": array.getvalue(), "y.npy": array.getvalue()[:0]},
        "many": dict.fromkeys((f"{number}.npy" for number in range(10_001)), b""),
        "no-label": {"a.npy": array.getvalue()},
    }.items():
        yield f"npz-{name}", ("d.npz", archive(members))
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        yield f"npz-method-{method}", ("d.npz", archive({"y.npy": array.getvalue()}, method))
    yield "npz-cut", ("d.npz", real("npz")[:-40])
    yield "npz-start", ("d.npz", b"PK\x03\x04")


def configuration_cases() -> Iterator[tuple[str, Case]]:
    """Configurations that are no TOML, too deep, too long, or of other types."""
    model = '[model]\ndecisions = "d"\n'
    data = '[data]\npath = "d.csv"\n'
    for name, text in {
        "empty": "",
        "text": "hello",
        "json": "{}",
        "nul": "\0",
        "no-data": model,
        "no-model": data,
        "lists": "a = " + "[" * 5000,
        "closed-lists": "a = " + "[" * 400 + "]" * 400,
        "tables": "a = " + "{b=" * 5000,
        "dotted": ".".join("a" * 9000) + " = 1",
        "dotted-check": f"{model}{data}[checks.{'.'.join('a' * 900)}]\nb = 1",
        "headers": f"[{'.'.join('a' * 3000)}]",
        "digits": "a = " + "9" * 9000,
        "long": "#" * (5 * 2**20),
        "twice": model + model,
        "data-text": model + 'data = "d.csv"',
        "data-list": model + "data = []",
        "data-tables": model + "[[data]]\npath = 'x'",
        "audit-text": f"audit = 1\n{model}{data}",
        "audit-list": f"audit = []\n{model}{data}",
        "models-text": f"models = 'x'\n{data}",
        "models-number": f"models = [1]\n{data}",
        "limits-text": f"limits = 'x'\n{model}{data}",
        "limits-number": f"limits = [1]\n{model}{data}",
        "limits-table": f"{model}{data}[limits]\nx = 1",
        "checks-list": f"checks = []\n{model}{data}",
        "checks-number": f"checks = {{a = 1}}\n{model}{data}",
        "train-text": f"train = 'x'\n{model}{data}",
        "train-number": f"{model}{data}[[train]]\nname = 1",
        "waivers": f"waivers = [1]\n{model}{data}",
        "sign": f"sign = 1\n{model}{data}",
        "card": f"card = 1\n{model}{data}",
        "unknown": f"{model}{data}nonsense = 1",
        "path-number": model + "[data]\npath = 1",
        "path-list": model + "[data]\npath = []",
        "groups-number": f"{model}{data}groups = 1",
        "groups-deep": f"{model}{data}groups = [[[1]]]",
        "features": f"{model}{data}features = {{a = 1}}",
        "feature-kind": f"{model}{data}features = {{a = {{kind = 'x'}}}}",
        "outcome": f"{model}{data}outcome = 1",
        "outcome-list": f"{model}{data}outcome = [1]",
        "range": f"{model}{data}range = [1]",
        "range-text": f"{model}{data}range = 'x'",
        "cell": f"{model}{data}minimum_cell = 0",
        "cell-huge": f"{model}{data}minimum_cell = 1e999",
        "cell-nan": f"{model}{data}minimum_cell = nan",
        "rate": f"{model}{data}largest_left_out = nan",
        "limit-memory": f"{model}{data}memory_limit = 0",
        "limit-text": f"{model}{data}memory_limit = '1 GB'",
        "model-memory": "[model]\npath='x'\nmemory_limit = -1\n" + data,
        "seed": f"{model}{data}[audit]\nseed = -1",
        "seconds": f"{model}{data}[audit]\nseconds_per_check = 0",
        "budget": f"{model}{data}[audit]\nbudget = 'x'",
        "date": f"{model}{data}minimum_cell = 2020-01-01",
        "bom": "\ufeff" + data,
        "surrogate": 'a = "\\ud800"',
        "quote": 'a = "',
        "control": 'a = "\x01"',
        "number": f"{model}{data}[audit]\nseed = {2**70}",
        "scope": f"{model}{data}[[limits]]\nscope = 'x'",
    }.items():
        if name != "number":  # a seed may be of any size
            yield f"toml-{name}", ("auditkit.toml", text.encode("utf-8", "surrogatepass"))
    yield "toml-latin", ("auditkit.toml", b"a = '\xe9'")
    yield "toml-random", ("auditkit.toml", bytes(range(256)))
    for name, text in {
        "tool": "tool = 1",
        "list": "tool = []",
        "auditkit": "[tool]\nauditkit = 1",
        "tables": "[[tool]]\na = 1",
        "other": "[tool.other]\na = 1",
    }.items():
        yield f"pyproject-{name}", ("pyproject.toml", text.encode())


def either_cases() -> Iterator[tuple[str, Case]]:
    """Files that may be read as well: a strange sign somewhere, real files cut within."""
    for number, sign in enumerate(WITHIN):
        yield f"header-{number}", ("d.csv", b"a,b" + sign + b",sex,y\n" + ROW)
        yield f"value-{number}", ("d.csv", HEADER + b"1,2,f" + sign + b",1\n" + ROW)
    for form in ("csv", "csv.gz", "records", "document", "parquet", "npz", "toml"):
        content = real(form)
        for share in (0.1, 0.5, 0.97):
            yield f"cut-{form}-{share}", (FILES[form], content[: int(share * len(content))])


def all_cases() -> tuple[dict[str, Case], dict[str, Case]]:
    """Files that must be refused, and files that may be read or refused."""
    makers = (text_cases, json_cases, parquet_cases, npz_cases, configuration_cases)
    return dict(case for maker in makers for case in maker()), dict(either_cases())
