"""Which class of the data each output of a network stands for, by the names in its configuration."""

import re
from collections.abc import Sequence
from typing import Any, Final

from auditkit.text import first_few, one_line
from auditkit.value_spelling import listed, match_class

_UNNAMED: Final = re.compile(r"LABEL_\d+")
"""What transformers calls a class that nobody named."""


def class_names(config: Any) -> tuple[str, ...] | None:
    """The names in the order of the outputs; None where nobody gave any."""
    by_place = getattr(config, "id2label", None) or {}
    names = tuple(str(by_place[place]) for place in sorted(by_place))
    unnamed = all(_UNNAMED.fullmatch(name) for name in names)
    return None if unnamed or len(set(names)) < len(names) else names


def classes_for(names: Sequence[str], labels: Sequence[Any]) -> tuple[tuple[Any, ...], str | None]:
    """The classes in the spelling of the data, and a note about how they were matched.

    Args:
        names: of the outputs, in their order.
        labels: the distinct labels of the data.

    Returns:
        The names themselves where the labels fit neither them nor their places; then the labels are refused later.
    """
    if not labels:
        return tuple(names), None
    alike = {name.casefold(): place for place, name in enumerate(names)}
    places = [alike.get(str(label).casefold()) for label in labels]
    if len(alike) == len(names) and None not in places:
        spelt = dict(zip(places, labels, strict=True))
        return tuple(spelt.get(place, name) for place, name in enumerate(names)), None
    numbered = tuple(range(len(names)))
    matched = [match_class(label, numbered) for label in labels]
    if all(label in numbered for label in matched):
        meanings = first_few([f"{place} is {one_line(name, 40)!r}" for place, name in enumerate(names)])
        return numbered, f"labels are places in the configuration of the network: {meanings}"
    return tuple(names), f"the configuration of the network names its outputs {listed(names)}"
