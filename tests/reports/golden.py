"""What the formats make of the fake audit, kept in tests/golden; `python -m tests.reports.golden` writes it anew."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable

from auditkit.command.lists import results_schema
from auditkit.reports import card, junit, measurements, metrics, summary
from auditkit.results import SCHEMA_VERSION, canonical
from tests import fakes

FOLDER = pathlib.Path(__file__).parents[1] / "golden"
FILES: dict[str, Callable[[], bytes]] = {
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
    f"results_v{SCHEMA_VERSION}.json": lambda: canonical(fakes.audit()),
    f"comparison_v{SCHEMA_VERSION}.json": lambda: canonical(fakes.comparison()),
    f"schema_v{SCHEMA_VERSION}.json": lambda: (json.dumps(results_schema(), indent=1, sort_keys=True) + "\n").encode(),
}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, make in FILES.items():
        (FOLDER / name).write_bytes(make())
