"""What is inside an estimator: the fitted objects that are handed the same table as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np


def handed_on(estimator: Any) -> Iterator[Any]:
    """The estimator and every fitted object inside that is handed the same table, the outermost first.

    Looked into are searches, the first step of a Pipeline, calibration, voting, stacking, one model against the rest,
    frozen estimators, tuned thresholds and transformed targets; not what is handed the work of another, such as the
    later steps of a Pipeline.
    """
    waiting = [estimator]
    while waiting:
        current = waiting.pop(0)
        yield current
        waiting += _inside(current)


def used_columns(estimator: Any, columns: tuple[Any, ...]) -> tuple[Any, ...]:
    """Those of the columns that the estimator is handed which no ColumnTransformer in front of all else leaves out."""
    places = _used(estimator, len(columns))
    return columns if places is None else tuple(columns[place] for place in sorted(places))


def places_of(transformer: Any) -> list[tuple[Any, list[int]]]:
    """(transformer, places of its columns) of a fitted ColumnTransformer, less what it drops; empty for anything else.

    The places are counted in the table that it was fitted on.
    """
    places = attribute(transformer, "_transformer_to_input_indices")
    fitted = attribute(transformer, "transformers_")
    if not isinstance(places, dict) or not isinstance(fitted, list):
        return []
    parts = ((part, list(map(int, places.get(name, ())))) for name, part, _ in fitted)
    return [(part, own) for part, own in parts if own and not (isinstance(part, str) and part == "drop")]


def library(thing: Any) -> str:
    """The package that an object's class comes from."""
    return type(thing).__module__.partition(".")[0]


def attribute(thing: Any, name: str) -> Any:
    """A foreign object's attribute; None where it lacks it, whatever its property raises."""
    try:
        return getattr(thing, name, None)
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
        return [each.estimator for each in calibrated]
    if attribute(estimator, "named_estimators_") is not None:
        members = attribute(estimator, "estimators_")
        return [member for member in np.ravel(np.array(members, dtype=object)) if not isinstance(member, str)]
    if type(estimator).__name__ == "OneVsRestClassifier":
        return list(attribute(estimator, "estimators_") or ())
    if any(attribute(estimator, name) is not None for name in ("estimators_", "support_")):
        return []  # bagging, boosting and RFE hand on arrays of their own making, and keep a model that is not fitted
    for name in ("estimator_", "regressor_"):
        if attribute(estimator, name) is not None:
            return [attribute(estimator, name)]
    return [estimator.estimator] if type(estimator).__name__ == "FrozenEstimator" else []


def _used(estimator: Any, count: int) -> set[int] | None:
    """The places that are used; None for all."""
    parts = places_of(estimator)
    if parts and attribute(estimator, "n_features_in_") == count:
        return {place for _, places in parts for place in places}
    branches = [_used(each, count) for each in _inside(estimator)]
    if not branches or any(branch is None for branch in branches):
        return None
    return set().union(*(branch for branch in branches if branch is not None))
