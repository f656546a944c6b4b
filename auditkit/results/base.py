"""The base of all that is written, and the one writer."""

import hashlib
import json
import re
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_jsonable_python

SCHEMA_VERSION = 4
"""The shape of results.json. To raise it: keep a reader for the old number, keep the old golden file, add a new one."""
SCHEMAS = (1, 2, 3, 4)
"""Those that are read: a result of an older shape stays in it, and is written back to the same bytes."""

Scalar: TypeAlias = bool | int | float | str | None
Direction: TypeAlias = Literal["higher", "lower", "none"]
Meaning: TypeAlias = Literal["benefit", "burden"]
"""What being selected is to a person."""
Validity: TypeAlias = Literal["valid", "inconclusive", "invalid"]
VerdictStatus: TypeAlias = Literal["met", "missed", "inconclusive", "error", "not tested"]
Level: TypeAlias = Literal["recorded", "queries", "model", "training"]
ErrorKind: TypeAlias = Literal["exception", "missing extra", "time limit", "findings", "plugin"]


def optional(default: Any = None, description: str | None = None) -> Any:
    """A field that is written only where it says something: an older result, which lacks it, keeps its bytes."""
    return Field(default=default, description=description, exclude_if=lambda value: value == default)


class Record(BaseModel):
    """The base of all that is written: frozen, closed, finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


_HALF_PAIR = re.compile("[\ud800-\udfff]")


def canonical(value: Any, sort: bool = True) -> bytes:
    """The one writer: sorted keys, UTF-8, no NaN, one trailing newline.

    Args:
        value: a Record, or anything that JSON holds, Records inside it included.
        sort: whether keys are sorted, as in all that is written; else they keep their order.

    Raises:
        ValueError: a number is not finite.
    """
    text = json.dumps(
        to_jsonable_python(value), sort_keys=sort, ensure_ascii=False, allow_nan=False, indent=1, separators=(",", ": ")
    )
    # UTF-8 has no bytes for half of a pair of code units, which a text of a plugin may hold
    return (_HALF_PAIR.sub("\ufffd", text) + "\n").encode()


def digest(value: Any) -> str:
    """SHA-256, in hexadecimal, of what the one writer makes of `value`."""
    return hashlib.sha256(canonical(value)).hexdigest()
