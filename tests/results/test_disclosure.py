"""Reports say the two minima under their names, and which small groups can be worked out."""

import numpy as np
import pandas as pd
import pytest

import auditkit
from auditkit.results.disclosure import deducible_text, showing_facts


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("run")
    sex = np.repeat(["f", "m", "<x>"], [60, 60, 7])
    frame = pd.DataFrame({"sex": sex, "hired": np.arange(127) % 2})
    data = auditkit.AuditData.from_table(frame, groups=["sex"], decisions="hired", positive=1, minimum_rate=20)
    auditkit.audit(None, data, checks=["fairness.groups"], budget="quick", out=path)
    return path


@pytest.mark.parametrize("name", ["report.html", "model_card.md", "model_card.html"])
def test_a_reader_learns_both_minima_and_what_can_be_worked_out(folder, name):
    text = (folder / name).read_text()
    assert "Smallest group shown" in text and "10 people" in text
    assert "Smallest denominator of a rate" in text and "20 people" in text
    assert "can be worked out" in text.lower() and "publish" in text and "<x>" not in text


def test_where_nothing_can_be_worked_out_nothing_is_said():
    frame = pd.DataFrame({"sex": np.repeat(["f", "m"], 60), "hired": np.arange(120) % 2})
    data = auditkit.AuditData.from_table(frame, groups=["sex"], decisions="hired", positive=1)
    result = auditkit.audit(None, data, checks=["fairness.groups"], budget="quick")
    assert deducible_text(result.data) == "" and ("Can be worked out", "") in showing_facts(result.data)


def test_many_groups_are_counted_and_some_named(folder):
    data = auditkit.runfolder.read_result(folder).data
    many = data.model_copy(update={"deducible": tuple({"zip": str(number)} for number in range(20))})
    assert "zip=7 and 12 more" in deducible_text(many)
