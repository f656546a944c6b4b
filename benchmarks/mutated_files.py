"""Real files of every format that is read, and what may have become of them on their way."""

import gzip
import io
import json
import pathlib
import random
import re
import warnings
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import numpy as np
import pandas

ROWS = 60
MODELS = (
    "skops",
    "safetensors",
    "pt",
    "pt2",
    "json",
    "ubj",
    "txt",
    "categories",
    "onnx",
    "forest",
    "cbm",
    "scripted",
    "keras",
)
FILES = {
    "skops": "m.skops", "safetensors": "m.safetensors", "pt": "m.pt", "pt2": "m.pt2", "json": "m.json", "ubj": "m.ubj",
    "txt": "m.txt", "categories": "c.json", "onnx": "m.onnx", "forest": "f.onnx", "cbm": "m.cbm",
    "scripted": "s.pt", "keras": "m.keras", "csv": "d.csv",
    "csv.gz": "d.csv.gz", "records": "d.jsonl", "document": "d.json", "parquet": "d.parquet", "npz": "d.npz",
    "toml": "auditkit.toml",
}  # fmt: skip
"""{format: the name of a file of it}; `categories` is of XGBoost, fitted on categories, and `forest` of ONNX."""
EXTREMES = (
    b"-1",
    b"0",
    b"1",
    b"7",
    b"255",
    b"65536",
    b"2147483647",
    b"-2147483648",
    b"4294967296",
    b"1e400",
    b"nan",
    b"0.5",
)
CLASS = "benchmarks.mutated_files:network"
CONFIGURATION = """
[model]
path = "m.skops"
threshold = 0.5

[data]
path = "d.csv"
label = "y"
groups = ["sex"]
minimum_cell = 10
missing = ["", "NA"]

[data.features.a]
kind = "number"
low = -5.5

[audit]
checks = ["fairness", "data.integrity"]
seconds_per_check = 60.0

[checks."fairness.groups"]
resamples = 100

[[limits]]
measurement = "fairness.groups.demographic_parity_difference"
at_most = 0.1
because = "our rule"
"""


def table() -> pandas.DataFrame:
    """Sixty rows of two numbers, a group and a label."""
    chance = np.random.default_rng(0)
    numbers = chance.normal(size=(ROWS, 2))
    sexes = chance.choice(["f", "m"], ROWS)
    return pandas.DataFrame(
        {"a": numbers[:, 0], "b": numbers[:, 1], "sex": sexes, "y": (numbers.sum(axis=1) > 0).astype(int)}
    )


def network() -> object:
    """A small network of three features."""
    import torch

    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2)).eval()


def inputs() -> pandas.DataFrame:
    """What the models here are asked about."""
    frame = table()
    return frame[["a", "b"]].assign(sex=(frame["sex"] == "f").astype(float))


def write_all(folder: pathlib.Path, forms: Collection[str] = FILES) -> dict[str, pathlib.Path]:
    """{format: a real file of it}, in `folder`; models, which take seconds to make, only where one is among `forms`."""
    files = {**(_model_files(folder) if set(forms) & set(MODELS) else {}), **_data_files(folder)}
    files["toml"] = folder / FILES["toml"]
    files["toml"].write_text(CONFIGURATION)
    return files


def _model_files(folder: pathlib.Path) -> dict[str, pathlib.Path]:
    import catboost
    import lightgbm
    import skops.io
    import torch
    import xgboost
    from safetensors.torch import save_file
    from skl2onnx import to_onnx
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows, labels = inputs(), table()["y"].to_numpy()
    files = {form: folder / FILES[form] for form in MODELS}
    skops.io.dump(make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, labels), files["skops"])
    module = network()
    assert isinstance(module, torch.nn.Module)
    save_file(module.state_dict(), files["safetensors"])
    torch.save(module.state_dict(), files["pt"])
    batch = torch.export.Dim("batch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.export.export(module, (torch.zeros(3, 3),), dynamic_shapes=({0: batch},))
        torch.export.save(program, files["pt2"])
    trees = xgboost.XGBClassifier(n_estimators=3, max_depth=3, n_jobs=1).fit(rows, labels)
    trees.save_model(files["json"])
    trees.save_model(files["ubj"])
    named = table()[["a", "sex"]].astype({"sex": "category"})
    split = xgboost.XGBClassifier(n_estimators=2, max_depth=2, n_jobs=1, enable_categorical=True, max_cat_to_onehot=1)
    split.fit(named, table()["sex"] == "f").save_model(files["categories"])
    leaves = lightgbm.LGBMClassifier(n_estimators=3, num_leaves=4, min_child_samples=2, verbose=-1, n_jobs=1)
    leaves.fit(rows, labels).booster_.save_model(files["txt"])
    trees = GradientBoostingClassifier(n_estimators=2, max_depth=2, random_state=0)
    for form, estimator in (("onnx", make_pipeline(StandardScaler(), LogisticRegression())), ("forest", trees)):
        content = to_onnx(estimator.fit(rows, labels), rows.to_numpy(dtype="float32")[:1]).SerializeToString()
        files[form].write_bytes(content)
    _network_files(files, module)
    pool = catboost.Pool(named.assign(sex=named["sex"].astype(str)), labels, cat_features=["sex"])
    catboost.CatBoostClassifier(2, depth=2, verbose=0, allow_writing_files=False).fit(pool).save_model(files["cbm"])
    return files


def _network_files(files: Mapping[str, pathlib.Path], module: Any) -> None:
    """The network of torch as a script, and one of Keras."""
    import torch

    from auditkit.plugins.models.keras import library

    keras = library()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(module.eval()).save(files["scripted"])
        keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2, "softmax")]).save(files["keras"])


