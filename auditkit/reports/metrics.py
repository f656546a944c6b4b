"""metrics.json: every number under a key that stays the same from audit to audit, for tools that plot and compare.

A key is `check.measurement[slice][over groups][conditions]`, such as
`fairness.groups.selection_rate[sex=F]` or `robustness.evasion.robust_accuracy[epsilon=0.1,norm=Linf]`; of several
models, the model's name stands before it. What is undefined or invalid is left out.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from auditkit.results import AuditResult, CheckResult, Comparison, Measurement, canonical
from auditkit.text import unused

_PLAIN = re.compile(r"[A-Za-z0-9_.+-]{1,64}")


def render(result: AuditResult | Comparison) -> bytes:
    """One flat JSON object of numbers."""
    if isinstance(result, AuditResult):
        return canonical(_numbers(result, ""))
    numbers: dict[str, float | None] = {}
    for audit in result.results:
        for key, value in _numbers(audit, f"{slug(audit.model.name)}.").items():
            numbers[unused(key, numbers, "{}#{}")] = value
    return canonical(numbers)


def key(check: str, measurement: Measurement) -> str:
    """The key of one measurement."""
    over = ",".join(slug(text) for text in measurement.across)
    parts = (_pairs(measurement.slice), over and f"over={over}", _pairs(measurement.conditions))
    return f"{slug(check)}.{slug(measurement.name)}" + "".join(f"[{part}]" for part in parts if part)


def slug(text: str) -> str:
    """`text` of letters, digits and `_ . + -`; where that changes it, with a digest, so that two texts keep apart."""
    if _PLAIN.fullmatch(text):
        return text
    # two names that differ only in what is replaced would share a key, and one number would be lost
    mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return re.sub(r"[^A-Za-z0-9_.+-]+", "_", text)[:55].strip("_") + f"~{mark}"


def meaningful(audit: AuditResult) -> Iterator[tuple[CheckResult, Measurement]]:
    """Every number that means something: those that metrics.json has."""
    return (
        (result, measurement)
        for result in audit.results
        for measurement in result.measurements
        if measurement.value is not None and measurement.validity != "invalid"
    )


def _numbers(audit: AuditResult, prefix: str) -> dict[str, float | None]:
    numbers: dict[str, float | None] = {}
    for result, measurement in meaningful(audit):
        # a plugin may give two measurements of one name; both are kept, in the order in which they came
        numbers[unused(prefix + key(result.check, measurement), numbers, "{}#{}")] = measurement.value
    return numbers


def _pairs(mapping: Mapping[str, Any]) -> str:
    # by name, so that a check that gives its conditions in another order keeps its keys
    return ",".join(f"{slug(name)}={slug(_written(mapping[name]))}" for name in sorted(mapping))


def _written(value: Any) -> str:
    return value if isinstance(value, str) else canonical(value).decode().strip()
