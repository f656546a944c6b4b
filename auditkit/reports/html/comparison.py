"""Several models side by side: the verdict of all, their limits and their headline numbers in one table each.

How much their numbers differ on the same rows follows, with the uncertainty of the difference.
"""

from collections.abc import Mapping, Sequence

from auditkit.reports import numbers
from auditkit.reports.html.figures import drawn
from auditkit.reports.html.headlines import lookup, name_and_title
from auditkit.reports.html.limits import REASONS, Reason, demand, waived
from auditkit.reports.html.measures import Key, key, number, whom
from auditkit.reports.html.sentences import WORST, decisive, headline, measured, name_of
from auditkit.reports.html.tables import Anchors, Cell, Content, Grid, Head, grid
from auditkit.results import Axis, Change, Comparison, Definition, Figure, Measurement, Scalar, pairs
from auditkit.text import number_of

PICTURED = 8
"""How many numbers the picture of all models holds."""


def side(comparison: Comparison, reasons: Sequence[Sequence[Reason]], anchors: Anchors) -> Content:
    """The head of a comparison: what several models are held against each other by.

    Args:
        comparison: the audits.
        reasons: of each audit, worst first.
        anchors: the page's.
    """
    # the head of the page shows the verdict that the exit code follows
    worst = next(result for result in comparison.results if result.exit_code == comparison.exit_code)
    keys, tables = _keys(comparison), [lookup(audit) for audit in comparison.results]
    return {
        "verdict": worst.verdict,
        "sentence": _sentence(comparison),
        "reasons": _first(comparison, reasons),
        "limits": _limits(comparison, anchors),
        "headlines": _headlines(comparison, keys, tables, anchors),
        "figure": _drawn(comparison, keys, tables, anchors),
        "changed": changed(comparison, keys, anchors),
    }


def _sentence(comparison: Comparison) -> str:
    """How many of the models have which verdict."""
    ways = {
        "met": ("meets every limit", "meet every limit"), "missed": ("misses a limit", "miss a limit"),
        "inconclusive": ("is inconclusive", "are inconclusive"),
        "not tested": ("was not fully tested", "were not fully tested"),
        "error": ("ended in an error", "ended in an error"),
    }  # fmt: skip
    verdicts = [result.verdict for result in comparison.results]
    parts = [number_of(verdicts.count(word), *words) for word, words in ways.items() if word in verdicts]
    return f"Of {len(verdicts)} models, {', '.join(parts)}."


def _first(comparison: Comparison, reasons: Sequence[Sequence[Reason]]) -> list[Reason]:
    """The first reason of each model, worst model first, then the second of each, until there are enough."""
    order = {1: 0, 3: 1, 5: 2, 0: 3}
    pairs = sorted(zip(comparison.results, reasons, strict=True), key=lambda pair: order.get(pair[0].exit_code, 0))
    # where every model meets every limit, its reasons are shown all the same
    standing = [pair for pair in pairs if pair[0].exit_code != 0] or pairs
    chosen: list[Reason] = []
    for depth in range(REASONS):
        for audit, own_reasons in standing:
            if depth < len(own_reasons):
                name = f"{audit.model.name} · {own_reasons[depth].name}".rstrip(" ·")
                chosen.append(own_reasons[depth]._replace(name=name))
    return chosen[:REASONS]


def _limits(comparison: Comparison, anchors: Anchors) -> Grid | None:
    verdicts = [any_verdict for audit in comparison.results for any_verdict in audit.verdicts]
    # a limit that any model misses comes first, though others meet it
    verdicts.sort(key=lambda any_verdict: (any_verdict.waived, WORST.index(any_verdict.status)))
    names = list(dict.fromkeys(any_verdict.limit.name for any_verdict in verdicts))
    if not names:
        return None
    rows = []
    for name in names:
        first = next(any_verdict for any_verdict in verdicts if any_verdict.limit.name == name)
        cells = [
            Cell(name, first.limit.because and f"because: {first.limit.because}"),
            Cell(*demand(first, comparison.results)),
        ]
        for audit in comparison.results:
            verdict = next((any_verdict for any_verdict in audit.verdicts if any_verdict.limit.name == name), None)
            # limits of a trainer's account are about the models that it made alone
            if verdict is None:
                cells.append(Cell("", "this limit was not set"))
                continue
            judged = decisive(verdict)
            sentence = measured(judged) if judged else verdict.reason
            sentence += f" {waived(verdict.waiver, verdict.waived)}" if verdict.waiver else ""
            cells.append(Cell("", sentence, status="waived" if verdict.waived else verdict.status))
        rows.append(cells)
    heads = [Head("Limit"), Head("Rule", "wide"), *(Head(result.model.name, "wide") for result in comparison.results)]
    return grid(anchors.new("all-limits"), "Limits, by model", heads, rows)


