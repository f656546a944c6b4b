"""Whether attributions add up: exactly for paths and rules, in expectation for sampling methods."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import scipy
import torch

from auditkit.checks import Findings
from auditkit.plugins.explanations.gradients.integrated import ROUNDING, relative_gaps
from auditkit.plugins.explanations.gradients.methods import Method
from auditkit.plugins.explanations.gradients.points import Explanation, Points, sum_by_unit, to_array
from auditkit.plugins.explanations.gradients.trials import ATTRIBUTED
from auditkit.plugins.explanations.shared.attributions import Attributions, sampling_error
from auditkit.plugins.explanations.shared.influence import interval
from auditkit.results import Control, Measurement

MOST_NOISE = 0.05
"""The largest standard error of a mean |attribution|, as a share of the largest."""
ALARM = 1e-3
"""How often the largest of all rows' misses may be called too large for noise."""


def completeness(points: Points, explanation: Explanation, method: Method) -> Findings:
    """Gaps and noise, and both against their bounds, as far as the method promises something."""
    adds_up = _adds_up(explanation, method) if method.adds_up else Findings()
    adds_up = replace(adds_up, controls=[*adds_up.controls, *_blank(points, explanation)])
    if explanation.errors is None:
        return adds_up
    noise = _noise(points, explanation)
    expected = _in_expectation(explanation)
    return Findings(
        [*adds_up.measurements, *expected.measurements, *noise.measurements],
        [*adds_up.controls, *expected.controls, *noise.controls],
    )


def _blank(points: Points, explanation: Explanation) -> list[Control]:
    """A control that fails, where every attribution is 0 and yet the outputs differ between the rows."""
    if np.abs(explanation.values).max() > 0:
        return []
    outputs = points.outputs(points.encoded, points.positions)
    if np.ptp(outputs) <= 1e-9 * max(1.0, float(np.abs(outputs).max())):
        return []
    return [
        Control.within(
            "some attribution",
            "Has any input an attribution, where the outputs differ (the largest)?",
            0.0,
            at_least=ROUNDING,
            guards=ATTRIBUTED,
            reason="Slopes are 0 everywhere, as of a network that rounds, and yet the output moves; believe occlusion "
            "instead.",
        )
    ]


def _adds_up(explanation: Explanation, method: Method) -> Findings:
    if explanation.misses is None or explanation.changes is None:
        raise ValueError(f"{method.title} must say by how much they miss the change of the output")
    gaps = relative_gaps(explanation.misses, explanation.changes)
    median, largest = float(np.median(gaps)), float(gaps.max())
    by_rules = explanation.steps is None
    reason = (
        "DeepLift's rules do not hold for this network; believe integrated_gradients instead."
        if by_rules
        else "Attributions that do not add up belong to a function that gradients do not describe; believe occlusion "
        "instead."
    )
    controls = [
        Control.within(
            name,
            f"Do the attributions add up to the difference from the baseline, {how_many}?",
            value,
            at_most=bound,
            guards=ATTRIBUTED,
            # a rule is exact where it holds: a gap is no matter of more points
            on_failure="invalid" if by_rules else "inconclusive",
            reason=reason,
        )
        for name, how_many, value, bound in (
            ("completeness", "for half of the rows within 1 %", median, 0.01),
            ("completeness of every row", "for every row within 5 %", largest, 0.05),
        )
    ]
    return Findings(_gaps(gaps), controls)


def _gaps(gaps: np.ndarray) -> list[Measurement]:
    fixed: dict[str, Any] = {"exact": True, "n": len(gaps), "unit": "share", "direction": "lower"}
    return [
        Measurement(name="completeness_gap", value=float(np.median(gaps)), **fixed),
        Measurement(name="largest_completeness_gap", value=float(gaps.max()), **fixed),
    ]


def _in_expectation(explanation: Explanation) -> Findings:
    """Whether sums miss the change of the output by no more than their own noise."""
    if explanation.misses is None or explanation.changes is None or explanation.sum_errors is None:
        return Findings()
    gaps, rows = relative_gaps(explanation.misses, explanation.changes), len(explanation.misses)
    # rounding is no miss, and without any noise a miss has no scale but its own
    rounding = 1e-5 * float(np.abs(explanation.changes).max())
    ratios = np.abs(explanation.misses) / np.maximum(explanation.sum_errors, max(rounding, ROUNDING))
    # of normal noise the largest of all rows stays below this in 999 of 1,000 audits
    most = float(scipy.stats.norm.isf(ALARM / (2 * rows)))
    control = Control.within(
        "completeness in expectation",
        "Do the attributions add up to the difference from the background, up to their noise (in standard errors)?",
        float(ratios.max()), at_most=most, guards=ATTRIBUTED, on_failure="inconclusive",
        reason="Attributions that miss by more than noise belong to a function that gradients do not describe; believe "
        "occlusion instead.",
    )  # fmt: skip
    return Findings(_gaps(gaps), [control])


def _noise(points: Points, explanation: Explanation) -> Findings:
    """How much drawing blurs the attributions of units."""
    values = to_array(sum_by_unit(torch.as_tensor(explanation.values), points.units.cpu()))
    nothing = np.zeros(len(values))
    estimate = sampling_error(Attributions(values, nothing, nothing, "", "", explanation.errors))
    if estimate is None:
        return Findings()
    measured = Measurement(
        name="monte_carlo_error", value=estimate.value, interval=interval(estimate, "Student t over rows' variances"),
        n=len(values), unit="share", direction="lower",
    )  # fmt: skip
    # errors shrink with the root of the draws; a fifth more, for this error is an estimate too
    enough = math.ceil(1.2 * points.steps * (estimate.value / MOST_NOISE) ** 2)
    control = Control.within(
        "sampling error", "Is the error from drawing small beside the largest attribution?", estimate.value,
        at_most=MOST_NOISE, guards=ATTRIBUTED, on_failure="inconclusive",
        reason=f"More draws are needed: raise steps from {points.steps} to {max(enough, points.steps + 1)}, or take "
        "integrated_gradients, which draws nothing.",
    )  # fmt: skip
    return Findings([measured], [control])
