"""How much the numbers of two models differ on the same rows, with the uncertainty of the difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from auditkit.reports import numbers
from auditkit.reports.html.headlines import lookup
from auditkit.reports.html.measures import whom
from auditkit.reports.html.model_columns import Key, key
from auditkit.reports.html.sentences import name_of
from auditkit.reports.html.tables import Anchors, Cell, Grid, Head, grid
from auditkit.results import Change, Comparison, Definition, Measurement, pairs


class Changed(NamedTuple):
    """The differences: of the headline numbers, and all of them."""

    headlines: Grid | None
    every: Grid


def changed(comparison: Comparison, keys: Sequence[Key], anchors: Anchors) -> Changed | None:
    """The paired differences between models; None where there are none.

    Args:
        comparison: the audits.
        keys: the headline numbers.
        anchors: the page's.
    """
    if not comparison.changes:
        return None
    checks = _checks(comparison)
    rows = [
        (change, _row(change, checks.get(_plain(change.measurement), ("", {}))[1])) for change in comparison.changes
    ]
    wanted = {at[1:] for at in keys}
    first = [row for change, row in rows if _plain(change.measurement) in wanted]
    heads = [Head("Number"), Head("Of whom"), Head("Where"), Head("Model"), Head("Less that of"),
             Head("Difference", "num"), Head("Interval", "num"), Head("That is", "wide")]  # fmt: skip
    caption = "Differences on the same rows"
    return Changed(
        grid(anchors.new("changes"), f"{caption}: headline numbers", heads, first) if first else None,
        grid(anchors.new("all-changes"), caption, heads, [row for _, row in rows]),
    )


def _plain(each: Measurement) -> tuple[object, ...]:
    """What a number is, without its check."""
    return key("", each)[1:]


def _checks(comparison: Comparison) -> dict[tuple[object, ...], tuple[str, Mapping[str, Definition]]]:
    """{number: its check and what that defines}."""
    found: dict[tuple[object, ...], tuple[str, Mapping[str, Definition]]] = {}
    for audit in comparison.results:
        defined = {result.check: result.definitions for result in audit.results}
        for at in lookup(audit):
            found[at[1:]] = at[0], defined[at[0]]
    return found


def _row(change: Change, definitions: Mapping[str, Definition]) -> list[Cell]:
    each = change.measurement
    return [
        Cell(name_of(each.name, definitions)),
        Cell(whom(each)),
        Cell(pairs(each.conditions)),
        Cell(change.model),
        Cell(change.beside),
        Cell(numbers.value(each)),
        Cell(numbers.uncertainty(each)),
        Cell(_meaning(each)),
    ]


def _meaning(each: Measurement) -> str:
    """What a difference says: better, worse, or nothing that chance could not do."""
    if each.value is None:
        return each.reason or ""
    ends = each.interval
    if ends is None:
        return ""
    above = ends.low is not None and ends.low > 0
    below = ends.high is not None and ends.high < 0
    if not above and not below:
        return "may be chance"
    if each.direction == "none":
        return "higher" if above else "lower"
    return "better" if above == (each.direction == "higher") else "worse"
