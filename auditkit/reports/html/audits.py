"""One audit as the report tells it: reasons, limits, coverage, checks by family, rules, glossary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from auditkit.reports.html.checks import CheckView, Same, check_view
from auditkit.reports.html.facts import model_grid, provenance_grids
from auditkit.reports.html.grids import Anchors, Cell, Grid, Head, grid
from auditkit.reports.html.limits import Reason, limits_grid, reasons
from auditkit.reports.html.words import DIRECTIONS, LEVELS, moment
from auditkit.results import AuditResult, CheckResult, Definition, RuleCoverage


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
        model=model_grid(audit, anchors),
        provenance=tuple(provenance_grids(audit, anchors)),
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
            Cell(clause.text, clause.note),
            Cell("", status=clause.status, items=tuple((key, _place(key, places)) for key in clause.evidence)),
            Cell("", items=tuple((key, "") for key in clause.missing)),
        ]
        for clause in coverage.clauses
    ]
    heads = [
        Head("Clause"),
        Head("What it asks, in our words", "wide"),
        Head("Evidence", "wide"),
        Head("Missing", "wide"),
    ]
    clauses = grid(anchors.new("clauses", coverage.pack), coverage.title, heads, rows)
    return Pack(anchors.new("pack", coverage.pack), coverage, clauses)


def _place(key: str, places: Mapping[str, str]) -> str:
    """Where a piece of evidence stands in this report; empty where it does not."""
    return next((places[check] for check in (key, key.rpartition(".")[0]) if check in places), "")
