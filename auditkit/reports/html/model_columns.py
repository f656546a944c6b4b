"""The measurements of one check for several models: a column for each."""

from __future__ import annotations

import collections
from collections.abc import Mapping, Sequence

from auditkit.reports import numbers
from auditkit.reports.html.common_parts import Found, definitions, folds
from auditkit.reports.html.measures import common_method, made, whom
from auditkit.reports.html.sentences import name_of
from auditkit.reports.html.tables import Anchors, Cell, Grid, Head, grid
from auditkit.results import Measurement, pairs
from auditkit.results.disparity_text import left_out_text, whose_text

Key = tuple[str, str, tuple[tuple[str, str], ...], tuple[str, ...], tuple[tuple[str, str], ...]]


def key(check: str, each: Measurement) -> Key:
    """What makes two measurements of two models the same number."""
    conditions = tuple(sorted((name, str(value)) for name, value in each.conditions.items()))
    return check, each.name, tuple(sorted(each.slice.items())), tuple(sorted(each.across)), conditions


def number(
    each: Measurement | None, *, n: bool = True, method: str = "", reason: bool = True, whose: bool = True
) -> Cell:
    """A measurement in one cell: value, then interval, n, chance and visible effect; or why there is none.

    Args:
        each: the measurement; None where the model has none.
        n: whether its rows are told.
        method: how its interval was made, where that is not said elsewhere.
        reason: whether it is told why the number is not valid.
        whose: whether it is told which two groups make a disparity, and who is left out of it.
    """
    if each is None:
        return Cell(numbers.NONE, "not measured")
    if each.value is None:
        return Cell(numbers.NONE, each.reason or "")
    notes = [numbers.uncertainty(each) + (f" ({method})" if method else "")]
    if n and each.n is not None:
        notes.append(f"n\u00a0=\u00a0{each.n:,}")
    if each.test is not None:
        p, adjusted = each.test.p, each.test.p_adjusted
        notes.append(numbers.p_value(p) if adjusted is None else f"{numbers.p_value(adjusted)} adjusted")
    if each.detectable is not None:
        notes.append(f"would show {numbers.with_unit(each.detectable, each.unit)}")
    if whose:
        notes += [whose_text(each), left_out_text(each.left_out)]
    if each.validity != "valid" and reason:
        notes.append(each.reason or "")
    status = "" if each.validity == "valid" else each.validity
    return Cell(numbers.value(each), ", ".join(note for note in notes if note), status=status)


def beside_grids(
    found: Sequence[Found], anchors: Anchors, terms: Mapping[tuple[str, str], str]
) -> list[tuple[str, Grid]]:
    """All measurements of a check, a column for each model, with titles; further models stand in further tables.

    Args:
        found: of each model.
        anchors: the page's.
        terms: {(check, measurement): anchor in the glossary}.
    """
    check = found[0].result.check
    tables = [{key(check, measurement): measurement for measurement in one.result.every} for one in found]
    usual = common_method(measurement for one in found for measurement in one.result.every)
    caption = _caption(check, found, usual)
    grids = []
    for places in folds(len(found)):
        some = f", models {places[0] + 1} to {places[-1] + 1}" if len(found) > len(places) else ""
        rows = _rows(found, tables, places, usual, anchors, terms)
        heads = [Head("Measurement"), Head("Of whom"), Head("Where"), Head("n", "num")]
        heads += [Head(found[place].model, "num") for place in places]
        grids.append((f"All measurements{some}", grid(anchors.new("table", check), caption + some, heads, rows)))
    return grids


def _rows(
    found: Sequence[Found], tables: Sequence[Mapping[Key, Measurement]], places: range, usual: str,
    anchors: Anchors, terms: Mapping[tuple[str, str], str],
) -> list[list[Cell]]:  # fmt: skip
    """A row for each number that any model has."""
    check, known = found[0].result.check, definitions(found)
    rows = []
    for row, at in enumerate(dict.fromkeys(each for table in tables for each in table)):
        each = next(table[at] for table in tables if at in table)
        counts = {table[at].n for table in tables if at in table}
        shared = next(iter(counts)) if len(counts) == 1 else None
        title = name_of(each.name, known)
        have = [table[at] for table in tables if at in table and table[at].value is not None]
        method = _shared([made(mine) for mine in have])
        reason = _shared([mine.reason or "" for mine in have])
        sentence = "; ".join(part for part in ("" if method == usual else method, reason) if part)
        anchor = anchors.of_group(each.slice, check, row)
        cells = [
            Cell(title, sentence, link=terms.get((check, each.name), ""), anchor=anchor),
            Cell(whom(each)),
            Cell(pairs(each.conditions)),
            Cell("" if shared is None else numbers.count(shared)),
        ]
        for place in places:
            mine = tables[place].get(at)
            own = "" if mine is None or made(mine) in (usual, method) else made(mine)
            cells.append(number(mine, n=len(counts) > 1, method=own, reason=not reason))
        rows.append(cells)
    return rows


def _caption(check: str, found: Sequence[Found], common: str) -> str:
    tests = collections.Counter(
        measurement.test.method + (f", adjusted within {measurement.test.family}" if measurement.test.family else "")
        for one in found
        for measurement in one.result.measurements
        if measurement.test is not None
    )
    sentence = f"All measurements of {check}"
    sentence += f"; intervals: {common}, where nothing else is said" if common else ""
    return sentence + (f"; p: {'; '.join(tests)}" if tests else "")


def _shared(texts: Sequence[str]) -> str:
    """What all of several texts say; empty where they differ."""
    return texts[0] if len(texts) > 1 and len(set(texts)) == 1 else ""
