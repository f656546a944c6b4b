"""How much two models differ on the same rows, from answers that both have given already.

The rows are paired, so what both models get right or wrong together drops out: intervals are far narrower than those
of two models apart. Rows on which either model declined to decide, or whose label is not known, are left out.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from auditkit import stats
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.predictions import Predictions
from auditkit.results import Change, Interval, Measurement
from auditkit.run.controls import consistency_control, guarded
from auditkit.run.unit_rule import of_units
from auditkit.too_few import fewer_than, two_groups

SEED = 20_260_301
"""Of the resamples: the same audit gives the same intervals."""


class Rows(NamedTuple):
    """The rows that both models decided and whose label is known; binary: 1 is positive."""

    truth: np.ndarray
    """(n,) codes; all -1 where the data has no labels."""
    new: np.ndarray
    """(n,) decisions of the model."""
    old: np.ndarray
    """(n,) of the one beside it."""
    is_used: np.ndarray
    """(N,) bool: which rows these are."""


def changes(models: Sequence[tuple[Predictions, str | None]], data: AuditData) -> tuple[Change, ...]:
    """Every model beside its parent, or beside the first; nothing where rows are weighted or stand for several people.

    Args:
        models: each with its parent's name, or None.
        data: what all of them were asked about.
    """
    # the paired intervals count discordant rows; with weights or rows for several people a count is no number of
    # people
    if data.weights is not None or data.people is not None:
        return ()
    by_name = {predictions.model.name: predictions for predictions, _ in models}
    first = models[0][0]
    paired = []
    for predictions, parent in models[1:]:
        other = by_name.get(parent or "", first)
        for measurement in differences(predictions, other, data):
            for predictions_of_pair in (predictions, other):  # a number rests on the answers of both
                control = consistency_control(predictions_of_pair.consistency)
                measurement = of_units(measurement if control is None else guarded(measurement, control), data)
            paired.append(Change(model=predictions.model.name, beside=other.model.name, measurement=measurement))
    return tuple(paired)


def differences(new: Predictions, old: Predictions, data: AuditData) -> list[Measurement]:
    """The numbers of one model less those of another on the same rows, for everyone and every group."""
    if data.task == "case_scores":
        return list(_case_scores(new, old, data))
    if data.task in ("generation", "survival"):
        return []  # these answers are compared by what checks make of them
    if data.task == "regression":
        return list(_errors(new, old, data)) if data.labels is not None else []
    if data.task == "multilabel":  # of one label by itself it is paired
        return []
    rows = _rows(new, old, data)
    return [] if rows is None else [*_shares(rows, data), *_predictive(rows, data), *_disparities(rows, data)]


def _rows(new: Predictions, old: Predictions, data: AuditData) -> Rows | None:
    """None where the models do not know the same classes."""
    # positions in different lists of classes would be compared as if they were the same class
    if tuple(map(str, new.classes)) != tuple(map(str, old.classes)):
        return None
    is_used = (new.codes >= 0) & (old.codes >= 0)
    truth = np.full(len(data), -1)
    if data.labels is not None:
        truth = new.truth
        is_used &= truth >= 0
    codes = [new.codes[is_used], old.codes[is_used]]
    known = truth[is_used]
    if data.task == "binary":
        known = np.where(known < 0, -1, known == new.positive)
        codes = [(code == new.positive).astype(int) for code in codes]
    return Rows(known, codes[0], codes[1], is_used)


def _shares(rows: Rows, data: AuditData) -> Iterator[Measurement]:
    for group, inside, hidden in _cells(data, rows.is_used):
        for name, direction, of, hit_new, hit_old in _rates(rows, data.task == "binary"):
            common: dict[str, Any] = {"name": name, "unit": "share", "direction": direction, "slice": group}
            among = inside & of
            n, few = int(among.sum()), 1 if not group else max(1, data.minimum_rate)
            reason = hidden or (None if n >= few else fewer_than(few, "rows count for it"))
            if reason is not None:
                yield Measurement(value=None, reason=reason, **common)
            else:
                # only discordant rows move a paired difference; what both got right cancels
                gained, lost = int((among & hit_new & ~hit_old).sum()), int((among & ~hit_new & hit_old).sum())
                clusters = None if data.clusters is None else data.clusters[rows.is_used][among]
                moved = hit_new[among].astype(float) - hit_old[among]
                interval, units = _interval(moved, clusters, gained, lost)
                yield Measurement(value=(gained - lost) / n, n=n, units=units, interval=interval, **common)


def _interval(
    moved: np.ndarray, clusters: np.ndarray | None, gained: int, lost: int
) -> tuple[Interval | None, int | None]:
    """The interval of a change of a share, and how many units it is of where rows vary together.

    Where the share changed in few units, the rows of a unit are taken as alike; see `stats.cluster_sizes`.

    Args:
        moved: (n,) -1, 0 or 1 for each row.
        clusters: (n,) which rows vary together; None: each varies by itself.
        gained: how many rows are 1.
        lost: how many are -1.
    """
    if clusters is None:
        return stats.paired_difference_interval(gained, lost, len(moved)), None
    units = np.unique(clusters)
    interval = stats.student_interval(moved, clusters=clusters)
    if len(np.unique(clusters[moved != 0])) < stats.RARER:
        sizes = np.bincount(stats.numbered(clusters)).astype(np.float64)
        part = stats.effective_size(sizes) / len(moved)
        interval = stats.paired_difference_interval(gained * part, lost * part, len(moved) * part)
        interval = interval.model_copy(update={"method": f"{interval.method}, by units"})
    elif interval is not None:
        low, high = (present(end, "both ends are there") for end in (interval.low, interval.high))
        interval = interval.model_copy(update={"low": max(-1.0, low), "high": min(1.0, high)})
    return interval, len(units)


def _rates(rows: Rows, binary: bool) -> Iterator[tuple[str, str, np.ndarray, np.ndarray, np.ndarray]]:
    """(name, direction, rows it is a share of, counted for the model, counted for the other)."""
    everyone = np.ones(len(rows.new), dtype=bool)
    labelled = bool((rows.truth >= 0).all()) and len(rows.truth) > 0
    if labelled:
        yield "accuracy", "higher", everyone, rows.new == rows.truth, rows.old == rows.truth
    if binary:
        new, old = rows.new == 1, rows.old == 1
        yield "selection_rate", "none", everyone, new, old
        if labelled:
            yield "true_positive_rate", "higher", rows.truth == 1, new, old
            yield "false_positive_rate", "lower", rows.truth == 0, new, old


def _disparities(rows: Rows, data: AuditData) -> Iterator[Measurement]:
    """Demographic parity over the groups of every attribute, from counts of group, decision and decision."""
    rng = np.random.default_rng(SEED)
    for attribute in data.groups if data.task == "binary" else ():
        of_attribute = [cell for cell in _cells(data, rows.is_used) if tuple(cell[0]) == (attribute,)]
        cells = [inside for _, inside, hidden in of_attribute if hidden is None and inside.any()]
        # a disparity over the rest is no bound on that over all: either model may have its extreme in who is left out
        left_out = any(hidden is not None for _, _, hidden in of_attribute)
        counts = np.array(
            [[[np.sum(c & (rows.new == a) & (rows.old == b)) for b in (0, 1)] for a in (0, 1)] for c in cells]
        )
        for name, direction in (("demographic_parity_difference", "lower"), ("demographic_parity_ratio", "higher")):
            common: dict[str, Any] = {"name": name, "direction": direction, "across": (attribute,)}
            shift = stats.disparity_shift(counts, rng, ratio=direction == "higher") if len(cells) > 1 else None
            if shift is None:
                few = two_groups([attribute], "can be shown")
                reason = few if len(cells) < 2 else "one of the models selects nobody"
                yield Measurement(value=None, reason=reason, validity="inconclusive", **common)
            else:
                yield Measurement(
                    value=shift.value, interval=shift.interval, n=int(counts.sum()),
                    reason="some groups are too small to show and are left out" if left_out else None,
                    validity="inconclusive" if left_out else "valid", **common,
                )  # fmt: skip


def _predictive(rows: Rows, data: AuditData) -> Iterator[Measurement]:
    """The positive predictive value, whose denominators are different rows under each model."""
    if data.task != "binary" or not len(rows.truth) or (rows.truth < 0).any():
        return
    rng = np.random.default_rng(SEED)
    for group, inside, hidden in _cells(data, rows.is_used):
        common: dict[str, Any] = {
            "name": "positive_predictive_value", "unit": "share", "direction": "higher", "slice": group,
        }  # fmt: skip
        # one pass over the rows in place of eight masks
        code = 4 * rows.truth[inside] + 2 * rows.new[inside] + rows.old[inside]
        counts = np.bincount(code, minlength=8).reshape(2, 2, 2)
        among, least = int(counts.sum() - counts[:, 0, 0].sum()), max(1, data.minimum_rate)
        few = hidden or (fewer_than(least, "rows count for it") if group and among < least else None)
        shift = stats.predictive_shift(counts, rng) if few is None else None
        if shift is None:
            reason = few or "one of the models decides positive for nobody here"
            yield Measurement(value=None, reason=reason, **common)
        else:
            yield Measurement(value=shift.value, interval=shift.interval, n=among, **common)


def _errors(new: Predictions, old: Predictions, data: AuditData) -> Iterator[Measurement]:
    """The change of the mean absolute error."""
    truth = np.asarray(present(data.labels, "the caller looked"), dtype=float)
    change = np.abs(np.asarray(new.labels, dtype=float) - truth) - np.abs(np.asarray(old.labels, dtype=float) - truth)
    is_finite = np.isfinite(change)
    for group, inside, hidden in _cells(data, is_finite):
        common: dict[str, Any] = {"name": "mean_absolute_error", "direction": "lower", "slice": group}
        errors = change[is_finite][inside]
        reason = hidden or (None if len(errors) else "no row of this group counts for it")
        if reason is not None:
            yield Measurement(value=None, reason=reason, **common)
        else:
            clusters = None if data.clusters is None else data.clusters[is_finite][inside]
            interval = stats.student_interval(errors, clusters=clusters)
            interval = interval and interval.model_copy(update={"method": f"{interval.method}, paired"})
            yield Measurement(value=float(errors.mean()), interval=interval, n=len(errors), **common)


def _case_scores(new: Predictions, old: Predictions, data: AuditData) -> Iterator[Measurement]:
    """The change of every mean score, over the cases that both systems have a score of."""
    for name, score in data.case_scores.items():
        change = new.case_scores[name] - old.case_scores[name]
        is_used = np.isfinite(change)
        for group, inside, hidden in _cells(data, is_used):
            common: dict[str, Any] = {
                "name": "mean_score", "direction": score.better, "unit": score.counted_in, "slice": group,
                "conditions": {"score": name},
            }  # fmt: skip
            moved = change[is_used][inside]
            reason = hidden or (None if len(moved) else "no case of this group has the score of both")
            if reason is not None:
                yield Measurement(value=None, reason=reason, **common)
                continue
            unit = None if data.unit is None else data.unit[is_used][inside]
            interval = stats.skewed_interval(moved, clusters=unit)
            interval = interval and interval.model_copy(update={"method": f"{interval.method}, paired"})
            if not is_used.all():
                common |= {"validity": "inconclusive", "reason": "some cases lack the score of one of the two"}
            yield Measurement(value=float(moved.mean()), interval=interval, n=len(moved), **common)


def _cells(data: AuditData, is_used: np.ndarray) -> Iterator[tuple[dict[str, str], np.ndarray, str | None]]:
    """Everyone and every group: where, which of the rows that are used, and why it may not be shown."""
    yield {}, np.ones(int(is_used.sum()), dtype=bool), None
    few = max(1, data.minimum_rate)
    for cell in data.slices():
        inside = cell.rows[is_used]
        small = fewer_than(few, "rows that both models decided") if inside.sum() < few else None
        yield dict(cell.where), inside, data.cells.unshown(cell.where) or small
