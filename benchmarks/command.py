"""What every benchmark's command does: arguments, rows, the table, the exit code."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pathlib
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Benchmark(NamedTuple):
    """A command and the modules that measure."""

    name: str
    """`benchmarks.name` is the command, `benchmarks.name_rows` the package of its rows."""
    about: str
    rows: Mapping[str, str]
    """{row: module}"""
    packages: Sequence[str]
    """Whose versions are printed."""


def run(benchmark: Benchmark, arguments: list[str] | None = None) -> int:
    """Measure, print, and write what was asked for.

    Returns:
        0; 1 where a gate does not hold. A goal missed is shown and is no failure.
    """
    options = _parser(benchmark).parse_args(arguments)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the folder goes and children end
    from benchmarks import harness

    facts = harness.machine(benchmark.packages)
    lines: list[harness.Line] = []
    details: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="auditkit-benchmark-") as folder:
        environments = pathlib.Path(options.environments or folder) / "environments"
        for row in options.row or benchmark.rows:
            module = importlib.import_module(f"benchmarks.{benchmark.name}_rows.{benchmark.rows[row]}")
            size = module.QUICK if options.quick else module.FULL
            if "device" in size._fields:
                size = size._replace(device=options.device)
            with harness.Load() as load:
                row_lines, timings = module.measure(size, pathlib.Path(folder), environments)
            lines += [line._replace(goal=None) for line in row_lines] if options.quick else row_lines
            details[row] = {"size": size._asdict(), "others_processors": load.others, **timings}
    harness.show(lines)
    _show_facts(facts, details)
    if options.json:
        written = {"machine": facts, "quick": options.quick, "lines": [harness.plain(line) for line in lines]}
        options.json.write_text(json.dumps({**written, "timings": details}, indent=1) + "\n")
    failed = sorted({gate.name for line in lines for gate in line.gates if not gate.holds})
    for name in failed:
        print(f"gate does not hold: {name}", file=sys.stderr)
    return 1 if failed else 0


def _parser(benchmark: Benchmark) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{benchmark.name}", description=benchmark.about)
    parser.add_argument("--row", action="append", choices=benchmark.rows, help="only this row; may be repeated")
    parser.add_argument(
        "--quick", action="store_true", help="small sizes and no goals: shows that it works, not how fast"
    )
    parser.add_argument("--device", default="cpu", help="where rows run that can run on a GPU; cpu where not given")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write all timings")
    parser.add_argument(
        "--environments", metavar="FOLDER", help="keep the other libraries' environments here and use them again"
    )
    return parser


def _show_facts(facts: dict[str, Any], details: dict[str, Any]) -> None:
    print(
        f"{facts['cores']} cores of {facts['processor']} ({', '.join(facts['vectors'])}), {facts['memory_gib']} GiB, "
        f"copies {facts['copy_bytes_per_second'] / 1e9:.3g} GB/s read and written by one thread; "
        f"Python {facts['python']}, " + ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
    )
    loads = ", ".join(f"{row} {detail['others_processors']:.2f}" for row, detail in details.items())
    print(f"processors kept busy by other processes meanwhile: {loads}")
