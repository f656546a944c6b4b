"""Which changes are allowed: from the parameters, the schema and the real rows to a space, and in sentences."""

import numpy as np

from auditkit.data import AuditData
from auditkit.data.schema import UNCOMPARED
from auditkit.plugins.explanations.counterfactuals.parameters import CounterfactualParameters
from auditkit.plugins.explanations.counterfactuals.space import Space, grid_of, spread_of
from auditkit.plugins.explanations.counterfactuals.wanted import Wanted
from auditkit.plugins.explanations.shared.columns import numeric_columns
from auditkit.text import number_of

SIGNS = {"up": 1, "down": -1}


def space_of(parameters: CounterfactualParameters, data: AuditData, codes: np.ndarray, real: np.ndarray) -> Space:
    """What may change, and what it costs.

    Args:
        parameters: what the owner said.
        data: schema and groups.
        codes: (n, D) the audited rows: their categories are real too.
        real: (N, D) real rows, which say how much numbers vary and between which ends.
    """
    names, rows = data.feature_names, np.concatenate([real, codes])
    features = {feature.name: feature for feature in data.schema}
    fixed = set(map(data.column_of, data.groups)) if parameters.immutable is None else set(parameters.immutable)
    # nobody can be told to write another person's text, or to be somebody else
    fixed |= {name for name, feature in features.items() if not feature.mutable or feature.kind in UNCOMPARED}
    numeric = numeric_columns(data)
    # a category has no spread, but one that all have cannot become another
    spread = np.array([
        spread_of(column) if number else float(len(np.unique(column)) > 1)
        for column, number in zip(rows.T, numeric, strict=True)
    ])  # fmt: skip
    present = [column[~np.isnan(column)] for column in real.T]
    low, high = np.array([
        parameters.ranges.get(name, (column.min(initial=np.inf), column.max(initial=-np.inf)))
        for name, column in zip(names, present, strict=True)
    ]).T  # fmt: skip
    return Space(
        numeric=numeric,
        whole=np.array([name in features and features[name].kind == "integer" for name in names]),
        scale=np.where(spread > 0, spread, 1.0), low=low, high=high,
        mutable=np.array([name not in fixed for name in names]) & (spread > 0),
        direction=np.array([SIGNS.get(parameters.directions.get(name, ""), 0) for name in names]),
        values=tuple(
            grid_of(column, bool(number), ends)
            for column, number, ends in zip(rows.T, numeric, zip(low, high, strict=True), strict=True)
        ),
        sums=tuple(tuple(names.index(name) for name in group) for group in parameters.sums),
        most=min(parameters.changes, len(names)),
    )  # fmt: skip


def sentences(
    parameters: CounterfactualParameters, data: AuditData, space: Space, wanted: Wanted, people: int
) -> list[str]:
    """What is wanted, by how many, and what may change."""
    fixed = [name for name, free in zip(data.feature_names, space.mutable, strict=True) if not free]
    rules = [f"{', '.join(fixed)} cannot"] if fixed else ["no column was said to be immutable"]
    rules += [f"{name} only {way}" for name, way in parameters.directions.items()]
    rules += [f"the sum of {' and '.join(group)} is kept" for group in parameters.sums]
    return [
        f"Wanted is {wanted.what}. Of the rows drawn, {number_of(people, 'person has', 'people have')} "
        "another outcome.",
        f"At most {number_of(space.most, 'column')} of a person may change: {'; '.join(rules)}. Numbers stay within "
        "their range in the real rows, or the given one; a missing value stays missing.",
    ]
