"""Where each group is found in the report, and the limits that are about it."""

from collections.abc import Mapping, Sequence

from auditkit.reports.html.sentences import WORST
from auditkit.reports.html.tables import ROWS, Anchors, Cell, Grid, Head, grid
from auditkit.results import AuditResult, pairs


def groups_index(audits: Sequence[AuditResult], anchors: Anchors, titles: Mapping[str, str]) -> Grid | None:
    """A row for each group with links to its numbers; None where nothing is about a group.

    Args:
        audits: of each model.
        anchors: the page's, after all measurements were laid out.
        titles: {check: title}.
    """
    described = {f"{group.attribute}={group.value}": group for group in audits[0].data.groups}
    # slices that a search found are no groups that a reader would look up here
    attributes = {group.attribute for group in audits[0].data.groups}
    checks_of = {pairs(dict(group)): checks for group, checks in anchors.groups.items() if attributes >= {*dict(group)}}
    names = dict.fromkeys([*described, *checks_of])
    limits_of = _limits_by_group(audits)
    rows = []
    for name in names:
        known = described.get(name)
        rows.append(
            [
                Cell(name),
                # an intersection is not listed among the groups of the data, and has no size of its own here
                Cell("" if known is None or known.rows is None else f"{known.rows:,}"),
                Cell(
                    "",
                    status="hidden" if known is not None and known.hidden else "",
                    items=tuple(limits_of.get(name, ())),
                ),
                Cell(
                    "", items=tuple((titles.get(check, check), link) for check, link in checks_of.get(name, {}).items())
                ),
            ]
        )
    heads = [Head("Group"), Head("Rows", "num"), Head("Limits that are about it", "wide"), Head("Its numbers", "wide")]
    caption = "Where the numbers of each group stand"
    return grid(anchors.new("groups-index"), caption, heads, rows[:ROWS]) if checks_of else None


def _limits_by_group(audits: Sequence[AuditResult]) -> dict[str, list[tuple[str, str]]]:
    """{group: the limits that were held against its numbers, worst first}."""
    limits_by_group: dict[str, dict[str, int]] = {}
    for audit in audits:
        of_model = f" ({audit.model.name})" if len(audits) > 1 else ""
        for verdict in audit.verdicts:
            for judgement in verdict.judged:
                if judgement.measurement.slice:
                    limits = limits_by_group.setdefault(pairs(judgement.measurement.slice), {})
                    limits[f"{judgement.status}: {verdict.limit.name}{of_model}"] = WORST.index(judgement.status)
    return {
        group: [(text, "limits") for text in sorted(limits, key=lambda text: limits[text])]
        for group, limits in limits_by_group.items()
    }
