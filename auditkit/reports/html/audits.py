"""One audit as the report tells it, and what ends the page: coverage, rules, data, glossary, provenance."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from auditkit.reports import numbers
from auditkit.reports.html.checks import CheckView, Same, check_view
from auditkit.reports.html.grids import Anchors, Cell, Grid, Head, grid
from auditkit.reports.html.limits import Reason, limits_grid, reasons
from auditkit.reports.html.words import DIRECTIONS, LEVELS, moment
from auditkit.results import AuditResult, CheckResult, Definition, Provenance, RuleCoverage


class Family(NamedTuple):
    """The checks that share the first part of their id."""

    anchor: str
    title: str
    checks: tuple[CheckView, ...]


class Pack(NamedTuple):
    """A rule pack and what this audit has for it."""

    anchor: str
    coverage: RuleCoverage
    grid: Grid


class Term(NamedTuple):
    """A definition of the glossary."""

    anchor: str
    key: str
    definition: Definition
    direction: str


class AuditView(NamedTuple):
    """The part of the report about one model."""

    anchor: str
    audit: AuditResult
    facts: tuple[tuple[str, str], ...]
    reasons: tuple[Reason, ...]
    limits_anchor: str
    limits: Grid | None
    coverage_anchor: str
    untested: Grid | None
    tested: Grid | None
    known: int
    """How many checks there are, tested or not."""
    families: tuple[Family, ...]
    rules: tuple[Pack, ...]
    same_rules: bool
    """Whether the first model has the very same evidence; then its section tells it."""
    model_anchor: str
    model: Grid
    provenance: tuple[Grid, ...]


def audit_view(
    audit: AuditResult, anchors: Anchors, terms: Mapping[tuple[str, str], str], before: AuditView | None = None
) -> AuditView:
    """Everything that the report says about one audit.

    Args:
        audit: the audit.
        anchors: the page's.
        terms: {(check, measurement): anchor in the glossary}.
        before: of the first model side by side; what is the same here is not told twice.
    """
    limits_anchor = anchors.new("limits")
    places: dict[str, str] = {}
    families = _families(audit, anchors, terms, places, _told(before))
    return AuditView(
        anchor=anchors.new("model"),
        audit=audit,
        facts=_facts(audit),
        reasons=tuple(reasons(audit, limits_anchor)),
        limits_anchor=limits_anchor,
        limits=limits_grid(audit, anchors) if audit.verdicts else None,
        coverage_anchor=anchors.new("coverage"),
        untested=_untested(audit, anchors, places),
        tested=_tested(audit, anchors, places),
        known=len(audit.coverage),
        families=families,
        rules=tuple(_pack(each, anchors, places) for each in audit.rules),
        same_rules=before is not None and before.audit.rules == audit.rules,
        model_anchor=anchors.new("facts"),
        model=_model(audit, anchors),
        provenance=tuple(_provenance(audit, anchors)),
    )


def glossary(results: Iterable[CheckResult], anchors: Anchors) -> tuple[list[Term], dict[tuple[str, str], str]]:
    """The definitions of all checks in the order of their titles, and {(check, measurement): anchor}."""
    found: dict[tuple[str, str], Definition] = {}
    for result in results:
        for name, definition in result.definitions.items():
            found.setdefault((result.check, name), definition)
    terms = []
    for (check, name), definition in sorted(found.items(), key=lambda item: (item[1].title.lower(), item[0])):
        terms.append(
            Term(anchors.new("term", check, name), f"{check}.{name}", definition, DIRECTIONS[definition.direction])
        )
    places = {key: term.anchor for key in found for term in terms if term.key == ".".join(key)}
    return terms, places


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


def facts_grid(anchors: Anchors, caption: str, facts: Sequence[tuple[str, str]]) -> Grid:
    """Names and values, without those that are empty."""
    rows = [[Cell(name), Cell(text)] for name, text in facts if text]
    return grid(anchors.new("facts", caption), caption, [Head("Fact"), Head("Value", "wide")], rows)


def _facts(audit: AuditResult) -> tuple[tuple[str, str], ...]:
    """What was audited, in the head of the page."""
    model, data = audit.model, audit.data
    kind = f"{model.kind}, {model.task}" + (f", trained from {audit.parent}" if audit.parent else "")
    return (
        ("Model", f"{model.name} ({kind})"),
        ("Data", f"{data.name}, {data.rows:,} rows"),
        ("Date", moment(audit.run.finished)),
    )


def _told(before: AuditView | None) -> dict[str, tuple[CheckResult, Same]]:
    """{check: what the first model's section holds, and where}."""
    if before is None:
        return {}
    name = before.audit.model.name
    places = {check.check: Same(name, check.anchor) for family in before.families for check in family.checks}
    return {result.check: (result, places[result.check]) for result in before.audit.results}


def _families(
    audit: AuditResult,
    anchors: Anchors,
    terms: Mapping[tuple[str, str], str],
    places: dict[str, str],
    told: Mapping[str, tuple[CheckResult, Same]],
) -> tuple[Family, ...]:
    """The checks by family, in the order in which they ran; `places` learns where each stands."""
    found: dict[str, list[CheckView]] = {}
    for result in audit.results:
        first = told.get(result.check)
        same = first[1] if first and first[0] == result and result.status == "measured" else None
        view = check_view(result, audit.verdicts, anchors, terms, same)
        places.setdefault(result.check, view.anchor)
        found.setdefault(result.check.partition(".")[0], []).append(view)
    return tuple(
        Family(anchors.new("family", name), name.replace("_", " ").capitalize(), tuple(checks))
        for name, checks in found.items()
    )


def _untested(audit: AuditResult, anchors: Anchors, places: Mapping[str, str]) -> Grid | None:
    """What gave no measurement, errors first."""
    missing = [each for each in audit.coverage if each.status != "measured"]
    missing.sort(key=lambda each: ("error", "skipped", "not selected").index(each.status))
    rows = [
        [
            Cell(each.check, link=places.get(each.check, "")),
            Cell("", status=each.status),
            Cell(each.question),
            Cell(each.reason),
        ]
        for each in missing
    ]
    heads = [Head("Check"), Head("Status"), Head("Question left open", "wide"), Head("Why", "wide")]
    return grid(anchors.new("untested"), "Checks without a measurement", heads, rows) if rows else None


def _tested(audit: AuditResult, anchors: Anchors, places: Mapping[str, str]) -> Grid | None:
    """What was measured, how much of the model it could reach, and what reaching more would add."""
    rows = [
        [
            Cell(each.check, link=places.get(each.check, "")),
            Cell(each.question),
            Cell(LEVELS.get(each.level or "", "")),
            Cell(each.higher_level),
            Cell(each.reason),
        ]
        for each in audit.coverage
        if each.status == "measured"
    ]
    heads = [
        Head("Check"),
        Head("Question", "wide"),
        Head("What it could reach"),
        Head("What more would add", "wide"),
        Head("Note", "wide"),
    ]
    return grid(anchors.new("tested"), "Checks that measured, and how far they reached", heads, rows) if rows else None


def _pack(coverage: RuleCoverage, anchors: Anchors, places: Mapping[str, str]) -> Pack:
    rows = [
        [
            Cell(clause.id),
            Cell("", status=clause.status),
            Cell(clause.text),
            Cell(", ".join(clause.evidence), link=_place(clause.evidence, places)),
            Cell(", ".join(clause.missing)),
            Cell(clause.note),
        ]
        for clause in coverage.clauses
    ]
    heads = [
        Head("Clause"),
        Head("Evidence is"),
        Head("What it asks, in our words", "wide"),
        Head("Evidence", "wide"),
        Head("Missing", "wide"),
        Head("Note", "wide"),
    ]
    return Pack(
        anchors.new("pack", coverage.pack),
        coverage,
        grid(anchors.new("clauses", coverage.pack), coverage.title, heads, rows),
    )


def _place(evidence: Sequence[str], places: Mapping[str, str]) -> str:
    """Where the first piece of evidence stands in this report."""
    return next((places[check] for key in evidence for check in (key, key.rpartition(".")[0]) if check in places), "")


def _model(audit: AuditResult, anchors: Anchors) -> Grid:
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


def _card(value: Any) -> str:
    """What the owner said, on one line."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)


def _provenance(audit: AuditResult, anchors: Anchors) -> Iterable[Grid]:
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
