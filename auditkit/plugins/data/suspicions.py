"""Values that may not mean what they say: groups that may be one, and codes for missing values."""

import unicodedata
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from auditkit.counts.names import EMPTY, MISSING
from auditkit.data import AuditData
from auditkit.data.orders import Order, order_of
from auditkit.data.sentinels import codes_in_order
from auditkit.lazy import pandas

NAMED: Final = 5
"""Features and groups that a note names."""
MEND: Final = "list them under [data] missing where they mean that."
NEVER: Final = frozenset({"nan", "<na>", "nat", "#n/a"})
"""What programs write for a missing value, and nobody calls a group."""
BESIDE: Final = frozenset({
    *NEVER, "na", "n/a", "none", "null", "nil", "missing", "unknown", "", "?", "-", ".", EMPTY.casefold()
})  # fmt: skip
"""Names that may be a group's own, but hardly where other values are missing."""


class Suspicion(NamedTuple):
    """How many features or groups are suspicious in one way, and which."""

    name: str
    number: int
    across: tuple[str, ...]
    note: str


def suspicions(data: AuditData) -> list[Suspicion]:
    """What is to be said about the names of groups, and about the ends of numbers."""
    result = [_sentinels(data)] if data.feature_names or data.groups or data.labels is not None else []
    for attribute in data.groups:
        values = data.cells.values[attribute]
        merged = data.merged.get(attribute, ())
        # spellings that blanks alone made different are one group already, and could hide a third spelling
        pairs = alike(list(dict.fromkeys((*values, *merged))))
        spelt = "; ".join(", ".join(map(repr, names)) for names in pairs[:NAMED])
        note = (
            f"Groups of {attribute} that differ only in case, blanks or Unicode form: {spelt}. Give those that are one "
            f"group one name, under [data.groups.{attribute}] values."
        )
        if merged:
            note += f" Blanks around a name do not count: {', '.join(map(repr, merged[:NAMED]))} are one already."
        result.append(Suspicion("alike_groups", sum(map(len, pairs)), (attribute,), note if pairs else ""))
        words = like_missing(values)
        note = f"Groups of {attribute} called {', '.join(map(repr, words[:NAMED]))}: {MEND}"
        result.append(Suspicion("missing_like_groups", len(words), (attribute,), note if words else ""))
    return result


def alike(values: Sequence[str]) -> list[tuple[str, ...]]:
    """The groups whose names are the same but for case, blanks and Unicode form, together."""
    spellings: dict[str, list[str]] = {}
    for value in values:
        if value != MISSING:
            spellings.setdefault(_plain_form(value), []).append(value)
    return [tuple(names) for names in spellings.values() if len(names) > 1]


def like_missing(values: Sequence[str]) -> list[str]:
    """The groups whose name says that the value is missing, as "nan" does; "none" only beside missing values."""
    words = BESIDE if MISSING in values else NEVER
    return [value for value in values if value != MISSING and _plain_form(value) in words]


def _sentinels(data: AuditData) -> Suspicion:
    texts = {**_codes_of_features(data), **_codes_of_other_columns(data)}
    listed = "; ".join(f"{name} ({', '.join(codes)})" for name, codes in [*texts.items()][:NAMED])
    note = f"Values that stand apart from all others of their column, as codes for missing values do: {listed}; {MEND}"
    return Suspicion("sentinel_features", len(texts), (), note if texts else "")


def _codes_of_features(data: AuditData) -> dict[str, list[str]]:
    if not data.feature_names:
        return {}
    codes = data.codes()
    is_id = dict(zip(data.feature_names, data.identifiers.tolist(), strict=True))
    numeric = {feature.name: feature.numeric for feature in data.schema}
    orders = {
        name: data.orders[name] if name in data.orders else Order(codes[:, index])
        for index, name in enumerate(data.feature_names)
        if not is_id[name] and (name in data.orders or numeric.get(name, True))
    }
    suspected = {name: codes_in_order(order) for name, order in orders.items()}
    return {name: texts for name, texts in suspected.items() if texts}


def _codes_of_other_columns(data: AuditData) -> dict[str, list[str]]:
    """Of groups, of labels and of recorded answers whose column is no feature."""
    texts = {name: list(codes) for name, codes in data.suspected.items()}
    for attribute in data.groups:
        names = [name for name in data.cells.values[attribute] if name not in (MISSING, EMPTY)]
        people = dict(zip(data.cells.values[attribute], data.cells.counts((attribute,)).tolist(), strict=True))
        order = order_of(pandas.Series(names, dtype=object), data.notation)
        texts.setdefault(attribute, codes_in_order(order, np.array([people[name] for name in names])))
    answers = {data.label_name or "label": data.labels}
    answers |= dict(zip(("decisions", "scores"), data.recorded or (), strict=False))
    for name, values in answers.items():
        # texts and true or false hold no code for missing that is a number
        if values is not None and values.dtype.kind in "iuf":
            texts[name] = codes_in_order(Order(values.astype(float)))
    inside = {attribute for attribute in data.groups if data.column_of(attribute) in data.feature_names}
    return {name: codes for name, codes in texts.items() if codes and name not in inside}


def _plain_form(name: str) -> str:
    """The name in one form; letters of other widths are the same, blanks and invisible signs nothing."""
    # twice, for folding case can undo the normal form
    form = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(letter for letter in form if not letter.isspace() and unicodedata.category(letter) != "Cf")
