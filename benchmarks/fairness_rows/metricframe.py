"""The same with fairlearn's MetricFrame: as its documentation has it, and with everything that makes it faster."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from benchmarks.fairness_rows.library import ENDS, MEASURES
from benchmarks.people import People

Metric = Callable[[Any, Any], float]


class Frame(NamedTuple):
    """One way to call MetricFrame on the same people."""

    name: str
    metrics: Mapping[str, Metric]
    features: Any
    """The sensitive features: a frame of text or categories, or one categorical column."""
    labels: np.ndarray
    decisions: np.ndarray

    def run(self, replicates: int | None = None, seed: int = 0) -> Any:
        """The MetricFrame, with a bootstrap where replicates are asked for."""
        from fairlearn.metrics import MetricFrame

        bootstrap = {} if replicates is None else {"n_boot": replicates, "ci_quantiles": list(ENDS)}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return MetricFrame(
                metrics=dict(self.metrics),
                y_true=self.labels,
                y_pred=self.decisions,
                sensitive_features=self.features,
                random_state=seed,
                **bootstrap,
            )


def documented(people: People, features: Any, kind: str) -> Frame:
    """The metrics that fairlearn and scikit-learn have, on whole numbers."""
    labels, decisions = people.labels.astype(np.int64), people.decisions.astype(np.int64)
    return Frame(f"fairlearn MetricFrame, {kind}", library_metrics(), features, labels, decisions)


def fastest(people: People) -> Frame:
    """The best settings found: one categorical column, one byte a label, metrics that are a line of numpy each."""
    import pandas

    codes = people.fused()
    fused = pandas.Categorical.from_codes(codes, range(int(np.prod(people.shape))))
    name = "fairlearn MetricFrame at its best (one fused categorical column, int8, metrics of one numpy line)"
    return Frame(name, bare_metrics(), pandas.Series(fused, name="group"), people.labels, people.decisions)


def points(frame: Any, people: People) -> np.ndarray:
    """(10, 1 + K): a MetricFrame's rates of everyone, and of all combinations of the attributes in order."""
    by_group = frame.by_group[list(MEASURES)].sort_index()
    assert len(by_group) == np.prod(people.shape), "a combination of attributes has nobody in it"
    return np.column_stack([frame.overall[list(MEASURES)].to_numpy(float), by_group.to_numpy(float).T])


def ends(frame: Any) -> np.ndarray:
    """(2, 10, 1 + K): likewise the ends of its intervals."""
    parts = zip(frame.overall_ci, frame.by_group_ci, strict=True)
    names = list(MEASURES)
    return np.stack(
        [np.column_stack([all_[names].to_numpy(float), by[names].sort_index().to_numpy(float).T]) for all_, by in parts]
    )


def library_metrics() -> dict[str, Metric]:
    """The ten measures by fairlearn's and scikit-learn's own functions."""
    from fairlearn import metrics as fair
    from sklearn.metrics import accuracy_score, precision_score

    def negative_precision(labels: Any, decisions: Any) -> float:
        return precision_score(labels, decisions, pos_label=0)

    named = {
        "selection_rate": fair.selection_rate,
        "true_positive_rate": fair.true_positive_rate,
        "false_positive_rate": fair.false_positive_rate,
        "true_negative_rate": fair.true_negative_rate,
        "false_negative_rate": fair.false_negative_rate,
        "positive_predictive_value": precision_score,
        "negative_predictive_value": negative_precision,
        "false_discovery_rate": lambda labels, decisions: 1 - precision_score(labels, decisions),
        "false_omission_rate": lambda labels, decisions: 1 - negative_precision(labels, decisions),
        "accuracy": accuracy_score,
    }
    return {name: named[name] for name in MEASURES}


def bare_metrics() -> dict[str, Metric]:
    """The ten measures without any validation."""
    named: dict[str, Metric] = {
        "selection_rate": lambda y, p: p.mean(),
        "true_positive_rate": lambda y, p: p[y == 1].mean(),
        "false_positive_rate": lambda y, p: p[y == 0].mean(),
        "true_negative_rate": lambda y, p: 1 - p[y == 0].mean(),
        "false_negative_rate": lambda y, p: 1 - p[y == 1].mean(),
        "positive_predictive_value": lambda y, p: y[p == 1].mean(),
        "negative_predictive_value": lambda y, p: 1 - y[p == 0].mean(),
        "false_discovery_rate": lambda y, p: 1 - y[p == 1].mean(),
        "false_omission_rate": lambda y, p: y[p == 0].mean(),
        "accuracy": lambda y, p: (y == p).mean(),
    }
    return {name: named[name] for name in MEASURES}
