"""Whether a person stands in several rows, where the data names people by an id."""

from typing import NamedTuple

from auditkit.data import AuditData
from auditkit.data.disclosure import how_many
from auditkit.plugins.data.identity import repeated


class People(NamedTuple):
    """What the ids say."""

    share: float
    """Rows whose id an earlier row has / rows with an id."""
    rows: int
    """Rows with an id."""
    note: str


def people_of(data: AuditData, alike: float) -> People | None:
    """How many rows are of a person that an earlier row is of; None without ids.

    Args:
        data: the audit data.
        alike: the share of rows whose inputs equal those of an earlier row.
    """
    # a negative number stands for a row without an id
    if data.ids is None or (data.ids < 0).all():
        return None
    ids = data.ids[data.ids >= 0]
    again = int(repeated(ids).sum())
    lacking = " Some rows have no id." if len(ids) < len(data) else ""
    if not again:
        sentence = f"no person twice; {alike:.1%} share all values with another, earlier row".replace("%", " %")
        return People(0.0, len(ids), f"By their ids: {sentence}.{lacking}")
    count = how_many(again, data.minimum_cell, data.disclosure)
    return People(
        float(again / len(ids)), len(ids),
        f"Ids repeat: {count} rows have the id of an earlier row. Where an id is a person, intervals that take rows "
        f"for people are too narrow; where it is not, name the columns that are, or none.{lacking}",
    )  # fmt: skip
