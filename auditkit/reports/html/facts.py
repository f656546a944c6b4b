"""Model, data and provenance, as tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from auditkit.reports import numbers
from auditkit.reports.html.grids import Anchors, Cell, Grid, Head, grid
from auditkit.reports.html.words import moment
from auditkit.results import AuditResult, Provenance


def model_grid(audit: AuditResult, anchors: Anchors) -> Grid:
    """The model: facts, and what its owner said."""
    model = audit.model
    facts = [
        ("Name", model.name),
        ("Kind", model.kind),
        ("Made from", audit.parent or ""),
        ("Task", model.task),
        ("Classes", ", ".join(model.classes)),
        ("Positive class", model.positive or ""),
        (
            "Threshold",
            ""
            if model.threshold is None
            else f"{model.threshold:g}" + (f" ({model.threshold_note})" if model.threshold_note else ""),
        ),
        ("What it answers", ", ".join(model.capabilities)),
        ("Opened as", model.loaded),
        ("Device and batch", model.device + (f", {model.batch:,} rows at a time" if model.batch else "")),
        ("Repeatable", "no: the same input does not always get the same answer" if model.stochastic else "yes"),
        ("Fingerprint", model.fingerprint),
        *(("Note", note) for note in model.notes),
        *((name[:1].upper() + name[1:], _card(value)) for name, value in sorted(audit.card.items())),
    ]
    return facts_grid(anchors, f"The model {model.name}", facts)


def data_grids(audit: AuditResult, anchors: Anchors) -> list[Grid]:
    """The audit data: facts, groups, features; no row of it."""
    data = audit.data
    facts = [
        ("Name", data.name),
        ("Rows", f"{data.rows:,}"),
        ("Training rows", numbers.count(data.train_rows) if data.train_rows is not None else ""),
        ("Task", f"{data.task}, on inputs of kind {data.modality}"),
        ("Label", (data.label or "") + (f", positive: {data.positive}" if data.positive else "")),
        ("Weights", "used" if data.weighted else "none"),
        ("Smallest group shown", f"{data.minimum_cell} people"),
        ("Digest", data.digest),
        *(("Note", note) for note in data.notes),
    ]
    groups = [
        [
            Cell(f"{each.attribute}={each.value}"),
            Cell("" if each.rows is None else f"{each.rows:,}"),
            Cell(each.hidden or "", status="hidden" if each.hidden else "shown"),
        ]
        for each in data.groups
    ]
    features = [
        [
            Cell(each.name),
            Cell(each.kind),
            Cell("yes" if each.group else "no"),
            Cell("yes" if each.seen_by_model else "no"),
            Cell("" if each.missing is None else f"{each.missing:,}"),
            Cell(each.detail),
        ]
        for each in data.features
    ]
    heads = [Head("Feature"), Head("Kind"), Head("Group"), Head("Seen by the model"), Head("Missing", "num")]
    grids = [facts_grid(anchors, "The audit data", facts)]
    if groups:
        grids.append(
            grid(anchors.new("groups"), "Groups", [Head("Group"), Head("Rows", "num"), Head("Shown", "wide")], groups)
        )
    if features:
        grids.append(grid(anchors.new("features"), "Features", [*heads, Head("Values", "wide")], features))
    return grids


def provenance_grids(audit: AuditResult, anchors: Anchors) -> Iterable[Grid]:
    """What the numbers depend on: versions, seeds, digests, plugins, packages."""
    made: Provenance = audit.provenance
    facts = [
        ("auditkit", made.auditkit),
        ("Python", made.python),
        ("Platform", made.platform),
        ("Device and threads", f"{made.device}, {made.threads} threads"),
        ("Budget", audit.plan.budget),
        ("Seed", str(audit.plan.seed)),
        ("Started", moment(audit.run.started)),
        ("Took", f"{numbers.plain(audit.run.seconds)} seconds"),
        ("Taken from an earlier run", ", ".join(audit.run.resumed)),
        ("Digest of the plan", audit.plan.digest),
        ("Digest of the settings", made.settings_digest),
        *(("Note", note) for note in made.notes),
    ]
    yield facts_grid(anchors, "How this audit was made", facts)
    plugins = [
        [
            Cell(each.name),
            Cell(f"{each.distribution} {each.version}"),
            Cell(each.source),
            Cell(each.error or "", status="loaded" if each.loaded else "not loaded"),
            Cell(", ".join(each.checks)),
        ]
        for each in made.plugins
    ]
    heads = [Head("Plugin"), Head("Distribution"), Head("Source"), Head("State", "wide"), Head("Checks", "wide")]
    yield grid(anchors.new("plugins"), "Plugins", heads, plugins)
    packages = [[Cell(name), Cell(version)] for name, version in sorted(made.packages.items())]
    yield grid(anchors.new("packages"), "Packages", [Head("Package"), Head("Version")], packages)


def facts_grid(anchors: Anchors, caption: str, facts: Sequence[tuple[str, str]]) -> Grid:
    """Names and values, without those that are empty."""
    rows = [[Cell(name), Cell(text)] for name, text in facts if text]
    return grid(anchors.new("facts", caption), caption, [Head("Fact"), Head("Value", "wide")], rows)


def _card(value: Any) -> str:
    """What the owner said, on one line."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
