"""What `privacy.attribute_inference` says about models that know a column by heart, and about models that do not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

import auditkit
from auditkit.checks import missing_needs
from auditkit.data import AuditData
from auditkit.errors import ConfigError, Refusal
from auditkit.plugins.privacy.attribute import findings, inference, self_tests
from auditkit.plugins.privacy.attribute.check import AttributeInference
from auditkit.plugins.privacy.attribute.sides import gather
from auditkit.predictions import Predictions
from tests.plugins.recorded import one, recorded, run

CHECK = AttributeInference(sensitive=("illness",))
LEARNED = {"column": "illness", "attack": "learned inversion"}
ROWS = 700


def people(rows: int, seed: int, shift: float = 0.0) -> pd.DataFrame:
    """An illness that the other columns tell a little, and that decides a little."""
    rng = np.random.default_rng(seed)
    age, pay = rng.normal(shift, 1, rows), rng.normal(0, 1, rows)
    ill = rng.random(rows) < 1 / (1 + np.exp(-age))
    paid = 0.8 * pay - 0.4 * ill + rng.normal(0, 1, rows) > 0
    return pd.DataFrame(
        {"age": age, "pay": pay, "job": rng.choice(["a", "b", "c"], rows), "illness": np.where(ill, "yes", "no"),
         "paid": paid.astype(int)}
    )  # fmt: skip


MEMBERS, OTHERS, THIRD = (people(ROWS, seed) for seed in range(3))


def fitted(estimator, rows, label="paid"):
    """A pipeline on these rows; names one column each, for trees their positions."""
    inputs = rows.drop(columns=label)
    names = list(inputs.select_dtypes(exclude="number"))
    trees = isinstance(estimator, RandomForestClassifier)
    # what no row has is asked of nobody
    encode = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1) if trees else OneHotEncoder(
        handle_unknown="ignore"
    )  # fmt: skip
    columns = make_column_transformer((encode, names), remainder=StandardScaler())
    return auditkit.wrap(make_pipeline(columns, estimator).fit(inputs, rows[label]))


def table(others=OTHERS, members=MEMBERS, **more):
    return AuditData.from_table(others, label="paid", positive=1, train=members, **more)


def forest():
    return RandomForestClassifier(40, random_state=0)


@pytest.fixture(scope="module")
def overfit():
    return fitted(forest(), MEMBERS)


@pytest.fixture(scope="module")
def linear():
    """As good as a linear model gets, so that its answers tell much of everybody."""
    return fitted(LogisticRegression(), MEMBERS)


@pytest.fixture(scope="module")
def of_overfit(overfit):
    return run(CHECK, overfit, table())


@pytest.fixture(scope="module")
def of_linear(linear):
    return run(CHECK, linear, table())


def failed(result):
    return {check.name for check in result.controls if check.holds is not True}


def test_a_forest_that_knows_its_rows_by_heart_is_caught(of_overfit):
    assert failed(of_overfit) == set()
    excess = one(of_overfit, "attribute_excess", conditions=LEARNED)
    assert excess.interval.low > 0.02 and excess.value > 0.05
    among = {side: one(of_overfit, "attribute_gain", conditions=LEARNED | {"rows": side}) for side in findings.SIDES}
    assert among["members"].interval.low > 0.02 and among["non-members"].interval.low < 0
    assert excess.value == pytest.approx(among["members"].value - among["non-members"].value)
    assert of_overfit.level == "training" and of_overfit.figures[0].rules[0].value == 0
    drawn = [row for row in of_overfit.tables[0].rows if row[1] == "learned inversion"]
    assert drawn[0][3] - drawn[0][2] == pytest.approx(among["members"].value) and drawn[0][-1] == excess.value


def none_of_members(result):
    """No attack tells of members more than of others."""
    for attack in inference.ATTACKS:
        excess = one(result, "attribute_excess", conditions={"column": "illness", "attack": attack})
        assert excess.validity == "valid" and excess.interval.low <= 0.01 and excess.value < 0.04
    return True


def test_what_a_linear_model_tells_of_everybody_is_no_leak_of_members(of_linear):
    """The answers of a linear model tell of the illness of anybody whose other columns are known."""
    assert failed(of_linear) == set() and none_of_members(of_linear)
    for side in findings.SIDES:
        answer = {"column": "illness", "attack": "answer", "rows": side}
        assert one(of_linear, "attribute_gain", conditions=answer).interval.low > 0.02
    assert 0.6 < one(of_linear, "imputed_share", conditions={"column": "illness", "rows": "members"}).value < 0.8


def test_a_forest_that_was_fitted_to_neither_side_is_not_flagged():
    result = run(CHECK, fitted(forest(), THIRD), table())
    assert failed(result) == set() and none_of_members(result)


def test_non_members_from_elsewhere_make_it_inconclusive(overfit):
    result = run(CHECK, overfit, table(people(ROWS, 1, shift=1.0)))
    assert "blind baseline, illness" in failed(result)
    assert one(result, "attribute_excess", conditions=LEARNED).validity == "inconclusive"


def test_rows_that_are_in_both_are_no_non_members(linear):
    data = table(pd.concat([MEMBERS[:300], OTHERS[300:]], ignore_index=True))
    rows = gather(linear, data, Predictions(linear, data), np.random.default_rng(0))
    assert (int(rows.overlap.rows.sum()), int(rows.is_member.sum()), len(rows.codes)) == (300, ROWS, 2 * ROWS - 300)
    np.testing.assert_allclose(rows.ask(rows.codes), rows.probabilities)


def test_an_attacker_who_sees_the_column_is_noticed(monkeypatch, linear):
    """The values themselves among the answers about other rows."""
    right = inference.Known.imputed

    def wrong(known, *more, **which):
        return np.eye(known.values)[known.classes] if more else right(known, **which)

    monkeypatch.setattr(inference.Known, "imputed", wrong)
    result = run(CHECK, linear, table())
    assert "shuffled answers, illness" in failed(result)
    assert one(result, "attribute_excess", conditions=LEARNED).validity == "invalid"


def test_an_attack_that_sees_nothing_is_noticed(monkeypatch, overfit):
    right = inference.Known.imputed
    monkeypatch.setattr(inference.Known, "imputed", lambda known, *more, **which: right(known, **which))
    result = run(CHECK, overfit, table())
    assert failed(result) == {"planted leak, illness"}
    assert one(result, "attribute_excess", conditions=LEARNED).validity == "inconclusive"


def test_a_placebo_that_learnt_of_members_is_noticed(monkeypatch, of_linear):
    """In place of the placebo's answers those of a model that gives away the value of each member."""
    right = self_tests.likelihoods

    def wrong(ask, codes, column, candidates, labels):
        tried = right(ask, codes, column, candidates, labels)
        tried[np.arange(ROWS), np.searchsorted(candidates, codes[:ROWS, column])] += 3.0
        return tried

    monkeypatch.setattr(self_tests, "likelihoods", wrong)
    result = run(CHECK, fitted(LogisticRegression(C=0.01), MEMBERS), table())
    assert failed(result) == {"placebo model, illness"}
    assert {number.validity for number in result.measurements if number.name == "attribute_excess"} == {"invalid"}


