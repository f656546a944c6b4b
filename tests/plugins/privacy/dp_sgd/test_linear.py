"""Logistic regression of scikit-learn is trained privately; other estimators are refused with what would do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import auditkit
from auditkit.data import AuditData
from auditkit.errors import ConfigError, ModelError
from tests.plugins.privacy.dp_sgd.training_data import judged, run, split_of, value, without_accounting


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    without_accounting(monkeypatch)


def test_a_logistic_regression_learns_privately_and_is_one() -> None:
    split = split_of(400)
    parent = auditkit.wrap(LogisticRegression().fit(split.inputs, split.labels), name="net")
    before = parent.fingerprint
    private = run(parent, split, epochs=20, noise_multiplier=0.7)
    model = private.model
    assert type(model) is type(parent) and isinstance(model.estimator(), LogisticRegression)
    assert parent.fingerprint == before != model.fingerprint and value(private, "train_accuracy") > 0.9
    assert model.as_skops() is not None and parent.with_skops(model.as_skops()).fingerprint == model.fingerprint
    assert judged(private).validity == "valid", "nothing prepares its inputs"
    weights = model.estimator().coef_[0]
    np.testing.assert_allclose(weights[0], weights[1], rtol=0.5)
    assert (np.abs(weights[2:]) < np.abs(weights[:2]).min()).all()


def test_more_classes_and_what_comes_before() -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"x": rng.normal(0, 1, 400), "y": rng.normal(0, 1, 400), "home": rng.choice(["a", "b"], 400)})
    table["kind"] = np.select([table.x > 0.5, table.y > 0.3], ["p", "q"], "r")
    data = AuditData.from_table(table, label="kind")
    prepare = make_column_transformer((StandardScaler(), ["x", "y"]), (OneHotEncoder(), ["home"]))
    parent = auditkit.wrap(make_pipeline(prepare, LogisticRegression()).fit(data.inputs, data.labels), name="net")
    private = run(parent, data, epochs=20, noise_multiplier=0.7)
    assert value(private, "train_accuracy") > 0.65 and private.model.classes == ("p", "q", "r")
    assert judged(private).validity == "inconclusive", "scaler and categories were fitted to the training rows"
    assert judged(run(parent, data, epochs=1, noise_multiplier=1.0, public=["preprocess"])).validity == "valid"


def test_others_are_refused_with_what_would_do() -> None:
    split = split_of(100)
    forest = auditkit.wrap(RandomForestClassifier(3).fit(split.inputs, split.labels), name="net")
    with pytest.raises(ModelError, match=r"needs a torch module, or a LogisticRegression.*RandomForestClassifier"):
        run(forest, split)
    plain = auditkit.wrap(LogisticRegression().fit(split.inputs, split.labels), name="net")
    with pytest.raises(ConfigError, match="only 'preprocess' can be public"):
        run(plain, split, public=["coef_"])
    weighed = auditkit.wrap(LogisticRegression(class_weight="balanced").fit(split.inputs, split.labels), name="net")
    with pytest.raises(ModelError, match="class_weight must be None to be trained privately; 'balanced' was given"):
        run(weighed, split)
