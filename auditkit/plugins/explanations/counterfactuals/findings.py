"""From counterfactuals to findings: what `explanations.counterfactuals` says."""

from collections.abc import Sequence

import numpy as np

from auditkit import figures, stats
from auditkit.data import AuditData
from auditkit.plugins.explanations.counterfactuals.definitions import DEFINITIONS
from auditkit.plugins.explanations.counterfactuals.people import People
from auditkit.plugins.explanations.counterfactuals.space import Space
from auditkit.results import Axis, Column, Figure, Measurement, Scalar, Table
from auditkit.text import number_of, one_line
from auditkit.too_few import fewer_than

SHOWN = 15
"""Bars in the figure."""
EXAMPLES = 5
"""People who are shown, where rows may be."""
DIRECTIONS = {1: "up", -1: "down", 0: "another value"}


def summary(people: People, space: Space, to_real: np.ndarray, between_real: np.ndarray) -> list[Measurement]:
    """How many columns change, and how near to real rows the counterfactuals are."""
    count = int(people.is_found.sum())
    none = "nobody has a counterfactual"
    if not count:
        return [
            Measurement(name=name, value=None, reason=none, unit=DEFINITIONS[name].unit,
                        direction=DEFINITIONS[name].direction)
            for name in ("changed_columns", "distance_to_real")
        ]  # fmt: skip
    changed = changes(people, space)[people.is_found].sum(axis=1).astype(float)
    numbers = [
        Measurement(name="changed_columns", value=float(changed.mean()), interval=stats.student_interval(changed),
                    n=count, unit="columns", direction="lower", exact=stats.student_interval(changed) is None),
    ]  # fmt: skip
    for name, values in (("distance_to_real", to_real), ("distance_between_real", between_real)):
        if len(values):
            interval = stats.median_interval(values)
            numbers.append(
                Measurement(name=name, value=float(np.median(values)), interval=interval, n=len(values), unit="spreads",
                            direction=DEFINITIONS[name].direction, exact=interval is None)
            )  # fmt: skip
    return numbers


def changes(people: People, space: Space) -> np.ndarray:
    """(n, D) bool: which columns change for whom; none where nothing was found."""
    return np.array([
        space.changed(x, row[None])[0] & is_found
        for x, row, is_found in zip(people.x, people.nearest, people.is_found, strict=True)
    ]).reshape(people.x.shape)  # fmt: skip


def change_table(people: People, space: Space, data: AuditData) -> tuple[list[Table], list[Figure]]:
    """Which columns change, which way and for how many; those of few people together, without their number."""
    changed = changes(people, space)
    total, minimum = int(people.is_found.sum()), data.minimum_cell
    if total < minimum:
        return [], []
    rows: list[tuple[Scalar, ...]] = []
    hidden = set()
    for column in np.flatnonzero(changed.any(axis=0)):
        # the categories of a column have no order
        moved = np.sign(people.nearest[:, column] - people.x[:, column]) * space.numeric[column]
        for sign, direction in DIRECTIONS.items():
            which = changed[:, column] & (moved == sign)
            count = int(which.sum())
            if 0 < count < minimum:
                hidden.add(data.feature_names[column])
            elif count:
                sizes = np.abs(people.nearest[which, column] - people.x[which, column])
                middle = float(f"{np.median(sizes):.3g}") if space.numeric[column] else None
                rows.append((data.feature_names[column], direction, count, count / total, middle))
    rows.sort(key=lambda row: -int(row[2] or 0))
    few = f"; for {fewer_than(minimum, 'people')}, not shown: {', '.join(sorted(hidden))}" if hidden else ""
    table = Table(
        name="changes", title="What changes in the counterfactuals",
        caption=f"Of {number_of(total, 'person', 'people')} with a counterfactual; one may have several changes{few}.",
        columns=(
            Column(name="column", title="Column"), Column(name="direction", title="Changes"),
            Column(name="people", title="People"), Column(name="share", title="Of those with one", percent=True),
            Column(name="median", title="Median size (in the column's own unit)"),
        ),
        rows=tuple(rows),
    )  # fmt: skip
    if not rows:
        return [table], []
    bars = figures.bars(
        "changes", "What changes in the counterfactuals",
        [{"change": f"{row[0]}, {row[1]}", "share": row[3]} for row in rows[:SHOWN]],
        label=Axis(field="change", title="Change"),
        value=Axis(field="share", title="Share of people with a counterfactual", unit="share", percent=True),
        caption=f"The {SHOWN} most frequent; the table has all." if len(rows) > SHOWN else "",
    )  # fmt: skip
    return [table], [bars]


def example_table(people: People, space: Space, data: AuditData) -> Table:
    """The first people, with what would have to change; only where rows may be shown."""
    rows: list[tuple[Scalar, ...]] = []
    changed = changes(people, space)
    for place, number in enumerate(np.flatnonzero(people.is_found)[:EXAMPLES], 1):
        both = [_values(data, codes) for codes in (people.x[number], people.nearest[number])]
        for column in np.flatnonzero(changed[number]):
            rows.append((place, data.feature_names[column], both[0][column], both[1][column]))
    return Table(
        name="examples", title="Counterfactuals of single people",
        caption="Shown because the owner allows single rows to be shown. No row of anybody else is in it.",
        columns=tuple(
            Column(name=name, title=title)
            for name, title in (("person", "Person"), ("column", "Column"), ("from", "From"), ("to", "To"))
        ),
        rows=tuple(rows),
    )  # fmt: skip


def group_figures(measurements: Sequence[Measurement]) -> list[Figure]:
    """Cost and share without one, for everyone and each group."""
    drawn = [figures.per_group(name, DEFINITIONS[name], measurements) for name in ("recourse_cost", "none_found")]
    return [figure for figure in drawn if figure is not None]


def _values(data: AuditData, codes: np.ndarray) -> list[str]:
    """The values of a row as a reader knows them."""
    inputs = data.decode(codes[None])
    row = inputs.iloc[0].tolist() if hasattr(inputs, "columns") else np.asarray(inputs)[0].tolist()
    return [f"{value:.6g}" if isinstance(value, float) else one_line(str(value), 80) for value in row]
