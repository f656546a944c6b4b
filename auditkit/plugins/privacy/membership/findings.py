"""From the attack to findings: what `privacy.membership` says of everyone, of each group, and of odd training rows."""

from typing import Any

import numpy as np

from auditkit import stats
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.models import Model
from auditkit.plugins.privacy.membership import self_tests
from auditkit.plugins.privacy.membership.attack import area, below_mean_loss, found_at, lowest_rate
from auditkit.plugins.privacy.membership.definitions import ATTACKS
from auditkit.plugins.privacy.membership.figures import roc_curve
from auditkit.plugins.privacy.membership.members import Sides, gather, odd_rows
from auditkit.plugins.privacy.membership.parameters import Parameters
from auditkit.plugins.privacy.shared.classifiers import fitted, out_of_fold, prepare
from auditkit.plugins.privacy.shared.features import expand, plain
from auditkit.predictions import Predictions
from auditkit.results import Control, Measurement
from auditkit.smaller import slices_and_smaller, smaller_called
from auditkit.too_few import fewer_than

LEAST = 20
"""Rows that each side needs before anything is said."""


def find(parameters: Parameters, model: Model, data: AuditData, context: Context) -> Findings:
    """Attack, try the attack, look at the odd rows."""
    context.progress(0, 3, "asking about members")
    sides = gather(model, data, context.predictions, parameters.rows, context.rng)
    note = f"Rows left out, as they occur more than once in training split and audit data: {sides.twice}."
    notes = [note] if sides.twice else []
    if min(len(sides.members.scores), len(sides.others.scores)) < LEAST:
        reason = fewer_than(LEAST, "members or non-members are left after duplicates were taken out")
        undefined = [
            Measurement(name=name, value=None, reason=reason, direction="lower") for name in (*ATTACKS, "memorisation")
        ]
        return Findings(undefined, notes=notes)
    measurements = [*_headline(sides), *_per_group(sides, data)]
    context.progress(1, 3, "trying the attack without the model")
    controls = [self_tests.blind_control(sides, context.seed), self_tests.placebo_control(sides, context.rng)]
    context.progress(2, 3, "looking for odd training rows")
    odd = _memorisation(model, data, sides, parameters.neighbours, context)
    return Findings(
        measurements=[*measurements, *odd.measurements], controls=[*controls, *odd.controls],
        figures=[roc_curve(sides)], notes=notes,
    )  # fmt: skip


def _headline(sides: Sides) -> list[Measurement]:
    """The attack on everybody."""
    members, others = sides.members.scores, sides.others.scores
    rate = lowest_rate(len(others))
    low, by_mean = found_at(members, others, rate), below_mean_loss(members, others)
    counts = by_mean.members, len(members), by_mean.others, len(others)
    # an area alone is no headline: it hides the few who are exposed
    return [
        Measurement(
            name="true_positive_rate", value=low.members / len(members), unit="share",
            direction="lower", n=len(members),
            interval=stats.clopper_pearson(low.members, len(members)), conditions={"false_positive_rate": rate},
        ),
        _auc(members, others, {}),
        Measurement(
            name="advantage", value=by_mean.members / len(members) - by_mean.others / len(others), unit="share",
            interval=stats.difference_interval(*counts), n=len(members) + len(others), direction="lower",
        ),
    ]  # fmt: skip


def _auc(members: np.ndarray, others: np.ndarray, where: dict[str, str]) -> Measurement:
    measured, n = area(members, others), len(members) + len(others)
    return Measurement(
        name="auc", value=measured.value, interval=measured.interval, n=n, direction="lower", slice=where
    )


def _per_group(sides: Sides, data: AuditData) -> list[Measurement]:
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
            measurements.append(Measurement(name="auc", value=None, reason=reason, direction="lower", slice=cell.where))
        else:
            measurements.append(_auc(sides.members.scores[members], sides.others.scores[others], cell.where))
    return measurements


def _memorisation(model: Model, data: AuditData, sides: Sides, limit: int, context: Context) -> Findings:
    """Training rows that their neighbours do not explain: does the model know them, and would it have guessed them?"""
    data_train = present(data.train, "the check needs it")
    some = np.sort(context.rng.choice(len(data_train), min(limit, len(data_train)), replace=False))
    train = data_train.take(some)
    truth = Predictions(model, train).truth
    values = plain(train).values
    odd = odd_rows(expand(values, sides.category), truth)
    ready = prepare(np.vstack([values, sides.others.values]), sides.category)
    guessed = out_of_fold(ready[: len(values)], truth, sides.classes, context.seed).argmax(axis=1) == truth
    measurements = []
    for kind, rows in (("isolated", odd.isolated), ("contradicting neighbours", odd.contradicting)):
        positions = np.flatnonzero(rows)
        common: dict[str, Any] = {
            "name": "memorisation", "unit": "share", "direction": "lower", "conditions": {"rows": kind},
        }  # fmt: skip
        if len(positions) < data.minimum_rate:
            reason = fewer_than(data.minimum_rate, f"such training rows among {len(some)}")
            measurements.append(Measurement(value=None, reason=reason, **common))
            continue
        is_correct = Predictions(model, train.take(positions)).codes == truth[positions]
        gap = is_correct.astype(np.float64) - guessed[positions]
        value, interval = float(gap.mean()), stats.mean_interval(gap)
        measurements.append(Measurement(value=value, interval=interval, n=len(positions), **common))
    unseen = fitted(ready[: len(values)], truth, sides.classes, context.seed)(ready[len(values) :]).argmax(axis=1)
    skill = float(sides.others.right.mean() - np.mean(unseen == sides.others.truth))
    control = Control.within(
        "same-skill", "How much more often than the reference is the model right about rows that neither has seen?",
        skill, at_most=0.1, guards=("memorisation",), on_failure="inconclusive",
        reason="The model is better than the reference in general, so what looks memorised may be skill.",
    )  # fmt: skip
    return Findings(measurements, [control])
