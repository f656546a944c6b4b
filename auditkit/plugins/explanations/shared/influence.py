"""Measurements, figure and table of features and their influence, for checks that attribute outputs to columns."""

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from auditkit.checks import Findings
from auditkit.data import AuditData
from auditkit.figures import bars
from auditkit.model_inputs import Seeing, group_sentences
from auditkit.plugins.explanations.shared.attributions import Estimate, mean_absolute, ranks, share
from auditkit.results import Axis, Column, Definition, Figure, Interval, Measurement, Scalar, Table

LISTED = 100
"""Features with a measurement of their own; the rest is named in a note."""
SHOWN = 15
"""Bars in the figure."""

DEFINITIONS = {
    "mean_abs_attribution": Definition(
        title="Mean absolute attribution",
        formula="mean over rows of |attribution of the feature|",
        range="0 or more, in the unit of the explained output",
        unit="unit of the explained output",
        pitfalls="Says what the model uses, not what causes the outcome. Correlated features share or trade influence. "
        "Not comparable between models whose outputs have different units.",
    ),
    "group_share": Definition(
        title="Share of the influence on group columns",
        formula="sum of |attributions| of the group column / sum of |attributions| of all features",
        range="0 to 1",
        direction="lower",
        unit="share",
        pitfalls="0 does not mean that the group has no influence: other columns may stand in for it (proxies).",
    ),
}


def influence(
    values: np.ndarray, names: Sequence[str], unit: str, shares: Iterable[Measurement], groups: Collection[str]
) -> Findings:
    """What (n, D) attributions say of each feature, and of the columns of groups: numbers, figure, table.

    Args:
        values: the attributions.
        names: (D,) of the features.
        unit: of the attributions.
        shares: of groups.
        groups: names of columns of groups.
    """
    features = feature_measurements(values, names, unit)
    unlisted = len(names) - LISTED
    return Findings(
        [*features, *shares], figures=[importance_figure(features, unit)],
        tables=[importance_table(features, values, names, groups)],
        notes=[f"Not listed, as of less influence: {unlisted} of the features."] if unlisted > 0 else [],
    )  # fmt: skip


def feature_measurements(values: np.ndarray, names: Sequence[str], unit: str) -> list[Measurement]:
    """`mean_abs_attribution` of the most influential features of (n, D) attributions, most influential first."""
    estimates = mean_absolute(values)
    # stable, so that features of equal influence stand in the order of the data
    order = np.argsort([-estimate.value for estimate in estimates], kind="stable")[:LISTED]
    return [
        Measurement(
            name="mean_abs_attribution",
            value=estimates[index].value,
            interval=interval(estimates[index], "Student t over rows"),
            n=len(values),
            unit=unit,
            conditions={"feature": names[index]},
        )
        for index in map(int, order)
    ]


def group_shares(values: np.ndarray, data: AuditData, inputs_seen: Seeing) -> list[Measurement]:
    """`group_share` of each sensitive attribute: 0 where the model is not given it, null where nobody knows."""
    return [_group_share(values, data, inputs_seen, attribute) for attribute in data.groups]


def _group_share(values: np.ndarray, data: AuditData, inputs_seen: Seeing, attribute: str) -> Measurement:
    names, column = data.feature_names, data.column_of(attribute)
    part = share(values, [names.index(column)]) if column in names else None
    reason = "no feature has any influence on these rows" if part is None else None
    # what the model is not given has no influence by construction: a 0 that is known, not measured
    if column not in names and inputs_seen.gives(column) is False:
        part, reason = Estimate(0.0, None, None), None
    elif column not in names:
        reason = f"it is not known which column of the inputs is {attribute}"
    return Measurement(
        name="group_share",
        value=None if part is None else part.value,
        reason=reason,
        interval=None if part is None else interval(part, "linearised ratio, Student t over rows"),
        exact=part is not None and column not in names,
        n=None if part is None else len(values),
        unit="share",
        direction="lower",
        conditions={"feature": attribute},
    )


def group_notes(inputs_seen: Seeing, data: AuditData) -> list[str]:
    """Which group columns the model is given, in sentences."""
    if not data.groups:
        return ["No groups were named, so the influence of group columns is not measured."]
    unseen = any(inputs_seen.gives(data.column_of(name)) is False for name in data.groups)
    by_construction = ["The share of what the model is not given is 0 by construction."] if unseen else []
    return [*group_sentences(inputs_seen, data), *by_construction]


def importance_figure(measurements: list[Measurement], unit: str) -> Figure:
    """Bars of the most influential features."""
    rows = [_row(measurement) for measurement in measurements[:SHOWN]]
    unshown = len(measurements) - len(rows)
    return bars(
        "importance",
        "Influence of the features",
        rows,
        label=Axis(field="feature", title="Feature"),
        value=Axis(field="value", title="Mean absolute attribution", unit=unit),
        low="low",
        high="high",
        caption=f"The {SHOWN} largest; {unshown} more are in the table." if unshown > 0 else "",
    )


def importance_table(
    measurements: list[Measurement], values: np.ndarray, names: Sequence[str], groups: Collection[str]
) -> Table:
    """Feature, rank, influence with interval, and whether it is a group column."""
    feature_ranks = dict(zip(names, ranks(values), strict=True))
    return Table(
        name="importance",
        title="Influence of the features",
        columns=(
            Column(name="rank", title="Rank"),
            Column(name="feature", title="Feature"),
            Column(name="value", title="Mean absolute attribution"),
            Column(name="low", title="Low"),
            Column(name="high", title="High"),
            Column(name="group", title="Group column"),
        ),
        rows=tuple(
            (int(feature_ranks[_feature(measurement)]), *_row(measurement).values(), _feature(measurement) in groups)
            for measurement in measurements
        ),
    )


def interval(estimate: Estimate, method: str) -> Interval | None:
    """The interval of an estimate; None where it has none."""
    return None if estimate.low is None else Interval(low=estimate.low, high=estimate.high, method=method)


def _feature(measurement: Measurement) -> str:
    return str(measurement.conditions["feature"])


def _row(measurement: Measurement) -> dict[str, Scalar]:
    ends = measurement.interval
    return {
        "feature": _feature(measurement),
        "value": measurement.value,
        "low": ends.low if ends else None,
        "high": ends.high if ends else None,
    }
