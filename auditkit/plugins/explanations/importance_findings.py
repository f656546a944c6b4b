"""Measurements and controls that try an importance on the model itself."""

from collections.abc import Callable
from typing import Any

import numpy as np

from auditkit import stats
from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.models import Model
from auditkit.plugins.explanations.attributions import Attributions, additivity_gap, ranks, sampling_error
from auditkit.plugins.explanations.background import ENOUGH, Background
from auditkit.plugins.explanations.deletion import FOLLOWS, deletion
from auditkit.plugins.explanations.exact import Case
from auditkit.plugins.explanations.influence import interval
from auditkit.plugins.explanations.outputs import in_unit
from auditkit.results import Control, Measurement
from auditkit.too_few import fewer_than

INFLUENCE = ("mean_abs_attribution", "group_share")
NOTICEABLE = 0.05
"""The share of the predictions' range from which a changed prediction counts as a changed decision."""


def sampling_measurements(attributions: Attributions) -> list[Measurement]:
    """How far the attributions miss the output, and how much sampling blurs the importance."""
    gap, rows = additivity_gap(attributions), len(attributions.values)
    fixed: dict[str, Any] = {"n": rows, "unit": "share", "direction": "lower"}
    reason = None if gap is not None else "the output never changes, so its range is 0"
    measurements = [Measurement(name="additivity_gap", value=gap, reason=reason, exact=gap is not None, **fixed)]
    error = sampling_error(attributions)
    if error is None:
        return [*measurements, Measurement(name="monte_carlo_error", value=0.0, exact=True, **fixed)]
    ends = interval(error, "Student t over the rows' error variances")
    return [*measurements, Measurement(name="monte_carlo_error", value=error.value, interval=ends, **fixed)]


def method_controls(attributions: Attributions, background: Background) -> list[Control]:
    """Additivity, sampling error and the size of the background."""
    error = sampling_error(attributions)
    return [
        Control.within(
            "additivity",
            "Do base and attributions add up to the model's own output?",
            additivity_gap(attributions),
            at_most=0.01,
            reason="An explanation that does not add up to the output explains something else.",
        ),
        Control.within(
            "sampling error",
            "Is the error from sampled feature orders small beside the largest influence?",
            0.0 if error is None else error.value,
            at_most=0.05,
            guards=INFLUENCE,
            on_failure="inconclusive",
            reason="More permutations would settle the ranking.",
        ),
        Control.within(
            "background size",
            "Are there enough rows to compare with?",
            len(background.codes),
            at_least=ENOUGH,
            guards=INFLUENCE,
            on_failure="inconclusive",
            reason=f"With {fewer_than(ENOUGH, 'background rows')}, the values depend on which rows these are.",
        ),
    ]


def deletion_control(
    case: Case, attributions: Attributions, rng: np.random.Generator
) -> tuple[list[Control], list[str]]:
    """The deletion test as a control, or a note of why it can show nothing about this model and these rows."""
    # nothing to correlate: every attribution is 0 but for a rounding
    if np.abs(attributions.values).max() < 1e-12:
        return [], ["No feature moved the output of any of these rows."]
    outcome = deletion(
        lambda codes, rows: in_unit(case.ask(codes, rows), attributions.unit),
        case.x, case.background, attributions.values, rng,
    )  # fmt: skip
    if outcome is None or not outcome.has_power:
        return [], [
            "Whether deleting features bears the attributions out was not judged: with these rows the test could not "
            "tell right attributions from wrong ones."
        ]
    control = Control.within(
        "deletion",
        "How far do the attributions follow what deleting a feature, or adding it, does to the output (correlation)?",
        outcome.correlation,
        at_least=FOLLOWS,
        guards=INFLUENCE,
        on_failure="inconclusive",
        reason="A feature should matter to the model where the explanation says that it does. Attributions of other "
        f"rows would reach {outcome.chance:.2f} in one audit of twenty.",
    )
    return [control], []


def flip_columns(
    model: Model, data: AuditData, case: Case, values: np.ndarray, context: Context
) -> list[tuple[Measurement, Control]]:
    """For each group column among the inputs: how often flipping it changes the decision."""
    names = data.feature_names
    return [
        _flip(attribute, model, data, case, values, context)
        for attribute, column in data.groups.items()
        if data.column_of(attribute) in names and len(np.unique(column)) > 1
    ]


def _flip(
    attribute: str, model: Model, data: AuditData, case: Case, values: np.ndarray, context: Context
) -> tuple[Measurement, Control]:
    column = data.feature_names.index(data.column_of(attribute))
    changed = flips(
        lambda codes: model.predict(data.decode(codes)),
        case.x, column, data.groups[attribute], context.rng, data.task == "regression",
    )  # fmt: skip
    changed = present(changed, "the caller leaves out attributes with one value")
    rank, features = int(ranks(values)[column]), values.shape[1]
    ends = stats.wilson(float(changed.sum()), len(changed))
    measurement = Measurement(
        name="flip_rate", value=float(changed.mean()), interval=ends, n=len(changed), unit="share",
        direction="lower", conditions={"feature": attribute},
    )  # fmt: skip
    control = Control.within(
        f"flip test: {attribute}",
        f"Where flipping {attribute} changes decisions, is it among the upper half of the features?",
        # the low end, so that a few flips by chance contradict nothing
        ends.low,
        # no bound where the column ranks high: then flips agree with the explanation
        at_most=NOTICEABLE if rank > features / 2 else None,
        guards=INFLUENCE,
        reason=f"{attribute} has rank {rank} of {features}, and flipping it changes {changed.mean():.0%} of the "
        "decisions (the value is the lower end of the interval). Where an explanation ranks a column low that moves "
        f"more than {NOTICEABLE:.0%} of the decisions, explanation contradicts behaviour.",
    )
    return measurement, control


def flips(
    answer: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    column: int,
    group: np.ndarray,
    rng: np.random.Generator,
    numbers: bool = False,
) -> np.ndarray | None:
    """(n,) bool: which decisions change when a row's value in `column` becomes that of a random row of another group.

    Args:
        answer: codes (m, D) to decisions (m,), or to predicted numbers.
        x: (n, D) real rows.
        column: the sensitive column.
        group: (n,) the group that each row belongs to.
        rng: draws the other rows.
        numbers: the answers are predicted numbers, whose change counts from 5 % of their range.

    Returns:
        None where all rows are of one group.
    """
    if len(np.unique(group)) < 2:
        return None
    changed = x.copy()
    for value in np.unique(group):
        inside = np.flatnonzero(group == value)
        # real values of real people: an invented one might be out of the model's range
        changed[inside, column] = x[rng.choice(np.flatnonzero(group != value), len(inside)), column]
    before, after = answer(x), answer(changed)
    if numbers:
        return np.asarray(np.abs(after - before) > NOTICEABLE * np.ptp(before))
    return np.asarray(after != before)
