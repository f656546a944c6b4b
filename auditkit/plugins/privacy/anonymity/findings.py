"""From rows to findings: sizes of classes, sensitive values within them, the check's tests of itself."""

import itertools
from typing import Any

import numpy as np

from auditkit import figures
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.plugins.privacy.anonymity import self_tests
from auditkit.plugins.privacy.anonymity.classes import classes_of, dense, spread
from auditkit.plugins.privacy.anonymity.columns import NamedColumn, columns_of
from auditkit.plugins.privacy.anonymity.definitions import measured
from auditkit.plugins.privacy.anonymity.parameters import Parameters
from auditkit.results import Axis, Column, Control, Figure, Measurement, Scalar, Table

SIZES = (1, 2, 5, 10, 100)
"""Where the rows of a figure begin: classes of one row, of 2 to 4, …"""
OF_SIZE = ("k_anonymity", "unique_share", "exposed_share")
OF_SENSITIVE = ("l_diversity", "entropy_l_diversity", "homogeneous_share", "t_closeness")


def find(parameters: Parameters, data: AuditData, context: Context) -> Findings:
    """Everything that `privacy.anonymity` says about these rows, and about the training split where it is asked for."""
    splits = {"audit data": data}
    if parameters.training:
        splits["training split"] = present(data.train, "applies() looked")
    measurements: list[Measurement] = []
    controls: list[Control] = []
    rows: list[dict[str, Scalar]] = []
    tables: list[Table] = []
    for step, (split, some) in enumerate(splits.items()):
        context.progress(step, len(splits), split)
        known = columns_of(some, parameters.quasi_identifiers)
        columns = [column.values for column in known]
        classes = classes_of(columns)
        measurements += _sizes(classes, parameters.k, split)
        controls += _size_controls(classes, columns, split, context.rng)
        rows += _by_size(classes, split)
        tables += [_table(known, classes, split)] if len(known) > 1 else []
        for sensitive in columns_of(some, parameters.sensitive):
            numbers, control = _sensitive(classes, sensitive, split, context.rng)
            measurements += numbers
            controls.append(control)
    notes = [
        f"Quasi-identifiers: {', '.join(parameters.quasi_identifiers)}. A missing value is a value of its own. What is "
        "counted is rows; values of classes are not shown."
    ]
    return Findings(measurements, controls, [_figure(rows)], tables, notes)


def _sizes(classes: np.ndarray, k: int, split: str) -> list[Measurement]:
    sizes = np.bincount(classes)
    n, where = len(classes), {"split": split}
    exposed = float(sizes[sizes < k].sum() / n)
    return [
        # without n: the smallest class is itself a number of rows, which is kept back where few are
        measured("k_anonymity", float(sizes.min()), conditions=where),
        measured("unique_share", float((sizes == 1).sum() / n), n=n, conditions=where),
        measured("exposed_share", exposed, n=n, conditions={**where, "k": k}),
    ]


def _sensitive(
    classes: np.ndarray, column: NamedColumn, split: str, rng: np.random.Generator
) -> tuple[list[Measurement], Control]:
    values = np.unique(column.values, return_inverse=True)[1] if column.ordered else dense(column.values)
    within = spread(classes, values, column.ordered)
    n, sizes = len(classes), np.bincount(classes)
    common: dict[str, Any] = {"conditions": {"split": split, "sensitive": column.name}}
    numbers = [
        measured("l_diversity", float(within.distinct.min()), **common),
        measured("entropy_l_diversity", float(np.exp(within.entropy.min())), **common),
        measured("homogeneous_share", float(sizes[within.distinct == 1].sum() / n), n=n, **common),
        measured("t_closeness", float(within.distance.max()), **common),
    ]
    control = Control.within(
        f"worked out again, {split}, {column.name}",
        f"How far are diversity and distance of {column.name} from their definitions, in some classes of the {split}?",
        self_tests.spread_deviation(classes, values, column.ordered, within, rng),
        at_most=1e-6, guards=OF_SENSITIVE, reason="the fast sums are not those of the definitions",
    )  # fmt: skip
    return numbers, control


def _size_controls(
    classes: np.ndarray, columns: list[np.ndarray], split: str, rng: np.random.Generator
) -> list[Control]:
    guards = (*OF_SIZE, *OF_SENSITIVE)
    return [
        Control.within(
            f"counted again, {split}",
            f"How far are sizes of classes from a count in a dictionary, among some rows of the {split}?",
            self_tests.miscounted(classes, columns, rng), at_most=0, guards=guards,
            reason="rows are not classed by their values",
        ),
        Control.within(
            f"planted row, {split}",
            f"How many rows more are unique once one with values of its own is added to the {split}?",
            float(self_tests.planted_unique(columns)), at_least=1, at_most=1, guards=guards,
            reason="a row that is alone is not seen",
        ),
    ]  # fmt: skip


def _by_size(classes: np.ndarray, split: str) -> list[dict[str, Scalar]]:
    """The share of rows in classes of one row, of two to four, and so on."""
    sizes = np.bincount(classes)
    place = np.searchsorted(SIZES, sizes, side="right") - 1
    shares = np.bincount(place, weights=sizes, minlength=len(SIZES)) / len(classes)
    names = [str(low) if high == low + 1 else f"{low} to {high - 1}" for low, high in itertools.pairwise(SIZES)]
    return [
        {"size": name, "share": float(share), "split": split}
        for name, share in zip([*names, f"{SIZES[-1]} or more"], shares, strict=True)
    ]


def _figure(rows: list[dict[str, Scalar]]) -> Figure:
    return figures.bars(
        "class-sizes", "Rows by the size of their class", rows, label=Axis(field="size", title="Rows in the class"),
        value=Axis(field="share", title="Share of rows", unit="share", percent=True),
        series=Axis(field="split", title="split"),
        caption="A class is all rows with the same quasi-identifiers. The higher up, the easier to single out.",
    )  # fmt: skip


def _table(columns: list[NamedColumn], classes: np.ndarray, split: str) -> Table:
    """What would be won by taking each column out."""
    rows: list[tuple[Scalar, ...]] = []
    lines = [("none", classes)]
    for position, column in enumerate(columns):
        others = [other.values for place, other in enumerate(columns) if place != position]
        lines.append((column.name, classes_of(others)))
    for name, numbers in lines:
        sizes = np.bincount(numbers)
        rows.append((name, int(sizes.min()), float((sizes == 1).sum() / len(numbers))))
    return Table(
        name=f"without {split}", title=f"Without one of the quasi-identifiers ({split})",
        columns=(
            Column(name="column", title="Left out"), Column(name="k", title="Smallest class", unit="rows"),
            Column(name="unique", title="Rows that are unique", unit="share", percent=True),
        ),
        rows=tuple(rows),
    )  # fmt: skip
