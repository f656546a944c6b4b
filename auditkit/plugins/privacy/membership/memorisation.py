"""Training rows that nobody could have guessed: does the model know them better than one that never saw them?"""

from typing import Any, NamedTuple

import numpy as np

from auditkit import stats
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.models import Model, decide
from auditkit.plugins.privacy.membership.comparison import Comparison
from auditkit.plugins.privacy.membership.members import Sides, class_codes, graded_by
from auditkit.plugins.privacy.membership.odd_rows import odd_rows
from auditkit.plugins.privacy.membership.reference_attacks import mean_over
from auditkit.plugins.privacy.shared.classifiers import fitted, out_of_fold, prepare
from auditkit.plugins.privacy.shared.features import expand, plain
from auditkit.predictions import Predictions
from auditkit.results import Control, Interval, Measurement
from auditkit.stats import mover
from auditkit.too_few import fewer_than

KINDS = ("isolated", "contradicting neighbours")
UNMATCHED = (
    "too few such rows were not trained on, and the reference is a model of another kind, so what looks memorised may "
    "be skill"
)

ALONE = (
    "Memorisation, rows: {kind}: too few such rows were not trained on, so nothing is taken off; the reference is "
    "copies of the model that never saw the row."
)


class Guesses(NamedTuple):
    """How often a reference that never saw a row is right about it."""

    trained: np.ndarray
    """(S,) of training rows, between 0 and 1."""
    others: np.ndarray
    """(N,) of rows that were not trained on."""


def find_memorised(
    model: Model, data: AuditData, sides: Sides, comparison: Comparison | None, limit: int, context: Context
) -> Findings:
    """The gap between model and reference on odd training rows, the same on odd other rows, and their difference.

    Args:
        model: under audit.
        data: the audit data, with its training split.
        sides: members and others.
        comparison: with copies of the model; None: trees stand in for them.
        limit: training rows that are searched at most.
        context: of the check.
    """
    train = present(data.train, "the check needs it")
    rows = np.sort(context.rng.choice(len(train), min(limit, len(train)), replace=False))
    truth = class_codes(train.labels, context.predictions.classes)[rows]
    rows, truth = rows[truth >= 0], truth[truth >= 0]
    some = train.take(rows)
    values = plain(some).values
    expanded = expand(np.vstack([values, sides.others.values]), sides.category)
    odd = odd_rows(expanded[: len(rows)], truth, expanded[len(rows) :], sides.others.truth)
    guesses = (
        _guessed_by_trees(values, truth, some.unit, sides, context.seed)
        if comparison is None
        else _guessed_by_copies(model, some, rows, truth, sides, comparison)
    )
    measurements, notes = [], []
    for kind, trained, others in zip(KINDS, odd[0], odd[1], strict=True):
        places = np.flatnonzero(trained)
        right = np.zeros(0)
        if len(places) >= data.minimum_rate:
            asked = Predictions(model, some.take(places))
            right = (asked.codes == asked.truth).astype(np.float64)
        own = right - guesses.trained[places] if len(right) else np.zeros(0)
        other = (sides.others.right.astype(np.float64) - guesses.others)[others]
        if some.unit is not None:
            own = _of_each(own, some.unit[places]) if len(own) else own
            other = _of_each(other, sides.others.unit[others])
        if len(other) < data.minimum_rate or stats.student_interval(other) is None:
            other = other[:0]  # too few to be held against
        measurements += _measurements(kind, own, other, data.minimum_rate, comparison is not None)
        if len(own) and not len(other) and comparison is not None:
            notes.append(ALONE.format(kind=kind))
    skill = float(np.mean(sides.others.right - guesses.others))
    control = Control.within(
        "same-skill", "How much more often than the reference is the model right about rows that neither has seen?",
        skill, at_most=0.1, guards=("memorisation",), on_failure="inconclusive",
        reason="The model is better than the reference in general, so what looks memorised may be skill.",
    )  # fmt: skip
    return Findings(measurements, [control], notes=notes)


