"""How much the numbers of two models differ on the same rows, with the uncertainty of the difference."""

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
        (change, _row(change, checks.get(_number_key(change.measurement), ("", {}))[1]))
        for change in comparison.changes
    ]
    # a paired change belongs to no check, so it is found by the rest of the key
    headline_numbers = {number_key[1:] for number_key in keys}
    first = [row for change, row in rows if _number_key(change.measurement) in headline_numbers]
    heads = [Head("Number"), Head("About"), Head("Where"), Head("Model"), Head("Compared with"),
             Head("Difference", "num"), Head("Interval", "num"), Head("Result", "wide")]  # fmt: skip
    caption = "Differences on the same rows"
    return Changed(
        grid(anchors.new("changes"), f"{caption}: headline numbers", heads, first) if first else None,
        grid(anchors.new("all-changes"), caption, heads, [row for _, row in rows]),
    )


def _number_key(measurement: Measurement) -> tuple[object, ...]:
    """What a number is, without its check."""
    return key("", measurement)[1:]


def _checks(comparison: Comparison) -> dict[tuple[object, ...], tuple[str, Mapping[str, Definition]]]:
    """{number: its check and what that defines}."""
    check_of: dict[tuple[object, ...], tuple[str, Mapping[str, Definition]]] = {}
    for audit in comparison.results:
        defined = {result.check: result.definitions for result in audit.results}
        for number_key in lookup(audit):
            check_of[number_key[1:]] = number_key[0], defined[number_key[0]]
    return check_of


def _row(change: Change, definitions: Mapping[str, Definition]) -> list[Cell]:
    measurement = change.measurement
    return [
        Cell(name_of(measurement.name, definitions)),
        Cell(whom(measurement)),
        Cell(pairs(measurement.conditions)),
        Cell(change.model),
        Cell(change.beside),
        Cell(numbers.value(measurement)),
        Cell(numbers.uncertainty(measurement)),
        Cell(_meaning(measurement)),
    ]


def _meaning(measurement: Measurement) -> str:
    """What a difference says: better, worse, or nothing that chance could not do."""
    if measurement.value is None:
        return measurement.reason or ""
    ends = measurement.interval
    if ends is None:
        return ""
    above = ends.low is not None and ends.low > 0
    below = ends.high is not None and ends.high < 0
    if not above and not below:
        return "may be chance"
    if measurement.direction == "none":
        return "higher" if above else "lower"
    return "better" if above == (measurement.direction == "higher") else "worse"
