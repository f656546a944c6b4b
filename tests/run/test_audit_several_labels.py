"""An audit of several labels: every check measures them or is skipped with the reason and the way out."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import MultiOutputClassifier

import auditkit
from auditkit.data import AuditData
from auditkit.host import Host
from auditkit.results import Limit
from tests.plugins.labelled import drawn

MEASURED = {"performance.quality", "fairness.groups", "data.integrity"}
SETTINGS = {"budget": "quick", "isolate": "none"}


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    truth, _ = drawn(rng, 400)
    inputs = pd.DataFrame(truth + rng.normal(size=truth.shape), columns=["x", "y", "z"])
    labels = dict(zip(("flu", "cold", "cough"), truth.T, strict=True))
    return inputs.assign(**labels, sex=np.where(rng.random(400) < 0.5, "f", "m"))


def read(table, label=("flu", "cold", "cough"), **options):
    given = {"task": "multilabel", "groups": ["sex"], "drop": ["sex"], **options}
    return AuditData.from_table(table, label=list(label), **given)


def model(table):
    return MultiOutputClassifier(LogisticRegression()).fit(table[["x", "y", "z"]], table[["flu", "cold", "cough"]])


def test_every_check_measures_labels_or_says_why_not(table):
    offers = Host(discover=False).checks()
    every = sorted(offers)
    result = auditkit.audit(model(table), read(table, train=table), checks=every, **SETTINGS)
    assert {entry.check for entry in result.results} == set(every)
    status = {entry.check: entry.status for entry in result.results}
    # these lack settings here
    about_data = {check for check, offer in offers.items() if getattr(offer.value, "about_data", False)}
    assert {check for check, how in status.items() if how == "measured"} == MEASURED
    for entry in result.results:
        if entry.status == "skipped" and entry.check not in about_data and "inputs of kind" not in entry.reason:
            assert "multilabel" in entry.reason and "name its column in [data] label" in entry.reason, entry.check
        assert entry.status in ("measured", "skipped"), (entry.check, entry.reason)


def test_the_way_out_of_a_skipped_check_audits_one_label(table):
    data = AuditData.from_table(table, label="cold", positive=1, groups=["sex"], drop=["sex", "flu", "cough"])
    one = auditkit.audit(auditkit.wrap(model(table), target=1), data, checks=["fairness.scores"], **SETTINGS)
    assert one.results[0].status == "measured"


def test_limits_on_a_label_and_on_all_of_them_are_judged(table):
    limits = [
        Limit(measurement="performance.quality.recall", conditions={"class": "cold"}, everyone=True, at_least=0.01),
        Limit(measurement="performance.quality.macro_f1", everyone=True, at_least=0.99),
        Limit(measurement="fairness.groups.demographic_parity_difference", at_most=0.9),
    ]
    result = auditkit.audit(model(table), read(table), checks=["performance", "fairness"], limits=limits, **SETTINGS)
    assert [verdict.status for verdict in result.verdicts] == ["met", "missed", "met"]


def test_models_on_the_same_labels_are_compared_without_paired_numbers(table):
    both = {"first": model(table), "second": MultiOutputClassifier(LogisticRegression(C=0.1)).fit(
        table[["x", "y", "z"]], table[["flu", "cold", "cough"]])}  # fmt: skip
    models = [auditkit.wrap(one, name=name, task="multilabel") for name, one in both.items()]
    compared = auditkit.compare(models, read(table), checks=["performance"], **SETTINGS)
    assert len(compared.results) == 2 and not compared.changes


def test_a_model_in_another_process_gives_the_same_evidence(table):
    here, apart = (
        auditkit.audit(model(table), read(table), checks=["performance"], budget="quick", isolate=isolate)
        for isolate in ("none", "all")
    )
    assert here.results[0].measurements == apart.results[0].measurements
    assert apart.model.consistency.finding == "alike"
