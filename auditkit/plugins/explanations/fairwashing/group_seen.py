"""A group on real rows: who is in it, and which columns tell it."""

from typing import NamedTuple

import numpy as np

from auditkit.data import AuditData
from auditkit.plugins.explanations.fairwashing.proxies import Proxy, carriers, proxies
from auditkit.results import Column, Definition, Measurement, Table

DEFINITIONS = {
    "proxy_share": Definition(
        title="Share of the influence on a group and its proxies",
        formula="sum of |attributions| of the columns that tell the group / sum of |attributions| of all features; "
        "these columns: the group column, those that tell the group alone or only together (AUC over 0.9), and those "
        "that correlate with one of them over 0.98",
        range="0 to 1",
        direction="lower",
        unit="share",
        pitfalls="A column that tells the group may be used for what else it says.",
    ),
}


FEWEST = 30
"""People of a group by which it can be judged."""


class GroupSeen(NamedTuple):
    """What real rows show of a group."""

    attribute: str
    group: np.ndarray
    """(m,) the group of the rows of which it is known."""
    known: np.ndarray
    """(N,) which rows these are."""
    proxies: list[Proxy]
    carriers: list[list[int]] = []
    """Sets of columns that may carry what the group is answered, though each tells it in part only."""

    @property
    def columns(self) -> list[int]:
        """Places of the columns that tell the group."""
        return [proxy.column for proxy in self.proxies]

    @property
    def sets(self) -> list[list[int]]:
        """Every set of columns by which a model could decide about the group."""
        return [self.columns] * bool(self.columns) + [one for one in self.carriers if one != self.columns]

    @property
    def pooled(self) -> np.ndarray:
        """(m,) the groups, those of few people taken together as one."""
        values, place, counts = np.unique(self.group, return_inverse=True, return_counts=True)
        few = counts < 2 * FEWEST
        return np.where(few, len(values), np.arange(len(values)))[place] if 1 < few.sum() < len(values) else place


def group_seen(
    attribute: str, data: AuditData, codes: np.ndarray, drawn: np.ndarray, rng: np.random.Generator
) -> GroupSeen:
    """The groups that are known of rows, and the columns that tell them.

    Args:
        attribute: of the group.
        data: the audit data.
        codes: (N, D) its rows, then some of its training split.
        drawn: which rows of the training split.
        rng: parts the rows in halves.
    """
    names, column = data.feature_names, data.column_of(attribute)
    own = names.index(column) if column in names else None
    group, known = _groups(attribute, data, codes, drawn, own)
    telling = proxies(codes[known], group, own, rng)
    columns = [proxy.column for proxy in telling]
    return GroupSeen(attribute, group, known, telling, carriers(codes[known], group, columns, rng))


def proxy_share(seen: GroupSeen, values: np.ndarray) -> Measurement:
    """The share of (n, D) attributions on the columns that tell the group."""
    total = float(np.abs(values).sum())
    part = float(np.abs(values[:, seen.columns]).sum()) / total if total else None
    return Measurement(
        name="proxy_share", value=part, reason="no feature has any influence on these rows" if part is None else None,
        n=len(values) if part is not None else None, unit="share", direction="lower",
        conditions={"feature": seen.attribute},
    )  # fmt: skip


def proxy_table(groups: list[GroupSeen], names: tuple[str, ...]) -> Table:
    """The columns that tell each group, with how, and how well each does so alone."""
    return Table(
        name="proxies",
        title="Columns that tell a group",
        columns=(
            Column(name="group", title="Group"),
            Column(name="column", title="Column"),
            Column(name="how", title="Tells it"),
            Column(name="area", title="AUC, alone"),
        ),
        rows=tuple(
            (seen.attribute, names[proxy.column], proxy.how, proxy.area) for seen in groups for proxy in seen.proxies
        ),
    )


def _groups(
    attribute: str, data: AuditData, codes: np.ndarray, drawn: np.ndarray, own: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """The groups that are known, and which rows (N,) they are of."""
    group = data.groups[attribute]
    rest, split = codes[len(group) :], data.train
    if split is not None and attribute in split.groups:
        return np.concatenate([group, split.groups[attribute][drawn]]), np.ones(len(codes), dtype=bool)
    if own is None or not len(rest):
        return group, np.arange(len(codes)) < len(group)
    # of rows without groups beside them: those of the same value of the column
    group_of = dict(zip(codes[: len(group), own].tolist(), group.tolist(), strict=True))
    more = [group_of.get(value) for value in rest[:, own].tolist()]
    known = np.array([True] * len(group) + [value is not None for value in more])
    return np.concatenate([group, [value for value in more if value is not None]]).astype(str), known
