"""Which columns tell a person's group: by themselves, or only together."""

from typing import Literal, NamedTuple

import numpy as np

from auditkit import stats

TELLS = 0.9
"""The area under the ROC curve from which columns tell a group."""
CARRIED = 0.9
"""The share of a predictor's attributions that the columns which are taken carry together."""
TWIN = 0.98
"""The correlation from which a column is another one, almost."""
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
    values, counts = np.unique(group, return_counts=True)
    targets = [group == value for value in values[np.argsort(-counts)][:MOST_GROUPS]]
    targets = [
        target for target in targets[: 1 if len(values) == 2 else None] if min(target.sum(), (~target).sum()) >= FEWEST
    ]
    areas = [
        max((_area(x[:, column], target, half) for target in targets), default=None) for column in range(x.shape[1])
    ]
    how: dict[int, Literal["own column", "alone", "together", "twin"]] = {} if own is None else {own: "own column"}
    for column, area in enumerate(areas):
        if area is not None and area > TELLS:
            how.setdefault(column, "alone")
    for target in targets:
        rest = [column for column in range(x.shape[1]) if column not in how]
        how |= {rest[place]: "together" for place in _together(x[:, rest], target, half)} if rest else {}
    for column in _with_twins(x, set(how)):
        how.setdefault(column, "twin")
    return [Proxy(column, how[column], areas[column]) for column in sorted(how)]


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


def _together(x: np.ndarray, target: np.ndarray, half: np.ndarray) -> list[int]:
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
        if area is None or area.value <= TELLS:
            return []
        values = tree_values(model, x[half][:100], x[half][-50:], lambda done, total, what: None)
    sizes = np.abs(values[:, :, 0]).mean(axis=0)
    order = np.argsort(-sizes)
    carried = np.cumsum(sizes[order]) / sizes.sum()
    return [int(place) for place in order[: int(np.searchsorted(carried, CARRIED)) + 1]]


def _with_twins(x: np.ndarray, chosen: set[int]) -> set[int]:
    filled = np.nan_to_num(x)
    varies = np.flatnonzero(filled.std(axis=0) > 0)
    if len(varies) < 2:
        return chosen
    alike = np.abs(np.corrcoef(filled[:, varies].T)) > TWIN
    of = {int(column): {int(other) for other in varies[row]} for column, row in zip(varies, alike, strict=True)}
    return chosen.union(*(of.get(column, set()) for column in chosen))
