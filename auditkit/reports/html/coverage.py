"""What was tested and what was not, of all models in one table; and what there is for each clause of a rule pack."""

from collections.abc import Mapping, Sequence

from auditkit.reports.html.common_parts import Common, common, common_grid
from auditkit.reports.html.limits import Reason
from auditkit.reports.html.sentences import LEVELS
from auditkit.reports.html.tables import Anchors, Cell, Content, Grid, Head, grid
from auditkit.results import AuditResult, Coverage, RuleCoverage
from auditkit.text import first_few

GAPS = ("error", "skipped", "not selected")
"""Why a check gave no measurement, what needs a look first."""


def covered(audits: Sequence[AuditResult], anchors: Anchors, anchor_of: Mapping[str, str]) -> Content:
    """What was tested, how far it reached, and what was not.

    Args:
        audits: of each model.
        anchors: the page's.
        anchor_of: {check: anchor}.
    """
    parts = common([audit.model.name for audit in audits], [audit.coverage for audit in audits],
                   Coverage.model_dump_json, lambda coverage: coverage.check)  # fmt: skip
    missing = [part for part in parts if part.item.status != "measured"]
    missing.sort(key=lambda part: GAPS.index(part.item.status))
    done = [part for part in parts if part.item.status == "measured"]
    known = dict.fromkeys(part.item.check for part in parts)
    # a check that fails for one model and measures another counts once, among those without
    without = dict.fromkeys(part.item.check for part in missing)
    of_models = " of at least one model" if len(audits) > 1 else ""
    return {
        "untested": _untested(missing, anchors, anchor_of) if missing else None,
        "tested": _tested(done, anchors, anchor_of) if done else None,
        "sentence": f"{len(without)} of {len(known)} known checks gave no measurement{of_models}",
    }


def gaps(audits: Sequence[AuditResult], anchor: str) -> list[Reason]:
    """What was not tested, in a sentence for each cause, for the first page."""
    words = {
        "error": "Failed, so its question is open",
        "skipped": "Not possible for this model, this data or this installation",
        "not selected": "Not asked for",
    }
    every = [coverage for audit in audits for coverage in audit.coverage]
    checks_of = {
        status: list(dict.fromkeys(coverage.check for coverage in every if coverage.status == status))
        for status in GAPS
    }
    return [
        Reason(status, f"{words[status]} ({len(checks)})", first_few(checks, 12), anchor)
        for status, checks in checks_of.items()
        if checks
    ]


def _untested(missing: Sequence[Common[Coverage]], anchors: Anchors, anchor_of: Mapping[str, str]) -> Grid:
    """What gave no measurement, errors first."""
    return common_grid(
        anchors.new("untested"),
        "Checks without a measurement",
        [Head("Check"), Head("Status"), Head("Question left open", "wide"), Head("Why", "wide")],
        missing,
        lambda coverage: [
            Cell(coverage.check, link=anchor_of.get(coverage.check, "")),
            Cell("", status=coverage.status),
            Cell(coverage.question),
            Cell(coverage.reason),
        ],
    )


def _tested(done: Sequence[Common[Coverage]], anchors: Anchors, anchor_of: Mapping[str, str]) -> Grid:
    """What was measured, how much of the model it could reach, and what reaching more would add."""
    heads = [Head("Check"), Head("Question", "wide"), Head("Evidence level"),
             Head("What a higher level would add", "wide"), Head("Note", "wide")]  # fmt: skip
    return common_grid(
        anchors.new("tested"),
        "Checks that measured, and their evidence level",
        heads,
        done,
        lambda coverage: [
            Cell(coverage.check, link=anchor_of.get(coverage.check, "")),
            Cell(coverage.question),
            Cell(LEVELS.get(coverage.level or "", "")),
            Cell(coverage.higher_level),
            Cell(coverage.reason),
        ],
    )


def packs(audits: Sequence[AuditResult], anchors: Anchors, anchor_of: Mapping[str, str]) -> tuple[Content, ...]:
    """Every pack, once for all models of which the same evidence is there.

    Args:
        audits: of each model.
        anchors: the page's.
        anchor_of: {check: anchor}.
    """
    parts = common([audit.model.name for audit in audits], [audit.rules for audit in audits],
                   RuleCoverage.model_dump_json, lambda rule: rule.pack)  # fmt: skip
    return tuple(_pack(part.item, part.models, anchors, anchor_of) for part in parts)


def _pack(coverage: RuleCoverage, models: str, anchors: Anchors, anchor_of: Mapping[str, str]) -> Content:
    rows = [
        [
            Cell(clause.id),
            Cell(clause.text, clause.note),
            Cell("", status=clause.status, items=tuple((key, _place(key, anchor_of)) for key in clause.evidence)),
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
    caption = f"{coverage.title} ({models})" if models else coverage.title
    clauses = grid(anchors.new("clauses", coverage.pack), caption, heads, rows)
    return {"anchor": anchors.new("pack", coverage.pack), "coverage": coverage, "grid": clauses, "models": models}


def _place(key: str, anchor_of: Mapping[str, str]) -> str:
    """Where a piece of evidence stands in this report; empty where it does not."""
    # evidence may be a family, which has no single place
    return next((anchor_of[check] for check in (key, key.rpartition(".")[0]) if check in anchor_of), "")
