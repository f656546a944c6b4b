"""Models, data, provenance, and what every check was set to, as tables."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from auditkit.reports import model_inputs, numbers, transmission
from auditkit.reports.html.common_parts import common, common_grid
from auditkit.reports.html.sentences import moment
from auditkit.reports.html.tables import Anchors, Cell, Grid, Head, grid
from auditkit.reports.outcome import sentence
from auditkit.results import AuditResult, ModelInfo, PluginInfo, Provenance, pairs, showing_facts


def models_grid(audits: Sequence[AuditResult], anchors: Anchors) -> Grid:
    """The models: facts, and what their owner said; a column for each."""
    return _facts_by_model(
        anchors, "Models" if len(audits) > 1 else "Model", audits, [_model(audit) for audit in audits]
    )


def _model(audit: AuditResult) -> list[tuple[str, str]]:
    model = audit.model
    return [
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
        ("Device and batch", model.device + (f", rows at a time: {model.batch:,}" if model.batch else "")),
        *(transmission.planned(audit.plan.sending) if audit.plan.sending is not None else ()),
        *(transmission.really(audit.run.sent) if audit.run.sent is not None else ()),
        ("Repeatable", _repeatable(model)),
        ("Fingerprint", model.fingerprint),
        *(("Note", note) for note in model.notes),
        *((name[:1].upper() + name[1:], _card(value)) for name, value in sorted(audit.card.items())),
    ]


def _repeatable(model: ModelInfo) -> str:
    consistency = model.consistency
    if consistency is None:
        return "no: the same input does not always get the same answer" if model.stochastic else "yes"
    if consistency.finding != "alike":
        return f"no: {consistency.reason}" + ("; its owner says that this is meant" if consistency.meant else "")
    alone = f", {consistency.alone} of them alone" if consistency.alone else ""
    return f"yes: {consistency.rows:,} rows were asked about again among other rows and in another order{alone}"


def data_grids(audit: AuditResult, anchors: Anchors) -> list[Grid]:
    """The audit data: facts, groups, features; no row of it."""
    data = audit.data
    facts = [
        ("Name", data.name),
        ("Rows", numbers.of_units(data.rows, data.units, data.unit)),
        ("Training rows", numbers.count(data.train_rows) if data.train_rows is not None else ""),
        ("Task", f"{data.task}, on inputs of kind {data.modality}"),
        ("Label", (data.label or "") + (f", positive: {data.positive}" if data.positive else "")),
        ("Being selected", sentence(data)),
        ("Weights", "used" if data.weighted else "none"),
        *showing_facts(data),
        *([("Reference group", pairs(data.reference))] if data.reference else []),
        ("Digest", data.digest),
        *(("Sensitive attributes", sentence) for _, sentence in model_inputs.sentences([audit])),
        *(("Note", note) for note in data.notes),
    ]
    groups = [
        [
            Cell(f"{group.attribute}={group.value}"),
            Cell("" if group.rows is None else numbers.of_units(group.rows, group.units, data.unit)),
            Cell(group.hidden or "", status="hidden" if group.hidden else "shown"),
        ]
        for group in data.groups
    ]
    features = [
        [
            Cell(feature.name),
            Cell(feature.kind),
            Cell("yes" if feature.group else "no"),
            Cell(model_inputs.answer(audit, feature)),
            Cell("" if feature.missing is None else f"{feature.missing:,}"),
            Cell(feature.detail),
        ]
        for feature in data.features
    ]
    of_groups = [Head("Group"), Head("Rows", "num"), Head("Shown", "wide")]
    of_features = [Head("Feature"), Head("Kind"), Head("Group"), Head("Given to the model"), Head("Missing", "num"),
                   Head("Values", "wide")]  # fmt: skip
    tables = (("Groups", of_groups, groups), ("Features", of_features, features))
    grids = (grid(anchors.new(caption), caption, heads, rows) for caption, heads, rows in tables if rows)
    return [facts_grid(anchors, "The audit data", facts), *grids]


def provenance_grids(audits: Sequence[AuditResult], anchors: Anchors) -> tuple[Grid, ...]:
    """What the numbers depend on: versions, seeds, digests, plugins, packages; what all models share is told once."""
    models, made = [audit.model.name for audit in audits], [audit.provenance for audit in audits]
    return (
        _facts_by_model(anchors, "How this was made", audits, [_run(audit) for audit in audits]),
        common_grid(
            anchors.new("plugins"),
            "Plugins",
            [Head("Plugin"), Head("Distribution"), Head("Source"), Head("State", "wide"), Head("Checks", "wide")],
            common(models, [provenance.plugins for provenance in made], PluginInfo.model_dump_json),
            lambda plugin: [
                Cell(plugin.name),
                Cell(f"{plugin.distribution} {plugin.version}"),
                Cell(plugin.source),
                Cell(plugin.error or "", status="loaded" if plugin.loaded else "not loaded"),
                Cell(", ".join(plugin.checks)),
            ],
        ),
        common_grid(
            anchors.new("packages"),
            "Packages",
            [Head("Package"), Head("Version")],
            common(models, [sorted(provenance.packages.items()) for provenance in made], repr),
            lambda package: [Cell(package[0]), Cell(package[1])],
        ),
    )


def _run(audit: AuditResult) -> list[tuple[str, str]]:
    made: Provenance = audit.provenance
    return [
        ("auditkit", made.auditkit),
        ("Python", made.python),
        ("Platform", made.platform),
        ("Device and threads", f"{made.device}, threads: {made.threads}"),
        ("Budget", audit.plan.budget),
        ("Seed", str(audit.plan.seed)),
        ("Started", moment(audit.run.started)),
        ("Took", f"{numbers.plain(audit.run.seconds)} seconds"),
        ("Taken from an earlier run", ", ".join(audit.run.resumed)),
        *(("Run again", f"{check}: its process ended by {how}") for check, how in audit.run.repeated.items()),
        *(("Not isolated", f"{', '.join(checks)}: {why}") for why, checks in audit.run.not_isolated.items()),
        ("Digest of the plan", audit.plan.digest),
        ("Digest of the settings", made.settings_digest),
        *(("Note", note) for note in made.notes),
    ]


def _facts_by_model(
    anchors: Anchors, caption: str, audits: Sequence[AuditResult], facts: Sequence[Sequence[tuple[str, str]]]
) -> Grid:
    """The facts of each model in a column; one column where all are alike."""
    # models that were made alike need no column each
    if all(fact == facts[0] for fact in facts):
        return facts_grid(anchors, caption, facts[0])
    tables: list[dict[str, list[str]]] = []
    # a name may stand several times, as `Note` does
    for facts_of_model in facts:
        tables.append({})
        for name, text in facts_of_model:
            tables[-1].setdefault(name, []).append(text)
    rows = [
        [Cell(name), *(Cell("; ".join(table.get(name, ()))) for table in tables)]
        for name in dict.fromkeys(name for facts_of_model in facts for name, _ in facts_of_model)
        if any(any(table.get(name, ())) for table in tables)
    ]
    heads = [Head("Fact"), *(Head(audit.model.name, "wide") for audit in audits)]
    return grid(anchors.new("facts", caption), caption, heads, rows)


def facts_grid(anchors: Anchors, caption: str, facts: Sequence[tuple[str, str]]) -> Grid:
    """Names and values, without those that are empty."""
    rows = [[Cell(name), Cell(text)] for name, text in facts if text]
    return grid(anchors.new("facts", caption), caption, [Head("Fact"), Head("Value", "wide")], rows)


def _card(value: Any) -> str:
    """What the owner said, on one line."""
    are_texts = isinstance(value, list) and all(isinstance(entry, str) for entry in value)
    return ", ".join(value) if are_texts else written(value)


def parameters(audits: Sequence[AuditResult], anchors: Anchors, anchor_of: Mapping[str, str]) -> Grid | None:
    """The parameters of all checks; None where there are none.

    Args:
        audits: of each model.
        anchors: the page's.
        anchor_of: {check: anchor}.
    """
    items = [
        [
            (result.check, name, written(value))
            for result in audit.results
            for name, value in sorted(result.parameters.items())
        ]
        for audit in audits
    ]
    # grouped by check and parameter, so that two models with different values stand one under the other
    parts = common([audit.model.name for audit in audits], items, repr, lambda parameter: parameter[:2])
    if not parts:
        return None
    return common_grid(
        anchors.new("parameters"),
        "The parameters of each check",
        [Head("Check"), Head("Parameter", "code"), Head("Value", "code")],
        parts,
        lambda item: [Cell(item[0], link=anchor_of.get(item[0], "")), Cell(item[1]), Cell(item[2])],
    )


def written(value: Any) -> str:
    """A value of a configuration on one line."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
