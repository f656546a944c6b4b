"""What is kept in tests/golden; `python -m tests.reports.golden` writes anew what is made today.

Texts stand as they are. A result is kept in parts, so that each can be read: `v4/audit.json` is an audit without its
checks, `v4/CHECK.json` one check with its row of plan and coverage, its figures and verdicts beside it, and
`v4/comparison.json` several models. `whole` puts them together. Of long tables the first rows are kept.
"""

from __future__ import annotations

import copy
import difflib
import json
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

from auditkit.command.lists import results_schema
from auditkit.reports import card, junit, measurements, metrics, summary
from auditkit.results import SCHEMA_VERSION, canonical
from tests import fakes

FOLDER = pathlib.Path(__file__).parents[1] / "golden"
ROWS = 12
"""Rows that are kept of a table."""
TEXTS: dict[str, Callable[[], bytes]] = {
    "model_card.md": lambda: card.render(fakes.audit()),
    "comparison_card.md": lambda: card.render(fakes.comparison()),
    "summary.md": lambda: summary.render(fakes.audit()),
    "comparison_summary.md": lambda: summary.render(fakes.comparison()),
    "measurements.csv": lambda: measurements.as_csv(fakes.audit()),
    "comparison_measurements.csv": lambda: measurements.as_csv(fakes.comparison()),
    "junit.xml": lambda: junit.render(fakes.audit()),
    "comparison_junit.xml": lambda: junit.render(fakes.comparison()),
    "metrics.json": lambda: metrics.render(fakes.audit()),
    "comparison_metrics.json": lambda: metrics.render(fakes.comparison()),
}


def files() -> Iterator[tuple[str, bytes]]:
    """Every file with what is made today."""
    for name, make in TEXTS.items():
        yield name, make()
    home = f"v{SCHEMA_VERSION}"
    audit, several = (json.loads(canonical(result)) for result in (fakes.audit(), fakes.comparison()))
    for name, part in split(audit, several).items():
        yield f"{home}/{name}.json", canonical(part)
    yield f"{home}/schema.json", one_field_a_line(results_schema())


def split(audit: dict[str, Any], several: dict[str, Any]) -> dict[str, Any]:
    """{name of the file: a part} of one audit and of several models."""
    rest = copy.deepcopy(audit)
    results, verdicts = rest.pop("results"), rest.pop("verdicts")
    planned, coverage = rest["plan"].pop("checks"), rest.pop("coverage")
    judged = [verdict["limit"] for verdict in verdicts]
    if [rest.pop("limits"), rest["plan"].pop("limits")] != [judged, judged]:
        raise ValueError("limits must be those of the verdicts, in their order")
    rest |= {"checks": [result["check"] for result in results]}
    rest |= {"verdicts": [verdict["limit"]["name"] for verdict in verdicts]}
    parts: dict[str, Any] = {}
    for result, row in zip(results, planned, strict=True):
        id, figures = result["check"], result.pop("figures")
        for table in result["tables"]:
            table["rows"] = table["rows"][:ROWS]
        own = [verdict for verdict in verdicts if verdict["limit"]["measurement"].rpartition(".")[0] == id]
        parts[id] = {
            "result": result, "planned": row,
            "coverage": next(covered for covered in coverage if covered["check"] == id),
        }  # fmt: skip
        parts |= {f"{id}.figures": figures} if figures else {}
        parts |= {f"{id}.verdicts": own} if own else {}
    rest |= {"coverage": [row for row in coverage if row["check"] not in parts]}
    models = [
        {name: model[name] for name in ("model", "parent", "title") if name in model} for model in several["results"]
    ]
    return {"audit": rest, **parts, "comparison": {**several, "results": models}}


def whole(version: int, name: str) -> bytes:
    """results.json of a schema as its parts say: `audit`, or `comparison`."""

    def part(of: str, otherwise: Any = None) -> Any:
        path = FOLDER / f"v{version}" / f"{of}.json"
        return json.loads(path.read_text()) if path.exists() or otherwise is None else otherwise

    audit = part("audit")
    ids = audit.pop("checks")
    verdicts = {verdict["limit"]["name"]: verdict for id in ids for verdict in part(f"{id}.verdicts", [])}
    audit["verdicts"] = [verdicts[limit] for limit in audit["verdicts"]]
    audit["limits"] = audit["plan"]["limits"] = [verdict["limit"] for verdict in audit["verdicts"]]
    checks = [part(id) for id in ids]
    audit["results"] = [
        {**check["result"], "figures": part(f"{id}.figures", [])} for id, check in zip(ids, checks, strict=True)
    ]
    audit["plan"]["checks"] = [check["planned"] for check in checks]
    audit["coverage"] = [*(check["coverage"] for check in checks), *audit["coverage"]]
    if name == "audit":
        return canonical(audit)
    several = part("comparison")
    return canonical({**several, "results": [{**audit, **model} for model in several["results"]]})


def one_field_a_line(schema: dict[str, Any]) -> bytes:
    """A JSON Schema with each field of each record on a line of its own."""
    lines = ["{"]
    for name, record in sorted(schema["$defs"].items()):
        facts = {key: value for key, value in record.items() if key != "properties"}
        fields = [f"   {json.dumps(key)}: {_line(value)}" for key, value in sorted(record["properties"].items())]
        lines += [f'  {json.dumps(name)}: {{"facts": {_line(facts)}, "properties": {{', ",\n".join(fields), "  }},"]
    lines[-1] = "  }}"
    head = {key: value for key, value in schema.items() if key != "$defs"}
    return ("\n".join([*lines[:1], f' "head": {_line(head)},', ' "records": {', *lines[1:], " }", "}"]) + "\n").encode()


def schema(version: int) -> dict[str, Any]:
    """The JSON Schema of a version, from its file."""
    read = json.loads((FOLDER / f"v{version}" / "schema.json").read_text())
    records = {
        name: {**record["facts"], "properties": record["properties"]} for name, record in read["records"].items()
    }
    return {**read["head"], "$defs": records}


def _line(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def difference(name: str, kept: str, new: str) -> str:
    """Where two texts differ first, under the nearest heading; empty where they do not."""
    before, after = kept.splitlines(), new.splitlines()
    for change, first, last, start, end in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if change != "equal":
            was, is_now = "\n".join(before[first:last][:5]), "\n".join(after[start:end][:5])
            return f"{name}, line {first + 1}, under {_heading(name, before, first)!r}: it was\n{was}\nand is\n{is_now}"
    return ""


def _heading(name: str, lines: list[str], at: int) -> str:
    """The last heading above a line: of Markdown a title, of a table its first row, else the line it belongs to."""
    above = lines[:at]
    if name.endswith(".md"):
        return next((line for line in reversed(above) if line.startswith("#")), "the beginning")
    if name.endswith(".csv"):
        return lines[0] if lines else ""
    own = _indent(lines[at]) if at < len(lines) else 0
    return next((line.strip() for line in reversed(above) if _indent(line) < own), "the beginning")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


if __name__ == "__main__":
    for name, content in files():
        (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / name).write_bytes(content)
