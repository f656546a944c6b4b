"""An audit in a notebook: one line, whatever was measured."""

from __future__ import annotations

import json

from auditkit.results import AuditResult
from tests.run.acme import audit, share

LIMIT = {"name": "share", "measurement": "acme.share", "at_least": 0.0, "judge": "point"}


def test_an_audit_prints_in_a_line_and_is_saved_whole() -> None:
    result = audit(share.check(), limits=[LIMIT])
    line = "<AuditResult of 'toy': met, exit code 0; limits: 1 met; checks: 1>"
    assert repr(result) == str(result) == line
    assert AuditResult.model_validate(json.loads(result.model_dump_json())) == result
    assert "limits: none" in repr(audit(share.check()))
