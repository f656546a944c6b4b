"""Audit data as the report names it: schema, groups and notes, and nothing about any one row."""

import numpy as np

from auditkit.counts.names import MISSING
from auditkit.data import AuditData, Cell, FeatureSchema, to_codes
from auditkit.model_inputs import Seeing, seeing
from auditkit.models import Model
from auditkit.results import TOGETHER, DataInfo, FeatureInfo, GroupInfo, ScoreInfo
from auditkit.smaller import smaller_together
from auditkit.text import number_of, ordinal
from auditkit.value_spelling import spelling

FEATURES = 500
"""Columns of an array that are listed one by one."""
TAIL = 0.01
"""The share of values below and above the range that is printed; the smallest and the largest value are somebody's."""


def describe(data: AuditData, model: Model | None = None) -> DataInfo:
    """What the audit data is, with no count and no range that fewer people stand behind than may be shown.

    Args:
        data: the audit data.
        model: which columns it is given is told of each feature; None: nothing is said of any model.
    """
    groups = data.slices(1)
    seeing_of_model = None if model is None else seeing(model, data)
    return DataInfo(
        name=data.name,
        rows=data.size,
        digest=data.digest,
        rows_digest=data.rows_digest,
        task=data.task,
        modality=data.modality,
        label=data.label_name,
        positive=None if data.positive is None else spelling(data.positive),
        features=tuple(
            _with_seeing(feature, seeing_of_model, data)
            for feature in (*_features(data), *_attribute_features(data, groups))
        ),
        groups=tuple(info for name in data.groups for info in _groups(data, name, groups)),
        train_rows=None if data.train is None else data.train.size,
        weighted=data.weights is not None,
        unit=data.unit_name or ("" if data.unit is None else "unit"),
        units=None if data.unit is None else data.units,
        minimum_cell=data.minimum_cell,
        minimum_rate=data.minimum_rate,
        largest_left_out=data.largest_left_out,
        reference=dict(data.reference),
        disclosure=data.disclosure,
        case_scores=tuple(_score(data, column, name) for column, name in enumerate(data.case_scores)),
        notes=(*data.notes, *_range(data)),
        outcome=None if data.outcome is None else data.outcome if isinstance(data.outcome, str) else dict(data.outcome),
        selected_means=data.selected_means,
    )


def _score(data: AuditData, column: int, name: str) -> ScoreInfo:
    """A score of cases; how many cases lack it in any system, unless they are too few to show."""
    score = data.case_scores[name]
    lacking = np.zeros(len(data), dtype=bool)
    for values in data.scored.values():
        lacking |= np.isnan(values[:, column])
    low, high = score.range
    return ScoreInfo(
        name=name, better=score.better, low=low, high=high, counted_in=score.counted_in, poor=score.poor,
        missing=None if data.missing_reason(name, lacking) else int(lacking.sum()),
        missing_counts_as=score.missing,
    )  # fmt: skip


def _range(data: AuditData) -> list[str]:
    """The declared range of an array, as the note that the report prints."""
    if data.range is None:
        return []
    ends = ", ".join(f"{low:g} to {high:g}" for low, high in data.range)
    return [f"the owner declares the range of the values: {ends}{' by channel' if len(data.range) > 1 else ''}"]


def value_range(values: np.ndarray, minimum: int) -> str:
    """The middle of some numbers as "17 to 90 (1st to 99th percentile)", or why it is not shown.

    Args:
        values: (n,) numbers, NaN where missing.
        minimum: at least so many values lie outside the range on either side.
    """
    present = values[~np.isnan(values)]
    tail = max(TAIL, minimum / max(1, len(present)))
    # the middle half of a few values is nearly a list of them
    if tail > 0.25:
        return "too few values to show a range"
    # a whole percentile that at least `minimum` values lie beyond
    percent = int(np.ceil(100 * tail))
    low, high = map(_short, np.quantile(present, (percent / 100, 1 - percent / 100)))
    return f"{low if low == high else f'{low} to {high}'} ({ordinal(percent)} to {ordinal(100 - percent)} percentile)"


