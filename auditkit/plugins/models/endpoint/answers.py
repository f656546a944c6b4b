"""From what a server answers to what is kept of it: class numbers, scores and shares; no word of its own."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from auditkit.data import Task
from auditkit.plugins.models.endpoint.exchange import Trouble
from auditkit.value_spelling import match_class


class Expected(NamedTuple):
    """What an answer must be."""

    rows: int
    task: Task
    classes: tuple[Any, ...]
    abstain: Any = None
    """The label that means that the model does not decide."""


def kept_answer(parts: Mapping[str, Any], expected: Expected) -> dict[str, Any]:
    """What is kept: `codes` (the place in classes, -1 for abstained), `scores`, `probabilities`, each for all rows.

    Args:
        parts: {`labels`, `scores` or `probabilities`: what stands there in the answer}.
        expected: how many, and which.

    Raises:
        Trouble: they are not what they must be; in words that quote nothing of them.
    """
    kept: dict[str, Any] = {}
    for name, values in parts.items():
        if not isinstance(values, list):
            raise Trouble(f"{name} must be a list with an entry for each row; there is none at that place")
        if len(values) != expected.rows:
            raise Trouble(f"{name} must have one entry for each of {expected.rows:,} rows; there are {len(values):,}")
        if name == "labels" and expected.task != "regression":
            kept["codes"] = _codes(values, expected)
        elif name == "probabilities":
            kept[name] = [_shares(value, len(expected.classes)) for value in values]
            if len({len(shares) for shares in kept[name]}) > 1:
                raise Trouble("probabilities must be given for all rows in the same way")
        else:
            kept["scores"] = [_number(value, name) for value in values]
    return kept


def at(document: Any, place: str) -> Any:
    """What stands at a place such as `a.*.b`, where `*` goes through a list; None where nothing does."""
    for position, step in enumerate(steps := place.split(".") if place else []):
        if step == "*":
            if not isinstance(document, list):
                return None
            return [at(entry, ".".join(steps[position + 1 :])) for entry in document]
        if isinstance(document, list) and step.isascii() and step.isdigit():
            document = document[int(step)] if int(step) < len(document) else None
        else:
            document = document.get(step) if isinstance(document, dict) else None
    return document


def _codes(labels: Sequence[Any], expected: Expected) -> list[int]:
    known, codes = expected.classes, []
    declined = () if expected.abstain is None else (expected.abstain,)
    for label in labels:
        # an answer of one output may come as a list of one
        value = label[0] if isinstance(label, list) and len(label) == 1 else label
        plain = isinstance(value, str | int | float)
        if plain and (meant := match_class(value, (*known, *declined))) in known:
            codes.append(known.index(meant))
        elif plain and meant in declined:
            codes.append(-1)
    if len(codes) < len(labels):
        raise Trouble(
            f"each label must be one of the {len(known)} classes {list(map(str, known))}; "
            f"{len(labels) - len(codes):,} of {len(labels):,} are none of them"
        )
    return codes


def _shares(value: Any, classes: int) -> list[float]:
    """One number for the positive class, or one for each class."""
    values = value if isinstance(value, list) else [value]
    shares = [_number(number, "probabilities") for number in values]
    if len(shares) not in ((1, 2) if classes == 2 else (classes,)) or not all(0 <= share <= 1 for share in shares):
        either = "one number from 0 to 1, or " if classes == 2 else ""
        raise Trouble(f"probabilities must be, for each row, {either}{classes} numbers from 0 to 1")
    return shares


def _number(value: Any, name: str) -> float:
    value = value[0] if isinstance(value, list) and len(value) == 1 else value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Trouble(f"{name} must be numbers; one of them is none")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise Trouble(f"{name} must be finite numbers; one of them is not")
    return number
