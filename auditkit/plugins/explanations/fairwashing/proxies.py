"""Which columns tell a person's group: by themselves, or only together; and which tell it in part."""

from collections.abc import Collection
from typing import Literal, NamedTuple

import numpy as np

from auditkit import stats
from auditkit.plugins.explanations.fairwashing.maximal_correlation import maximal_correlations

TELLS = 0.9
"""The area under the ROC curve from which columns tell a group."""
CARRIED = 0.9
"""The share of a predictor's attributions that the columns which are taken carry together."""
CARRIES = 0.6
"""The area from which a column tells a group in part."""
TOGETHER = 0.65
"""The area from which columns that do not tell it alone do so together, in part."""
TWIN = 0.98
"""The correlation from which a column is another one, almost."""
COUSIN = 0.9
"""The largest correlation of any functions of two columns, from which trees may take one for the other."""
LEAST = 0.1
"""The least share of a predictor's attributions on a column that is taken; noise has less."""
MOST_CARRIERS = 30
BINS = 20
FEWEST = 15
"""People in a group that is looked for, and outside it."""
MOST_GROUPS = 5


class Proxy(NamedTuple):
    """A column that tells a group."""

    column: int
    how: Literal["own column", "alone", "together", "twin"]
    area: float | None
    """Under the ROC curve of the column alone, for the group that it tells best; None where no group could be tried."""


def proxies(x: np.ndarray, group: np.ndarray, own: int | None, rng: np.random.Generator) -> list[Proxy]:
    """The group's own column, those that tell the group alone or only together, and their twins, in their order.

    Args:
        x: (n, D) real rows, as codes.
        group: (n,) the group of each.
        own: the column that the groups were made of, where it is among the inputs.
        rng: parts the rows in halves.
    """
    half = rng.permutation(len(x)) % 2 == 0
    targets = _targets(group)
    areas = [
        max((_area(x[:, column], target, half) for target in targets), default=None) for column in range(x.shape[1])
    ]
    how: dict[int, Literal["own column", "alone", "together", "twin"]] = {} if own is None else {own: "own column"}
    for column, area in enumerate(areas):
        if area is not None and area > TELLS:
            how.setdefault(column, "alone")
    for target in targets:
        rest = [column for column in range(x.shape[1]) if column not in how]
        how |= {rest[place]: "together" for place in _together(x[:, rest], target, half, TELLS)} if rest else {}
    for column in _with_twins(x, set(how)):
        how.setdefault(column, "twin")
    return [Proxy(column, how[column], areas[column]) for column in sorted(how)]


def carriers(x: np.ndarray, group: np.ndarray, telling: Collection[int], rng: np.random.Generator) -> list[list[int]]:
    """Sets of columns that may carry what a group is answered, though each may tell it in part only.

    From set to set one more column: of those that tell the group alone, in part, the best first; and of those that
    tell it only together, in part, those that matter most first. The group's proxies are in every set, and so are
    the cousins of its columns: trees may take any of these for another.

    Args:
        x: (n, D) real rows, as codes.
        group: (n,) the group of each.
        telling: columns that tell the group, its proxies.
        rng: parts the rows in halves.
    """
    half = rng.permutation(len(x)) % 2 == 0
    targets = _targets(group)
    areas = np.array([
        max((_area(x[:, column], target, half) for target in targets), default=0.0) for column in range(x.shape[1])
    ])  # fmt: skip
    first = set(telling)
    order = [int(column) for column in np.argsort(-areas, kind="stable") if areas[column] > CARRIES]
    rest = [column for column in range(x.shape[1]) if column not in {*order, *first}]
    orders = [order]
    if rest:
        orders += [[rest[place] for place in _together(x[:, rest], target, half, TOGETHER)] for target in targets]
    orders = [some[:MOST_CARRIERS] for some in orders]
    compared = sorted(first.union(*orders))
    near = maximal_correlations(x, compared) > COUSIN
    cousins = {column: set(map(int, np.flatnonzero(row))) for column, row in zip(compared, near, strict=True)}
    # of columns that tell only together one alone says nothing: trees may give it what belongs to both
    fewest = [1, *[2] * (len(orders) - 1)]
    chosen = [
        first.union(columns[:count])
        for columns, least in zip(orders, fewest, strict=True)
        for count in range(least, len(columns) + 1)
    ]
    sets = [sorted(columns.union(*(cousins[column] for column in columns))) for columns in chosen]
    return [columns for place, columns in enumerate(sets) if columns not in sets[:place]]


def _targets(group: np.ndarray) -> list[np.ndarray]:
    """Who is in each group that is looked for; of two groups one says it all."""
    values, counts = np.unique(group, return_counts=True)
    targets = [group == value for value in values[np.argsort(-counts)][:MOST_GROUPS]]
    return [
        target for target in targets[: 1 if len(values) == 2 else None] if min(target.sum(), (~target).sum()) >= FEWEST
    ]


def _area(column: np.ndarray, target: np.ndarray, half: np.ndarray) -> float:
    """How well the share of the group among rows of like value, in one half, tells the group in the other."""
    # a missing value is the last of them
    bins = np.unique(column, return_inverse=True)[1]
    if bins.max() >= 2 * BINS:
        bins = np.searchsorted(np.quantile(bins, np.linspace(0, 1, BINS + 1)[1:-1]), bins)
    people = np.bincount(bins[half], minlength=bins.max() + 1) + 1.0
    share = (np.bincount(bins[half], target[half], minlength=bins.max() + 1) + target[half].mean()) / people
    area = stats.auc(share[bins[~half]], target[~half])
    return 0.5 if area is None else area.value


def _together(x: np.ndarray, target: np.ndarray, half: np.ndarray, least: float) -> list[int]:
    """The columns that carry a boosted predictor of the group, where it tells the other half."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    from auditkit.plugins.explanations.shared.trees import tree_values

    if min(target[half].sum(), (~target[half]).sum()) < FEWEST // 2:
        return []
    model = HistGradientBoostingClassifier(
        max_iter=100, min_samples_leaf=5, max_leaf_nodes=15, early_stopping=False, random_state=0
    )
    with threadpool_limits(1, "openmp"):
        model.fit(x[half], target[half])
        area = stats.auc(model.decision_function(x[~half]), target[~half])
        if area is None or area.value <= least:
            return []
        values = tree_values(model, x[half][:100], x[half][-50:], lambda done, total, what: None)
    sizes = np.abs(values[:, :, 0]).mean(axis=0)
    order = np.argsort(-sizes)
    carried = np.cumsum(sizes[order]) / sizes.sum()
    enough = order[: int(np.searchsorted(carried, CARRIED)) + 1]
    return [int(place) for place in enough if sizes[place] >= LEAST * sizes.sum()]


def _with_twins(x: np.ndarray, chosen: set[int]) -> set[int]:
    filled = np.nan_to_num(x)
    varies = np.flatnonzero(filled.std(axis=0) > 0)
    if len(varies) < 2:
        return chosen
    alike = np.abs(np.corrcoef(filled[:, varies].T)) > TWIN
    of = {int(column): {int(other) for other in varies[row]} for column, row in zip(varies, alike, strict=True)}
    return chosen.union(*(of.get(column, set()) for column in chosen))
