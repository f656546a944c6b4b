"""The search for leaks and proxies, and what it finds where something was planted or shuffled."""

from dataclasses import dataclass, field

import numpy as np

from auditkit import stats
from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.plugins.data import auc
from auditkit.plugins.data.features import Features, as_classes, each_alone, together
from auditkit.plugins.data.parameters import Parameters
from auditkit.too_few import fewer_than

TRIED = 3000
"""Rows on which the search for proxies is tried."""


@dataclass
class Proxy:
    """How well a group is predicted."""

    alone: dict[str, auc.Strength] = field(default_factory=dict)
    """{feature: its strength}, the strongest first."""
    together: auc.Strength | None = None
    rows: int = 0
    reason: str | None = None


@dataclass
class SearchResult:
    """What was found."""

    rows: int
    doubts: dict[str, str] = field(default_factory=dict)
    """{feature: why its order is not known}: a leak or a proxy may hide there."""
    groups: tuple[str, ...] = ()
    """Group columns among the features, which are no proxies."""
    leaks: dict[str, auc.Strength] = field(default_factory=dict)
    leaks_reason: str | None = None
    proxies: dict[str, Proxy] = field(default_factory=dict)
    planted_leak: float | None = None
    planted_proxy: float | None = None
    shuffled_proxy: float | None = None
    notes: list[str] = field(default_factory=list)


def search(parameters: Parameters, data: AuditData, context: Context) -> SearchResult:
    """Search for features that give away the label or a group."""
    rows = np.arange(len(data))
    if len(data) > parameters.detector_rows:
        rows = np.sort(context.rng.choice(len(data), parameters.detector_rows, replace=False))
    some, features = data.take(rows), Features.of(data, rows)
    named = tuple(dict.fromkeys(data.column_of(name) for name in data.seen_groups))
    finding = SearchResult(len(some), doubts=features.doubts, groups=named)
    finding.notes += _reading_notes(features)
    if len(some) < len(data):
        finding.notes.append(f"Leaks and proxies were searched on {len(some)} of {len(data)} rows, drawn at random.")
    _search_leaks(finding, features, some, context.rng)
    if named:
        finding.notes.append(f"Group columns are in the table and were not tried as proxies: {', '.join(named)}.")
    for number, attribute in enumerate(data.groups):
        context.progress(number, len(data.groups), f"proxies for {attribute}")
        finding.proxies[attribute] = _search_proxy(features.without(named), some, attribute, context)
    leaking = [name for name, leak in finding.leaks.items() if leak.auc > parameters.leakage]
    if leaking:
        finding.notes.append(f"Features that alone give the label away: {', '.join(leaking[: parameters.top])}.")
    _try_search(finding, features.without(named).searchable, some, context)
    return finding


def _reading_notes(features: Features) -> list[str]:
    """Which columns were read as something else than they stand there, and which were not searched."""
    ways: dict[str, list[str]] = {}
    for name, reading in features.read.items():
        ways.setdefault(reading, []).append(name)
    names = ", ".join(features.unsearched)
    unsearched = f"Not searched, as declared a category or a text, with about one value for each row: {names}."
    return [
        *(
            f"Read for this search as {reading}: {', '.join(columns)}. The model is given them as they stand."
            for reading, columns in ways.items()
        ),
        *([unsearched] if features.unsearched else []),
        *(f"Column {name!r} is not searched in full: {doubt}." for name, doubt in features.doubts.items()),
    ]


def _search_leaks(searched: SearchResult, features: Features, data: AuditData, rng: np.random.Generator) -> None:
    target = label_classes(data)
    if target is None or not features.names:
        searched.leaks_reason = f"there are no {'labels' if target is None else 'features'}"
        return
    rows, classes = as_classes(target, auc.SMALLEST, data.clusters)
    if len(np.unique(classes)) < 2:
        searched.leaks_reason = fewer_than("two", f"labels with {auc.SMALLEST} {_rows(data)} each")
        return
    searched.leaks = each_alone(features.take(rows), classes, rng, stats.sidak_level(0.95, len(features.names)))
    planted = features.take(rows).planted(classes)
    # the planted feature goes through the same search, and is the label itself
    searched.planted_leak = each_alone(planted.without(features.names), classes, rng)["planted"].auc


def _rows(data: AuditData) -> str:
    return "rows" if data.clusters is None else "units"


def label_classes(data: AuditData) -> np.ndarray | None:
    """(N,) labels as classes; numbers as above their median or not; None without labels."""
    if data.labels is None:
        return None
    if data.task == "regression":
        return (data.labels > np.median(data.labels)).astype(np.int64)
    return np.unique(data.labels, return_inverse=True)[1].astype(np.int64)


def _group_classes(data: AuditData, attribute: str) -> tuple[np.ndarray, np.ndarray]:
    """The rows of the groups that may be shown and are large enough, and their groups as classes; see `as_classes`."""
    column = data.groups[attribute]
    hidden = [value for value in np.unique(column) if data.cells.reason({attribute: str(value)}) is not None]
    # a class of its own for what may not be shown would tell who is in it
    visible = np.flatnonzero(~np.isin(column, hidden))
    rows, classes = as_classes(column[visible], auc.SMALLEST, None if data.clusters is None else data.clusters[visible])
    return visible[rows], classes


def _search_proxy(features: Features, data: AuditData, attribute: str, context: Context) -> Proxy:
    rows, classes = _group_classes(data, attribute)
    if not features.names:
        return Proxy(reason="there are no features other than the group columns")
    if len(np.unique(classes)) < 2:
        return Proxy(reason=fewer_than("two", f"groups with {auc.SMALLEST} {_rows(data)} each that may be shown"))
    features_of_rows = features.take(rows)
    alone = each_alone(features_of_rows, classes, context.rng, stats.sidak_level(0.95, len(features.names)))
    some = features_of_rows.searchable
    if not some.names:
        return Proxy(alone, None, len(rows), "there is no feature whose order is known")
    every = together(some, classes, context.rng, context.seed % 2**31)
    # the model of all features can be worse than one alone where rows are few
    return Proxy(alone, max(every, next(iter(alone.values())), key=lambda strength: strength.auc), len(rows))


def _try_search(searched: SearchResult, features: Features, data: AuditData, context: Context) -> None:
    """Plant a proxy, and shuffle the groups, for the first attribute that was searched."""
    attribute = next((name for name, proxy in searched.proxies.items() if proxy.together is not None), None)
    if attribute is None:
        return
    rows, classes = _group_classes(data, attribute)
    if len(rows) > TRIED:
        some = context.rng.choice(len(rows), TRIED, replace=False)
        kept_rows, fewer = as_classes(classes[some], auc.FOLDS)
        # a rare group may have no row in the sample: then all rows are tried
        if len(np.unique(fewer)) < 2:
            kept_rows, fewer = np.arange(len(rows)), classes
        else:
            rows = rows[some]
        rows, classes = rows[kept_rows], fewer
    features_of_rows, seed = features.take(rows), context.seed % 2**31
    searched.planted_proxy = together(features_of_rows.planted(classes), classes, context.rng, seed).auc
    unit = features_of_rows.unit
    shuffled = context.rng.permutation(classes) if unit is None else stats.shuffler(classes, unit)(context.rng)
    strength = together(features_of_rows, shuffled, context.rng, seed)
    # in standard errors: the area of shuffled groups is 0.5 but for chance, and just 0.5 where every row is alike
    searched.shuffled_proxy = abs(strength.auc - 0.5) / max(strength.error, np.finfo(float).eps)
