"""From rows to findings: measurements, controls, figures, tables and notes about the audit data."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from auditkit import figures, stats
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.plugins.data import detectors, identity
from auditkit.plugins.data.definitions import ALIKE, DEFINITIONS
from auditkit.plugins.data.parameters import Parameters
from auditkit.plugins.data.suspicions import suspicions
from auditkit.results import Axis, Column, Control, Definition, Figure, LeftOut, Measurement, Scalar, Table
from auditkit.smaller import slices_and_smaller
from auditkit.too_few import lacking

MANY = 200
"""Features above which only those with the most missing values are listed."""
PLANTED = 10
"""Rows planted to try the search for repeats."""
TRIED = 20_000
"""Rows among which they are planted."""


def find(parameters: Parameters, data: AuditData, context: Context) -> Findings:
    """Everything that `data.integrity` says about these rows."""
    missing, notes = _missing(data)
    repeats, definitions, sentences = _repeats(data)
    measurements = [*repeats, *_balance(data)]  # the first one is the headline
    notes = [*sentences, *notes]
    controls = [_planted_rows(data, context.rng)]
    finding = None
    # before the search, which takes long: a check out of time leaves its counts
    context.keep(Findings([*measurements, *missing], controls, notes=list(notes)))
    if data.feature_names:
        finding = detectors.search(parameters, data, context)
        measurements += [*_leaks(parameters, finding), *_proxies(finding)]
        controls += _detector_controls(parameters, finding)
        notes += finding.notes
    else:
        notes.append(f"Inputs are of modality {data.modality}: leaks and proxies among their parts were not searched.")
    if data.train is None:
        notes.append("There is no training split: rows that were trained on were not searched.")
    measurements += missing
    for suspicion in suspicions(data):
        measurements.append(
            _measurement(suspicion.name, float(suspicion.number), exact=True, n=len(data), across=suspicion.across)
        )
        notes += [suspicion.note] if suspicion.note else []
    return Findings(
        measurements=measurements,
        controls=controls,
        figures=_figures(measurements, finding),
        tables=[] if finding is None else _tables(parameters, finding),
        notes=notes,
        definitions=definitions,
        level="recorded" if data.train is None else "training",
        higher_level=None if data.train is None else "",
    )


def _measurement(
    name: str, value: float | None, doubts: Mapping[str, str] = MappingProxyType({}), **fields: Any
) -> Measurement:
    """One number; with `doubts` about features, it is the least that the number is; `fields` as of a measurement."""
    meaning = DEFINITIONS[name]
    if doubts and value is not None:
        fields["bound"] = "at least"
        fields["left_out"] = [LeftOut(slice={"column": name}, reason=why, bars=True) for name, why in doubts.items()]
    return Measurement(name=name, value=value, unit=meaning.unit, direction=meaning.direction, **fields)


def _missing(data: AuditData) -> tuple[list[Measurement], list[str]]:
    names = data.feature_names
    if not names:
        return [], []
    if hasattr(data.inputs, "columns"):
        lacking = data.inputs.isna().to_numpy()
        for index, feature in enumerate(data.schema):
            if "" in feature.coded:  # as a source with types may hold it; a text file has none
                lacking[:, index] |= data.inputs.iloc[:, index].eq("").fillna(False).to_numpy(dtype=bool)
    else:
        lacking = np.isnan(data.codes())
    shares = lacking.mean(axis=0)
    listed = sorted(range(len(names)), key=lambda index: -shares[index])[:MANY]
    few = f"Of {len(names)} features, the {MANY} with the most missing values are listed."
    measurements = []
    for index in sorted(listed):
        reason = data.missing_reason(names[index], lacking[:, index]) if shares[index] else None
        share, n = (None, None) if reason else (float(shares[index]), len(data))
        fields: dict[str, Any] = {"n": n, "reason": reason, "conditions": {"feature": names[index]}}
        measurements.append(_measurement("missing_share", share, exact=reason is None, **fields))
    return measurements, [few] if len(names) > MANY else []


def _repeats(data: AuditData) -> tuple[list[Measurement], dict[str, Definition], list[str]]:
    """Equal rows and, by their ids, equal people; where people have ids, alike rows are no repeats and say so."""
    measurements = []
    here, there = identity.identify(data.inputs, None if data.train is None else data.train.inputs)
    if data.train is not None:
        share = float(np.isin(here, there).mean())
        measurements.append(_measurement("train_overlap_share", share, exact=True, n=len(data)))
        if data.labels is not None and data.train.labels is not None:
            share = float(identity.with_label_among(here, there, data.labels, data.train.labels).mean())
            measurements.append(_measurement("train_overlap_same_label_share", share, exact=True, n=len(data)))
        if data.unit is not None and data.train.unit is not None:
            both = float(np.isin(np.unique(data.unit), data.train.unit).mean())
            measurements.append(_measurement("train_overlap_unit_share", both, exact=True, n=data.units))
    repeated = float(identity.repeated(here).mean())
    alike = _measurement("duplicate_share", repeated, exact=True, n=len(data))
    people = identity.people_of(data, repeated)
    if people is None:
        return [*measurements, alike], {}, []
    twice = _measurement("repeated_id_share", people.share, exact=True, n=people.rows)
    return [*measurements, twice, alike], {"duplicate_share": ALIKE}, [people.note]


def _balance(data: AuditData) -> list[Measurement]:
    """How large every group is, and how its labels are spread."""
    measurements = _labels(data, np.ones(len(data), dtype=bool), {}, None)
    for cell in slices_and_smaller(data):
        share = None if cell.hidden is not None else float(cell.rows.mean())
        n = None if cell.hidden is not None else cell.n
        measurements.append(
            _measurement("group_share", share, exact=share is not None, n=n, reason=cell.hidden, slice=cell.where)
        )
        measurements += _labels(data, cell.rows, cell.where, cell.hidden)
    return measurements


def _labels(data: AuditData, rows: np.ndarray, where: dict[str, str], hidden: str | None) -> list[Measurement]:
    if data.labels is None:
        return []
    # a hidden group keeps the reason why it is hidden, which says less about it
    clusters = None if data.clusters is None else data.clusters[rows]
    units = None if clusters is None else len(np.unique(clusters))
    reason = hidden or lacking(int(rows.sum()) if units is None else units, data.minimum_rate, "people")
    some = data.labels[rows]
    if data.task == "regression":
        if reason is not None:
            return [_measurement("label_mean", None, reason=reason, slice=where)]
        values = some.astype(float)
        interval = stats.student_interval(values, clusters=clusters)
        return [_measurement("label_mean", float(values.mean()), interval=interval, n=len(some), slice=where)]
    if data.task == "multilabel":
        name, has = "label_share", dict(zip(data.outputs, data.label_sets[rows].T, strict=True))
    elif data.task == "binary":
        positive = data.classes[-1] if data.positive is None else data.positive
        name, has = "positive_share", {positive: some == positive}
    else:
        name, has = "label_share", {label: some == label for label in data.classes}
    measurements = []
    for label, is_so in has.items():
        fields: dict[str, Any] = {"slice": where, "conditions": {} if data.task == "binary" else {"label": str(label)}}
        if reason is not None:
            measurements.append(_measurement(name, None, reason=reason, **fields))
            continue
        hits = int(is_so.sum())
        interval = stats.wilson(hits, len(some))
        if clusters is not None:
            interval = present(stats.mean_interval(is_so, clusters=clusters), "a share of rows has one")
        fields |= {"interval": interval, "n": len(some), "units": units}
        measurements.append(_measurement(name, hits / len(some), **fields))
    return measurements


def _leaks(parameters: Parameters, searched: detectors.SearchResult) -> list[Measurement]:
    if searched.leaks_reason is not None:
        return [
            _measurement(name, None, reason=searched.leaks_reason)
            for name in ("leaking_features", "strongest_feature_auc")
        ]
    best = next(iter(searched.leaks.values()))
    over = sum(leak.auc > parameters.leakage for leak in searched.leaks.values())
    doubts = {name: why for name, why in searched.doubts.items() if searched.leaks[name].auc <= parameters.leakage}
    return [
        _measurement(
            "leaking_features",
            float(over),
            exact=True,
            n=searched.rows,
            doubts=doubts,
        ),
        _measurement("strongest_feature_auc", best.auc, interval=best.interval, n=searched.rows, doubts=doubts),
    ]


def _proxies(searched: detectors.SearchResult) -> list[Measurement]:
    measured = []
    # a group column is not searched as a proxy, so a doubt about it doubts nothing
    doubts = {name: why for name, why in searched.doubts.items() if name not in searched.groups}
    for attribute, proxy in searched.proxies.items():
        strongest = next(iter(proxy.alone.values()), None)
        for name, strength in (("proxy_auc", proxy.together), ("strongest_proxy_auc", strongest)):
            fields: dict[str, Any] = (
                {"interval": strength.interval, "n": proxy.rows, "doubts": doubts}
                if strength is not None
                else {"reason": proxy.reason or "nothing to compare"}
            )
            measured.append(_measurement(name, strength and strength.auc, across=(attribute,), **fields))
    return measured


def _planted_rows(data: AuditData, rng: np.random.Generator) -> Control:
    size = min(len(data), TRIED)
    few = data.take(rng.choice(len(data), size, replace=False)).inputs if size < len(data) else data.inputs
    share = identity.planted_share(few, rng.integers(0, size, PLANTED))
    return Control.within(
        "planted rows",
        f"Are {PLANTED} copies of rows found, as repeats and in a second set, when they are planted?",
        share,
        at_least=1,
        at_most=1,
        guards=("duplicate_share", "train_overlap_share", "train_overlap_same_label_share"),
        reason="the search for equal rows does not find the copies that were put there",
    )


def _detector_controls(parameters: Parameters, searched: detectors.SearchResult) -> list[Control]:
    planted_leak = Control.within(
        "planted leak",
        "Is a feature that equals the label found, with this area under the ROC curve?",
        searched.planted_leak,
        at_least=parameters.leakage,
        guards=("leaking_features", "strongest_feature_auc"),
        reason="the search does not see a feature that is the label itself",
    )
    controls = [planted_leak] if searched.leaks_reason is None else []
    attributes = [name for name, proxy in searched.proxies.items() if proxy.together is not None]
    if not attributes:
        return controls
    return [
        *controls,
        Control.within(
            "planted proxy",
            f"Is a feature that equals {attributes[0]} found, with this area under the ROC curve?",
            searched.planted_proxy,
            at_least=parameters.leakage,
            guards=("proxy_auc", "strongest_proxy_auc"),
            reason="the search does not see a feature that is the group itself",
        ),
        Control.within(
            "shuffled groups",
            f"How many standard errors from 0.5 are shuffled groups of {attributes[0]} predicted?",
            searched.shuffled_proxy,
            at_most=4.5,
            guards=("proxy_auc", "strongest_proxy_auc"),
            reason="groups without any relation to the features are predicted, so nothing found can be believed",
        ),
    ]


def _figures(measurements: list[Measurement], searched: detectors.SearchResult | None) -> list[Figure]:
    # without groups there is one dot, which the table says better
    grouped = {measurement.name for measurement in measurements if measurement.slice}
    drawn = [
        figures.per_group(name, DEFINITIONS[name], measurements)
        for name in ("group_share", "positive_share", "label_mean")
        if name in grouped
    ]
    for attribute, proxy in ({} if searched is None else searched.proxies).items():
        rows: list[dict[str, Scalar]] = [
            {"feature": name, "auc": strength.auc, "low": strength.interval.low, "high": strength.interval.high}
            for name, strength in list(proxy.alone.items())[:8]
        ]
        if rows:
            drawn.append(
                figures.bars(
                    f"proxies_{attribute}", f"Features that stand in for {attribute}", rows,
                    label=Axis(field="feature", title="Feature"),
                    value=Axis(field="auc", title="Area under the ROC curve (0.5: no relation)", domain=(0, 1)),
                    low="low", high="high", caption="The strongest single features, with 95 % intervals.",
                )
            )  # fmt: skip
    return [figure for figure in drawn if figure is not None]


def _tables(parameters: Parameters, searched: detectors.SearchResult) -> list[Table]:
    columns = (
        Column(name="feature", title="Feature"),
        Column(name="auc", title="Area under the ROC curve"),
        Column(name="low", title="From"),
        Column(name="high", title="To"),
    )
    leaks = Table(
        name="leaks", title="Features that predict the label best", columns=columns,
        rows=tuple(
            (name, strength.auc, strength.interval.low, strength.interval.high)
            for name, strength in list(searched.leaks.items())[: parameters.top]
        ),
    )  # fmt: skip
    proxies = Table(
        name="proxies", title="Features that predict a group best",
        columns=(Column(name="attribute", title="Group"), *columns),
        rows=tuple(
            (attribute, name, strength.auc, strength.interval.low, strength.interval.high)
            for attribute, proxy in searched.proxies.items()
            for name, strength in list(proxy.alone.items())[: parameters.top]
        ),
    )  # fmt: skip
    return [table for table in (leaks, proxies) if table.rows]
