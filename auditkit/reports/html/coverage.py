"""What was tested and what was not, of all models in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from auditkit.reports.html.common_parts import Common, common, with_model, with_models
from auditkit.reports.html.limits import Reason
from auditkit.reports.html.sentences import LEVELS
from auditkit.reports.html.tables import Anchors, Cell, Grid, Head, grid
from auditkit.results import AuditResult, Coverage
from auditkit.text import first_few

GAPS = ("error", "skipped", "not selected")
"""Why a check gave no measurement, what needs a look first."""


class Covered(NamedTuple):
    """Both sides of what was tested."""

    untested: Grid | None
    tested: Grid | None
    sentence: str


def covered(audits: Sequence[AuditResult], anchors: Anchors, places: Mapping[str, str]) -> Covered:
    """What was tested, how far it reached, and what was not.

    Args:
        audits: of each model.
        anchors: the page's.
        places: {check: anchor}.
    """
    told = common([each.model.name for each in audits], [each.coverage for each in audits], Coverage.model_dump_json,
                  lambda each: each.check)  # fmt: skip
    missing = [each for each in told if each.item.status != "measured"]
    missing.sort(key=lambda each: GAPS.index(each.item.status))
    done = [each for each in told if each.item.status == "measured"]
    known = dict.fromkeys(each.item.check for each in told)
    without = dict.fromkeys(each.item.check for each in missing)
    said = f"{len(without)} of {len(known)} known checks gave no measurement"
    said += " of at least one model" if len(audits) > 1 else ""
    return Covered(
        _untested(missing, anchors, places) if missing else None, _tested(done, anchors, places) if done else None, said
    )


def gaps(audits: Sequence[AuditResult], anchor: str) -> list[Reason]:
    """What was not tested, in a sentence for each cause, for the first page."""
    words = {
        "error": "Failed, so its question is open",
        "skipped": "Not possible for this model, this data or this installation",
        "not selected": "Not asked for",
    }
    found = []
    for status in GAPS:
        titles = list(dict.fromkeys(e.check for audit in audits for e in audit.coverage if e.status == status))
        if titles:
            found.append(Reason(status, f"{words[status]} ({len(titles)})", first_few(titles, 12), anchor))
    return found


def _untested(missing: Sequence[Common[Coverage]], anchors: Anchors, places: Mapping[str, str]) -> Grid:
    """What gave no measurement, errors first."""
    rows = [
        with_model(
            [
                Cell(each.item.check, link=places.get(each.item.check, "")),
                Cell("", status=each.item.status),
                Cell(each.item.question),
                Cell(each.item.reason),
            ],
            each.models,
        )
        for each in missing
    ]
    heads = with_models([Head("Check"), Head("Status"), Head("Question left open", "wide"), Head("Why", "wide")])
    return grid(anchors.new("untested"), "Checks without a measurement", heads, rows)


def _tested(done: Sequence[Common[Coverage]], anchors: Anchors, places: Mapping[str, str]) -> Grid:
    """What was measured, how much of the model it could reach, and what reaching more would add."""
    rows = [
        with_model(
            [
                Cell(each.item.check, link=places.get(each.item.check, "")),
                Cell(each.item.question),
                Cell(LEVELS.get(each.item.level or "", "")),
                Cell(each.item.higher_level),
                Cell(each.item.reason),
            ],
            each.models,
        )
        for each in done
    ]
    heads = [Head("Check"), Head("Question", "wide"), Head("What it could reach"),
             Head("What more would add", "wide"), Head("Note", "wide")]  # fmt: skip
    caption = "Checks that measured, and how far they reached"
    return grid(anchors.new("tested"), caption, with_models(heads), rows)
