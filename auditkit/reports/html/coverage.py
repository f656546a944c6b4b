"""What was tested and what was not, of all models in one table."""

from collections.abc import Mapping, Sequence

from auditkit.reports.html.common_parts import Common, common, with_model, with_models
from auditkit.reports.html.limits import Reason
from auditkit.reports.html.sentences import LEVELS
from auditkit.reports.html.tables import Anchors, Cell, Content, Grid, Head, grid
from auditkit.results import AuditResult, Coverage
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
    sentence = f"{len(without)} of {len(known)} known checks gave no measurement"
    sentence += " of at least one model" if len(audits) > 1 else ""
    return {
        "untested": _untested(missing, anchors, anchor_of) if missing else None,
        "tested": _tested(done, anchors, anchor_of) if done else None,
        "sentence": sentence,
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
    rows = [
        with_model(
            [
                Cell(part.item.check, link=anchor_of.get(part.item.check, "")),
                Cell("", status=part.item.status),
                Cell(part.item.question),
                Cell(part.item.reason),
            ],
            part.models,
        )
        for part in missing
    ]
    heads = with_models([Head("Check"), Head("Status"), Head("Question left open", "wide"), Head("Why", "wide")])
    return grid(anchors.new("untested"), "Checks without a measurement", heads, rows)


def _tested(done: Sequence[Common[Coverage]], anchors: Anchors, anchor_of: Mapping[str, str]) -> Grid:
    """What was measured, how much of the model it could reach, and what reaching more would add."""
    rows = [
        with_model(
            [
                Cell(part.item.check, link=anchor_of.get(part.item.check, "")),
                Cell(part.item.question),
                Cell(LEVELS.get(part.item.level or "", "")),
                Cell(part.item.higher_level),
                Cell(part.item.reason),
            ],
            part.models,
        )
        for part in done
    ]
    heads = [Head("Check"), Head("Question", "wide"), Head("Evidence level"),
             Head("What a higher level would add", "wide"), Head("Note", "wide")]  # fmt: skip
    caption = "Checks that measured, and their evidence level"
    return grid(anchors.new("tested"), caption, with_models(heads), rows)
