"""To whom epsilon is promised: to rows or to persons, and what several rows of one person are promised together."""

from __future__ import annotations

import math

import numpy as np

from auditkit.data import AuditData
from auditkit.plugins.privacy.accounting.groups_of_rows import epsilon_of_rows
from auditkit.plugins.privacy.accounting.history import Neighbours
from auditkit.plugins.privacy.dp_sgd.recipe import Recipe
from auditkit.plugins.privacy.shared.features import fingerprints
from auditkit.results import Measurement


def statement(data: AuditData, rows_per_unit: int) -> str:
    """To whom epsilon is promised, in a sentence."""
    if data.unit is not None:
        return (
            f"Epsilon is promised to each of {data.units} units, as [data] unit names them, with all of a unit's rows: "
            f"at most {rows_per_unit} of them take part in a step, and their gradients are added and clipped once."
        )
    rows, why = several_rows(data)
    if rows < 2:
        return "Epsilon is promised to each row."
    return (
        f"Epsilon is promised to each row, and not to a person with several: {why}, up to {rows} of them. What {rows} "
        'rows together are promised stands beside it; [data] unit = "COLUMN" promises it to persons.'
    )


def several_rows(data: AuditData) -> tuple[int, str]:
    """The most rows that seem to be of one person, and what tells so; 1 where nothing does."""
    known = np.array([], dtype=np.int64) if data.ids is None else data.ids[data.ids >= 0]
    sides = (
        (known, "rows have the same id"), (fingerprints(data), "rows are equal in inputs and label"),
    )  # fmt: skip
    counts = [(int(np.unique(values, return_counts=True)[1].max(initial=1)), why) for values, why in sides]
    return max(counts, key=lambda count: count[0])


def together(
    recipe: Recipe, steps: int, delta: float, data: AuditData, neighbours: Neighbours
) -> tuple[Measurement, ...]:
    """Epsilon of the largest number of rows that seem to be of one person; nothing where each is a unit of its own."""
    rows = 1 if data.unit is not None else several_rows(data)[0]
    if rows < 2:
        return ()
    promise = epsilon_of_rows(recipe.noise_multiplier, recipe.sample_rate, steps, delta, rows, neighbours)
    return (
        Measurement(
            name="epsilon_of_rows", value=promise.epsilon if math.isfinite(promise.epsilon) else None,
            reason=None if math.isfinite(promise.epsilon) else f"{rows} rows together are promised nothing.",
            exact=math.isfinite(promise.epsilon), n=rows, direction="lower",
            conditions={"delta": promise.delta, "rows": rows},
        ),
    )  # fmt: skip
