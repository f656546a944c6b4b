"""The checks by family, and one check as the report tells it: question, answer, figures, numbers, controls, method."""

import operator
from collections.abc import Mapping, Sequence

from auditkit.reports.html.common_parts import CheckOutcome, common
from auditkit.reports.html.figures import merged_figures
from auditkit.reports.html.measures import beside_grids, controls_grid, measures_grid, own_table
from auditkit.reports.html.sentences import LEVELS, answer, headline, owner
from auditkit.reports.html.tables import Anchors, Content, Grid
from auditkit.results import AuditResult, CheckResult, ErrorInfo, Table


def check_view(outcomes: Sequence[CheckOutcome], anchors: Anchors, terms: Mapping[tuple[str, str], str]) -> Content:
    """Everything that the report says about one check, of one model or of several.

    Args:
        outcomes: what it found of each model.
        anchors: the page's.
        terms: {(check, measurement): anchor in the glossary}.
    """
    models = [outcome.model for outcome in outcomes]
    first = outcomes[0].result
    # a check that was skipped for the first model may have no words of its own in an older result
    about = next((outcome.result.about for outcome in outcomes if outcome.result.about.question), first.about)
    controls = controls_grid(outcomes, anchors) if any(outcome.result.controls for outcome in outcomes) else None
    return {
        "anchor": anchors.new("check", first.check),
        "question": about.question or about.title or first.check,
        "title": about.title or first.check,
        "check": first.check,
        # each with the limits that it was held against
        "answers": common(models, [[_held_answer(outcome)] for outcome in outcomes], repr),
        "figures": merged_figures(outcomes, anchors),
        # each with its title
        "measures": _measures(outcomes, anchors, terms),
        "tables": [
            own_table(part.item, about.title or first.check, anchors, part.models)
            for part in common(
                models,
                [outcome.result.tables for outcome in outcomes],
                Table.model_dump_json,
                operator.attrgetter("name"),
            )
        ],
        "controls": controls,
        # how many controls do not hold
        "failing": sum(any(cell.status in FAILING for cell in row) for row in controls.rows) if controls else 0,
        "method": common(models, [_method(outcome.result) for outcome in outcomes], repr, lambda sentence: sentence[0]),
        "notes": common(models, [outcome.result.notes for outcome in outcomes], repr),
        "errors": common(
            models,
            [[outcome.result.error] if outcome.result.error else [] for outcome in outcomes],
            ErrorInfo.model_dump_json,
        ),
    }


FAILING = ("does not hold", "could not be computed")
"""What is written of a control that shows nothing."""


def _held_answer(outcome: CheckOutcome) -> Content:
    """The answer for one model, and the limits that it was held against with how they were met."""
    verdicts = outcome.audit.verdicts
    limits = [
        {"name": verdict.limit.name, "status": "waived" if verdict.waived else verdict.status}
        for verdict in verdicts
        if owner(verdict) == outcome.result.check
    ]
    return {"answer": answer(outcome.result, headline(outcome.result, verdicts)), "limits": limits}


def _measures(
    outcomes: Sequence[CheckOutcome], anchors: Anchors, terms: Mapping[tuple[str, str], str]
) -> list[tuple[str, Grid]]:
    """The measurements of the models that have some: one table where they are alike, else a column for each."""
    measured = [outcome for outcome in outcomes if outcome.result.measurements]
    if not measured:
        return []
    # as of data.integrity, which asks no model
    if all(outcome.result.every == measured[0].result.every for outcome in measured):
        title = "All measurements" + (", the same for every model" if len(measured) > 1 else "")
        return [(title, measures_grid(measured[0].result, anchors, terms))]
    return beside_grids(measured, anchors, terms)


def _method(result: CheckResult) -> list[tuple[str, str]]:
    """How it was measured, in named sentences; what there is nothing to say of is left out."""
    about, rows = result.about, result.rows
    authors = (
        f"by plugin {result.plugin or 'unnamed plugin'} {result.plugin_version}".strip(),
        f"answered by {result.answered_by}" if result.answered_by else "",
        f"wrapped by {', '.join(result.wrapped_by)}" if result.wrapped_by else "",
    )
    run = (
        "; ".join(filter(None, authors)),
        f"seed {result.seed}" if result.seed is not None else "",
        f"on {result.device}" if result.device else "",
    )
    facts = [
        ("Purpose", about.purpose),
        ("Method", about.method),
        ("Limits of the method", about.limits),
        ("Reference", about.reference),
        ("Evidence level", LEVELS.get(result.level or "", "")),
        ("What a higher level would add", result.higher_level),
        ("Rows", f"{rows.used:,} of {rows.total:,} ({rows.how}); digest {rows.digest[:16]}" if rows else ""),
        ("Run", ", ".join(filter(None, run))),
    ]
    return [(name, text) for name, text in facts if text]


def families(
    audits: Sequence[AuditResult], anchors: Anchors, terms: Mapping[tuple[str, str], str]
) -> tuple[Content, ...]:
    """The checks by family, which is those that share the first part of their id, in the order in which they ran.

    Args:
        audits: of each model.
        anchors: the page's.
        terms: {(check, measurement): anchor in the glossary}.
    """
    by_family: dict[str, dict[str, list[CheckOutcome]]] = {}
    for audit in audits:
        for result in audit.results:
            by_check = by_family.setdefault(family_of(result.check), {})
            # in the order of the first model that has the check: dictionaries keep it
            by_check.setdefault(result.check, []).append(CheckOutcome(audit, result))
    return tuple(
        {
            "anchor": anchors.new("family", name),
            "title": title(name),
            "checks": [check_view(check, anchors, terms) for check in checks.values()],
        }
        for name, checks in by_family.items()
    )


def family_of(check: str) -> str:
    """The first part of a check's id."""
    return check.partition(".")[0]


def title(family: str) -> str:
    """A family as a heading."""
    return family.replace("_", " ").capitalize()
