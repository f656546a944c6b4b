"""Areas of texts of an identity against other texts, of sick and healthy classifiers of texts."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from auditkit.plugins.fairness.scores.background_auc import LABELS, compared_rows
from auditkit.plugins.fairness.scores.check import ScoreFairness
from tests.plugins.recorded import one, recorded, run

FAST = ScoreFairness(permutations=99, trials=20)
MENTIONED, OTHERS = {"faith": "mentioned"}, {"faith": "not mentioned"}


def texts(rng, rows=600, faithful=0.3):
    """Scores and labels of texts that are ranked alike, and whether each mentions a faith."""
    names = np.where(rng.random(rows) < faithful, "mentioned", "not mentioned")
    logits = 1.5 * rng.standard_normal(rows)
    return logits, (rng.random(rows) < expit(logits)).astype(int), names


def check(logits, labels, names, **more):
    inputs = [f"text {row}" for row in range(len(labels))]
    more = {"inputs": np.array(inputs, dtype=object), "modality": "text", **more}
    return run(FAST, *recorded(None, labels, {"faith": names}, scores=expit(logits), **more))


def by_pairs(name, is_member, outcomes, scores):
    """The share of pairs, one by one."""
    positive_of_group = name == "bnsp_auc"
    wins = []
    for high in np.flatnonzero(outcomes & (is_member == positive_of_group)):
        for low in np.flatnonzero(~outcomes & (is_member != positive_of_group)):
            wins.append(1.0 if scores[high] > scores[low] else 0.5 if scores[high] == scores[low] else 0.0)
    return np.mean(wins)


def test_the_areas_are_those_of_pairs_counted_one_by_one():
    logits, labels, names = texts(np.random.default_rng(0), 150)
    scores = np.round(expit(logits), 1)  # with ties
    result = check(np.log(scores.clip(0.01, 0.99) / (1 - scores.clip(0.01, 0.99))), labels, names)
    for name in LABELS:
        for where in (MENTIONED, OTHERS):
            expected = by_pairs(name, names == where["faith"], labels == 1, scores)
            measurement = one(result, name, where)
            assert measurement.value == pytest.approx(expected, abs=1e-9)
            assert measurement.interval.low < expected < measurement.interval.high
            assert measurement.unit == "" and measurement.direction == "higher"


def test_an_area_counted_by_hand():
    """Two negative texts of the group, at 0.6 and 0.4, and two positive ones of others, at 0.5 and 0.7: 3 of 4."""
    is_member = np.array([True, True, False, False, True, False])
    outcomes = np.array([False, False, True, True, True, False])
    scores = np.array([0.6, 0.4, 0.5, 0.7, 0.55, 0.1])
    rows = compared_rows("bpsn_auc", is_member, outcomes)
    assert rows.tolist() == [True, True, True, True, False, False]
    assert roc_auc_score(outcomes[rows], scores[rows]) == 0.75
    assert compared_rows("bnsp_auc", is_member, outcomes).tolist() == [False, False, False, False, True, True]


def test_the_area_of_one_group_is_the_other_of_its_complement():
    result = check(*texts(np.random.default_rng(1)))
    assert one(result, "bpsn_auc", MENTIONED).value == pytest.approx(one(result, "bnsp_auc", OTHERS).value)
    assert one(result, "bpsn_auc", MENTIONED).n == one(result, "bnsp_auc", OTHERS).n


def test_an_identity_whose_harmless_texts_are_scored_too_high_is_seen():
    rng = np.random.default_rng(2)
    logits, labels, names = texts(rng, 1500)
    healthy = check(logits, labels, names)
    everyone = one(healthy, "auc").value
    for name in LABELS:
        interval = one(healthy, name, MENTIONED).interval
        assert interval.low < everyone < interval.high
    sick = check(np.where((names == "mentioned") & (labels == 0), logits + 2, logits), labels, names)
    assert one(sick, "bpsn_auc", MENTIONED).interval.high < everyone - 0.1
    assert one(sick, "bnsp_auc", MENTIONED).value == one(healthy, "bnsp_auc", MENTIONED).value


def test_texts_of_one_author_vary_together():
    logits, labels, names = texts(np.random.default_rng(3), 400)
    unit = np.arange(400) // 4
    alone = one(check(logits, labels, names), "bpsn_auc", MENTIONED)
    together = one(check(logits, labels, names, unit=unit), "bpsn_auc", MENTIONED)
    assert together.value == alone.value and "by units" in together.interval.method


def test_too_few_texts_of_a_label_have_no_area_and_say_so():
    logits, labels, names = texts(np.random.default_rng(4))
    labels[np.flatnonzero((names == "mentioned") & (labels == 1))[9:]] = 0
    measurement = one(check(logits, labels, names), "bnsp_auc", MENTIONED)
    assert measurement.value is None and measurement.reason == "fewer than 10 people with a positive label"
    background = one(check(logits, labels, names), "bpsn_auc", OTHERS)
    assert background.reason == "fewer than 10 people of other groups with a positive label"


def test_other_inputs_than_texts_have_no_such_areas():
    logits, labels, names = texts(np.random.default_rng(5))
    model, data = recorded(None, labels, {"faith": names}, scores=expit(logits))
    assert not {m.name for m in run(FAST, model, data).measurements} & set(LABELS)
    assert FAST.leaves_out("bpsn_auc", data) == "is measured of texts alone; these are inputs of kind table"
    assert FAST.leaves_out("auc", data) == ""
