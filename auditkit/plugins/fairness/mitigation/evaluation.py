"""What a mitigation changed and what it cost, on the rows that it was fitted to; and controls that every one passes."""

from dataclasses import replace
from typing import Any

import numpy as np

from auditkit import stats
from auditkit.data import take_rows
from auditkit.figures import forest
from auditkit.group_pairs import Members, widest_among
from auditkit.models import Model
from auditkit.plugins.fairness.mitigation.groups import Constraint, Split, members, shares
from auditkit.plugins.fairness.mitigation.randomized_model import DrawnModel
from auditkit.predictions import Predictions
from auditkit.results import Axis, Column, Control, Figure, Measurement, Scalar, Table, pairs
from auditkit.too_few import two_groups
from auditkit.trainers import Trained

ASKED = 64
"""Rows asked about twice and one by one."""
FEW = 200
"""Rows of which as many hang on a draw as are needed to try the draws' law."""


def accounted(
    own: Trained,
    trainer: str,
    constraint: Constraint,
    split: Split,
    rng: np.random.Generator,
    *,
    chance: np.ndarray | None = None,
    weights_used: bool = False,
) -> Trained:
    """What one trainer says of its model, and beside it what is said of every one.

    Args:
        own: the new model, and what its trainer alone says.
        trainer: its id.
        constraint: whose rates the gap is about.
        split: the training rows with the parent's decisions.
        rng: draws the rows that are asked about again.
        chance: (N,) how probably each training row is selected; None: nothing is drawn.
        weights_used: whether row weights were used in fitting.
    """
    new = own.model
    new.name = f"{split.parent.name} ({trainer})"
    selected = Predictions(new, split.data).selected
    measurements = _compared(constraint, split, selected)
    drawn: tuple[Measurement, ...] = ()
    draws: list[Control] = []
    if isinstance(new, DrawnModel) and chance is not None:
        left_to_chance = _share("decisions_drawn", (chance > 0) & (chance < 1), None, "lower", exact=True)
        drawn = (_gap("expected_violation", constraint, split, chance, exact=True), left_to_chance)
        draws = _fair_draws(new, split, chance)
    # The parent must decide by the same state after the mitigation as before it.
    unchanged = Control.within(
        "parent-unchanged", "Has the parent still the fingerprint that it had before?",
        float(split.parent.fingerprint == split.fingerprint), at_least=1,
        reason="The mitigation changed the model that it should have left alone.",
    )  # fmt: skip
    return replace(
        own, measurements=(*measurements, *drawn, *own.measurements),
        controls=(*own.controls, *draws, unchanged, _same_twice(new, split, selected, rng)),
        figures=(*_pictured(measurements, constraint), *own.figures),
        tables=(_moved(split, selected), *own.tables), notes=(*_notes(split, weights_used=weights_used), *own.notes),
    )  # fmt: skip


def chances(model: DrawnModel, split: Split) -> np.ndarray:
    """(N,) how probably each training row is selected before the draw, asked batch by batch."""
    starts = range(0, len(split.data), model.batch)
    rows = [np.arange(start, min(start + model.batch, len(split.data))) for start in starts]
    return np.concatenate([model.chances(take_rows(split.data.inputs, batch)) for batch in rows])


def _compared(constraint: Constraint, split: Split, selected: np.ndarray) -> list[Measurement]:
    """Gap and accuracy before and after, what they cost, and how many decisions are others.

    Args:
        constraint: whose rates the gap is about.
        split: the training rows with the parent's decisions.
        selected: (N,) bool: the new model's.
    """
    weights = split.data.weights
    right_before, right_after = split.selected == split.outcomes, selected == split.outcomes
    cost = right_before.astype(np.float64) - right_after
    return [
        Measurement(
            name="accuracy_cost", value=stats.weighted_mean(cost, weights), n=len(cost), unit="share",
            interval=stats.student_interval(cost, weights=weights), direction="lower",
        ),
        _gap("violation_before", constraint, split, split.selected.astype(np.float64)),
        _gap("violation_after", constraint, split, selected.astype(np.float64)),
        _share("accuracy_before", right_before, weights, "higher"),
        _share("accuracy_after", right_after, weights, "higher"),
        _share("decisions_changed", selected != split.selected, None, "none", exact=True),
    ]  # fmt: skip


def _share(
    name: str, counted: np.ndarray, weights: np.ndarray | None, direction: str, *, exact: bool = False
) -> Measurement:
    """A share of rows, with its interval or as a fact about these rows."""
    interval = None if exact else stats.mean_interval(counted, weights=weights)
    return Measurement(
        name=name, value=stats.weighted_mean(counted.astype(np.float64), weights), exact=exact, interval=interval,
        n=len(counted), unit="share", direction=direction,  # type: ignore[arg-type]
    )  # fmt: skip


