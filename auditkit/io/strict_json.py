"""JSON as auditkit reads it: nothing that two readers could understand differently."""

import json
import math
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from auditkit.errors import EvidenceError
from auditkit.text import one_line

_Record = TypeVar("_Record", bound=BaseModel)


def loads(raw: bytes, name: str) -> Any:
    """Read JSON, or say in a sentence why it cannot be trusted.

    Args:
        raw: the bytes of the file; UTF-8 without a byte order mark.
        name: what the message calls the file.

    Raises:
        EvidenceError: it is not JSON, has the same key twice, a number that is not finite, or text that is no Unicode.
    """
    try:
        # Python's reader takes the last of two equal keys and accepts NaN; other readers do not
        value = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_no_duplicates, parse_constant=_no_constant, parse_float=_finite
        )
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # half of a surrogate pair reads, but is no text
    except UnicodeError:
        raise EvidenceError(f"{name} holds text that is not UTF-8") from None
    except RecursionError:
        raise EvidenceError(f"{name} is nested too deeply to be read") from None
    except ValueError as error:
        raise EvidenceError(f"{name} is not valid JSON: {one_line(error)}") from None
    return value


def record(kind: type[_Record], plain: Any, name: str) -> _Record:
    """What `loads` gave, as a record of this kind.

    Raises:
        EvidenceError: a field is missing, unknown or wrong; the message names the first.
    """
    try:
        return kind.model_validate(plain)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise EvidenceError(
            f"{name} does not have the shape that auditkit writes: {one_line(place)}: {one_line(first['msg'])}"
        ) from None


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in result if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} appears twice in one object")
    return result


def _no_constant(literal: str) -> float:
    raise ValueError(f"the number {literal} is not finite")


def _finite(literal: str) -> float:
    value = float(literal)
    if not math.isfinite(value):
        raise ValueError(f"the number {literal} is too large to hold")
    return value
