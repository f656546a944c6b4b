"""Results of statsmodels: the same numbers as its own predict, by formula and by arrays with a constant."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from statsmodels.miscmodels.ordinal_model import OrderedModel
from statsmodels.tsa.ar_model import AutoReg

import auditkit
from auditkit.data import AuditData
from auditkit.errors import ModelError
from tests.plugins.models.tables import numbers, wrapped

A, B = numbers(2).T
RNG = np.random.default_rng(2)
TABLE = pd.DataFrame({"a": A, "b": B, "home": RNG.choice(["own", "rent"], len(A))})
Y = (A + (TABLE["home"] == "own") + RNG.normal(size=len(A)) > 0.5).astype(int)
Z = pd.Series(RNG.integers(0, 3, len(A)))
ALL = TABLE.assign(y=Y, z=Z, amount=2 * A + B + RNG.normal(size=len(A)))
WITH_CONSTANT = sm.add_constant(TABLE[["a", "b"]])
TWO, THREE = {"classes": (0, 1)}, {"classes": (0, 1, 2)}
RESULTS = {
    "Logit by formula": (lambda: smf.logit("y ~ a + b + C(home)", ALL).fit(disp=0), TWO),
    "Logit": (lambda: sm.Logit(Y, WITH_CONSTANT).fit(disp=0), TWO),
    "Probit of arrays": (lambda: sm.Probit(Y.to_numpy(), WITH_CONSTANT.to_numpy()).fit(disp=0), TWO),
    "GLM, binomial": (lambda: smf.glm("y ~ a + b", ALL, family=sm.families.Binomial()).fit(), TWO),
    "MNLogit": (lambda: sm.MNLogit(Z, WITH_CONSTANT).fit(disp=0), THREE),
    "MNLogit by formula": (lambda: smf.mnlogit("z ~ a", ALL).fit(disp=0), THREE),
    "OrderedModel": (lambda: OrderedModel(Z, TABLE[["a", "b"]]).fit(method="bfgs", disp=0), THREE),
    "OLS": (lambda: sm.OLS(ALL["amount"], WITH_CONSTANT).fit(), {}),
    "OLS by formula": (lambda: smf.ols("amount ~ a * home", ALL).fit(), {}),
    "OLS without a constant": (lambda: sm.OLS(ALL["amount"], TABLE[["b", "a"]]).fit(), {}),
    "GLM, Poisson": (lambda: smf.glm("z ~ a", ALL, family=sm.families.Poisson()).fit(), {}),
}


@pytest.mark.parametrize("kind", RESULTS)
def test_the_answers_are_those_of_predict(kind):
    make, options = RESULTS[kind]
    results = make()
    inputs = TABLE if kind != "Probit of arrays" else TABLE[["a", "b"]]
    model, expected = wrapped(results, **options), np.asarray(results.predict())
    answers = model.answers(inputs)
    given = answers.probabilities if expected.ndim == 2 else answers.scores
    assert np.allclose(given, expected, atol=1e-12) and model.kind == "statsmodels"
    if options == TWO:
        assert np.array_equal(answers.labels, (expected >= 0.5).astype(int)) or kind == "Logit"


def test_columns_are_taken_by_name_and_arrays_by_place():
    results = sm.Logit(Y, WITH_CONSTANT).fit(disp=0)
    turned = wrapped(results, **TWO).scores(TABLE[["home", "b", "a"]])
    assert np.allclose(turned, results.predict(WITH_CONSTANT))
    arrays = sm.Logit(Y.to_numpy(), WITH_CONSTANT.to_numpy()).fit(disp=0)
    assert np.allclose(wrapped(arrays, **TWO).scores(TABLE[["a", "b"]].to_numpy()), turned)
    with pytest.raises(ModelError, match=r"fitted on, 'a', 'b'; 'b' is none of 'a', 'c'"):
        wrapped(results, **TWO).scores(TABLE[["a"]].assign(c=1.0))


def test_the_fingerprint_is_of_the_parameters():
    first, same, other = (
        wrapped(smf.logit("y ~ a", rows).fit(disp=0), **TWO).fingerprint for rows in (ALL, ALL, ALL[:200])
    )
    assert first == same != other


def test_a_task_that_it_does_not_predict_is_refused():
    with pytest.raises(ModelError, match=r"OLS: it predicts numbers.*task = \"regression\"") as refused:
        wrapped(sm.OLS(Y, WITH_CONSTANT).fit(), task="binary")
    assert refused.value.mend[0].setting == "data.task"
    with pytest.raises(ModelError, match="do not predict rows of a table"):
        wrapped(AutoReg(ALL["amount"], lags=1).fit())


def test_an_audit_of_results_takes_the_classes_of_the_data():
    data = AuditData.from_table(ALL.drop(columns=["z", "amount"]), label="y", groups=["home"])
    result = auditkit.audit(
        smf.logit("y ~ a + C(home)", ALL).fit(disp=0), data, checks=["performance.quality", "fairness.groups"]
    )
    accuracy = next(
        number.value
        for number in result.results[0].measurements + result.results[1].measurements
        if number.name == "accuracy" and not number.slice
    )
    assert accuracy == (smf.logit("y ~ a + C(home)", ALL).fit(disp=0).predict(ALL).ge(0.5).astype(int) == Y).mean()


def test_classes_stand_at_the_columns_that_the_results_name():
    words = ALL.assign(word=np.where(Y == 1, "yes", "no"), bent=Y == 1)
    binomial = {"family": sm.families.Binomial()}
    numbered = smf.glm("y ~ a + b", ALL, **binomial).fit().predict(ALL)
    for column, classes in (("word", ("no", "yes")), ("word", ("yes", "no")), ("bent", (False, True))):
        results = smf.glm(
            f"{column} ~ a + b", words, **binomial
        ).fit()  # of which predict gives the chance of the first
        shares = wrapped(results, classes=classes).answers(TABLE).probabilities
        positive = classes.index("yes" if column == "word" else True)
        assert np.allclose(shares[:, positive], numbered, atol=1e-6)
    sizes = pd.Series(pd.Categorical.from_codes(Z, ["small", "middle", "large"], ordered=True))
    results = OrderedModel(sizes, TABLE[["a", "b"]]).fit(method="bfgs", disp=0)
    answers = wrapped(results, classes=("large", "middle", "small")).answers(TABLE)
    assert np.allclose(answers.probabilities, np.asarray(results.predict())[:, ::-1])


def test_the_class_that_counts_as_positive_does_not_turn_the_answers():
    data = AuditData.from_table(ALL[["a", "b", "y"]], label="y", positive=0)
    results = smf.logit("y ~ a + b", ALL).fit(disp=0)
    result = auditkit.audit(results, data, checks=["performance.quality"])
    recall = next(number.value for number in result.results[0].measurements if number.name == "recall")
    assert recall == (results.predict(ALL)[Y == 0] < 0.5).mean()


def test_what_predict_would_leave_out_is_refused_or_noted():
    poisson = {"family": sm.families.Poisson()}
    for options in ({"offset": np.log(np.arange(1, len(ALL) + 1))}, {"exposure": np.arange(1.0, len(ALL) + 1)}):
        (key,) = options
        with pytest.raises(ModelError, match=rf"fitted with {key}=.*Wrap a function that gives it") as refused:
            wrapped(smf.glm("z ~ a", ALL, **poisson, **options).fit())
        assert f'results.predict(rows, {key}=rows["' in str(refused.value)
    mixed = smf.mixedlm("amount ~ a", ALL, groups=np.arange(len(ALL)) % 5).fit()
    assert any("fixed effects alone" in sentence for sentence in wrapped(mixed).notes)


def test_rows_with_a_missing_value_are_named_and_may_be_filled_in():
    holes = TABLE.assign(a=TABLE["a"].where(TABLE.index > 2))
    for results in (smf.ols("amount ~ a + b", ALL).fit(), sm.OLS(ALL["amount"], WITH_CONSTANT).fit()):
        with pytest.raises(ModelError, match=r"3 of \d+ have a value missing, as in 'a'"):
            wrapped(results).scores(holes)
        filled = wrapped(results, preprocess=lambda rows: rows.fillna({"a": 0.0}))
        assert np.isfinite(filled.scores(holes)).all()


def test_an_array_may_bring_its_constant():
    results = sm.OLS(ALL["amount"].to_numpy(), WITH_CONSTANT.to_numpy()).fit()
    model = wrapped(results)
    assert np.allclose(model.scores(WITH_CONSTANT), model.scores(TABLE[["a", "b"]]))
    assert any("taken in their order" in sentence for sentence in model.notes)
