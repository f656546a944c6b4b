"""Models of times until an event: what libraries' fitted objects are asked, through fakes of them and a real one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.hazard_regression import PHReg

import auditkit
from auditkit.data import AuditData
from auditkit.errors import ModelError
from auditkit.models import Capability, ModelOptions
from auditkit.plugins.models.survival import RecordedSurvivalModel
from tests.plugins.survivors import survivors

X = pd.DataFrame({"x": np.linspace(-1, 1, 40)})
HORIZONS = (1.0, 2.0)
RATE = np.exp(X["x"].to_numpy())
ALIVE = np.exp(-RATE[:, None] * np.array(HORIZONS))


class LikeLifelines:
    """As CoxPHFitter answers: a table with times down and people across."""

    def predict_survival_function(self, table, times):
        return pd.DataFrame(np.exp(-np.outer(times, np.exp(table["x"]))), index=times, columns=table.index)

    def predict_partial_hazard(self, table):
        return np.exp(table["x"])


class LikeScikitSurvival:
    """As CoxPHSurvivalAnalysis answers: a function of time for each person, and risks."""

    def predict_survival_function(self, table):
        curves = np.empty(len(table), dtype=object)
        curves[:] = [lambda time, rate=rate: np.exp(-rate * time) for rate in np.exp(table["x"])]
        return curves

    def predict(self, table):
        return table["x"].to_numpy()


def asked(obj, horizons=HORIZONS):
    model = auditkit.wrap(obj, task="survival")
    model.take_labels("survival", horizons)
    return model, model.answers(X)


@pytest.mark.parametrize("obj", [LikeLifelines(), LikeScikitSurvival()])
def test_fitted_objects_are_asked_by_their_methods(obj):
    model, answers = asked(obj)
    assert answers.alive == pytest.approx(ALIVE) and (np.diff(answers.scores) > 0).all()
    assert model.capabilities == {Capability.QUERIES, Capability.SCORES} and model.task == "survival"
    assert asked(obj, ())[1].alive is None
    assert model.fingerprint != asked(obj, (1.0,))[0].fingerprint


@pytest.mark.parametrize(
    ("function", "risk"),
    [
        (lambda table: table["x"].to_numpy(), X["x"]),
        (lambda table: np.exp(-np.exp(table["x"].to_numpy())[:, None] * np.array(HORIZONS)), 1 - ALIVE[:, 1]),
        (lambda table: (table["x"], np.exp(-np.exp(table["x"].to_numpy())[:, None] * np.array(HORIZONS))), X["x"]),
    ],
)
def test_functions_give_risks_or_chances_or_both(function, risk):
    _, answers = asked(function)
    assert answers.scores == pytest.approx(np.asarray(risk))
    assert answers.alive is None or answers.alive == pytest.approx(ALIVE)


def test_results_of_statsmodels_give_what_they_predict():
    _, data = survivors(400)
    table = data.inputs
    results = PHReg(data.survival.times, table[["x"]], status=data.survival.events.astype(int)).fit()
    model = auditkit.wrap(results)
    model.take_labels("survival", HORIZONS)
    answers = model.answers(table)
    hazard = np.exp(table["x"].to_numpy() * results.params[0])
    assert answers.scores == pytest.approx(hazard)
    assert (np.diff(answers.alive, axis=1) <= 0).all()
    # of one person twice the hazard is the square of the chance
    assert np.log(answers.alive[:, 0]) / hazard == pytest.approx(np.log(answers.alive[0, 0]) / hazard[0])


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (ALIVE[:, ::-1], "must not rise from one horizon to the next"),
        (ALIVE * 2, "from 0 to 1; 13 rows hold others"),
        (ALIVE[:, :1], "one chance of no event per row and horizon"),
        (np.full(40, np.nan), "finite"),
    ],
)
def test_what_are_no_chances_is_refused(answer, message):
    with pytest.raises(ModelError, match=message):
        asked(lambda table: answer)


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(ModelError, match="horizons must be stated"):
        asked(lambda table: ALIVE, ())
    with pytest.raises(ModelError, match="must have predict_survival_function"):
        asked(object())
    with pytest.raises(ModelError, match="threshold is for decisions"):
        auditkit.wrap(LikeLifelines(), threshold=0.5)
    _, data = survivors()
    with pytest.raises(ModelError, match="risks or chances of no event must stand beside the data"):
        RecordedSurvivalModel(AuditData(data.inputs, task="survival", survival=data.survival._replace(
            risk=None, alive=None)), ModelOptions())  # fmt: skip
    with pytest.raises(auditkit.errors.CapabilityError, match="recorded answers stand for these rows"):
        survivors()[0].answer(data.inputs)