def between(
    name: str,
    parts: list[stats.Shares],
    members: list[Members],
    split: Split,
    *,
    exact: bool = False,
    conditions: dict[str, Scalar] | None = None,
) -> Measurement:
    """The widest gap between groups that something may be said about, with its interval or as a fact of these rows.

    Args:
        name: of the measurement.
        parts: one or several shares of the G groups.
        members: the groups of each part.
        split: says which groups may be shown, and who is left out.
        exact: whether it is a fact about these rows.
        conditions: of the measurement.
    """
    facts: dict[str, Any] = {
        "name": name, "unit": "share", "direction": "lower", "across": (split.attribute,),
        "conditions": conditions or {}, "left_out": split.left_out,
    }  # fmt: skip
    if split.is_shown.sum() < 2:
        return Measurement(value=None, reason=two_groups(can="may be shown"), **facts)
    visible = [{split.attribute: name} for _, name in split.visible]
    # The first pair makes the gap; the others are behind the ends of an interval, which a fact has not.
    extreme, behind = widest_among(parts, members, visible)
    return Measurement(
        value=extreme.value, exact=exact, interval=None if exact else extreme.interval, n=int(split.rows.sum()),
        pairs=behind[:1] if exact else behind, **facts,
    )  # fmt: skip


def _pictured(measurements: list[Measurement], constraint: Constraint) -> tuple[Figure, ...]:
    """The gap before and after."""
    titles = {"violation_before": "parent", "violation_after": "new model"}
    renamed = [
        measurement.model_copy(update={"name": titles[measurement.name], "conditions": {}})
        for measurement in measurements
        if measurement.name in titles
    ]
    figure = forest(
        "gap-before-and-after", f"Gap under {constraint.replace('_', ' ')}, training split", renamed,
        axis=Axis(field="value", title="widest difference between groups", percent=True),
        caption="On the rows that the mitigation was fitted to; the audit data is the proof.",
    )  # fmt: skip
    return () if figure is None else (figure,)


def _moved(split: Split, selected: np.ndarray) -> Table:
    """Who gains and who loses: selected by one of the two models only, by group."""
    rows: list[tuple[Scalar, ...]] = []
    for group, name in split.visible:
        is_member = split.codes == group
        old, new = split.selected[is_member], selected[is_member]
        rows.append((name, *(float(np.mean(is_counted)) for is_counted in (old, new, new & ~old, old & ~new))))
    titles = {"before": "Selected by the parent", "after": "Selected by the new model", "gain": "Gain", "lose": "Lose"}
    return Table(
        name="gain-and-lose", title="Who gains and who loses, by group (training split)",
        caption="Of everybody in the group: whom only the new model selects, and whom only the parent does.",
        columns=(
            Column(name="group", title=split.attribute),
            *(Column(name=name, title=title, percent=True) for name, title in titles.items()),
        ),
        rows=tuple(rows),
    )  # fmt: skip


def _notes(split: Split, *, weights_used: bool) -> list[str]:
    """Who was left out, and what was not looked at."""
    sentences = []
    if split.lacking:
        names = (f"{pairs(group.slice)} ({group.reason})" for group in split.lacking)
        sentences.append(f"Left as they were: {'; '.join(names)}.")
    if not split.is_shown.all():
        sentences.append(
            "Mitigated like the others, and too small to show: "
            f"{', '.join(name for name, is_shown in zip(split.names, split.is_shown, strict=True) if not is_shown)}."
        )
    if split.data.weights is not None and not weights_used:
        sentences.append("Row weights were not used in fitting, only in what is measured here.")
    return sentences


def _same_twice(model: Model, split: Split, selected: np.ndarray, rng: np.random.Generator) -> Control:
    """A person gets the same decision whenever, in whatever company it is asked for."""
    rows = rng.permutation(len(selected))[:ASKED]
    # Three ways to ask: in the run's batches, in another company and order, and each person alone.
    company = Predictions(model, split.data.take(rows)).selected
    inputs = split.data.inputs
    alone = np.concatenate([model.predict(take_rows(inputs, np.array([row]))) for row in rows])
    together = model.predict(take_rows(inputs, rows))
    differ = int((company != selected[rows]).sum() + (alone != together).sum())
    return Control.within(
        "same-person-same-decision", "How many decisions change when people are asked about again, and one by one?",
        differ, at_most=0, reason="The same person is decided about differently from one time to the next.",
    )  # fmt: skip


def _fair_draws(model: DrawnModel, split: Split, chance: np.ndarray) -> list[Control]:
    """The draws select as often as they should; nothing where too few decisions hang on them."""
    drawn_rows = np.flatnonzero((chance > 0) & (chance < 1))
    drawn = model.draws(split.data.inputs)[drawn_rows]
    _, first = np.unique(drawn, return_index=True)  # people with the same inputs share a draw
    p = chance[drawn_rows][first]
    if len(p) < FEW:
        return []
    z = float(((drawn[first] < p) - p).sum() / np.sqrt((p * (1 - p)).sum()))
    return [
        Control.within(
            "draws-keep-to-chance", "How many standard errors are the people selected by draw from their chances?",
            z, at_least=-4, at_most=4, guards=("violation_after", "expected_violation"),
            reason="The draws do not follow the chances that the rule gives.",
        )
    ]  # fmt: skip


def _gap(name: str, constraint: Constraint, split: Split, chance: np.ndarray, *, exact: bool = False) -> Measurement:
    parts, groups = shares(constraint, chance, split), members(constraint, chance, split)
    return between(name, parts, groups, split, exact=exact, conditions={"constraint": constraint})
