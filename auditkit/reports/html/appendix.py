"""What every check was set to, in one table."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from auditkit.reports.html.common_parts import common, with_model, with_models
from auditkit.reports.html.tables import Anchors, Cell, Grid, Head, grid
from auditkit.results import AuditResult


def parameters(audits: Sequence[AuditResult], anchors: Anchors, anchor_of: Mapping[str, str]) -> Grid | None:
    """The parameters of all checks; None where there are none.

    Args:
        audits: of each model.
        anchors: the page's.
        anchor_of: {check: anchor}.
    """
    items = [
        [
            (result.check, name, written(value))
            for result in audit.results
            for name, value in sorted(result.parameters.items())
        ]
        for audit in audits
    ]
    # grouped by check and parameter, so that two models with different values stand one under the other
    parts = common([audit.model.name for audit in audits], items, repr, lambda parameter: parameter[:2])
    rows = [
        with_model([Cell(check, link=anchor_of.get(check, "")), Cell(name), Cell(value)], part.models)
        for part in parts
        for check, name, value in [part.item]
    ]
    heads = with_models([Head("Check"), Head("Parameter", "code"), Head("Value", "code")])
    return grid(anchors.new("parameters"), "The parameters of each check", heads, rows) if rows else None


def written(value: Any) -> str:
    """A value of a configuration on one line."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