def _of_each(gaps: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """(G,) the mean of each person's rows."""
    _, places, counts = np.unique(unit, return_inverse=True, return_counts=True)
    return np.bincount(places.reshape(-1), gaps) / counts


def _guessed_by_trees(
    values: np.ndarray, truth: np.ndarray, unit: np.ndarray | None, sides: Sides, seed: int
) -> Guesses:
    ready = prepare(np.vstack([values, sides.others.values]), sides.category)
    trained, others = ready[: len(values)], ready[len(values) :]
    whose = np.arange(len(truth)) if unit is None else unit
    guessed = out_of_fold(trained, truth, sides.classes, seed, whose).argmax(axis=1) == truth
    unseen = fitted(trained, truth, sides.classes, seed)(others).argmax(axis=1) == sides.others.truth
    return Guesses(guessed.astype(np.float64), unseen.astype(np.float64))


def _guessed_by_copies(
    model: Model, some: AuditData, rows: np.ndarray, truth: np.ndarray, sides: Sides, comparison: Comparison
) -> Guesses:  # fmt: skip
    models = comparison.models
    # a threshold of scores is taken off where they are read as log-odds
    threshold = model.threshold if graded_by(model) == "probabilities" else None

    def right(inputs: Any, true_codes: np.ndarray) -> np.ndarray:
        # decided as the model decides, its threshold included
        return np.array([
            decide(chances, model.classes, model.positive, threshold) == np.asarray(model.classes)[true_codes]
            for chances in models.answers(inputs)
        ])  # fmt: skip

    out = comparison.out[:, ~sides.is_member]
    return Guesses(
        mean_over(right(some.inputs, truth), ~models.halves[:, rows]),
        mean_over(right(sides.others.data.inputs, sides.others.truth), out),
    )


def _measurements(kind: str, own: np.ndarray, other: np.ndarray, least: int, same_kind: bool) -> list[Measurement]:
    """The gap of odd training rows and of odd other rows, and the difference of the two."""
    common: dict[str, Any] = {"unit": "share", "conditions": {"rows": kind}}
    if len(own) < least:
        reason = fewer_than(least, "such training rows among those that were searched")
        return [Measurement(name="memorisation", value=None, reason=reason, direction="lower", **common)]
    gaps = [
        _gap(values, side, kind) for values, side in ((own, "members"), (other, "non-members")) if len(values) >= least
    ]
    first, common = gaps[0], {**common, "direction": "lower", "n": len(own) + len(other)}
    if len(gaps) > 1:
        value = float(own.mean() - other.mean())
        return [Measurement(name="memorisation", value=value, interval=_difference(own, other), **common), *gaps]
    if same_kind:
        return [Measurement(name="memorisation", value=first.value, interval=first.interval, **common), *gaps]
    doubt: dict[str, Any] = {"validity": "inconclusive", "reason": UNMATCHED}
    return [Measurement(name="memorisation", value=first.value, interval=first.interval, **doubt, **common), *gaps]


def _gap(gap: np.ndarray, side: str, kind: str) -> Measurement:
    return Measurement(
        name="reference_gap", value=float(gap.mean()), interval=stats.student_interval(gap), n=len(gap), unit="share",
        conditions={"rows": kind, "side": side},
    )  # fmt: skip


def _difference(own: np.ndarray, other: np.ndarray) -> Interval | None:
    """The interval of one mean gap less the other, from the interval of each."""
    ends = []
    for gap in (own, other):
        interval = stats.student_interval(gap)
        if interval is None or interval.low is None or interval.high is None:
            return None
        ends.append(mover.Ends(float(gap.mean()), interval.low, interval.high))
    low, high = (float(end) for end in mover.difference(ends[0], ends[1]))
    return Interval(low=low, high=high, method="MOVER from Student t")
