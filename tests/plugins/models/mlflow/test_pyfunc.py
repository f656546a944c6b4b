"""Live PyFuncModels: what is in them is asked itself, unless it is the user's own code."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from tests.plugins.models.tables import numbers, truth, wrapped

X = pd.DataFrame(numbers(), columns=list("abcd"))
FITTED = LogisticRegression().fit(X, truth(X.to_numpy()))


class PyFuncModel:
    """As MLflow's: a wrapper with `predict`, and what is in it by `get_raw_model` where there is something."""

    def __init__(self, inside=None):
        self.inside = inside

    def predict(self, rows, params=None):
        return pd.DataFrame({"decision": FITTED.predict(rows)})["decision"]

    def get_raw_model(self):
        if self.inside is None:
            raise NotImplementedError
        return self.inside


PyFuncModel.__module__ = "mlflow.pyfunc"


def test_an_estimator_inside_is_asked_itself():
    model = wrapped(PyFuncModel(FITTED))
    assert model.kind == "sklearn" and np.array_equal(model.probabilities(X), FITTED.predict_proba(X))
    assert any("what is in the PyFuncModel is asked itself: a LogisticRegression" in note for note in model.notes)


def test_code_of_the_user_is_asked_through_predict():
    class Own:
        def __call__(self, rows):
            raise AssertionError("only predict holds the inputs to the signature")

    for inside in (None, Own()):
        model = wrapped(PyFuncModel(inside), classes=(0, 1))
        assert model.kind == "function" and model.predict(X).tolist() == FITTED.predict(X).tolist()
