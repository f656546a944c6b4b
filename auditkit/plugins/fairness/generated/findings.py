"""From what a classifier called real rows and samples to findings, and the check's tests of itself."""

from typing import Any

import numpy as np

from auditkit import figures, stats
from auditkit.checks import Context, Findings
from auditkit.counts.names import MISSING
from auditkit.data import AuditData
from auditkit.errors import DataError
from auditkit.plugins.fairness.generated import shares
from auditkit.plugins.fairness.generated.definitions import DEFINITIONS
from auditkit.plugins.fairness.generated.parameters import Parameters
from auditkit.results import Axis, Control, Measurement
from auditkit.text import one_line
from auditkit.too_few import fewer_than, two_groups

APART = 0.2
"""By how much more often a group must be called its own name than another is."""
OTHER_ERRORS = (
    "fewer samples were called a group than the classifier's errors among real rows alone would make, so that it errs "
    "otherwise among samples: let people label some of them, and make these the audit data"
)
ERRORS = 4.0
"""Standard errors from the known shares up to which chance is believed, of the worst group."""


def find(parameters: Parameters, data: AuditData, context: Context) -> Findings:
    """Everything that `fairness.generated_groups` says about some samples."""
    known, named = data.groups[parameters.known], data.groups[parameters.named]
    rows = (known != MISSING) & (named != MISSING)
    known, named = known[rows], named[rows]
    groups = sorted({str(value) for value in known})
    counts = shares.confusion(known, named, groups)
    of_samples = _called(parameters, data)
    _only(groups, named, "real rows")
    _only(groups, of_samples, "samples")
    called = np.array([int((of_samples == group).sum()) for group in groups])
    reason = _too_few(groups, counts, called, data)
    apart = None if reason else shares.told_apart(counts)
    if reason is None and np.linalg.matrix_rank(counts / counts.sum(axis=1, keepdims=True)) < len(groups):
        reason = "the classifier calls groups alike, so that nothing tells them apart"
    measurements = _measurements(parameters.known, groups, counts, called, reason)
    worst = None if reason else _known_again(known, named, groups, context.rng)
    left_out = (
        [f"{int((~rows).sum()):,} real rows without one of the two names are left out."] if not rows.all() else []
    )
    notes = [f"{len(of_samples):,} samples; what the classifier confuses is counted on {len(known):,} real rows."]
    axis = Axis(field="value", title=DEFINITIONS["generated_share_gap"].title, unit="share", percent=True)
    gaps = [measurement for measurement in measurements if measurement.name == "generated_share_gap"]
    figure = figures.dot_whisker(
        "generated_share_gap", axis.title, gaps, axis=axis, caption="95 % intervals. Below 0: drawn too rarely."
    )
    return Findings(measurements, _controls(apart, worst), [figure] if figure else [], notes=[*notes, *left_out])


def _called(parameters: Parameters, data: AuditData) -> np.ndarray:
    """(S,) what the classifier called each sample."""
    column = data.group_columns.get(parameters.named, parameters.named)
    try:
        samples = AuditData.from_table(parameters.samples, groups=[column], name="samples")
    except DataError as error:
        raise DataError(f"samples: {error}") from error
    return samples.groups[column]


def _only(groups: list[str], named: np.ndarray, what: str) -> None:
    strange = sorted({str(name) for name in named} - set(groups))
    if strange:
        known = one_line(", ".join(groups), 80)
        raise DataError(
            f"the classifier must call {what} groups that real rows are known to be of ({known}); it calls some "
            f"{one_line(strange[0], 40)!r}. Give every row one of these names, or real rows of the other groups too"
        )


def _too_few(groups: list[str], counts: np.ndarray, called: np.ndarray, data: AuditData) -> str | None:
    if len(groups) < 2:
        return two_groups()
    least = max(data.minimum_cell, data.minimum_rate, 1)
    if counts.sum(axis=1).min() < least:
        return fewer_than(least, "real rows of a group")
    return fewer_than(least, "samples") if called.sum() < least else None


def _measurements(
    attribute: str, groups: list[str], counts: np.ndarray, called: np.ndarray, reason: str | None
) -> list[Measurement]:
    def measured(name: str, place: int, **fields: Any) -> Measurement:
        where = {attribute: groups[place]}
        return Measurement(name=name, unit="share", direction=DEFINITIONS[name].direction, slice=where, **fields)

    if reason is not None:
        return [
            measured(name, place, value=None, reason=reason) for name in DEFINITIONS for place in range(len(groups))
        ]
    total, generated = int(called.sum()), shares.corrected(called, counts)
    numbers = {"generated_share": (generated, 0.0)}
    numbers["generated_share_gap"] = (shares.gap(generated, counts.sum(axis=1)), -1.0)
    undecided = {"validity": "inconclusive", "reason": OTHER_ERRORS} if generated.refuted() else {}
    made = [
        measured(name, place, value=float(of.values[place]), interval=of.interval(place, low), n=total, **undecided)
        for name, (of, low) in numbers.items()
        for place in range(len(groups))
    ]
    return made + [
        measured("named_share", place, value=float(count / total), interval=stats.wilson(int(count), total), n=total)
        for place, count in enumerate(called)
    ]


def _known_again(known: np.ndarray, named: np.ndarray, groups: list[str], rng: np.random.Generator) -> float | None:
    """Half of the real rows in place of samples: the largest gap to what they are known to be, in standard errors."""
    order = rng.permutation(len(known))
    first, second = order[::2], order[1::2]
    counts = shares.confusion(known[first], named[first], groups)
    if (counts.sum(axis=1) == 0).any() or np.linalg.matrix_rank(counts) < len(groups):
        return None
    again = shares.corrected(np.array([(named[second] == group).sum() for group in groups]), counts)
    truth = np.array([(known[second] == group).mean() for group in groups])
    return float((np.abs(again.middle - truth) / again.errors).max())


def _controls(apart: float | None, worst: float | None) -> list[Control]:
    guarded = ("generated_share", "generated_share_gap")
    return [
        Control.within(
            "groups told apart", "How much more often is a group called its own name than any other group is?", apart,
            at_least=APART, guards=guarded, on_failure="inconclusive",
            reason="a classifier that tells the groups apart no better says little about which of them were drawn",
        ),
        Control.within(
            "known shares", "With half of the real rows in place of samples, how many standard errors are the "
            "corrected shares from the known ones?", worst, at_most=ERRORS, guards=guarded, on_failure="inconclusive",
            reason="shares that are known are not found again",
        ),
    ]  # fmt: skip