def _data_files(folder: pathlib.Path) -> dict[str, pathlib.Path]:
    frame = table()
    files = {form: folder / FILES[form] for form in ("csv", "csv.gz", "records", "document", "parquet", "npz")}
    frame.to_csv(files["csv"], index=False)
    files["csv.gz"].write_bytes(gzip.compress(files["csv"].read_bytes()))
    frame.to_json(files["records"], orient="records", lines=True)
    frame.to_json(files["document"], orient="records")
    frame.to_parquet(files["parquet"])
    np.savez(files["npz"], inputs=frame[["a", "b"]].to_numpy(), y=frame["y"].to_numpy(), sex=frame["sex"].to_numpy(str))
    return files


def mutated(content: bytes, chance: random.Random) -> bytes:
    """The bytes after something happened to them; of an archive and of gzip mostly to what is packed."""
    if content.startswith(b"PK") and chance.random() < 0.7:
        return _mutated_archive(content, chance)
    if content.startswith(b"\x1f\x8b") and chance.random() < 0.7:
        return gzip.compress(mutated(gzip.decompress(content), chance))
    for _ in range(chance.choice((1, 1, 2, 4))):
        content = chance.choice(CHANGES)(content, chance)
    return content


def _mutated_archive(content: bytes, chance: random.Random) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(buffer, "w") as changed:
        names = archive.namelist()
        victim = chance.choice(names)
        for name in names:
            raw = archive.read(name)
            if name == victim:
                raw = chance.choice((mutated, _number))(raw, chance) if raw else b"x"
            changed.writestr(name, raw)
    return buffer.getvalue()


def _flip(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randrange(1, 8)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(1, len(content) + 1)]


def _take_out(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content))
    return content[:start] + content[start + chance.randrange(1, 200) :] or b"x"


def _repeat(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content))
    piece = content[start : start + chance.randrange(1, 300)]
    return content[:start] + piece * chance.randrange(2, 6) + content[start:]


def _number(content: bytes, chance: random.Random) -> bytes:
    """A number in a text becomes another one."""
    matches = list(re.finditer(rb"-?\d+(\.\d+)?(e[-+]?\d+)?", content))
    if not matches:
        return _flip(content, chance)
    place = chance.choice(matches)
    return content[: place.start()] + chance.choice(EXTREMES) + content[place.end() :]


def _nest(content: bytes, chance: random.Random) -> bytes:
    depth = chance.choice((5, 200, 5000))
    start = chance.randrange(len(content))
    return content[:start] + b"[" * depth + b"]" * depth + content[start:]


def _swap_lines(content: bytes, chance: random.Random) -> bytes:
    lines = content.split(b"\n")
    first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[first], lines[second] = lines[second], lines[first]
    return b"\n".join(lines) or b"x"


def _json_entry(content: bytes, chance: random.Random) -> bytes:
    """A value somewhere in a document of JSON becomes another one."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return _number(content, chance)
    holders = [holder for holder in _holders(document) if holder]
    if not holders:
        return b"null"
    holder = chance.choice(holders)
    key = chance.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    holder[key] = chance.choice(
        (None, True, -1, 0, 3, 2**31, 2**63, 1e300, "", "x", "-7", [], {}, [[1]], list(range(9)))
    )
    return json.dumps(document).encode()


def _holders(value: object) -> Iterator[dict | list]:
    if isinstance(value, dict | list):
        yield value
        for part in value.values() if isinstance(value, dict) else value:
            yield from _holders(part)


CHANGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip, _cut, _take_out, _repeat, _number, _number, _nest, _swap_lines, _json_entry, _json_entry,
)  # fmt: skip
