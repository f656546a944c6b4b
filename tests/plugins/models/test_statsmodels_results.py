"""Results of statsmodels: the same numbers as its own predict, by formula and by arrays with a constant."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
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
