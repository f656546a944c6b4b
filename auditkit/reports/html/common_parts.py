"""What several models have in common is told once; what differs stands with the names of its models."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

from auditkit.reports.html.tables import Cell, Grid, Head, grid
from auditkit.results import AuditResult, CheckResult, Definition

BESIDE = 4
"""How many models stand beside each other; further ones are folded, as many at a time."""

Item = TypeVar("Item")


class CheckOutcome(NamedTuple):
    """What a check found of one model."""

    audit: AuditResult
    result: CheckResult

    @property
    def model(self) -> str:
        """The name of the model."""
        return self.audit.model.name


def definitions(outcomes: Sequence[CheckOutcome]) -> dict[str, Definition]:
    """What the measurements of a check are, of whichever model has them."""
    return {
        name: definition for outcome in reversed(outcomes) for name, definition in outcome.result.definitions.items()
    }


class Common(NamedTuple, Generic[Item]):
    """Something, and the names of the models that it is true of; empty for all of them."""

    item: Item
    models: str


def common(
    models: Sequence[str],
    items: Sequence[Sequence[Item]],
    same: Callable[[Item], Hashable],
    near: Callable[[Item], Hashable] | None = None,
) -> list[Common[Item]]:
    """Each different item once, in the order given, with the models that have it.

    Args:
        models: their names.
        items: those of each model.
        same: what makes two items one.
        near: items for which it is the same stand next to each other; None keeps the order.
    """
    holders_of: dict[Hashable, tuple[Item, list[int]]] = {}
    # positions and not names: what is redacted can leave two models with the same name
    for position, of_model in enumerate(items):
        for item in of_model:
            holders = holders_of.setdefault(same(item), (item, []))[1]
            if position not in holders:
                holders.append(position)
    parts = [
        Common(item, "" if len(holders) == len(models) else names([models[position] for position in holders]))
        for item, holders in holders_of.values()
    ]
    if near is not None:
        order = {key: position for position, key in reversed(list(enumerate(near(part.item) for part in parts)))}
        parts.sort(key=lambda part: order[near(part.item)])
    return parts


def names(models: Sequence[str]) -> str:
    """`one`, `one and two`, `one; two and three`; a name may hold commas."""
    return models[0] if len(models) == 1 else f"{'; '.join(models[:-1])} and {models[-1]}"


def common_grid(
    anchor: str,
    caption: str,
    heads: Sequence[Head],
    parts: Iterable[Common[Item]],
    cells: Callable[[Item], Sequence[Cell]],
) -> Grid:
    """A row for each item, with a column for the models that it is true of, after the first.

    Args:
        anchor: of the table.
        caption: likewise.
        heads: without that of the models, whose column a table drops where nothing stands in it.
        parts: the items.
        cells: what stands in the row of an item.
    """
    rows = [(cells(part.item), part.models) for part in parts]
    with_models = [[first, Cell(models), *rest] for (first, *rest), models in rows]
    return grid(anchor, caption, [heads[0], Head("Model"), *heads[1:]], with_models)


def folds(count: int) -> Iterator[range]:
    """The places of the models, as many at a time as stand beside each other."""
    return (range(start, min(start + BESIDE, count)) for start in range(0, count, BESIDE))