def test_few_rows_and_one_value_are_undefined(linear):
    few = run(CHECK, linear, table().take(np.arange(60)))
    assert "fewer than 100" in one(few, "attribute_excess").reason and not few.controls
    alone = table(OTHERS.assign(illness="no"), MEMBERS.assign(illness="no"))
    assert "fewer than two values" in one(run(CHECK, linear, alone), "attribute_excess").reason


def test_a_column_that_the_model_is_not_given_is_said_to_be_so(linear):
    model = fitted(LogisticRegression(), MEMBERS.drop(columns="illness"))
    assert "not given" in one(run(CHECK, model, table()), "attribute_excess").reason


def test_sensitive_groups_among_the_inputs_are_the_default(linear):
    data, check = table(groups=["illness"]), AttributeInference()
    assert check.applies(linear, data) is None and findings.columns_of(check, data) == ["illness"]
    assert check.calls(linear, data, ROWS) == ROWS + 5 * 2 * ROWS
    refused = check.applies(linear, table())
    assert isinstance(refused, Refusal)
    assert AttributeInference(sensitive=refused.mends[0].value).applies(linear, table()) is None
    with pytest.raises(ConfigError, match="did you mean 'illness'"):
        AttributeInference(sensitive=("ilness",)).applies(linear, table())


def test_it_is_for_models_that_can_be_asked_for_probabilities(linear):
    data = table()
    assert missing_needs(AttributeInference, linear, data) is None
    answers, _ = recorded([0, 1] * 20, [0, 1] * 20)
    assert "queries" in missing_needs(AttributeInference, answers, data)


def test_the_same_seed_gives_the_same_result(of_linear, linear):
    assert run(CHECK, linear, table()) == of_linear


def test_it_measures_what_it_defines_and_names_no_value(of_linear):
    assert {number.name for number in of_linear.measurements} == set(AttributeInference.definitions)
    assert '"yes"' not in of_linear.model_dump_json()


@pytest.mark.parametrize("name", ["german", "adult", "credit_default"])
def test_real_rows(shared_data, name):
    """A forest knows the sex of applicants by heart; a regularised model tells no more of them than of anybody."""
    frame, label, column = real(shared_data, name)
    half = len(frame) // 2
    data = AuditData.from_table(frame.iloc[:half], label=label, train=frame.iloc[half:])
    estimator = forest() if name == "adult" else LogisticRegression(C=0.05, max_iter=200)
    model = fitted(estimator, frame.iloc[half:], label)
    result = run(AttributeInference(sensitive=(column,), values=2), model, data)
    excess = one(result, "attribute_excess", conditions={"column": column, "attack": "learned inversion"})
    assert excess.validity == "valid" and failed(result) == set()
    assert excess.interval.low > 0.01 if name == "adult" else excess.interval.low <= 0


def real(shared_data, name):
    """Rows, label and sensitive column."""
    if name == "german":
        frame = pd.read_csv(shared_data / name / "german.data", sep=r"\s+", header=None)
        frame.columns = [f"c{number}" for number in frame.columns]
        label, column = "c20", "sex"
        frame["sex"] = np.where(frame.pop("c8").isin(["A92", "A95"]), "female", "male")
    elif name == "adult":
        names = ["age", "work", "weight", "school", "years", "married", "job", "family", "race", "sex", "gain", "loss",
                 "hours", "country", "income"]  # fmt: skip
        frame = pd.read_csv(shared_data / name / "adult.data.gz", names=names, skipinitialspace=True)
        label, column = "income", "sex"
    else:
        frame = pd.read_csv(shared_data / name / "credit-card-clients.csv.gz")
        label, column = "default payment", "SEX"
    return frame.sample(min(len(frame), 3000), random_state=0).reset_index(drop=True), label, column
