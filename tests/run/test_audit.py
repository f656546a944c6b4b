"""What holds of an audit as a whole."""

from __future__ import annotations

import json

import pytest

import auditkit
from auditkit.errors import ConfigError
from auditkit.results import canonical
from auditkit.testing import ToyModel, toy_data
from tests.run.acme import audit


def test_the_same_audit_gives_the_same_bytes_but_for_run():
    def plain() -> dict:
        document = json.loads(canonical(audit("share", "draw")))
        del document["run"]
        return document

    assert plain() == plain()


def test_an_empty_selection_is_not_a_pass():
    assert auditkit.audit(ToyModel(), toy_data(), checks=[]).exit_code == 5
    limits = [{"name": "l", "measurement": "acme.share", "at_least": 0}]
    with pytest.raises(ConfigError, match="no check measures"):
        auditkit.audit(ToyModel(), toy_data(), checks=[], limits=limits)


def test_coverage_lists_every_check_that_is_offered():
    result = audit("share")
    rows = {covered.check: covered.status for covered in result.coverage}
    assert rows["fairness.groups"] == "not selected"
    assert rows["acme.share"] == "measured"
