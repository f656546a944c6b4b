"""What an audit is given, before it begins."""

from __future__ import annotations

import pytest

import auditkit
from auditkit.errors import ConfigError, DataError, ModelError
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
