"""The head of a model card: YAML between two lines of dashes, as the Hugging Face hub reads it.

A number is listed where it is valid, and is about everyone or stands under a limit; the card's body has the others.
Source: Hugging Face, Model Cards, https://huggingface.co/docs/hub/model-cards (model-index).
"""

import json
import re
from typing import Any

from auditkit.results import AuditResult, Card, CheckResult, Measurement, digest
from auditkit.text import printable

_TASKS = {
    ("table", "binary"): "tabular-classification",
    ("table", "multiclass"): "tabular-classification",
    ("table", "regression"): "tabular-regression",
    ("image", "binary"): "image-classification",
    ("image", "multiclass"): "image-classification",
    ("text", "binary"): "text-classification",
    ("text", "multiclass"): "text-classification",
}
_BOOLEANS = frozenset({"yes", "no", "on", "off", "true", "false", "null"})
"""Words that are no text in YAML 1.1."""
_UNREADABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""Characters that JSON takes as they are and YAML does not."""


def front_matter(card: Card, result: AuditResult | None) -> str:
    """The head, with what the owner gave and the numbers of one audit; empty where there is nothing to say.

    Args:
        card: the owner's part.
        result: the audit whose numbers are listed; None for several models, which one model-index cannot tell apart.
    """
    index = [] if result is None else _index(result)
    head = filled(
        {
            "language": card.given.get("languages"),
            "license": card.given.get("licence"),
            "tags": card.given.get("tags"),
            "model-index": [{"name": result.model.name, "results": index}] if result is not None and index else None,
        }
    )
    return f"---\n{yaml(head)}---\n\n" if head else ""


def filled(entries: dict[str, Any]) -> dict[str, Any]:
    """The entries that hold something."""
    return {name: entry for name, entry in entries.items() if entry not in (None, "", [], {})}


def yaml(value: dict[str, Any], indent: int = 0) -> str:
    """A mapping as YAML that every reader of YAML 1.1 and 1.2 takes for the same; texts are always quoted.

    Args:
        value: mappings and non-empty lists of mappings or scalars, down to text, numbers, booleans and None.
        indent: of each line.
    """
    return "".join(" " * indent + f"{_key(key)}:{_value(entry, indent)}" for key, entry in value.items())


def _value(value: Any, indent: int) -> str:
    if isinstance(value, dict) and value:
        return "\n" + yaml(value, indent + 2)
    if isinstance(value, list) and value:
        return "\n" + "".join(_item(entry, indent) for entry in value)
    return f" {_scalar(value)}\n"


def _item(value: Any, indent: int) -> str:
    if not isinstance(value, dict):
        return f"{' ' * indent}- {_scalar(value)}\n"
    return f"{' ' * indent}- {yaml(value, indent + 2)[indent + 2 :]}"


def _key(key: str) -> str:
    return key if re.fullmatch(r"[a-z][a-z0-9_-]+", key) and key not in _BOOLEANS else _text(key)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    written = json.dumps(value)
    if isinstance(value, float) and "e" in written and "." not in written:
        return written.replace("e", ".0e")  # YAML 1.1 takes 1e-05 for text
    return written


def _text(text: str) -> str:
    # a text in JSON's quotes is one in YAML's double quotes, but for the few characters of `_UNREADABLE`
    quoted = json.dumps(printable(text, 1000), ensure_ascii=False)
    return _UNREADABLE.sub(lambda match: f"\\u{ord(match.group()):04x}", quoted)


def _index(result: AuditResult) -> list[dict[str, Any]]:
    judged: dict[tuple[str, str], set[str]] = {}
    for judgement in (judgement for verdict in result.verdicts for judgement in verdict.judged):
        judged.setdefault((judgement.check, judgement.measurement.name), set()).add(digest(judgement.measurement))
    metrics = [
        _metric(check_result, measurement)
        for check_result in result.results
        for measurement in check_result.measurements
        if measurement.value is not None and measurement.validity == "valid"
        # the hub shows a flat list: thousands of numbers about groups would bury those that decide
        # by name first: of thousands of numbers about groups a limit is about few
        if not (measurement.slice or measurement.across)
        or ((under := judged.get((check_result.check, measurement.name))) and digest(measurement) in under)
    ]
    if not metrics:
        return []
    data = result.data
    dataset = {"name": data.name, "type": data.name, "args": {"sha256": data.digest, "rows": data.rows}}
    return [{"task": {"type": _TASKS.get((data.modality, data.task), "other")}, "dataset": dataset, "metrics": metrics}]


def _metric(result: CheckResult, measurement: Measurement) -> dict[str, Any]:
    interval, (low, high) = measurement.interval, measurement.holding_ends
    args = {
        "slice": dict(sorted(measurement.slice.items())),
        "across": list(measurement.across),
        "conditions": dict(sorted(measurement.conditions.items())),
        "bound": measurement.bound and f"{measurement.bound} this number, as groups are left out",
        "interval": interval and {"low": low, "high": high, "level": interval.level, "method": interval.method},
        "n": measurement.n,
    }
    return {
        "type": f"{result.check}.{measurement.name}",
        "name": result.title_of(measurement.name),
        "value": measurement.value,
        **filled({"args": filled(args)}),
    }
