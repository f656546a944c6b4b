"""From the attack to findings: what `privacy.membership` says of everyone, of each group, and of odd training rows."""

import time
from typing import Any

import numpy as np

from auditkit import stats
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.models import Model
from auditkit.plugins.privacy.membership import comparison as comparisons, self_tests
from auditkit.plugins.privacy.membership.attack import CalledMembers, Scored, above_mean, area, called, lowest_rate
from auditkit.plugins.privacy.membership.comparison import Comparison, score_sides
from auditkit.plugins.privacy.membership.copies import copier
from auditkit.plugins.privacy.membership.definitions import ATTACKS, REACHED
from auditkit.plugins.privacy.membership.figures import attack_table, exposed_table, roc_curve
from auditkit.plugins.privacy.membership.members import Sides, gather
from auditkit.plugins.privacy.membership.memorisation import find_memorised
from auditkit.plugins.privacy.membership.parameters import FEWEST, ONLINE, Parameters
from auditkit.plugins.privacy.membership.pool import NoCopy
from auditkit.results import Interval, Measurement
from auditkit.smaller import slices_and_smaller, smaller_called
from auditkit.text import number_of
from auditkit.too_few import fewer_than

LEAST = 20
"""Rows that each side needs before anything is said."""
EXPOSED = 20
"""Training rows that are named, where rows may be shown."""
FEW_COPIES = 2.78
"""Student's law with four degrees of freedom: by how many spreads an interval of 95 % is wider."""
LONE = (
    "Attack: loss, the simplest there is. A stronger one holds the model against copies of it that were fitted to "
    "other rows, and there are none: {why}."
)
DECISIONS = "The model gives decisions alone, so an attack sees of a row only whether it is decided rightly."
HELD = (
    "Attack: {attack}, with {copies} of the model that were fitted to half of the training rows each{weight}. A "
    'stronger one needs more of them: reference_models = 16 or more, and attack = "lira online" from 64 on.'
)


def find(parameters: Parameters, model: Model, data: AuditData, context: Context) -> Findings:
    """Attack, try the attack, look at the odd rows."""
    steps = parameters.reference_models + 3
    context.progress(0, steps, "asking about members")
    sides = gather(model, data, context.predictions, parameters.rows, context.rng)
    note = f"Rows left out, as they occur more than once in training split and audit data: {sides.twice}."
    notes = [note] if sides.twice else []
    if min(len(sides.members.rows), len(sides.others.rows)) < LEAST:
        reason = fewer_than(LEAST, "members or non-members are left after duplicates were taken out")
        undefined = [
            Measurement(name=name, value=None, reason=reason, direction="lower") for name in (*ATTACKS, "memorisation")
        ]
        return Findings(undefined, notes=notes)
    comparison, why = _comparison(parameters, model, data, sides, context)
    context.progress(steps - 2, steps, "trying the attack without the model")
    trials = self_tests.tried(sides, comparison, context.seed, context.rng)
    weight = 1.0 if comparison is None else comparisons.best_weight(comparison, sides, trials.alike)
    attacks = _attacks(parameters, sides, comparison, weight)
    scored = attacks[0]
    # a score from which no copy's was taken off is moved by whatever members and non-members differ in
    corrected = None if scored.attack in ("loss", ONLINE) else comparison
    spread = 0.0 if corrected is None or trials.alike else comparisons.model_spread(corrected, sides)
    if spread is None and trials.apart:
        corrected = None  # of fewer than four copies nobody can say how far they are from each other
    rate = lowest_rate(min(int(scored.other_half.sum()), int((~scored.other_half).sum())))
    who = called(scored, rate)
    headline = [_wider(measurement, spread or 0.0) for measurement in _headline(scored, who, rate)]
    claims = any(_beats_chance(measurement) for measurement in headline)
    controls = self_tests.controls(sides, corrected, trials, claims, context.seed)
    groups = [_wider(measurement, spread or 0.0) for measurement in _per_group(sides, scored, who, rate, data)]
    context.progress(steps - 1, steps, "looking for odd training rows")
    odd = find_memorised(model, data, sides, comparison, parameters.neighbours, context)
    return Findings(
        measurements=[*headline, *groups, *odd.measurements],
        controls=[*controls, *odd.controls],
        figures=[roc_curve(scored, rate)],
        tables=[attack_table(attacks, rate), *(_exposed(sides, scored, who) if context.include_rows else [])],
        notes=[
            *notes,
            _attack_note(scored.attack, why, parameters, weight),
            *([] if sides.graded else [DECISIONS]),
            *odd.notes,
        ],
        higher_level="" if comparison is not None else None,
    )


def _comparison(
    parameters: Parameters, model: Model, data: AuditData, sides: Sides, context: Context
) -> tuple[Comparison | None, str]:
    """Both sides held against copies of the model; or None, and why."""
    if not parameters.reference_models:
        return None, "reference_models = 0"

    began = time.monotonic()

    def progress(done: int, of: int) -> None:
        pace = f", about {(time.monotonic() - began) / done:.0f} s each" if done else ""
        context.progress(1 + done, of + 3, f"fitting copy {done + 1} of {of}{pace}")

    train = present(data.train, "the check needs it")
    try:
        copy = copier(model, parameters)
        tools = context.rng, progress
        return comparisons.compare(parameters, sides, train, context.predictions.classes, copy, tools), ""
    except NoCopy as reason:
        return None, str(reason)


def _attacks(parameters: Parameters, sides: Sides, comparison: Comparison | None, weight: float) -> list[Scored]:
    """The attack that is measured, then those that it can be compared with."""
    copies = 0 if comparison is None else len(comparison.chances)
    chosen = parameters.attack if copies else "loss"
    chosen = "rmia" if chosen == "auto" else chosen
    able = [name for name, needed in FEWEST.items() if copies >= needed and name != ONLINE]
    return [
        score_sides(name, sides, comparison, weight) for name in dict.fromkeys([chosen, *able])
    ]  # fmt: skip


