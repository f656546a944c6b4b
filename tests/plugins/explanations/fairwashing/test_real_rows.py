"""An importance against what real rows show."""

import numpy as np
import pandas as pd
import pytest

from auditkit.data import AuditData
from auditkit.plugins.explanations.fairwashing.group_seen import group_seen
from auditkit.plugins.explanations.fairwashing.real_rows import not_tried, real_row_test, real_rows
from auditkit.plugins.explanations.shared.attributions import Attributions
from auditkit.plugins.explanations.shared.case import Case
from auditkit.plugins.explanations.shared.outputs import Output

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(RNG.normal(size=(400, 4)), columns=["a", "b", "title", "sex"])
FRAME["sex"] = (FRAME.sex > 0).astype(float)
FRAME["title"] = FRAME.sex
HONEST, BLIND = np.tile([1.0, 0, 3, 4], (40, 1)), np.tile([1.0, 1, 0, 0], (40, 1))


def trial(function, values, frame=FRAME, rows=40, answers=1, target=0, groups=None):
    data = AuditData(
        frame.iloc[:rows].reset_index(drop=True),
        groups={"sex": FRAME.sex.astype(str).to_numpy()[:rows]} if groups is None else groups,
        train=AuditData(frame.iloc[40:].reset_index(drop=True), task="regression") if rows == 40 else None,
        task="regression",
    )  # fmt: skip
    x = data.codes()
    ask = lambda inputs: np.tile(function(np.asarray(inputs, float))[:, None], (1, answers))  # noqa: E731
    output = Output(ask, ask(x), np.full(len(x), target), "prediction", "the predicted number")
    case = Case(x, x, lambda codes: codes, output)
    attributions = Attributions(values[:rows], np.zeros(rows), np.zeros(rows), "prediction", "by hand")
    outcome = real_rows(data, case, attributions, np.random.default_rng(0))
    if isinstance(outcome, str) or not outcome:
        return outcome
    seen = group_seen("sex", data, outcome[0].codes, outcome[0].drawn, np.random.default_rng(0))
    return real_row_test(seen, outcome, data.feature_names) if seen.columns else seen


def by_sex(z):
    return 3 * z[:, -1] + 0.3 * z[:, 0]


def test_what_an_explanation_hides_is_its_excess():
    shown, hidden = trial(by_sex, HONEST), trial(by_sex, BLIND)
    first, second = shown.measurements[0].value, hidden.measurements[0].value
    # the explanations give 7/8 and nothing to sex and title
    assert second - first == pytest.approx(7 / 8) and second > 0.7
    assert shown.controls[0].holds is True and hidden.controls[0].holds is False
    assert hidden.controls[0].on_failure == "invalid" and "contradicts behaviour" in hidden.controls[0].reason
    assert "to title, sex, the" in hidden.controls[0].reason


def test_a_group_that_is_no_input_is_found_in_its_proxies():
    frame = FRAME.drop(columns="sex")
    groups = {"sex": FRAME.sex.astype(str).to_numpy()[:40]}
    hidden = trial(by_sex, BLIND[:, :3], frame, groups=groups)
    assert "to title, the" in hidden.controls[0].reason and hidden.controls[0].holds is False
    assert trial(by_sex, HONEST[:, :3], frame, groups=groups).controls[0].holds is True


def test_few_rows_raise_a_doubt_and_no_more():
    hidden = trial(by_sex, BLIND, rows=39)
    assert hidden.controls[0].holds is False and hidden.controls[0].on_failure == "inconclusive"
    few = trial(by_sex, BLIND, rows=20)
    assert "fewer than 30 rows" in few and not_tried(few).holds is None


def test_answers_that_trees_cannot_learn_are_a_doubt_where_groups_differ():
    noise = np.random.default_rng(5)
    differ = trial(lambda z: z[:, 3] + noise.normal(size=len(z)), HONEST)
    assert [control.name for control in differ.controls] == ["real rows: sex", "real rows known: sex"]
    assert differ.controls[1].holds is False and differ.controls[1].on_failure == "inconclusive"
    alike = trial(lambda z: noise.normal(size=len(z)), HONEST)
    assert [control.name for control in alike.controls] == ["real rows: sex"]


def test_nothing_is_judged_where_nothing_varies_or_no_column_tells():
    assert trial(lambda z: np.ones(len(z)), HONEST) == []
    frame = FRAME.drop(columns=["sex", "title"])
    assert trial(lambda z: z[:, 0], HONEST[:, :2], frame).columns == []


def test_of_several_outputs_the_one_that_is_explained_is_learnt():
    hidden = trial(by_sex, BLIND, answers=3, target=2)
    assert hidden.controls[0].holds is False


def test_a_class_that_few_rows_are_given_is_tried_too():
    """Most rows are of class 0, which is honest; which of the other two is decided by sex, and hidden."""

    def ask(inputs):
        z = np.asarray(inputs, float)
        return np.eye(3)[np.where(z[:, 0] > -0.3, 0, 1 + (z[:, 3] > 0)).astype(int)]

    data = AuditData(
        FRAME.iloc[:80], groups={"sex": FRAME.sex.astype(str).to_numpy()[:80]}, task="regression",
        train=AuditData(FRAME.iloc[80:].reset_index(drop=True), task="regression"),
    )  # fmt: skip
    x = data.codes()
    target = ask(x).argmax(axis=1)
    case = Case(x, x, lambda codes: codes, Output(ask, ask(x), target, "decision", "whether the model decides"))
    blind = Attributions(np.tile([1.0, 0.0, 0, 0], (80, 1)), np.zeros(80), np.zeros(80), "decision", "by hand")
    learnt = real_rows(data, case, blind, np.random.default_rng(0))
    assert [len(rows.values) for rows in learnt] == sorted(np.bincount(target).tolist(), reverse=True)
    seen = group_seen("sex", data, learnt[0].codes, learnt[0].drawn, np.random.default_rng(0))
    assert real_row_test(seen, learnt[:1], data.feature_names).controls[0].holds is True
    assert real_row_test(seen, learnt, data.feature_names).controls[0].holds is False
