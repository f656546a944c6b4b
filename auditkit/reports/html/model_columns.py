"""The measurements of one check for several models: a column for each."""

import collections
from collections.abc import Mapping, Sequence

from auditkit.reports import numbers
from auditkit.reports.html.common_parts import CheckOutcome, definitions, folds
from auditkit.reports.html.measures import common_method, made, whom
from auditkit.reports.html.sentences import name_of
from auditkit.reports.html.tables import Anchors, Cell, Grid, Head, grid
from auditkit.results import Measurement, left_out_text, pairs, whose_text

Key = tuple[str, str, tuple[tuple[str, str], ...], tuple[str, ...], tuple[tuple[str, str], ...]]


def key(check: str, measurement: Measurement) -> Key:
    """What makes two measurements of two models the same number."""
    # as text, for 1 and 1.0 are one condition in the words of two results
    conditions = tuple(sorted((name, str(value)) for name, value in measurement.conditions.items()))
    return (
        check,
        measurement.name,
        tuple(sorted(measurement.slice.items())),
        tuple(sorted(measurement.across)),
        conditions,
    )


def number(
    measurement: Measurement | None, *, n: bool = True, method: str = "", reason: bool = True, with_groups: bool = True
) -> Cell:
    """A measurement in one cell: value, then interval, n, chance and visible effect; or why there is none.

    Args:
        measurement: the measurement; None where the model has none.
        n: whether its rows are told.
        method: how its interval was made, where that is not said elsewhere.
        reason: whether it is told why the number is not valid.
        with_groups: whether it is told which two groups make a disparity, and who is left out of it.
    """
    if measurement is None:
        return Cell(numbers.NONE, "not measured")
    if measurement.value is None:
        return Cell(numbers.NONE, measurement.reason or "")
    notes = [numbers.uncertainty(measurement) + (f" ({method})" if method else "")]
    if n and measurement.n is not None:
        notes.append(f"n\u00a0=\u00a0{measurement.n:,}")
    if measurement.test is not None:
        p, adjusted = measurement.test.p, measurement.test.p_adjusted
        notes.append(numbers.p_value(p) if adjusted is None else f"{numbers.p_value(adjusted)} adjusted")
    if measurement.detectable is not None:
        notes.append(f"detectable {numbers.with_unit(measurement.detectable, measurement.unit)}")
    if with_groups:
        notes += [whose_text(measurement), left_out_text(measurement.left_out)]
    if measurement.validity != "valid" and reason:
        notes.append(measurement.reason or "")
    status = "" if measurement.validity == "valid" else measurement.validity
    return Cell(numbers.value(measurement), ", ".join(note for note in notes if note), status=status)


def beside_grids(
    outcomes: Sequence[CheckOutcome], anchors: Anchors, terms: Mapping[tuple[str, str], str]
) -> list[tuple[str, Grid]]:
    """All measurements of a check, a column for each model, with titles; further models stand in further tables.

    Args:
        outcomes: of each model.
        anchors: the page's.
        terms: {(check, measurement): anchor in the glossary}.
    """
    check = outcomes[0].result.check
    tables = [{key(check, measurement): measurement for measurement in outcome.result.every} for outcome in outcomes]
    usual = common_method(measurement for outcome in outcomes for measurement in outcome.result.every)
    caption = _caption(check, outcomes, usual)
    grids = []
    # more columns than fit beside each other would have to be scrolled, and read without the first column
    for indices in folds(len(outcomes)):
        part = f", models {indices[0] + 1} to {indices[-1] + 1}" if len(outcomes) > len(indices) else ""
        rows = _rows(outcomes, tables, indices, usual, anchors, terms)
        heads = [Head("Measurement"), Head("About"), Head("Where"), Head("n", "num")]
        heads += [Head(outcomes[index].model, "num") for index in indices]
        grids.append((f"All measurements{part}", grid(anchors.new("table", check), caption + part, heads, rows)))
    return grids


def _rows(
    outcomes: Sequence[CheckOutcome], tables: Sequence[Mapping[Key, Measurement]], indices: range, usual: str,
    anchors: Anchors, terms: Mapping[tuple[str, str], str],
) -> list[list[Cell]]:  # fmt: skip
    """A row for each number that any model has."""
    check, known = outcomes[0].result.check, definitions(outcomes)
    rows = []
    for row, number_key in enumerate(dict.fromkeys(first for table in tables for first in table)):
        first = next(table[number_key] for table in tables if number_key in table)
        counts = {table[number_key].n for table in tables if number_key in table}
        # models on the same rows share n; it stands once, in a column of its own
        shared = next(iter(counts)) if len(counts) == 1 else None
        with_value = [
            table[number_key] for table in tables if number_key in table and table[number_key].value is not None
        ]
        method = _shared([made(cell_measurement) for cell_measurement in with_value])
        reason = _shared([cell_measurement.reason or "" for cell_measurement in with_value])
        sentence = "; ".join(part for part in ("" if method == usual else method, reason) if part)
        anchor = anchors.of_group(first.slice, check, row)
        cells = [
            Cell(name_of(first.name, known), sentence, link=terms.get((check, first.name), ""), anchor=anchor),
            Cell(whom(first)),
            Cell(pairs(first.conditions)),
            Cell("" if shared is None else numbers.count(shared)),
        ]
        for index in indices:
            cell_measurement = tables[index].get(number_key)
            own_method = (
                "" if cell_measurement is None or made(cell_measurement) in (usual, method) else made(cell_measurement)
            )
            cells.append(number(cell_measurement, n=len(counts) > 1, method=own_method, reason=not reason))
        rows.append(cells)
    return rows


def _caption(check: str, outcomes: Sequence[CheckOutcome], common: str) -> str:
    tests = collections.Counter(
        measurement.test.method + (f", adjusted within {measurement.test.family}" if measurement.test.family else "")
        for outcome in outcomes
        for measurement in outcome.result.measurements
        if measurement.test is not None
    )
    sentence = f"All measurements of {check}"
    sentence += f"; intervals: {common}, unless stated otherwise" if common else ""
    return sentence + (f"; p: {'; '.join(tests)}" if tests else "")


def _shared(texts: Sequence[str]) -> str:
    """What all of several texts say; empty where they differ."""
    return texts[0] if len(texts) > 1 and len(set(texts)) == 1 else ""
