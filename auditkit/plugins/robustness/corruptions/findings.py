"""From answers to findings: what `robustness.corruptions` says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit import stats
from auditkit.checks import Context, Findings
from auditkit.plugins.robustness.corruptions import figures, self_tests
from auditkit.plugins.robustness.corruptions.base import MIDDLE, SEVERITIES
from auditkit.plugins.robustness.corruptions.corrupted_answers import Asked, ask
from auditkit.plugins.robustness.corruptions.group_losses import by_group, gaps
from auditkit.plugins.robustness.corruptions.paired import mean_interval, relative_drop_interval
from auditkit.plugins.robustness.corruptions.suite import suite
from auditkit.results import Interval, Measurement, Test

if TYPE_CHECKING:
    from auditkit.data import AuditData
    from auditkit.models import Model
    from auditkit.plugins.robustness.corruptions.parameters import Parameters

AT = SEVERITIES.index(MIDDLE)


def find(parameters: Parameters, model: Model, data: AuditData, context: Context) -> Findings:
    """Everything that `robustness.corruptions` says about these rows."""
    offers = parameters.offers("corruptions")
    tried = suite(data, context.rng, device=context.device, held=parameters.held, offers=offers)
    names = tuple(name for name in tried.names if not parameters.corruptions or name in parameters.corruptions)
    if not names:
        return _nothing(tried.notes)
    asked = ask(tried, names, data, context)
    overall = [*_everyone(asked), *_each(asked)]
    groups = by_group(asked, data, AT)
    return Findings(
        measurements=[*overall, *groups, *_tested([*_drops(asked), *gaps(asked, data, AT, parameters, context.rng)])],
        controls=self_tests.controls(asked, model, data, context),
        figures=figures.pictures(asked, groups),
        tables=[figures.strengths(tried, names)],
        notes=[*tried.notes, *_weights(data)],
    )


def _everyone(asked: Asked) -> list[Measurement]:
    """Mean, clean, worst, relative, steady; the first may be all that a report shows."""
    n, rows = len(asked.clean), asked.by_row(slice(None))
    steady = asked.clean & asked.right[:, AT].all(axis=0)
    worst = asked.accuracy
    at, place = np.unravel_index(int(worst.argmin()), worst.shape)
    return [
        _share("mean_accuracy", float(rows.mean()), mean_interval(rows), n),
        _count("clean_accuracy", asked.clean),
        Measurement(
            name="worst_accuracy", value=float(worst.min()), interval=_worst_interval(asked), n=n, unit="share",
            direction="higher", conditions={"corruption": asked.names[at], "severity": SEVERITIES[place]},
        ),
        _relative(asked.clean, rows),
        _count("steady_accuracy", steady, severity=MIDDLE),
    ]  # fmt: skip


def _worst_interval(asked: Asked) -> Interval:
    """The smallest of many shares lies between the smallest low and the smallest high end, where all hold at once."""
    n = len(asked.clean)
    level = stats.sidak_level(0.95, asked.accuracy.size)
    ends = [stats.wilson(int(each), n, level) for each in asked.right.sum(axis=2).ravel()]
    return Interval(
        low=min(end.low or 0.0 for end in ends), high=min(1.0 if end.high is None else end.high for end in ends),
        method="Wilson, all corruptions at once (Šidák)",
    )  # fmt: skip


def _relative(clean: np.ndarray, rows: np.ndarray) -> Measurement:
    common: dict[str, Any] = {"name": "relative_drop", "unit": "share", "direction": "lower"}
    if not clean.any():
        return Measurement(value=None, reason="no row is decided rightly as it is, so nothing can be lost", **common)
    value = float(1 - rows.mean() / clean.mean())
    return Measurement(value=value, interval=relative_drop_interval(clean, rows), n=len(clean), **common)


def _each(asked: Asked) -> list[Measurement]:
    return [
        _count("accuracy", asked.right[at, place], corruption=name, severity=severity)
        for at, name in enumerate(asked.names)
        for place, severity in enumerate(SEVERITIES)
    ]


def _drops(asked: Asked) -> list[Measurement]:
    """The loss under each corruption of the middle severity, with McNemar's test."""
    found = []
    for at, name in enumerate(asked.names):
        after = asked.right[at, AT]
        lost, gained = int((asked.clean & ~after).sum()), int((~asked.clean & after).sum())
        found.append(
            Measurement(
                name="accuracy_drop", value=(lost - gained) / len(after),
                interval=stats.paired_difference_interval(lost, gained, len(after)), n=len(after), unit="share",
                direction="lower",
                conditions={"corruption": name, "severity": MIDDLE},
                test=Test(method="McNemar, exact; Holm", p=stats.mcnemar(lost, gained)),
            )
        )  # fmt: skip
    return found


def _tested(found: list[Measurement]) -> list[Measurement]:
    """The same with p-values adjusted by Holm over all tests of this check."""
    tests = [measurement.test for measurement in found if measurement.test is not None]
    adjusted = iter(stats.holm([test.p for test in tests]).tolist() if tests else [])
    family = f"all {len(tests)} tests of robustness.corruptions"
    return [
        measurement
        if measurement.test is None
        else measurement.model_copy(
            update={"test": measurement.test.model_copy(update={"p_adjusted": next(adjusted), "family": family})}
        )
        for measurement in found
    ]


def _count(name: str, hit: np.ndarray, **conditions: Any) -> Measurement:
    return _share(name, float(hit.mean()), stats.wilson(int(hit.sum()), len(hit)), len(hit), **conditions)


def _share(name: str, value: float, interval: Interval, n: int, **conditions: Any) -> Measurement:
    return Measurement(
        name=name, value=value, interval=interval, n=n, unit="share", direction="higher", conditions=conditions
    )


def _weights(data: AuditData) -> list[str]:
    return [] if data.weights is None else ["Weights are not used here: every row counts alike."]


def _nothing(notes: list[str]) -> Findings:
    reason = "no corruption fits these inputs"
    missing = Measurement(name="mean_accuracy", value=None, reason=reason, validity="inconclusive", unit="share")
    return Findings(measurements=[missing], notes=notes)