def _keys(comparison: Comparison) -> list[Key]:
    """The numbers that are compared: everything judged, then each check's headline, in the order of the checks."""
    chosen: dict[Key, None] = {}
    for audit in comparison.results:
        for verdict in audit.verdicts:
            chosen.update({key(judgement.check, judgement.measurement): None for judgement in verdict.judged})
        for result in audit.results:
            first = headline(result, audit.verdicts)
            if first is not None:
                chosen[key(result.check, first)] = None
    order = list(dict.fromkeys(result.check for audit in comparison.results for result in audit.results))
    return sorted(chosen, key=lambda number_key: order.index(number_key[0]) if number_key[0] in order else len(order))


def _headlines(
    comparison: Comparison, keys: Sequence[Key], tables: Sequence[Mapping[Key, Measurement]], anchors: Anchors
) -> Grid:
    rows = [
        [Cell(*name_and_title(comparison.results, number_key)), *(number(table.get(number_key)) for table in tables)]
        for number_key in keys
    ]
    heads = [Head("Number"), *(Head(result.model.name, "num") for result in comparison.results)]
    return grid(anchors.new("all-numbers"), "Headline numbers, by model", heads, rows)


def _drawn(
    comparison: Comparison, keys: Sequence[Key], tables: Sequence[Mapping[Key, Measurement]], anchors: Anchors
) -> Content | None:
    """One picture of the shares among the headline numbers, a mark for each model."""
    # one axis for all, so numbers in other units cannot be on it
    shares = [number_key for number_key in keys if _is_share(number_key, tables)][:PICTURED]
    measured_shares = (
        (name_and_title(comparison.results, number_key)[0], audit.model.name, table[number_key])
        for number_key in shares
        for audit, table in zip(comparison.results, tables, strict=True)
        if number_key in table
    )
    rows: list[dict[str, Scalar]] = [
        {"number": name, "model": model, "value": measurement.value, "low": measurement.holding_ends[0],
         "high": measurement.holding_ends[1], "n": measurement.n}
        for name, model, measurement in measured_shares
        if measurement.value is not None and measurement.validity != "invalid"
    ]  # fmt: skip
    if not rows:
        return None
    sentence = "; ".join(
        f"{row['number']}, {row['model']}: {numbers.plain(float(row['value'] or 0), percent=True)}" for row in rows[:12]
    )
    figure = Figure(
        name="models", title="Headline shares, by model", alt=f"Headline shares, by model: {sentence}.",
        caption="Each interval is of one model alone: two that overlap do not show that the models are alike.",
        mark="dot-whisker", data=tuple(rows), x=Axis(field="value", title="share", percent=True),
        y=Axis(field="number", title="number"), series=Axis(field="model", title="model"), low="low", high="high",
    )  # fmt: skip
    return drawn(figure, anchors)


def _is_share(number_key: Key, tables: Sequence[Mapping[Key, Measurement]]) -> bool:
    measurements = [table[number_key] for table in tables if number_key in table]
    return bool(measurements) and all(measurement.unit == numbers.SHARE for measurement in measurements)


def changed(comparison: Comparison, keys: Sequence[Key], anchors: Anchors) -> Content | None:
    """The paired differences between models, of the headline numbers and all of them; None where there are none.

    Args:
        comparison: the audits.
        keys: the headline numbers.
        anchors: the page's.
    """
    if not comparison.changes:
        return None
    # {number: what its check defines}
    defined = {
        _number_key(measurement): result.definitions
        for audit in comparison.results
        for result in audit.results
        for measurement in result.measurements
    }
    rows = [(change, _row(change, defined.get(_number_key(change.measurement), {}))) for change in comparison.changes]
    # a paired change belongs to no check, so it is found by the rest of the key
    headline_numbers = {number_key[1:] for number_key in keys}
    first = [row for change, row in rows if _number_key(change.measurement) in headline_numbers]
    heads = [Head("Number"), Head("About"), Head("Where"), Head("Model"), Head("Compared with"),
             Head("Difference", "num"), Head("Interval", "num"), Head("Result", "wide")]  # fmt: skip
    caption = "Differences on the same rows"
    return {
        "headlines": grid(anchors.new("changes"), f"{caption}: headline numbers", heads, first) if first else None,
        "every": grid(anchors.new("all-changes"), caption, heads, [row for _, row in rows]),
    }


def _number_key(measurement: Measurement) -> tuple[object, ...]:
    """What a number is, without its check."""
    return key("", measurement)[1:]


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
