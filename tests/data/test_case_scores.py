"""Scores of cases: how they are read, and what is refused in which words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit
from auditkit.data import AuditData, CaseScore
from auditkit.errors import ConfigError, DataError, ModelError
from auditkit.provenance.dataset import describe

DICE = {"better": "higher", "range": [0, 1]}


def frame(**columns):
    rng = np.random.default_rng(0)
    table = {"site": rng.choice(["a", "b"], 40), "age": rng.integers(20, 80, 40), "dice": rng.random(40)}
    return pd.DataFrame({**table, **columns})


def test_a_score_is_an_answer_and_no_input():
    data = AuditData.from_table(frame(), groups=["site"], case_scores={"dice": DICE})
    assert data.task == "case_scores" and data.feature_names == ("site", "age") and data.labels is None
    assert data.case_scores == {"dice": CaseScore("higher", (0.0, 1.0))}
    assert np.array_equal(data.scored[""][:, 0], frame()["dice"])
    assert data.take(np.arange(5)).scored[""].shape == (5, 1)


def test_two_systems_are_scored_on_the_same_cases():
    both = frame(other=np.linspace(0, 1, 40))
    systems = {"old": {}, "new": {"dice": "other"}}
    data = AuditData.from_table(both, case_scores={"dice": DICE}, systems=systems)
    assert list(data.scored) == ["old", "new"] and data.feature_names == ("site", "age")
    assert data.scored["new"][-1, 0] == 1
    with pytest.raises(DataError, match="there is no case score 'dise'; did you mean 'dice'"):
        AuditData.from_table(both, case_scores={"dice": DICE}, systems={"old": {"dise": "other"}})


def test_texts_are_read_as_numbers_and_blanks_are_missing(tmp_path):
    (tmp_path / "cases.csv").write_text("site,dice\n" + 'a,"0,5"\nb,\nc,"0,75"\n' * 5, encoding="utf-8")
    data = AuditData.from_table(tmp_path / "cases.csv", case_scores={"dice": DICE}, decimal=",")
    assert np.array_equal(data.scored[""][:3, 0], [0.5, np.nan, 0.75], equal_nan=True)
    assert describe(data).case_scores[0].missing == 5
    few = AuditData.from_table(tmp_path / "cases.csv", case_scores={"dice": DICE}, decimal=",", disclosure="publish")
    assert describe(few).case_scores[0].missing is None  # fewer than may be published


def test_what_counts_as_the_worst():
    values = np.array([0.5, np.nan])
    assert CaseScore("higher", (0, 1), missing="worst").counted(values).tolist() == [0.5, 0]
    assert CaseScore("lower", (0, 9), missing="worst").counted(values).tolist() == [0.5, 9]
    assert np.isnan(CaseScore("higher", (0, 1)).counted(values)[1])
    assert CaseScore("lower", poor=2.0).is_poor(np.array([1.0, 2.0, 3.0])).tolist() == [False, False, True]
    assert CaseScore("higher", poor=2.0).is_poor(np.array([1.0, 2.0, 3.0])).tolist() == [True, False, False]


def test_the_digest_knows_scores_and_what_they_mean():
    one = AuditData.from_table(frame(), case_scores={"dice": DICE})
    again = AuditData.from_table(frame(), case_scores={"dice": DICE})
    turned = AuditData.from_table(frame(), case_scores={"dice": {**DICE, "better": "lower"}})
    other = AuditData.from_table(frame(dice=np.zeros(40)), case_scores={"dice": DICE})
    assert one.digest == again.digest and one.rows_digest == turned.rows_digest
    assert len({one.digest, turned.digest, other.digest}) == 3 and other.rows_digest != one.rows_digest


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ({"dise": DICE}, "names the column 'dise', which the data lacks; did you mean 'dice'"),
        ({"dice": {"range": [0, 1]}}, 'and it is not stated: say better = "higher"'),
        ({"dice": {"better": "up"}}, "'up' was given"),
        ({"dice": {**DICE, "rnage": [0, 1]}}, "'rnage' is not known; did you mean 'range'"),
        ({"dice": {"better": "higher", "range": [0, 0.5]}}, r"must lie in its range, from 0 to 0.5; \d+ cases lie"),
        ({"dice": {"better": "higher", "range": [1, 0]}}, "must begin with the lower value"),
        ({"dice": {"better": "higher", "range": "0-1"}}, "the lowest and the highest value"),
        ({"dice": {"better": "higher", "missing": "worst"}}, 'needs the worst value.*missing = "undecided"'),
        ({"dice": {**DICE, "missing": "drop"}}, '"undecided" or "worst"'),
        ({"dice": {**DICE, "poor": "low"}}, "poor must be made of numbers"),
        ({"dice": {**DICE, "poor": float("inf")}}, "poor must be a finite number"),
        ({"dice": {**DICE, "counted_in": 3}}, "counted_in must be a text"),
        ({"dice": "higher"}, 'must be stated as {"better": "higher"}'),
        ({"site": DICE}, "case score 'site' must be numbers"),
        (["dice"], "must say of each score what it means"),
        ({"": DICE}, "names the column ''"),
    ],
)
def test_what_cannot_be_scores_is_refused(scores, message):
    with pytest.raises(DataError, match=message):
        AuditData.from_table(frame(), case_scores=scores)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (np.full(40, np.nan), "is missing in every case"),
        (np.r_[np.inf, np.inf, np.zeros(38)], "it is infinite in 2 cases"),
    ],
)
def test_values_that_are_none_are_counted(column, message):
    with pytest.raises(DataError, match=message):
        AuditData.from_table(frame(dice=column), case_scores={"dice": {"better": "higher"}})


def test_task_and_scores_belong_together():
    with pytest.raises(DataError, match="names no case score"):
        AuditData.from_table(frame(), task="case_scores")
    with pytest.raises(DataError, match="has case scores, and the task is binary"):
        AuditData.from_table(frame(), case_scores={"dice": DICE}, task="binary")
    with pytest.raises(DataError, match="takes no label"):
        AuditData.from_table(frame(), case_scores={"dice": DICE}, label="site")
    with pytest.raises(DataError, match="takes no decisions or scores"):
        AuditData.from_table(frame(), case_scores={"dice": DICE}, scores="age")
    with pytest.raises(DataError, match=r"one row per case and one column per score, \(3, 1\)"):
        AuditData(np.zeros((3, 2)), task="case_scores", case_scores={"dice": DICE}, scored={"": np.zeros((2, 1))})


def test_a_training_split_need_not_hold_the_scores():
    bare = frame().drop(columns="dice")
    data = AuditData.from_table(frame(), case_scores={"dice": DICE}, train=bare)
    assert data.train.task == "case_scores" and not data.train.scored
    both = AuditData.from_table(frame(), case_scores={"dice": DICE}, train=frame())
    assert both.train.scored[""].shape == (40, 1) and both.train.feature_names == both.feature_names


def test_a_model_that_is_asked_gives_no_scores_of_cases():
    cases = AuditData.from_table(frame(), groups=["site"], case_scores={"dice": DICE})
    people = AuditData.from_table(frame(answer=[0, 1] * 20), label="answer")
    classifier = auditkit.wrap(lambda rows: np.zeros(len(rows), dtype=int), classes=(0, 1))
    for model, data in ((classifier, cases), (cases, people)):
        with pytest.raises(ConfigError, match="task case_scores is about scores of cases"):
            auditkit.audit(model, data, checks=["performance"])
    with pytest.raises(ModelError, match="the callable must give the scores 'dice', which the data state; it gave"):
        auditkit.audit(lambda rows: rows, cases, checks=["performance"])


def test_one_of_several_systems_is_named():
    both = AuditData.from_table(frame(), case_scores={"dice": DICE}, systems={"old": {}, "new": {}})
    assert auditkit.wrap(both, name="new").system == "new"
    with pytest.raises(ModelError, match=r"did you mean 'new'.*name one of the systems"):
        auditkit.wrap(both, name="nwe")
    alone = AuditData.from_table(frame(), case_scores={"dice": DICE})
    assert auditkit.wrap(alone, name="mine").name == "mine"
    with pytest.raises(ModelError, match="threshold is for decisions"):
        auditkit.wrap(alone, threshold=0.5)


def test_small_counts_are_withheld_from_evidence_that_leaves_the_house():
    data = AuditData.from_table(
        frame(dice=np.r_[np.zeros(3), np.ones(37)]), groups=["site"], disclosure="publish",
        case_scores={"dice": {**DICE, "poor": 0.5}},
    )  # fmt: skip
    shown = auditkit.audit(None, data, checks=["performance.case_scores"], budget="quick").frame()
    poor = shown[shown["name"] == "poor_share"]
    assert poor["value"].isna().all() and poor["reason"].str.contains("withheld|fewer than").all()
