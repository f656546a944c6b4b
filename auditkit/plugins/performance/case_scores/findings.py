"""From scores of cases to findings: measurements, controls, figures, and the worst cases where rows may be shown."""

from collections.abc import Callable, Iterator

import numpy as np

from auditkit import figures
from auditkit.checks import Context, Findings
from auditkit.data import AuditData, CaseScore
from auditkit.plugins.performance.case_scores import estimates, self_tests
from auditkit.plugins.performance.case_scores.definitions import CHANGE, DEFINITIONS
from auditkit.plugins.performance.case_scores.estimates import Cases, Estimate
from auditkit.plugins.performance.case_scores.parameters import Parameters
from auditkit.results import Axis, Column, Control, Direction, Figure, Level, Measurement, Rule, Table
from auditkit.smaller import slices_and_smaller

NUMBERS: dict[str, Callable[[Cases], Estimate]] = {
    "mean_score": estimates.mean_score,
    "median_case": estimates.median_score,
    "worst_5_percent": estimates.worst_5_percent,
    "poor_share": estimates.poor_share,
}


def find(parameters: Parameters, data: AuditData, context: Context, level: Level) -> Findings:
    """Everything that `performance.case_scores` says about these cases."""
    scores = context.predictions.case_scores
    everyone: tuple[dict[str, str], np.ndarray, str | None] = ({}, np.ones(len(data), dtype=bool), None)
    cells = [everyone] + [(dict(cell.where), cell.rows, cell.hidden) for cell in slices_and_smaller(data)]
    measurements: list[Measurement] = []
    covered: dict[str, float] = {}
    for number, (name, values) in enumerate(scores.items()):
        context.progress(number, len(scores), "scores of cases")
        cases = Cases(data.case_scores[name], values, data.weights, data.minimum_rate, data.unit)
        own = list(_of_score(name, cases, context.predictions.answers.case_scores, number, cells))
        own += _since_training(name, cases, number, data, context.predictions.model.system)
        sizes = [m.n for m in own if m.name == "mean_score" and m.slice and m.n] or [len(cases.scored.values) // 5]
        # samples of single cases say nothing of units
        whole = None if data.unit is not None else cases.scored
        share = whole and self_tests.covered(whole, min(sizes), parameters.trials, context.rng)
        if share is not None:
            covered[name] = share
        if share is not None and share < self_tests.COVERED:
            own = [_unsure(measurement, share) for measurement in own]
        measurements += own
    return Findings(
        measurements=measurements,
        controls=_controls(measurements, scores, data, covered),
        figures=_figures(measurements, data),
        tables=_tables(parameters, scores, data, context),
        level=level,
    )


def _since_training(name: str, cases: Cases, column: int, data: AuditData, system: str) -> list[Measurement]:
    """How the mean changed since training, where the cases of the training split were scored too."""
    train = data.train
    if train is None or system not in train.scored or list(train.case_scores) != list(data.case_scores):
        return []
    values = cases.score.counted(train.scored[system][:, column])
    before = Cases(cases.score, values, train.weights, 1, train.unit)
    change = estimates.mean_change(cases._replace(least=1), before)
    return [_measurement(CHANGE, change, {}, name, cases.score)]


def _of_score(
    name: str,
    cases: Cases,
    given: np.ndarray | None,
    column: int,
    cells: list[tuple[dict[str, str], np.ndarray, str | None]],
) -> Iterator[Measurement]:
    """The numbers of one score, for everyone and every group."""
    for where, rows, hidden in cells:
        some = cases.take(rows)
        # everyone is shown whatever the number of cases
        some = some if where else some._replace(least=1)
        for number, estimate in NUMBERS.items():
            if number == "poor_share" and cases.score.poor is None:
                continue
            yield _measurement(
                number, Estimate(None, reason=hidden) if hidden else estimate(some), where, name, cases.score
            )
        if given is not None and np.isnan(given[:, column]).any():
            lacking = estimates.unscored_share(some._replace(values=given[rows, column]))
            yield _measurement(
                "unscored_share", Estimate(None, reason=hidden) if hidden else lacking, where, name, cases.score
            )


def _measurement(number: str, estimate: Estimate, where: dict[str, str], name: str, score: CaseScore) -> Measurement:
    is_share = number.endswith("_share")
    direction: Direction = "lower" if is_share else score.better
    return Measurement(
        name=number, value=estimate.value, reason=estimate.reason, interval=estimate.interval, n=estimate.n,
        validity=estimate.validity, unit="share" if is_share else score.counted_in, direction=direction, slice=where,
        conditions={"score": name},
    )  # fmt: skip


def _unsure(measurement: Measurement, share: float) -> Measurement:
    if measurement.name != "mean_score" or measurement.value is None or measurement.validity != "valid":
        return measurement
    why = (
        f"of samples of these very cases, as many as the smallest group has, {share:.0%} of the 95 % intervals cover "
        "the mean"
    )
    return measurement.model_copy(update={"validity": "inconclusive", "reason": why})


def _controls(
    measurements: list[Measurement], scores: dict[str, np.ndarray], data: AuditData, covered: dict[str, float]
) -> list[Control]:
    claims = []
    for measurement in measurements:
        if measurement.name != "mean_score" or measurement.value is None or len(measurement.slice) > 1:
            continue
        rows = np.ones(len(data), dtype=bool)
        for attribute, value in measurement.slice.items():
            rows &= data.groups[attribute] == value
        rows &= ~np.isnan(scores[str(measurement.conditions["score"])])
        if rows.any():
            values = scores[str(measurement.conditions["score"])][rows]
            claims.append((values, None if data.weights is None else data.weights[rows], measurement.value))
    again = Control.within(
        "recount",
        "Are the means the same when they are summed again from the cases of each group, in order of size?",
        self_tests.largest_deviation(claims) if claims else None,
        at_most=1e-9,
        guards=("mean_score",),
        reason="a mean differs from a second computation on the same cases",
    )
    least = min(covered, key=lambda name: covered[name], default="")
    tried = Control.within(
        "intervals on samples",
        "Of samples of these cases as large as the smallest group, how many intervals cover the mean of all"
        f"{f' (the least, of {least})' if least else ''}?",
        covered.get(least),
        at_least=self_tests.COVERED,
        guards=("mean_score",),
        on_failure="note",
        reason="means of the scores that miss it are marked inconclusive: their tails are too long for the interval"
        if least else "there are fewer cases than two samples need",
    )  # fmt: skip
    return [again, tried]


def _figures(measurements: list[Measurement], data: AuditData) -> list[Figure]:
    """For each score a dot with its interval for everyone and every group: of the mean, and of the worst 5 %."""
    drawn = []
    for position, (name, score) in enumerate(data.case_scores.items()):
        for number in ("mean_score", "worst_5_percent"):
            title = f"{DEFINITIONS[number].title}: {name}"
            own = [m for m in measurements if m.name == number and m.conditions["score"] == name and len(m.slice) <= 1]
            rules = [] if score.poor is None else [Rule(value=score.poor, label="poor from here")]
            drawn.append(
                figures.dot_whisker(
                    f"{number}_{position}", f"{title} per group", own,
                    axis=Axis(field="value", title=title, unit=score.counted_in), rules=rules,
                    caption=f"95 % intervals. {score.better.capitalize()} is better.",
                )
            )  # fmt: skip
    return [figure for figure in drawn if figure is not None]


def _tables(parameters: Parameters, scores: dict[str, np.ndarray], data: AuditData, context: Context) -> list[Table]:
    """The cases with the worst scores, by their row, where single rows may be shown; nothing else of them."""
    if not context.include_rows or not parameters.worst_cases:
        return []
    tables = []
    for position, (name, values) in enumerate(scores.items()):
        score = data.case_scores[name]
        order = np.argsort(np.where(np.isnan(values), np.inf, score.sign * values), kind="stable")
        worst = order[: min(parameters.worst_cases, int((~np.isnan(values)).sum()))]
        tables.append(
            Table(
                name=f"worst_cases_{position}", title=f"Cases with the worst {name}",
                caption="By their row in the data, the first being 1; rows that were left out do not count.",
                columns=(Column(name="row", title="Row"), Column(name="score", title=name, unit=score.counted_in)),
                rows=tuple((int(row) + 1, float(values[row])) for row in worst),
            )
        )  # fmt: skip
    return tables
