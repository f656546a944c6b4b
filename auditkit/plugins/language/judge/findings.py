"""From grades of a judge and of people to findings; no text is written."""

from collections.abc import Iterator

import numpy as np

from auditkit import stats
from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.errors import present
from auditkit.plugins.language.judge.definitions import AGREEMENT, CORRECTED, ERROR, KAPPA, SHARE
from auditkit.plugins.language.judge.kappa import corrected, kappa
from auditkit.plugins.language.judge.parameters import Parameters
from auditkit.plugins.language.shared.asides import BLANK, flags_or_blank
from auditkit.plugins.language.shared.by_prompt import Estimate, mean, measurement, shares
from auditkit.plugins.language.shared.group_gaps import effective
from auditkit.results import Control, Interval, Measurement
from auditkit.text import number_of
from auditkit.too_few import lacking

LABELLED = "answers that people graded"
UNLIKE = "the judge errs otherwise on the answers that people graded: corrected by it, no share from 0 to 1 is left"
SHUFFLES = 50
BY_CHANCE = 0.1
"""The kappa that grades may have with shuffled labels, on average."""


def find(parameters: Parameters, data: AuditData, context: Context) -> Findings:
    """Everything that `language.judge` says about these grades."""
    grades = flags_or_blank(data.column(parameters.grades), "grades", parameters.grades)
    labels = flags_or_blank(data.column(parameters.labels), "labels", parameters.labels)
    graded, both = grades != BLANK, (grades != BLANK) & (labels != BLANK)
    measured = _kappa(grades, labels, both, data)
    measurements = [
        *shares(AGREEMENT, grades == labels, both, data, "higher", LABELLED),
        measured,
        measurement(ERROR, mean((grades - labels).astype(float), data, both, 1, LABELLED, (-1.0, 1.0)), {}),
        *shares(SHARE, grades == 1, graded, data, "higher", "answers that the judge graded"),
        measurement(CORRECTED, _corrected(grades, labels, graded, both, data), {}, "higher"),
    ]
    return Findings(
        measurements,
        list(_controls(parameters, measured, grades[both] == 1, labels[both] == 1, context)),
        notes=[
            f"People graded {number_of(int(both.sum()), 'answer')} of the {int(graded.sum()):,} that the judge graded. "
            "Whether they were drawn by chance is not known.",
            "No text of an answer is in the evidence: grades are counted.",
        ],
    )


def _size(hits: np.ndarray, rows: np.ndarray, data: AuditData) -> float:
    """How many independent rows these tell as much as."""
    return effective(hits[rows], None, None if data.unit is None else data.unit[rows])


def _kappa(grades: np.ndarray, labels: np.ndarray, both: np.ndarray, data: AuditData) -> Measurement:
    n = int(both.sum())
    reason = lacking(n, 2, LABELLED)
    pair = None if reason else kappa(grades[both] == 1, labels[both] == 1, _size(grades == labels, both, data))
    if pair is None:
        why = reason or "judge and people give every answer the same grade, so chance would agree as often"
        return measurement(KAPPA, Estimate(None, n=n, reason=why), {}, "higher", "")
    units = None if data.unit is None else len(np.unique(data.unit[both]))
    value, interval = pair
    if data.clusters is not None:
        interval = interval.model_copy(update={"method": f"{interval.method}, by units"})
    return measurement(KAPPA, Estimate(value, interval, n, units), {}, "higher", "")


def _corrected(
    grades: np.ndarray, labels: np.ndarray, graded: np.ndarray, both: np.ndarray, data: AuditData
) -> Estimate:
    errors = mean((grades - labels).astype(float), data, both, 2, LABELLED, (-1.0, 1.0))
    judged = mean(grades == 1, data, graded & ~both, 2, "answers that the judge alone graded")
    if errors.interval is None or judged.interval is None:
        return Estimate(None, reason=errors.reason or judged.reason or "no interval")
    ends = corrected(_ends(judged), _ends(errors))
    if ends is None:
        return Estimate(None, reason=UNLIKE)
    method = "MOVER, of an interval for the judge's share and one for its error"
    method += ", by units" if data.clusters is not None else ""
    interval = Interval(low=float(ends.low), high=float(ends.high), method=method)
    units = None if data.unit is None else len(np.unique(data.unit[graded]))
    return Estimate(float(ends.at), interval, int(graded.sum()), units)


def _ends(estimate: Estimate) -> stats.mover.Ends:
    interval = present(estimate.interval, "an interval")
    ends = present(interval.low, "a lower end"), present(interval.high, "an upper end")
    return stats.mover.Ends(present(estimate.value, "a value"), *ends)


def _controls(
    parameters: Parameters, measured: Measurement, grades: np.ndarray, labels: np.ndarray, context: Context
) -> Iterator[Control]:
    low = None if measured.interval is None else measured.interval.low
    yield Control.within(
        "kappa of the judge",
        "What is the lower end of the interval of Cohen's kappa between judge and people?",
        low,
        at_least=parameters.kappa,
        guards=(SHARE,),
        on_failure="inconclusive",
        reason="the judge is not known to agree with people, so its grades do not count; label more answers, or read "
        "corrected_good_share",
    )
    shuffled = [kappa(grades, context.rng.permutation(labels), float(len(labels))) for _ in range(SHUFFLES)]
    values = [pair[0] for pair in shuffled if pair is not None]
    yield Control.within(
        "shuffled labels",
        "What is kappa on average where people's grades are shuffled among the answers?",
        abs(float(np.mean(values))) if values else None,
        at_most=BY_CHANCE,
        guards=(KAPPA,),
        on_failure="inconclusive",
        reason="shuffled grades agree too" if values else "too few answers were graded by people",
    )
