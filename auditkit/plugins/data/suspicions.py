"""Values that may not mean what they say: groups that may be one, and codes for missing values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from auditkit.plugins.data.lookalikes import alike, like_missing
from auditkit.plugins.data.sentinels import sentinels

if TYPE_CHECKING:
    from auditkit.data import AuditData

NAMED: Final = 5
"""Features and groups that a note names."""
MEND: Final = "list them under [data] missing where they mean that."


class Suspicion(NamedTuple):
    """How many features or groups are suspicious in one way, and which."""

    name: str
    number: int
    across: tuple[str, ...]
    note: str


def suspicions(data: AuditData) -> list[Suspicion]:
    """What is to be said about the names of groups, and about the ends of numbers."""
    found = [_sentinels(data)] if data.feature_names else []
    for attribute in data.groups:
        values = data.cells.values[attribute]
        merged = data.merged.get(attribute, ())
        pairs = alike(list(dict.fromkeys((*values, *merged))))
        spelt = "; ".join(", ".join(map(repr, names)) for names in pairs[:NAMED])
        note = (
            f"Groups of {attribute} that differ only in case, blanks or Unicode form: {spelt}. Give those that are one "
            f"group one name, under [data.groups.{attribute}] values."
        )
        if merged:
            note += f" Blanks around a name do not count: {', '.join(map(repr, merged[:NAMED]))} are one already."
        found.append(Suspicion("alike_groups", sum(map(len, pairs)), (attribute,), note if pairs else ""))
        words = like_missing(values)
        note = f"Groups of {attribute} called {', '.join(map(repr, words[:NAMED]))}: {MEND}"
        found.append(Suspicion("missing_like_groups", len(words), (attribute,), note if words else ""))
    return found


def _sentinels(data: AuditData) -> Suspicion:
    codes = data.codes()
    numeric = {feature.name: feature.numeric for feature in data.schema}
    found = {}
    for at, name in enumerate(data.feature_names):
        order = data.orders.get(name)
        spelt = order is not None and order.values is not None and order.how.startswith("numbers")
        column = order.values if spelt and order is not None else codes[:, at]
        if column is not None and (spelt or numeric.get(name, True)) and (codes_found := sentinels(column)):
            found[name] = codes_found
    shown = "; ".join(f"{name} ({', '.join(f'{each.value:g}' for each in found[name])})" for name in [*found][:NAMED])
    note = f"Numbers that stand apart from all others of their column, as codes for missing values do: {shown}; {MEND}"
    return Suspicion("sentinel_features", len(found), (), note if found else "")
