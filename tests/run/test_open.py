"""What an audit is given, before it begins."""

from __future__ import annotations

import pytest

import auditkit
from auditkit.errors import ConfigError, DataError, ModelError
from auditkit.host import Host
from auditkit.run.context import AuditContext
from auditkit.run.plan import selected
from auditkit.run.request import make_request
from auditkit.testing import ToyModel, toy_data
from tests.run.acme import audit


def test_missing_arguments_are_sentences():
    with pytest.raises(DataError, match="data is required"):
        auditkit.audit(ToyModel())
    with pytest.raises(ModelError, match="a model is required, or recorded"):
        auditkit.audit(None, toy_data())
    with pytest.raises(ConfigError, match="budget must be one of"):
        auditkit.audit(ToyModel(), toy_data(), budget="cheap")
    with pytest.raises(ConfigError, match="there is no rule pack 'x'"):
        auditkit.audit(ToyModel(), toy_data(), checks=[], rules=["x"])
    with pytest.raises(ConfigError, match="limits: at_leats is not a known key; did you mean 'at_least'"):
        auditkit.audit(ToyModel(), toy_data(), checks=[], limits=[{"name": "l", "measurement": "m", "at_leats": 1}])


def test_a_folder_with_something_else_in_it_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(auditkit.AuditkitError, match=r"thesis\.txt"):
        audit("share", out=tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "precious"


def test_a_rule_pack_chooses_the_checks_that_it_names_as_evidence_or_to_complete_it(tmp_path):
    (tmp_path / "acme.toml").write_text(
        'pack = 1\nid = "acme"\ntitle = "t"\nsource = "s"\nstatus = "in force"\nverified_on = "unverified"\n'
        '[[clauses]]\nid = "1"\ntext = "t"\nevidence = ["performance.quality.accuracy"]\n'
        'complete_with = ["fairness.adverse_impact.impact_ratio"]\n'
    )
    context = AuditContext(Host(), toy_data(20), make_request(rules=[str(tmp_path / "acme.toml")]))
    assert context.evidence == {"performance.quality.accuracy", "fairness.adverse_impact.impact_ratio"}
    assert "fairness.adverse_impact" in selected(context.host, None, context.evidence)
