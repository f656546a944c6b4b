"""From curves to findings: what `explanations.effects` says."""

from typing import Any, NamedTuple

from auditkit import figures
from auditkit.checks import Findings
from auditkit.data import AuditData
from auditkit.plugins.explanations.effects.curves import Curve
from auditkit.plugins.explanations.effects.self_tests import OUTSIDE
from auditkit.results import Axis, Column, Figure, Interval, Measurement, Scalar, Table
from auditkit.text import one_line

ALE, PD = "accumulated local effects", "partial dependence"


class Effect(NamedTuple):
    """The effect of one column, both ways."""

    column: int
    name: str
    dependence: Curve
    local: Curve
    outside: float | None
    """The share of the rows of partial dependence outside of the data."""

    @property
    def size(self) -> float:
        """The range of the curve that can be believed first."""
        return self.local.range()[0]

    @property
    def is_doubtful(self) -> bool:
        """Whether partial dependence asks about too many rows outside of the data."""
        return self.outside is not None and self.outside > OUTSIDE


def find(effects: list[Effect], shown: list[Effect], data: AuditData, unit: str, rows: int) -> Findings:
    """Numbers of all columns; figures and a table of those that are shown."""
    numbers = [
        number for effect in sorted(effects, key=lambda effect: -effect.size)
        for number in _numbers(effect, unit, rows)
    ]  # fmt: skip
    return Findings(
        numbers, figures=[_figure(effect, data, unit) for effect in shown], tables=[_table(shown, data, unit)]
    )


def _numbers(effect: Effect, unit: str, rows: int) -> list[Measurement]:
    numbers = []
    for name, curve in (("ale_range", effect.local), ("partial_dependence_range", effect.dependence)):
        value, low, high = curve.range()
        doubt: dict[str, Any] = {}
        if name == "partial_dependence_range" and effect.is_doubtful:
            reason = f"{effect.outside:.0%} of the rows that it asks about lie outside of the data"
            doubt = {"validity": "inconclusive", "reason": f"{reason}: believe the accumulated local effects"}
        numbers.append(Measurement(
            name=name, value=value, n=rows, unit=unit, conditions={"feature": effect.name},
            interval=Interval(low=low, high=high, method="Student t over rows, of two values of the curve"), **doubt,
        ))  # fmt: skip
    if effect.outside is not None:
        numbers.append(Measurement(
            name="outside_share", value=effect.outside, exact=True, unit="share", direction="lower",
            conditions={"feature": effect.name},
        ))  # fmt: skip
    return numbers


def _figure(effect: Effect, data: AuditData, unit: str) -> Figure:
    features = {feature.name: feature for feature in data.schema}
    if effect.name in features and not features[effect.name].numeric and len(effect.local.values) > 2:
        return _bars(effect, data, unit)
    points: list[dict[str, Scalar]] = []
    names = labels(effect, data)
    doubtful = f"{PD} (inconclusive)" if effect.is_doubtful else PD
    for kind, curve in ((ALE, effect.local), (doubtful, effect.dependence)):
        points += [
            {"value": label, "effect": float(size), "low": float(size - half), "high": float(size + half),
             "kind": kind}
            for label, size, half in zip(names, curve.effects, curve.half_widths(), strict=True)
        ]  # fmt: skip
    doubt = ""
    if effect.is_doubtful:
        doubt = f" {effect.outside:.0%} of the rows that partial dependence asks about are like nobody's: "
        doubt += "believe the accumulated local effects."
    return figures.curve(
        f"effect {effect.name}", f"How the output changes with {effect.name}", points,
        x=Axis(field="value", title=effect.name), y=Axis(field="effect", title="Change of the output", unit=unit),
        series=Axis(field="kind", title="Curve"), low="low", high="high",
        caption=f"On average over the rows 0. Bands are 95 % intervals over rows.{doubt}",
    )  # fmt: skip


def _bars(effect: Effect, data: AuditData, unit: str) -> Figure:
    """Of categories: a line would join what does not hang together."""
    halves = effect.local.half_widths()
    points: list[dict[str, Scalar]] = [
        {"value": label, "effect": float(size), "low": float(size - half), "high": float(size + half)}
        for label, size, half in zip(labels(effect, data), effect.local.effects, halves, strict=True)
    ]
    return figures.bars(
        f"effect {effect.name}", f"How the output changes with {effect.name}", points,
        label=Axis(field="value", title=effect.name),
        value=Axis(field="effect", title=f"Change of the output, {ALE}", unit=unit), low="low", high="high",
        caption="On average over the rows 0. Lines: 95 % intervals over rows. Neighbours are alike in other columns.",
    )  # fmt: skip


def _table(shown: list[Effect], data: AuditData, unit: str) -> Table:
    rows: list[tuple[Scalar, ...]] = []
    for effect in shown:
        for place, label in enumerate(labels(effect, data)):
            cells: list[Scalar] = []
            for curve in (effect.local, effect.dependence):
                cells += [float(curve.effects[place]), float(curve.half_widths()[place])]
            rows.append((effect.name, label, *cells, effect.is_doubtful))
    titles = (
        ("column", "Column"), ("value", "Value"), ("ale", f"Accumulated local effect ({unit})"), ("ale_half", "±"),
        ("pd", f"Partial dependence ({unit})"), ("pd_half", "±"), ("doubtful", "Partial dependence inconclusive"),
    )  # fmt: skip
    return Table(
        name="effects", title="Effects of the columns with a curve",
        caption="On average over the rows 0. ± is half of a 95 % interval over rows.",
        columns=tuple(Column(name=name, title=title) for name, title in titles), rows=tuple(rows),
    )  # fmt: skip


def labels(effect: Effect, data: AuditData) -> list[Scalar]:
    """The values of a curve as a reader knows them: numbers to three digits, which are nobody's own."""
    features = {feature.name: feature for feature in data.schema}
    feature = features.get(effect.name)
    values = effect.dependence.values
    if feature is None or feature.numeric:
        return [
            float(f"{value:.3g}") if feature is None or feature.kind != "integer" else int(value) for value in values
        ]
    return [one_line(str(feature.categories[int(code)]), 60) for code in values]
