"""A row of a benchmark, measured within this process at a size at which nobody looks at its seconds."""

from __future__ import annotations

import importlib
import json
import pathlib
import tempfile
import types
import warnings
from typing import Any

import pytest

from benchmarks import harness
from benchmarks.command import run

FACTS: dict[str, Any] = {
    "cores": 2, "processor": "", "vectors": [], "memory_gib": 1, "copy_bytes_per_second": 1, "python": "",
    "versions": {},
}  # fmt: skip
"""Of a machine: to measure them takes two seconds."""


def row_lines(
    name: str, row: str, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch, **smaller: Any
) -> list[dict[str, Any]]:
    """What `python -m benchmarks.NAME --quick --row ROW` writes, whose gates hold; it leaves no file behind.

    Args:
        name: the benchmark.
        row: one of its rows.
        folder: an empty one.
        monkeypatch: puts back what is changed.
        smaller: fields of the row's size that are less than with `--quick`.
    """
    benchmark = importlib.import_module(f"benchmarks.{name}").BENCHMARK
    module = importlib.import_module(f"benchmarks.{name}_rows.{benchmark.rows[row]}")
    monkeypatch.setattr(module, "QUICK", module.QUICK._replace(**smaller))
    monkeypatch.setattr(harness, "machine", lambda _: FACTS)
    # garbage is looked for before each run that is timed, a fifth of a second each time
    monkeypatch.setattr(harness, "gc", types.SimpleNamespace(collect=lambda: 0))
    own, out = folder / "temporary", folder / "measured.json"
    own.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(own))
    with warnings.catch_warnings(action="ignore"):  # of the other libraries
        assert run(benchmark, ["--quick", "--row", row, "--json", str(out)]) == 0
    assert not [path for path in own.iterdir() if path.name.startswith("auditkit")]
    lines: list[dict[str, Any]] = json.loads(out.read_text())["lines"]
    assert all(line["gates"] and line["goal"] is None for line in lines)
    assert all(gate["holds"] for line in lines for gate in line["gates"])
    return lines
