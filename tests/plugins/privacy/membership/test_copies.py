"""Copies of a model that are fitted anew: what can be copied, what a copy knows, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

import auditkit
from auditkit.plugins.privacy.membership.copies import copier
from auditkit.plugins.privacy.membership.parameters import Parameters
from auditkit.plugins.privacy.membership.pool import Ask, NoCopy, Pool

ROWS = np.random.default_rng(0).normal(0, 1, (300, 3))
LABELS = np.where(ROWS[:, 0] > 0, "yes", "no")


def copy_of(model: auditkit.Model, inputs: Any, codes: np.ndarray, seed: int = 0, **parameters: Any) -> Ask:
    """One copy, fitted to all of these rows."""
    pool = Pool(inputs, codes, np.ones((1, len(codes)), dtype=bool), np.array([seed]))
    (ask,) = copier(model, Parameters(**parameters))(pool, lambda done, of: True)
    return ask


def test_a_copy_knows_its_own_rows_only_and_the_model_is_left_as_it_was() -> None:
    forest = RandomForestClassifier(20, random_state=0).fit(ROWS, LABELS)
    model = auditkit.wrap(forest, positive="yes")
    before = model.fingerprint
    by_lot = np.random.default_rng(1).integers(0, 2, 300)
    ask = copy_of(model, ROWS[:150], by_lot[:150])
    sure = ask(ROWS)[np.arange(300), by_lot] > 0.5
    assert sure[:150].mean() > 0.95 > 0.65 > sure[150:].mean()
    assert model.fingerprint == before and ask(ROWS).shape == (300, 2)


def test_a_class_that_a_copy_never_saw_has_no_chance() -> None:
    labels = np.arange(300) % 3
    model = auditkit.wrap(LogisticRegression().fit(ROWS, labels), task="multiclass")
    chances = copy_of(model, ROWS[labels != 1], labels[labels != 1])(ROWS)
    assert (chances[:, 1] == 0).all() and np.allclose(chances.sum(axis=1), 1)


def test_tables_pipelines_and_models_of_decisions_alone() -> None:
    table = pandas.DataFrame(ROWS, columns=["a", "b", "c"])
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(table, LABELS)
    ask = copy_of(auditkit.wrap(pipeline), table[:200], (LABELS[:200] == "yes").astype(int))
    assert (ask(table)[200:, 1] > 0.5).mean() == pytest.approx((LABELS[200:] == "yes").mean(), abs=0.1)
    scores = copy_of(auditkit.wrap(LinearSVC().fit(ROWS, LABELS)), ROWS, (LABELS == "yes").astype(int))(ROWS)
    assert len(np.unique(scores)) > 100 and ((scores[:, 1] > 0.5) == (LABELS == "yes")).mean() > 0.9
    thirds = np.digitize(ROWS[:, 0], [-0.5, 0.5])
    decisions = copy_of(auditkit.wrap(LinearSVC().fit(ROWS, thirds)), ROWS, thirds)(ROWS)
    assert set(np.unique(decisions)) == {0.0, 1.0} and (decisions.sum(axis=1) == 1).all()


class Moody(ClassifierMixin, BaseEstimator):
    """Fits once, as one of the user's own may."""

    def fit(self, rows: Any, labels: Any) -> Any:
        if len(rows) < 200:
            raise RuntimeError("too few")
        self.classes_ = np.unique(labels)
        return self

    def predict_proba(self, rows: Any) -> Any:
        return np.full((len(rows), 2), 0.5)

    def predict(self, rows: Any) -> Any:
        return np.full(len(rows), self.classes_[0])


def test_what_cannot_be_copied_says_why() -> None:
    codes = (LABELS == "yes").astype(int)
    forest = RandomForestClassifier(5).fit(ROWS, LABELS)
    for estimator in (FrozenEstimator(forest), CalibratedClassifierCV(FrozenEstimator(forest))):
        with pytest.raises(NoCopy, match="knows the training rows as the model does"):
            copier(auditkit.wrap(estimator.fit(ROWS, LABELS)), Parameters())
    with pytest.raises(NoCopy, match="function model cannot be fitted anew"):
        copier(
            auditkit.wrap(lambda rows: np.full((len(rows), 2), 0.5), classes=("no", "yes"), task="binary"), Parameters()
        )
    scaler = StandardScaler().fit(ROWS)
    with pytest.raises(NoCopy, match="make one Pipeline of both"):
        copier(auditkit.wrap(LogisticRegression().fit(ROWS, LABELS), preprocess=scaler), Parameters())
    with pytest.raises(NoCopy, match="a copy could not be fitted: RuntimeError: too few"):
        copy_of(auditkit.wrap(Moody().fit(ROWS, LABELS)), ROWS[:100], codes[:100])


def test_the_same_seed_makes_the_same_copy() -> None:
    model = auditkit.wrap(RandomForestClassifier(10).fit(ROWS, LABELS))
    codes = (LABELS == "yes").astype(int)
    first, again, other = (copy_of(model, ROWS, codes, seed)(ROWS) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
