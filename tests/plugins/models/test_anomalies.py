"""Detectors of anomalies: higher scores are less usual, alerts are those of the detector, without labels or with."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.covariance import EllipticEnvelope
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM

import auditkit
from auditkit.data import AuditData
from auditkit.errors import CapabilityError, ModelError
from auditkit.models import Capability
from auditkit.predictions import Predictions
from tests.plugins.models.tables import numbers

TABLE = pd.DataFrame(numbers(), columns=list("abcd"))
FAR = np.abs(TABLE.to_numpy()).sum(axis=1)
DETECTORS = {
    "IsolationForest": IsolationForest(n_estimators=20, contamination=0.1, random_state=0),
    "OneClassSVM": OneClassSVM(nu=0.1),
    "EllipticEnvelope": EllipticEnvelope(contamination=0.1, random_state=0),
    "LocalOutlierFactor": LocalOutlierFactor(novelty=True, contamination=0.1),
    "Pipeline": make_pipeline(StandardScaler(), IsolationForest(n_estimators=20, contamination=0.1, random_state=0)),
}


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize("kind", DETECTORS)
def test_scores_rise_with_oddity_and_alerts_are_the_detectors_own(kind):
    detector = DETECTORS[kind].fit(TABLE)
    model = auditkit.wrap(detector)
    predictions = Predictions(model, AuditData(TABLE))
    assert model.capabilities == {Capability.QUERIES, Capability.SCORES}
    assert (predictions.selected == (detector.predict(TABLE) == -1)).all() and predictions.selected.any()
    assert predictions.labels[predictions.selected][0] == "anomaly" and tuple(model.classes) == ("usual", "anomaly")
    assert predictions.scores == pytest.approx(-detector.decision_function(TABLE))
    assert np.corrcoef(predictions.scores, FAR)[0, 1] > 0.5


def test_labels_of_the_data_name_the_two_classes():
    detector = DETECTORS["IsolationForest"].fit(TABLE)
    truth = np.where(np.quantile(FAR, 0.9) < FAR, "fraud", "ok")
    result = auditkit.audit(
        detector, AuditData(TABLE, truth, positive="fraud"), checks=["performance"], budget="quick", isolate="none"
    )
    alerts = detector.predict(TABLE) == -1
    values = {entry.name: entry.value for entry in result.results[0].measurements}
    assert values["recall"] == pytest.approx(alerts[truth == "fraud"].mean())
    assert "average_precision" in values and "brier_score" not in values  # its scores are no probabilities


def test_a_threshold_and_names_may_be_stated():
    detector = DETECTORS["IsolationForest"].fit(TABLE)
    scores = -detector.decision_function(TABLE)
    predictions = Predictions(auditkit.wrap(detector, threshold=-0.02, classes=["no", "yes"]), AuditData(TABLE))
    assert (predictions.selected == (scores >= -0.02)).all() and set(predictions.labels) == {"no", "yes"}


def test_without_labels_alerts_are_compared_by_group():
    detector, group = DETECTORS["IsolationForest"].fit(TABLE), np.where(TABLE["a"] > 0, "x", "y")
    result = auditkit.audit(
        detector, AuditData(TABLE, groups={"g": group}), budget="quick", isolate="none",
        checks=["fairness.groups", "fairness.ranking", "performance"],
    )  # fmt: skip
    by_check = {entry.check: entry for entry in result.results}
    assert [by_check[name].status for name in ("fairness.groups", "fairness.ranking", "performance.quality")] == [
        "measured", "measured", "skipped",
    ]  # fmt: skip
    alerts = detector.predict(TABLE) == -1
    rates = {
        entry.slice["g"]: entry.value
        for entry in by_check["fairness.groups"].measurements
        if entry.name == "selection_rate" and entry.slice
    }
    assert rates == {name: pytest.approx(alerts[group == name].mean()) for name in "xy"}


def test_what_can_only_look_at_its_own_rows_is_refused():
    with pytest.raises(ModelError, match="novelty=True"):
        auditkit.wrap(LocalOutlierFactor().fit(TABLE))


@pytest.mark.parametrize(
    ("options", "message"),
    [({"classes": ["a", "b", "c"]}, "must be two"), ({"target": 0}, "target is for"), ({"positive": "x"}, "positive")],
)
def test_options_that_fit_no_detector_are_refused(options, message):
    with pytest.raises(ModelError, match=message):
        auditkit.wrap(DETECTORS["IsolationForest"].fit(TABLE), **options)


def test_a_detector_that_is_not_fitted_and_one_that_fails_say_so():
    with pytest.raises(ModelError, match="NotFittedError"):
        auditkit.wrap(IsolationForest()).answers(TABLE)


def test_a_detector_is_not_trained_to_labels():
    with pytest.raises(CapabilityError, match="not trained"):
        auditkit.wrap(DETECTORS["IsolationForest"].fit(TABLE)).fresh()


class OwnDetector(OutlierMixin, BaseEstimator):
    """One of another library: it calls rows odd whose first number is large."""

    def fit(self, rows, labels=None):
        self.fitted_ = True
        return self

    def decision_function(self, rows):
        return 1 - np.asarray(rows)[:, 0]

    def predict(self, rows):
        return np.where(self.decision_function(rows) < 0, -1, 1)


def test_detectors_of_other_libraries_are_known_by_their_kind_and_classifiers_are_none():
    assert auditkit.wrap(OwnDetector().fit(TABLE)).classes == ("usual", "anomaly")
    truth = (TABLE["a"] > 0).astype(int)
    assert auditkit.wrap(LogisticRegression().fit(TABLE, truth)).classes == (0, 1)
