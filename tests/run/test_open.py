"""What an audit is given, before it begins."""

from __future__ import annotations

import collections

import numpy as np
import pandas
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
    with pytest.raises(ModelError, match=r"a model is required, as in audit\(model, data\), or recorded answers"):
        auditkit.audit(None, toy_data())
    with pytest.raises(DataError, match="ToyModel was given there, and AuditData as the first argument, the model"):
        auditkit.audit(toy_data(), ToyModel())
    with pytest.raises(ModelError, match="a model is required"):
        auditkit.audit(toy_data())
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


def test_recorded_answers_need_no_model_beside_them():
    table = {"y": [0, 1] * 20, "d": [0, 1, 1, 1] * 10, "a": list(range(40))}
    data = auditkit.AuditData.from_table(table, label="y", decisions="d")
    (quality,) = auditkit.audit(data, checks=["performance.quality"], budget="quick").results
    assert next(one.value for one in quality.measurements if one.name == "accuracy") == 0.75


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("seed", "x", "seed: Input should be a valid integer"),
        ("seed", -1, "seed: Input should be greater than or equal to 0"),
        ("seconds_per_check", 0, "seconds_per_check: Input should be greater than 0"),
        ("title", 3, "title: Input should be a valid string; '3' was given"),
        ("device", 3, "device: Input should be a valid string"),
        ("rules", [3], "rules.0: Input should be a valid string"),
        ("formats", "docx", "'docx' was given"),
        ("progress", 3, r"progress must be a callable with \(check, done, total, what\); 3 was given"),
        ("checks", [3], r"checks must be families, ids, decorated functions or Check objects; \(3,\) was given"),
        ("checks", 3, "checks must be families, ids, decorated functions or Check objects; 3 was given"),
        ("parameters", {"performance.quality": 3}, r"parameters must be {check id: {parameter: value}}"),
        ("limits", 3, "limits must be a list of limits; 3 was given"),
        ("waivers", 3, "waivers must be a list of waivers; 3 was given"),
        ("card", "x", r"card must be a mapping, {key: text}; 'x' was given"),
        ("out", 3, "out must be the path of a folder; 3 was given"),
        ("out", "a\0b", "out must be the path of a folder; .* was given"),
    ],
)
def test_every_argument_of_another_kind_is_a_sentence(name, value, sentence):
    with pytest.raises(ConfigError, match=sentence):
        auditkit.audit(ToyModel(), toy_data(), **{"checks": [], name: value})


@pytest.mark.parametrize("models", [ToyModel(), {"a": ToyModel()}, "model.skops"])
def test_models_to_compare_are_a_list(models):
    with pytest.raises(ConfigError, match=r"models must be a list of models, named by wrap\(model, name=…\)"):
        auditkit.compare(models, toy_data())


def test_a_file_is_no_run_folder(tmp_path):
    (tmp_path / "report").write_text("")
    with pytest.raises(auditkit.AuditkitError, match="there is a file of this name; name a folder"):
        audit("share", out=tmp_path / "report")


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ([ToyModel()], r"audited with auditkit.compare\(models, data\)"),
        (collections.OrderedDict(), "load them into their module"),
        (np.zeros(3), r"named in AuditData.from_table\(table, decisions=…\)"),
        (pandas.DataFrame({"a": [1]}), "are the second argument of audit"),
    ],
)
def test_what_is_no_model_says_what_to_do_with_it(model, sentence):
    with pytest.raises(ModelError, match=f"no plugin knows an object of type .*{sentence}"):
        auditkit.audit(model, toy_data())