def _short(value: float) -> str:
    """Four significant digits, without an exponent."""
    return f"{float(f'{value:.4g}'):,.12g}"


def _features(data: AuditData) -> list[FeatureInfo]:
    if hasattr(data.inputs, "columns"):
        return [_feature(data, feature) for feature in data.schema]
    if data.modality != "table" or len(data.feature_names) > FEATURES:
        return []
    # once for all columns: for each it would convert the whole array again
    codes = data.codes()
    return [
        _info(data, name, "number", codes[:, position], value_range(codes[:, position], data.minimum_cell))
        for position, name in enumerate(data.feature_names)
    ]


def _feature(data: AuditData, feature: FeatureSchema) -> FeatureInfo:
    values = to_codes(data.inputs, (feature,))[:, 0]
    categories = "" if feature.kind in ("boolean", "text") else number_of(len(feature.coded), "value")
    detail = value_range(values, data.minimum_cell) if feature.numeric else categories
    parts = (detail, "" if feature.mutable else "not to be changed")
    return _info(data, feature.name, feature.kind, values, ", ".join(filter(None, parts)))


def _info(data: AuditData, name: str, kind: str, values: np.ndarray, detail: str) -> FeatureInfo:
    lacking = np.isnan(values)
    missing: int | None = int(lacking.sum())
    # how many lack a value can be a count of few people too
    if missing and data.missing_reason(name, lacking) is not None:
        missing, few = None, "few missing"
        detail = f"{detail}, {few}" if detail else few
    return FeatureInfo(name=name, kind=kind, group=name in data.groups, missing=missing, detail=detail)


def _with_seeing(feature: FeatureInfo, seeing_of_model: Seeing | None, data: AuditData) -> FeatureInfo:
    """The feature with whether the model is given it, and how that is known."""
    if seeing_of_model is None:
        return feature
    is_given = seeing_of_model.gives(data.column_of(feature.name) if feature.name in data.groups else feature.name)
    return feature.model_copy(
        update={"seen_by_model": is_given, "seen": "unknown" if is_given is None else seeing_of_model.how}
    )


def _attribute_features(data: AuditData, groups: list[Cell]) -> list[FeatureInfo]:
    """The sensitive attributes that are no column of the inputs."""
    return [
        FeatureInfo(
            name=name, kind="category", group=True, seen_by_model=False, missing=_missing(data, name, groups),
            detail=number_of(len(data.cells.values[name]), "group"),
        )
        for name in data.groups
        if name not in data.feature_names
    ]  # fmt: skip


def _missing(data: AuditData, name: str, groups: list[Cell]) -> int | None:
    cell = next((cell for cell in groups if cell.where == {name: MISSING}), None)
    if cell is None:
        return 0
    return None if data.cells.unshown(cell.where) else cell.n


def _groups(data: AuditData, attribute: str, cells: list[Cell]) -> list[GroupInfo]:
    """The groups of one attribute; those too small to show together, where they are enough people for it."""
    hidden_cells = [(cell, data.cells.unshown(cell.where)) for cell in cells if attribute in cell.where]
    by_unit = data.clusters is not None
    made = [
        GroupInfo(
            attribute=attribute, value=cell.where[attribute], hidden=hidden,
            rows=None if hidden else len(cell.positions) if by_unit else cell.n,
            units=cell.n if by_unit and not hidden else None,
        )
        for cell, hidden in hidden_cells
    ]  # fmt: skip
    small = smaller_together((attribute,), data)
    if small is not None:
        people = sum(map(data.cells.people, small.groups))
        names = tuple(group[attribute] for group in small.groups)
        units = people if by_unit else None
        rows = sum(len(cell.positions) for cell in cells if cell.where in small.groups) if by_unit else people
        made.append(GroupInfo(attribute=attribute, value=TOGETHER, rows=rows, together=names, units=units))
    return made
