"""Audits of many people or of many groups from end to end, time and memory: `python -m benchmarks.large [NAME …]`."""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import Any, NamedTuple

from benchmarks.harness import Load, machine
from benchmarks.process_tree import measured

CHILD = pathlib.Path(__file__).parent / "children" / "large_child.py"
FAMILIES = ("fairness", "performance")
PEOPLE = {"sex": 2, "race": 5, "region": 10}


class Work(NamedTuple):
    """A table, and what is asked of it."""

    rows: int
    groups: dict[str, int]
    """{attribute: how many groups}."""
    budget: str = "quick"
    checks: tuple[str, ...] = FAMILIES
    data: dict[str, Any] = {}
    """More of `[data]`."""
    columns: int = 0
    """Amounts, beside groups, age, weight, label, decision and score."""
    suffix: str = ".parquet"
    model: bool = False
    """Whether a model answers; else the answers are recorded."""

    def in_words(self) -> str:
        """In words."""
        groups = " × ".join(f"{number:,} {name}" for name, number in self.groups.items())
        answers = "a linear model" if self.model else "recorded answers"
        more = "".join(f", {name} = {value!r}" for name, value in self.data.items())
        what = f"{', '.join(self.checks)}{more}, {self.budget}"
        return f"{self.rows:,} rows of {len(self.groups) + 5 + self.columns} columns, {groups}, {answers}: {what}"


THOUSAND = {"branch": 1000}
WORKS = {
    "small": Work(50_000, PEOPLE),
    "million": Work(1_000_000, PEOPLE),
    "million-standard": Work(1_000_000, PEOPLE, "standard"),
    "million-csv": Work(1_000_000, PEOPLE, suffix=".csv"),
    "million-model": Work(1_000_000, {"sex": 2, "race": 5}, columns=10, model=True),
    "ten-million": Work(10_000_000, PEOPLE),
    "ten-million-standard": Work(10_000_000, PEOPLE, "standard"),
    "wide": Work(100_000, PEOPLE, "standard", (*FAMILIES, "data.integrity"), columns=300),
    "streamed": Work(100_000_000, PEOPLE, "standard", ("fairness.groups",), {"stream": True}),
    "groups": Work(60_000, THOUSAND),
    "groups-standard": Work(60_000, THOUSAND, "standard"),
    "groups-sex": Work(60_000, {**THOUSAND, "sex": 2}),
    "groups-publish": Work(60_000, THOUSAND, data={"disclosure": "publish"}),
    "groups-publish-few": Work(20_000, THOUSAND, data={"disclosure": "publish"}),
    "groups-weights": Work(60_000, THOUSAND, data={"weights": "weight"}),
    "groups-ranking": Work(60_000, THOUSAND, checks=("fairness.ranking",)),
    "groups-slices": Work(60_000, THOUSAND, checks=("fairness.slices",), columns=5),
}
"""`small` shows that it works, and is run only by its name."""


def main(arguments: list[str] | None = None) -> int:
    """Run the named works, all but `small` where none is named; 1 where one does not end as audits do."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large", description=__doc__)
    parser.add_argument("works", nargs="*", metavar="NAME", help=f"of {', '.join(WORKS)}")
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2], help="checks at once; each number is a run")
    parser.add_argument("--source", type=pathlib.Path, help="a checkout of another version, to be measured instead")
    parser.add_argument("--keep", type=pathlib.Path, help="an empty folder in which tables and run folders stay")
    options = parser.parse_args(arguments)
    print(machine(("numpy", "pandas", "pyarrow")))
    failed = False
    for name in options.works or [name for name in WORKS if name != "small"]:
        with tempfile.TemporaryDirectory(prefix="auditkit-benchmark-") as temporary:
            home = options.keep or pathlib.Path(temporary)
            for line, well in lines(WORKS[name], home, options.jobs, options.source):
                print(f"{name}: {line}", flush=True)
                failed = failed or not well
    return int(failed)


def lines(
    work: Work, home: pathlib.Path, jobs: list[int], source: pathlib.Path | None = None
) -> Iterator[tuple[str, bool]]:
    """Make the table and audit it: a line for each number of jobs, and whether it ended as audits do.

    Args:
        work: what is done.
        home: a folder for all of it.
        jobs: checks at once; 0 leaves the flag out, for versions without it.
        source: where auditkit is imported from; this checkout unless given.
    """
    home.mkdir(parents=True, exist_ok=True)
    path = home / f"people{work.suffix}"
    if not path.exists():
        subprocess.run([sys.executable, str(CHILD), str(path), json.dumps(work._asdict())], check=True)
    (home / "auditkit.toml").write_text(_configuration(work, path))
    yield f"{work.in_words()}; {path.stat().st_size / 1e6:,.0f} MB on disk", True
    where = source or pathlib.Path(__file__).parent.parent
    environment = {"OMP_NUM_THREADS": "1", **os.environ, "PYTHONPATH": str(where)}
    for number in jobs:
        out = home / f"out-{number}"
        flags = ["--out", str(out), *(["--jobs", str(number)] if number else [])]
        with Load() as load:
            # not here, for modules of the folder in which a command runs come before those of the path
            cost = measured([sys.executable, "-m", "auditkit", "run", "-q", *flags, str(home)], environment, home)
        report = out / "report.html"
        size = f"{report.stat().st_size / 1e6:.1f} MB of report" if report.exists() else "no report"
        yield f"{number} at once: {cost}; {size}; others: {load.others:.1f}", cost.code in (0, 1, 5)


def _configuration(work: Work, path: pathlib.Path) -> str:
    model = {"path": str(path.with_name("model.skops"))} if work.model else {"decisions": "decision", "scores": "score"}
    data = {"path": str(path), "label": "label", "positive": 1, "groups": list(work.groups), **work.data}
    if work.model:
        data["drop"] = [*work.groups, "age", "weight", "decision", "score"]
    audit = {"budget": work.budget, "checks": list(work.checks)}
    limit = {
        "measurement": "fairness.groups.demographic_parity_difference", "across": [next(iter(work.groups))],
        "at_most": 0.9, "because": "a benchmark",
    }  # fmt: skip
    tables = {"[model]": model, "[data]": data, "[audit]": audit}
    if set(work.checks) & {*FAMILIES, "fairness.groups"}:
        tables["[[limits]]"] = limit
    # values of JSON are values of TOML, null apart
    return "".join(
        f"{head}\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in table.items())
        for head, table in tables.items()
    )


if __name__ == "__main__":
    sys.exit(main())
