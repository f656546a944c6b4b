"""What is told of an epsilon: its numbers, the accountants behind it, whether they agree, how it grew."""

import math
from collections.abc import Sequence

from auditkit.figures import curve
from auditkit.plugins.privacy.accounting.accountants import epsilon_curve
from auditkit.plugins.privacy.accounting.history import Neighbours, first_steps, history_of
from auditkit.plugins.privacy.accounting.spent import ABOVE_RDP, Spent
from auditkit.results import Axis, Column, Control, Figure, Measurement, Table
from auditkit.text import number_of

DIFFER = {
    "add_or_remove": "Neighbouring data sets differ by one row that is there or not.",
    "replace": "Neighbouring data sets differ by one row that is another.",
}
CONVERSION = (
    "Rényi moments are converted by Balle et al. 2020 (arXiv:1905.09982, theorem 21); loss distributions are rounded "
    "up, the larger of both directions."
)
DRAWN = 20
"""Points of the curve of epsilon."""
SEVERAL = "Epsilon is that of {trainings} trainings on the same rows together."


def measurements(spent: Spent, delta: float, rows: int) -> tuple[Measurement, ...]:
    """Epsilon, what it is at least, and delta; by the names of `DEFINITIONS`."""
    at = {"delta": delta}
    low = None if spent.prv is None else spent.prv.low
    return (
        Measurement(name="epsilon", value=spent.reported, exact=True, n=rows, direction="lower", conditions=dict(at)),
        Measurement(
            name="epsilon_lower", value=low, exact=low is not None, n=rows, conditions=dict(at),
            reason=None if low is not None else "The accountant that certifies it would need too much memory.",
        ),
        Measurement(name="delta", value=delta, exact=True, n=rows, direction="lower"),
    )  # fmt: skip


def agreement(spent: Spent) -> Control:
    """Whether independent accountants agree with the epsilon reported; where not, the largest is reported."""
    return Control.within(
        "accountants-agree", "Is epsilon not below what PRV certifies from below, and not above RDP?",
        None if spent.prv is None else spent.pld, at_least=0.0 if spent.prv is None else spent.prv.low,
        at_most=spent.rdp + ABOVE_RDP, guards=("epsilon", "epsilon_lower"), on_failure="inconclusive",
        reason="Accountants do not agree, or epsilon is too large to be recomputed: the largest is reported.",
    )  # fmt: skip


def table(
    spent: Spent,
    phases: Sequence[Sequence[float]],
    delta: float,
    neighbours: Neighbours = "add_or_remove",
    trainings: int = 1,
) -> Table:
    """Epsilon by each accountant."""
    prv = spent.prv
    rows = (
        ("RDP, opacus", "upper bound", spent.rdp),
        ("PRV, opacus", "lower end", None if prv is None else prv.low),
        ("PRV, opacus", "estimate", None if prv is None else prv.estimate),
        ("PRV, opacus", "upper end", None if prv is None else prv.high),
        ("PLD, dp-accounting", "upper bound", spent.pld),
    )
    parts = "; ".join(
        f"noise multiplier {noise:.6g}, sampling rate {rate:.6g}, {number_of(int(steps), 'step')}"
        for noise, rate, steps in list(phases)[:3]
    )
    more = f"; and {len(phases) - 3} more" if len(phases) > 3 else ""
    several = SEVERAL.format(trainings=trainings) if trainings > 1 else ""
    where = f"Accountant history: {parts}{more}. At delta {delta:.3g}."
    return Table(
        name="accountants", title="Epsilon by accountant",
        caption=" ".join(text for text in (where, DIFFER[neighbours], CONVERSION, several) if text),
        columns=(
            Column(name="accountant", title="Accountant"), Column(name="kind", title="Kind"),
            Column(name="epsilon", title="Epsilon"),
        ),
        rows=rows,
    )  # fmt: skip


def figure(
    phases: Sequence[Sequence[float]], delta: float, neighbours: Neighbours = "add_or_remove", trainings: int = 1
) -> Figure:
    """Epsilon over the steps, by the accountant that is reported; of several trainings, each stopped there."""
    history = history_of(phases, delta)
    steps = sum(phase.steps for phase in history)
    ends = sorted({math.ceil(steps * (number + 1) / DRAWN) for number in range(DRAWN)} - {0})
    stopped = [history_of(first_steps(history, end), delta, trainings) for end in ends]
    costs = epsilon_curve(stopped, delta, neighbours)
    return curve(
        "epsilon-by-step", "Privacy spent over the training",
        [{"steps": end, "epsilon": cost} for end, cost in zip(ends, costs, strict=True)],
        x=Axis(field="steps", title="steps"), y=Axis(field="epsilon", title="epsilon"),
        caption=f"At delta {delta:.3g}, by privacy loss distributions, rounded up.",
    )  # fmt: skip
