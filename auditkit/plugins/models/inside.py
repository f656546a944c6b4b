"""What is inside an estimator: the fitted objects that are handed the same table, and the one that decides."""

from collections.abc import Iterator
from typing import Any

import numpy as np


def handed_on(estimator: Any) -> Iterator[Any]:
    """The estimator and every fitted object inside that is handed the same table, the outermost first.

    Looked into are searches, the first step of a Pipeline, calibration, voting, stacking, one model against the rest,
    frozen estimators, tuned thresholds and transformed targets; not what is handed the work of another, such as the
    later steps of a Pipeline.
    """
    # A queue, not recursion, gives the outermost first, whose names of columns are those of the table.
    waiting = [estimator]
    while waiting:
        current = waiting.pop(0)
        yield current
        waiting += _inside(current)


def used_columns(estimator: Any, columns: tuple[Any, ...]) -> tuple[Any, ...]:
    """Those of the columns that the estimator is handed which no ColumnTransformer in front of all else leaves out."""
    positions = _used(estimator, len(columns))
    return columns if positions is None else tuple(columns[position] for position in sorted(positions))


def places_of(transformer: Any) -> list[tuple[Any, list[int]]]:
    """(transformer, positions of its columns) of a fitted ColumnTransformer, less what it drops; of anything else none.

    The positions are counted in the table that it was fitted on.
    """
    positions_by_name = attribute(transformer, "_transformer_to_input_indices")
    fitted = attribute(transformer, "transformers_")
    if not isinstance(positions_by_name, dict) or not isinstance(fitted, list):
        return []
    parts = ((part, list(map(int, positions_by_name.get(name, ())))) for name, part, _ in fitted)
    return [
        (part, positions) for part, positions in parts if positions and not (isinstance(part, str) and part == "drop")
    ]


def library(value: Any) -> str:
    """The package that an object's class comes from."""
    return type(value).__module__.partition(".")[0]


def attribute(value: Any, name: str) -> Any:
    """A foreign object's attribute; None where it lacks it, whatever its property raises."""
    try:
        return getattr(value, name, None)
    except Exception:  # a foreign property may raise anything
        return None


def _inside(estimator: Any) -> list[Any]:
    best = attribute(estimator, "best_estimator_")
    if best is not None:
        return [best]
    steps = attribute(estimator, "steps")
    if isinstance(steps, list):
        return [step for _, step in steps if step is not None and not isinstance(step, str)][:1]
    calibrated = attribute(estimator, "calibrated_classifiers_")
    if isinstance(calibrated, list):
        return [classifier.estimator for classifier in calibrated]
    if attribute(estimator, "named_estimators_") is not None:
        members = attribute(estimator, "estimators_")
        return [member for member in np.ravel(np.array(members, dtype=object)) if not isinstance(member, str)]
    # It fits each part on the whole table, as bagging and boosting, which also have estimators_, do not.
    if type(estimator).__name__ == "OneVsRestClassifier":
        return list(attribute(estimator, "estimators_") or ())
    if any(attribute(estimator, name) is not None for name in ("estimators_", "support_")):
        return []  # bagging, boosting and RFE hand on arrays of their own making, and keep a model that is not fitted
    for name in ("estimator_", "regressor_"):
        if attribute(estimator, name) is not None:
            return [attribute(estimator, name)]
    return [estimator.estimator] if type(estimator).__name__ == "FrozenEstimator" else []


def _used(estimator: Any, count: int) -> set[int] | None:
    """The positions that are used; None for all."""
    parts = places_of(estimator)
    # Only in front of all else are the positions those of the table that the user knows.
    if parts and attribute(estimator, "n_features_in_") == count:
        return {position for _, positions in parts for position in positions}
    branches = [_used(part, count) for part in _inside(estimator)]
    if not branches or any(branch is None for branch in branches):
        return None
    return set().union(*(branch for branch in branches if branch is not None))


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
