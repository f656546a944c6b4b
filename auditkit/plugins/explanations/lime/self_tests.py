"""Whether a local linear model may be read: its fit, its stability, and what Shapley values say."""

from typing import Any

import numpy as np

from auditkit import stats
from auditkit.checks import Context, Findings
from auditkit.plugins.explanations.lime.subjects import Subject
from auditkit.plugins.explanations.quality.agreement import agreement
from auditkit.plugins.explanations.quality.stability import top_jaccard
from auditkit.plugins.explanations.shared.case import Case
from auditkit.plugins.explanations.shared.permutation import paired_permutations
from auditkit.results import Control, Measurement

FITS, STABLE, AGREES, SAME_SIGN = 0.5, 0.8, 0.6, 0.8
COMPARED, BACKGROUND, WIDEST = 20, 30, 60
"""Rows that Shapley values are worked out for, rows they are compared with, and features at most."""
GUARDS = ("mean_abs_attribution", "group_share")
INSTEAD = {
    "features": "Do not read it; believe explanations.importance.",
    "segments": "Do not read it; believe explanations.gradients where the model has gradients.",
    "words": "Do not read it; believe explanations.text.",
}


def local_fit(r2: np.ndarray, parts: str) -> Findings:
    """The median of the local R2 (n,), and whether it is good enough to read the coefficients."""
    defined = r2[~np.isnan(r2)]
    value = float(np.median(defined)) if len(defined) else None
    measured = Measurement(
        name="local_fit", value=value, reason=None if len(defined) else "the output never changes around these rows",
        interval=stats.median_interval(defined) if len(defined) else None, n=len(defined) if len(defined) else None,
        unit="share", direction="higher",
    )  # fmt: skip
    control = Control.within(
        "local fit",
        "Does the local linear model follow the output around a row (median R2)?",
        value,
        at_least=FITS,
        guards=GUARDS,
        on_failure="inconclusive",
        reason=f"Coefficients of a model that does not fit describe something else. {INSTEAD[parts]}",
    )
    return Findings([measured], [control])


def stability(subject: Subject, first: np.ndarray, seeds: int, context: Context) -> Findings:
    """Whether other neighbours name the same strongest parts.

    Args:
        subject: what is explained.
        first: (n, P) the coefficients that are shown.
        seeds: how many neighbourhoods are compared, the first among them.
        context: of the check.
    """
    drawn = [np.nan_to_num(first[: subject.repeated])]
    for number in range(1, seeds):
        drawn.append(np.nan_to_num(subject.local(context.rng, subject.repeated).values[:, : first.shape[1]]))
        context.progress(number + 1, seeds, "neighbourhoods")
    width = min(values.shape[1] for values in drawn)
    indexes = top_jaccard(np.stack([values[:, :width] for values in drawn]))
    measured = _mean("top_jaccard", indexes, "no row has a strongest feature")
    control = Control.within(
        "stability",
        f"Do {seeds} neighbourhoods name the same strongest {subject.parts} (mean Jaccard index)?",
        measured.value,
        at_least=STABLE,
        guards=GUARDS,
        on_failure="inconclusive",
        reason=f"What another draw would deny is chance. {INSTEAD[subject.parts]}",
    )
    return Findings([measured], [control])


def against_shapley(case: Case, values: np.ndarray, context: Context) -> Findings:
    """Whether Shapley values of the same rows name the same features, with the same signs.

    Paired permutations are exact where at most two features interact at a time.
    """
    if case.x.shape[1] > WIDEST:
        return Findings(notes=[f"Not compared with Shapley values: there are more than {WIDEST} features."])
    few = case.x[:COMPARED]
    shapley = paired_permutations(case.ask, few, case.background[:BACKGROUND], context.rng, 2, context.progress)
    rounding = 1e-9 * max(1.0, float(np.abs(case.output.answers).max()))
    agreed = agreement(values[:COMPARED], np.where(np.abs(shapley.values) < rounding, 0.0, shapley.values))
    named = np.divide(agreed.sign, agreed.feature, out=np.full(len(few), np.nan), where=agreed.feature > 0)
    measurements = [
        _mean(f"{kind}_agreement", shares, "neither names a strongest feature")
        for kind, shares in zip(agreed._fields, agreed, strict=True)
    ]
    signs = float(np.nanmean(named)) if not np.isnan(named).all() else None
    fixed: dict[str, Any] = {
        "guards": GUARDS, "on_failure": "inconclusive",
        "reason": "Two methods that name others cannot both be read as what the model does. Shapley values add up to "
        f"the output and local coefficients do not: {INSTEAD['features'].lower()}",
    }  # fmt: skip
    controls = [
        Control.within(
            "agreement of features", "Do lime and Shapley values name the same strongest features?",
            measurements[0].value, at_least=AGREES, **fixed,
        ),
        Control.within(
            "agreement of signs", "Have the features that both name the same sign in both?", signs,
            at_least=SAME_SIGN, **fixed,
        ),
    ]  # fmt: skip
    return Findings(measurements, controls)


def _mean(name: str, shares: np.ndarray, blank: str) -> Measurement:
    """The mean over rows that have one, between 0 and 1."""
    defined = shares[~np.isnan(shares)]
    if not len(defined):
        return Measurement(name=name, value=None, reason=blank, unit="share", direction="higher")
    ends = stats.student_interval(defined)
    if ends is not None and ends.low is not None and ends.high is not None:
        ends = ends.model_copy(update={"low": max(0.0, ends.low), "high": min(1.0, ends.high)})
    return Measurement(
        name=name, value=float(defined.mean()), interval=ends, n=len(defined), unit="share", direction="higher"
    )
