"""Small files that would take gigabytes: each is refused, by a process that held little memory."""

from __future__ import annotations

import gzip
import io
import json
import pathlib
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable

import numpy as np
import pyarrow
from pyarrow import parquet

from tests.hostile.model_files import archive, contents, real

PIECE = bytes(10**7)
TIMES = 100
MOST = 10**9
"""Bytes that the process may hold, its libraries among them."""
LIMIT = 2 * 10**8
"""Bytes that a model and a table may take here."""
READ = """
import json, pathlib, sys
from auditkit.data import AuditData
from auditkit.errors import AuditkitError
from auditkit.host import Host
from auditkit.models import ModelOptions
from benchmarks.mutation import held
for name in sys.argv[2:]:
    path = pathlib.Path(name)
    try:
        if path.name.startswith("m."):
            options = ModelOptions(class_path="benchmarks.mutated_files:network", memory_limit=int(sys.argv[1]))
            Host().load_model(path, options)
        else:
            AuditData.from_table(path, label="y", memory_limit=int(sys.argv[1]))
        message = ""
    except AuditkitError as error:
        message = f"{type(error).__name__}: {error}"
    print(json.dumps([message, held()]), flush=True)
"""


def packed(name: str, **others: bytes) -> bytes:
    """An archive of a gigabyte of zeros under a name, beside others."""
    packer = zlib.compressobj(wbits=-15)
    piece = packer.compress(PIECE) + packer.flush(zlib.Z_FULL_FLUSH)
    raw = piece * TIMES + packer.flush()
    data = bytearray(archive({**{other.replace("__", "."): text for other, text in others.items()}, name: raw}))
    entry = data.rindex(b"PK\x01\x02")
    start = int.from_bytes(data[entry + 42 : entry + 46], "little")
    for method, size in ((entry + 10, entry + 24), (start + 8, start + 22)):
        data[method : method + 2] = zipfile.ZIP_DEFLATED.to_bytes(2, "little")
        data[size : size + 4] = (len(PIECE) * TIMES).to_bytes(4, "little")
    return bytes(data)


def understated() -> bytes:
    """The same, whose directory says that it is a hundred bytes."""
    data = bytearray(packed("schema.json"))
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (100).to_bytes(4, "little")
    data[entry + 16 : entry + 20] = zlib.crc32(bytes(100)).to_bytes(4, "little")
    return bytes(data)


def zipped(start: bytes, piece: bytes) -> bytes:
    """A gigabyte of a text, compressed with gzip."""
    return gzip.compress(start) + gzip.compress(piece * (len(PIECE) // len(piece)), compresslevel=1) * TIMES


def shared_texts() -> bytes:
    """Parquet in which 100,000 rows share one text of 100 kB."""
    text = pyarrow.DictionaryArray.from_arrays(np.zeros(100_000, dtype=np.int32), ["x" * 100_000])
    buffer = io.BytesIO()
    table = pyarrow.table({"a": text, "y": pyarrow.array(np.arange(100_000) % 2)})
    parquet.write_table(table.cast(pyarrow.schema({"a": text.type, "y": pyarrow.int64()})), buffer, store_schema=False)
    return buffer.getvalue()


def many_values() -> bytes:
    """Parquet of twenty million equal values."""
    buffer = io.BytesIO()
    column = pyarrow.array(np.zeros(2_000_000, dtype=np.int8))
    with parquet.ParquetWriter(buffer, pyarrow.schema({"y": pyarrow.int8()})) as writer:
        for _ in range(10):
            writer.write_table(pyarrow.table({"y": column}))
    return buffer.getvalue()


def spread() -> bytes:
    """A torch.export archive one of whose weights is the same number 10^12 times."""
    members = contents(real("pt2"))
    name = next(name for name in members if name.endswith("model_weights_config.json"))
    config = json.loads(members[name])
    facts = next(iter(config["config"].values()))["tensor_meta"]
    facts["sizes"], facts["strides"] = [{"as_int": 10**6}, {"as_int": 10**6}], [{"as_int": 0}, {"as_int": 0}]
    return archive({**members, name: json.dumps(config).encode()})


def sparse_in_skops() -> bytes:
    """A skops file with an archive in it that unpacks to a gigabyte."""
    return archive({"schema.json": contents(real("skops"))["schema.json"], "1.npz": packed("data.npy")})


MODELS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "skops": ("m.skops", lambda: packed("1.npy", schema__json=b"{}")),
    "skops-schema": ("m.skops", lambda: packed("schema.json")),
    "skops-understated": ("m.skops", understated),
    "skops-inner": ("m.skops", sparse_in_skops),
    "pt2": ("m.pt2", lambda: packed("m/data/weights/weight_0", m__archive_format=b"pt2").replace(b"m.arch", b"m/arch")),
    "pt2-spread": ("m.pt2", spread),
    "pt": ("m.pt", lambda: packed("m/data/0", data__pkl=b"")),
    "json": ("m.json", lambda: b'{"learner":' + b"[" + b"[]," * 8_000_000 + b"[]]}"),
    "ubj": ("m.ubj", lambda: b"{U\x07learner[" + b"[]" * 12_000_000 + b"]}"),
}
DATA: dict[str, tuple[str, Callable[[], bytes]]] = {
    "csv-rows": ("d.csv.gz", lambda: zipped(b"a,y\n", b"1,0\n" * 10**6)),
    "csv-line": ("d.csv.gz", lambda: zipped(b"a,y\n", b"x" * 10**6)),
    "csv-header": ("d.csv.gz", lambda: zipped(b"", b"x" * 10**6)),
    "csv-fields": ("d.csv.gz", lambda: zipped(b"a,y\n1,2\n", b"," * 10**6)),
    "csv-quoted": ("d.csv.gz", lambda: zipped(b'a,y\n"', b"x\n" * 10**6)),
    "document": ("d.json.gz", lambda: zipped(b"[", b"[]," * 10**6)),
    "json-line": ("d.jsonl.gz", lambda: zipped(b'{"y":1}\n{"y":"', b"x" * 10**6)),
    "zeros": ("d.csv.gz", lambda: zipped(b"", PIECE)),
    "npz": ("d.npz", lambda: packed("inputs.npy")),
    "parquet-texts": ("d.parquet", shared_texts),
    "parquet-values": ("d.parquet", many_values),
}


def test_each_is_refused_before_it_takes_memory(tmp_path):
    paths = {}
    for name, (file, make) in {**MODELS, **DATA}.items():
        (tmp_path / name).mkdir()
        paths[name] = tmp_path / name / file
        paths[name].write_bytes(make())
        assert paths[name].stat().st_size < 30 * 10**6
    for name, (message, held) in zip(paths, read(*paths.values()), strict=True):
        assert message.startswith("ModelFileRejected: " if name in MODELS else "DataError: "), (name, message)
        assert held < MOST, name


def test_a_kind_is_told_from_the_beginning_of_a_file(tmp_path):
    path = tmp_path / "m.weird"
    with path.open("wb") as file:
        file.truncate(5 * len(PIECE) * TIMES)
    ((message, held),) = read(path)
    assert message.startswith("ModelError: ") and held < MOST


def read(*paths: pathlib.Path) -> list[tuple[str, int]]:
    """What a process says of each file that it reads, and how many bytes it held at most until then."""
    command = [sys.executable, "-c", READ, str(LIMIT), *map(str, paths)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, timeout=500)
    return [tuple(json.loads(line)) for line in ended.stdout.splitlines()]