def _attack_note(attack: str, why: str, parameters: Parameters, weight: float) -> str:
    if why:
        return LONE.format(why=why)
    if attack == "loss":
        return LONE.format(why='attack = "loss" asks for none')
    said_weight = f" (a = {weight:g})" if attack == "rmia" else ""
    return HELD.format(
        attack=attack, copies=number_of(parameters.reference_models, "copy", "copies"), weight=said_weight
    )


def _headline(scored: Scored, who: CalledMembers, rate: float) -> list[Measurement]:
    """The attack on everybody."""
    by_mean = above_mean(scored)
    sizes = len(scored.members), len(scored.others)
    counts = int(by_mean.members.sum()), sizes[0], int(by_mean.others.sum()), sizes[1]
    # an area alone is no headline: it hides the few who are exposed
    return [
        _found(scored, who.members, rate, {}),
        Measurement(
            name=REACHED, value=float(who.others.mean()), unit="share", direction="lower", n=sizes[1],
            interval=stats.clopper_pearson(int(who.others.sum()), sizes[1]),
            conditions={"attack": scored.attack, "false_positive_rate": rate},
        ),
        _auc(scored, slice(None), slice(None), {}),
        Measurement(
            name="advantage", value=counts[0] / sizes[0] - counts[2] / sizes[1], unit="share",
            interval=stats.difference_interval(*counts), n=sum(sizes), direction="lower",
            conditions={"attack": scored.attack},
        ),
    ]  # fmt: skip


def _wider(measurement: Measurement, spread: float) -> Measurement:
    """An area or an advantage whose interval knows that two models of a kind differ."""
    # an advantage moves twice as far as an area; of few copies a spread is known as a Student's with four rows
    factor = {"auc": 1.0, "advantage": 2.0}.get(measurement.name)
    value, interval = measurement.value, measurement.interval
    if not spread or factor is None or value is None or interval is None or None in (interval.low, interval.high):
        return measurement
    extra, bottom = FEW_COPIES * spread * factor, 1.0 - factor
    low = float(max(bottom, value - np.hypot(value - interval.low, extra)))  # type: ignore[operator] # see above
    high = float(min(1.0, value + np.hypot(interval.high - value, extra)))  # type: ignore[operator]
    method = f"{interval.method}, and the spread of the attack on copies"
    return measurement.model_copy(update={"interval": Interval(low=low, high=high, method=method)})


def _beats_chance(measurement: Measurement) -> bool:
    """Whether an area or an advantage is above what an attack on nothing has."""
    chance = {"auc": 0.5, "advantage": 0.0}.get(measurement.name)
    low = measurement.interval.low if measurement.interval else None
    return chance is not None and low is not None and low > chance


def _found(scored: Scored, is_called: np.ndarray, rate: float, where: dict[str, str]) -> Measurement:
    conditions: dict[str, Any] = {"attack": scored.attack, "false_positive_rate": rate}
    return Measurement(
        name="true_positive_rate", value=float(is_called.mean()), unit="share", direction="lower", n=len(is_called),
        interval=stats.clopper_pearson(int(is_called.sum()), len(is_called)), conditions=conditions, slice=where,
    )  # fmt: skip


def _auc(scored: Scored, members: Any, others: Any, where: dict[str, str]) -> Measurement:
    pair = scored.members[members], scored.others[others]
    measured = area(*pair)
    return Measurement(
        name="auc", value=measured.value, interval=measured.interval, n=len(pair[0]) + len(pair[1]),
        direction="lower", slice=where, conditions={"attack": scored.attack},
    )  # fmt: skip


def _per_group(
    sides: Sides, scored: Scored, who: CalledMembers, rate: float, data: AuditData
) -> list[Measurement]:  # fmt: skip
    """The attack on each group that may be shown."""
    measurements = []
    for cell in slices_and_smaller(data):
        small = smaller_called(cell.where, data)
        ((attribute, value),) = cell.where.items()
        values = [value] if small is None else [group[attribute] for group in small.groups]
        members, others = sides.members.inside(attribute, values), sides.others.inside(attribute, values)
        reason = cell.hidden
        if reason is None and (members is None or others is None):
            reason = "the training split does not say who is in this group"
        elif reason is None and min(members.sum(), others.sum()) < max(LEAST, data.minimum_rate):  # type: ignore[union-attr]
            reason = fewer_than(max(LEAST, data.minimum_rate), "members or non-members in this group")
        if reason is not None:
            conditions: dict[str, Any] = {"attack": scored.attack}
            common: dict[str, Any] = {"value": None, "reason": reason, "direction": "lower", "slice": cell.where}
            measurements += [
                Measurement(name="auc", conditions=conditions, **common),
                Measurement(
                    name="true_positive_rate", unit="share",
                    conditions={**conditions, "false_positive_rate": rate}, **common,
                ),
            ]  # fmt: skip
        else:
            measurements += [
                _auc(scored, members, others, cell.where), _found(scored, who.members[members], rate, cell.where),
            ]  # fmt: skip
    return measurements


def _exposed(sides: Sides, scored: Scored, who: CalledMembers) -> list[Any]:
    """The table of the members whom the attack finds most easily; none where it finds nobody."""
    order = np.argsort(-scored.members, kind="stable")[:EXPOSED]
    rows = [(int(sides.members.rows[place]), float(scored.members[place])) for place in order if who.members[place]]
    return [exposed_table(rows)] if rows else []
