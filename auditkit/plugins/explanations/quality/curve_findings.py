"""Deletion and insertion curves as measurements and figures, beside those of random orders."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from auditkit.checks import Findings
from auditkit.figures import curve
from auditkit.plugins.explanations.quality.curves import Answer, Curves, Gains, curves, gains, places, random_places
from auditkit.plugins.explanations.quality.deletion import Ask
from auditkit.plugins.explanations.quality.fill_in import Donors, conditional, filled, marginal
from auditkit.plugins.explanations.quality.group_quality import quality_gap
from auditkit.plugins.explanations.shared.attributions import Estimate
from auditkit.results import Axis, Control, Definition, Figure, Interval, Measurement

ROWS = 50
"""Rows of a table whose curves are asked for."""
POOL = 500
"""Real rows among which those that agree with what is kept are looked for."""
DONORS = {"marginal": 2, "conditional": 1}
"""Rows that fill in at each point."""
RISE = "RISE: Petsiuk, Das, Saenko 2018, arXiv:1806.07421"

_AREA = "mean over rows of the area between the curve of a random order and that of the attributions"
_PITFALLS = (
    "An order is judged, not the sizes of the attributions. Marginal fill-in asks about rows that do not occur; under "
    "conditional fill-in a column that others tell moves little when it is deleted, however much the model uses it."
)
DEFINITIONS = {
    "deletion_gain": Definition(
        title="Deletion curve, below a random order",
        formula=f"{_AREA} while features leave the row, the largest attribution first, / range of the outputs of full "
        "and of empty rows",
        range="any number; 0: no better than a random order",
        direction="higher",
        unit="share",
        reference=RISE,
        pitfalls=_PITFALLS,
    ),
    "insertion_gain": Definition(
        title="Insertion curve, above a random order",
        formula=f"{_AREA} while features enter an empty row, the largest attribution first, / range of the outputs of "
        "full and of empty rows; a higher curve counts as more",
        range="any number; 0: no better than a random order",
        direction="higher",
        unit="share",
        reference=RISE,
        pitfalls=_PITFALLS,
    ),
}


class Tried(NamedTuple):
    """Curves by attribution and by chance, and what lies between them."""

    by_attribution: Curves
    by_chance: Curves
    gained: Gains | None


def try_order(answer: Answer, values: np.ndarray, rng: np.random.Generator) -> Tried:
    """The curves of (n, P) attributions, and those of random orders of the same parts.

    A row whose attributions are all equal has no order, and gains 0, not what chance gives it.
    """
    ordered = curves(answer, places(values, rng))
    chance = curves(answer, random_places(values, rng))
    gained = gains(ordered, chance)
    if gained is not None:
        lacking = np.isnan(values)
        high, low = (np.where(lacking, end, values) for end in (-np.inf, np.inf))
        largest = np.where(lacking, 0.0, np.abs(values)).max(axis=1)
        is_blank = high.max(axis=1) - low.min(axis=1) <= 1e-9 * largest
        gained = Gains(*(np.where(is_blank, 0.0, areas) for areas in gained))
    return Tried(ordered, chance, gained)


def calls(rows: int, features: int) -> int:
    """How many rows of a model `of_table` asks about at most."""
    points = 1 + min(8, features)
    return min(rows, ROWS) * 4 * points * sum(DONORS.values())


def fill_ins(
    x: np.ndarray, background: np.ndarray, real_rows: np.ndarray, is_category: np.ndarray, rng: np.random.Generator
) -> dict[str, Donors]:
    """{way: rows that fill in where features leave}.

    Args:
        x: (n, D) explained rows, as codes.
        background: (B, D) rows for the marginal fill-in.
        real_rows: (R, D) for the conditional one.
        is_category: (D,) bool.
        rng: draws them.
    """
    return {
        "marginal": marginal(len(x), background, DONORS["marginal"], rng),
        "conditional": conditional(x, real_rows, is_category, DONORS["conditional"], rng),
    }


def of_table(
    ask: Ask,
    x: np.ndarray,
    ways: Mapping[str, Donors],
    values: np.ndarray,
    groups: Mapping[str, Sequence[np.ndarray]],
    unit: str,
    rng: np.random.Generator,
) -> Findings:
    """The curves of attributions of a table, once with any row and once with the nearest real rows to fill in.

    Args:
        ask: the model, in the unit of the attributions.
        x: (n, D) explained rows, as codes; `ROWS` are enough.
        ways: of filling in, from `fill_ins`.
        values: (n, D) the attributions.
        groups: {attribute: masks of the rows that are tried}, of groups that may be measured.
        unit: of the attributions.
        rng: draws orders.
    """
    tried = {way: try_order(filled(ask, x, donors), values, rng) for way, donors in ways.items()}
    gained = tried["marginal"].gained
    apart = [] if gained is None else [quality_gap(name, gained.deletion, masks) for name, masks in groups.items()]
    return Findings(
        [
            *(one for way, trial in tried.items() for one in measurements(trial.gained, {"fill_in": way})),
            *apart,
        ],
        figures=figures(tried, "features", unit),
    )


def measurements(gained: Gains | None, conditions: Mapping[str, str]) -> list[Measurement]:
    """`deletion_gain` and `insertion_gain`; null where nothing ever moved the output."""
    names = ("deletion_gain", "insertion_gain")
    if gained is None:
        fixed: dict[str, Any] = {"value": None, "reason": "the output is the same with and without the features"}
        return [Measurement(name=name, unit="share", conditions=dict(conditions), **fixed) for name in names]
    return [
        Measurement(
            name=name, value=estimate.value, interval=_interval(estimate), n=len(gained.deletion), unit="share",
            direction="higher", conditions=dict(conditions),
        )
        for name, estimate in zip(names, gained.means, strict=True)
    ]  # fmt: skip


def judged(measured: Measurement, values: np.ndarray, guards: tuple[str, ...], instead: str) -> Findings:
    """`curve_control`, or a note where no row of attributions (n, P; NaN: no such part) has two parts to order."""
    if (~np.isnan(values)).sum(axis=1).max() < 2:
        return Findings(notes=["A single part has no order, so the deletion curve is not judged."])
    return Findings(controls=[curve_control(measured, guards, instead)])


def curve_control(measured: Measurement, guards: tuple[str, ...], instead: str) -> Control:
    """Whether the deletion curve lies below that of random orders, beyond chance over the rows.

    Args:
        measured: `deletion_gain`; null where nothing ever moved the output, so no order is better than another.
        guards: names of measurements.
        instead: what to believe where it does not, in a sentence.
    """
    return Control.within(
        "deletion curve",
        "Does the output fall faster when parts leave in the order of their attributions than in a random order "
        "(lower end of the interval of the area between them)?",
        None if measured.interval is None else measured.interval.low,
        at_least=1e-9,
        guards=guards,
        on_failure="inconclusive",
        reason="An order that is no better than chance shows nothing of the model; attributions that are all equal "
        f"have no order. {instead}",
    )


def figures(tried: Mapping[str, Tried], parts: str, unit: str) -> list[Figure]:
    """A deletion and an insertion figure: mean outputs over the share of parts that have gone or come.

    Args:
        tried: {way to fill in: curves}; the empty name where there is one way only.
        parts: what leaves, in words.
        unit: of the output.
    """
    return [
        curve(
            f"{name}_curve",
            f"{name.capitalize()} curve",
            [
                {"share": float(share), "output": float(output), "order": f"{order}{', ' if way else ''}{way}"}
                for way, trial in tried.items()
                for order, drawn in (("by attribution", trial.by_attribution), ("random", trial.by_chance))
                for share, output in zip(drawn.shares, getattr(drawn, name).mean(axis=0), strict=True)
            ],
            x=Axis(field="share", title=f"Share of the {parts} {verb}", percent=True),
            y=Axis(field="output", title="Mean output", unit=unit),
            series=Axis(field="order", title="Order"),
            caption=f"{caption} than that of a random order.",
        )
        for name, verb, caption in (
            (
                "deletion",
                "taken out",
                "What raises the output most leaves first: this curve should fall faster",
            ),
            (
                "insertion",
                "put in",
                "What raises the output most comes first: this curve should rise faster",
            ),
        )
    ]


def _interval(estimate: Estimate) -> Interval | None:
    if estimate.low is None:
        return None
    return Interval(low=estimate.low, high=estimate.high, method="Student t over rows")
