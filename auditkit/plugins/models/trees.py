"""Which estimators are tree ensembles that `shap.TreeExplainer` explains exactly."""

from typing import Any

import numpy as np

from auditkit.plugins.models.inside import library

_PLAIN = {
    f"{kind}{task}" for kind in ("DecisionTree", "RandomForest", "ExtraTrees") for task in ("Classifier", "Regressor")
}
_BOOSTED = {"GradientBoostingRegressor", "GradientBoostingClassifier"}
_HISTOGRAM = {"HistGradientBoostingRegressor", "HistGradientBoostingClassifier"}


def last_step(estimator: Any) -> Any:
    """The estimator that decides: the last step of a Pipeline, the best one of a search."""
    while True:
        if hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        elif hasattr(estimator, "steps"):
            estimator = estimator.steps[-1][1]
        else:
            return estimator


def is_tree_ensemble(estimator: Any) -> bool:
    """True where the tree explainers understand the estimator or a Pipeline's last step.

    Not: several outputs, native categories of HistGradientBoosting and XGBoost (shap reads them as numbers), linear
    boosters and linear trees, gradient boosting of more than two classes in scikit-learn.
    """
    last = last_step(estimator)
    package, name = library(last), type(last).__name__
    if package == "xgboost":
        return _xgboost_trees(last)
    if package == "lightgbm":
        booster = last if name == "Booster" else last.booster_
        return bool(not booster.params.get("linear_tree"))
    if package != "sklearn" or getattr(last, "n_outputs_", 1) != 1:
        return False
    if name in _HISTOGRAM:
        categorical = getattr(last, "is_categorical_", None)
        return categorical is None or not np.any(categorical)
    if name in _BOOSTED:
        # An estimator as the start adds what no tree holds, so that the attributions would not add up.
        plain_start = type(getattr(last, "init_", None)).__name__ in ("DummyClassifier", "DummyRegressor")
        return plain_start and last.estimators_.shape[1] == 1
    return name in _PLAIN


def _xgboost_trees(estimator: Any) -> bool:
    booster = estimator if type(estimator).__name__ == "Booster" else estimator.get_booster()
    kinds = booster.feature_types or []
    linear = getattr(estimator, "booster", None) == "gblinear" or '"name":"gblinear"' in booster.save_config()
    return "c" not in kinds and not linear
