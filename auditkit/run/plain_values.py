"""Values in JSON and back with their types: what may leave a process that foreign code ran in, and nothing else."""

from typing import Any, Final

import numpy as np

from auditkit.models import Capability

SEQUENCES: Final = {"tuple": tuple, "list": list, "set": set, "frozenset": frozenset}
NUMPY_KINDS: Final = "biufU"


class NotPlain(TypeError):
    """A value is of a type that is not handed over."""


def plain(value: Any) -> Any:
    """A value as JSON can hold it.

    Raises:
        NotPlain: it is none of None, numbers, texts, capabilities, and tuples, lists, sets and mappings of these.
    """
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if kind is Capability:
        return {"capability": value.value}
    if kind.__name__ in SEQUENCES and kind is SEQUENCES[kind.__name__]:
        return {kind.__name__: [plain(part) for part in value]}
    if kind is dict:
        return {"dict": [[plain(key), plain(part)] for key, part in value.items()]}
    if isinstance(value, np.generic) and value.dtype.kind in NUMPY_KINDS:
        return {"numpy": [value.dtype.str, value.item()]}
    raise NotPlain(f"a {kind.__name__} is not handed over")


def value_of(record: Any) -> Any:
    """The value that `plain` was given.

    Raises:
        ValueError, TypeError, KeyError: it was not.
    """
    if not isinstance(record, dict):
        return record
    ((kind, content),) = record.items()
    if kind == "capability":
        return Capability(content)
    if kind == "dict":
        return {value_of(key): value_of(part) for key, part in content}
    if kind == "numpy":
        return np.array(content[1], dtype=content[0])[()]
    return SEQUENCES[kind](value_of(part) for part in content)
