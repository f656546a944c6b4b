"""Rule packs: what the audits have for each clause."""

from collections.abc import Mapping, Sequence

from auditkit.reports.html.common_parts import common
from auditkit.reports.html.tables import Anchors, Cell, Content, Head, grid
from auditkit.results import AuditResult, RuleCoverage


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
    anchor = anchors.new("pack", coverage.pack)
    return {"anchor": anchor, "coverage": coverage, "grid": clauses, "models": models}


def _place(key: str, anchor_of: Mapping[str, str]) -> str:
    """Where a piece of evidence stands in this report; empty where it does not."""
    # evidence may be a family, which has no single place
    return next((anchor_of[check] for check in (key, key.rpartition(".")[0]) if check in anchor_of), "")
