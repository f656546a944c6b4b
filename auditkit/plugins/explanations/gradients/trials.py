"""Trials of an explanation: repetition, other methods, small changes, deletions, networks with random parameters."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from auditkit.checks import Context, Findings
from auditkit.plugins.explanations.gradients.faithfulness import PARTS, RADIUS, faithfulness
from auditkit.plugins.explanations.gradients.local_slopes import gradients_at_rows
from auditkit.plugins.explanations.gradients.methods import Method
from auditkit.plugins.explanations.gradients.parameters import TRIED
from auditkit.plugins.explanations.gradients.points import Explanation, Points
from auditkit.plugins.explanations.gradients.self_tests import (
    largest_relative_change,
    slope_similarity,
)
from auditkit.plugins.explanations.gradients.unit_curves import DONORS, unit_curves
from auditkit.plugins.explanations.quality.agreement import agreement
from auditkit.plugins.explanations.shared.attributions import Estimate, mean_absolute
from auditkit.plugins.explanations.shared.influence import interval
from auditkit.results import Control, Measurement, Scalar
from auditkit.too_few import fewer_than

NOT_TRIED = "Whether the output follows the attributions was not tried"
ATTRIBUTED = ("mean_abs_attribution", "group_share", "top_decile_share")
FAITHFUL = 0.5
"""The least mean correlation of attributions with moves of the output."""


@dataclass(frozen=True)
class Trials:
    """What the trials found."""

    findings: Findings
    random_sizes: np.ndarray | None = field(default=None)
    """(m, ...) mean |values| of the first rows over networks with random parameters; None where there is no copy."""


def try_explanation(
    points: Points, explanation: Explanation, method: Method, unit: str, copies: int, context: Context
) -> Trials:
    """Put an explanation to every trial that its method allows, on the first rows; the output has this unit."""
    # each trial explains the rows anew, so a few of them must do
    few = points.first(TRIED)
    # and once more by themselves, for how many points a row needs also hangs on the other rows
    first = method.explain(few, _silent)
    # a generator of its own: torch's global state belongs to whoever runs the audit
    generator = torch.Generator().manual_seed(int(context.rng.integers(2**62)))
    changed = largest_relative_change(
        lambda encoded: method.explain(replace(few, encoded=encoded), _silent).values,
        few.encoded, first.values, RADIUS * few.ranges, generator,
    )  # fmt: skip
    sensitivity = mean_of(changed, "sensitivity", "ratio", "lower", {"radius": RADIUS})
    randomised, sizes, notes = _randomisation(few, first, method, copies, generator, context)
    again, largest = method.explain(few, _silent).values, float(np.abs(first.values).max())
    repetition = Control.within(
        "repetition", "Does the same question give the same attributions?",
        float(np.abs(again - first.values).max()) / largest if largest > 0 else 0.0, at_most=1e-3,
        guards=ATTRIBUTED, on_failure="inconclusive",
        reason="A network that answers at random even in eval mode has no single attribution.",
    )  # fmt: skip
    agreed = _agreement(points, explanation, method)
    faithful = _faithfulness(few, first, method, generator)
    curves = unit_curves(few, first, method, ATTRIBUTED, unit, context.rng) if few.unit_count >= PARTS else Findings()
    return Trials(
        Findings(
            [*agreed.measurements, sensitivity, *faithful.measurements, *curves.measurements],
            [repetition, *agreed.controls, *faithful.controls, *curves.controls, *randomised],
            figures=curves.figures,
            notes=[*faithful.notes, *notes],
        ),
        sizes,
    )  # fmt: skip


def mean_of(
    values: np.ndarray, name: str, unit: str, direction: Any, conditions: dict[str, Scalar] | None = None
) -> Measurement:
    """The mean over rows with its interval, which stays within 0 and 1 for shares."""
    if not len(values):
        return Measurement(name=name, value=None, reason="no row has any attribution", conditions=conditions or {})
    estimate = mean_absolute(values[:, None])[0]
    if unit == "share" and estimate.high is not None:
        estimate = estimate._replace(high=min(1.0, estimate.high))
    return Measurement(
        name=name,
        value=estimate.value,
        interval=interval(estimate, "Student t over rows"),
        n=len(values),
        unit=unit,
        direction=direction,
        conditions=conditions or {},
    )


def _silent(done: int, total: int, what: str) -> None:
    """Trials report no progress of their own."""


def _agreement(points: Points, explanation: Explanation, method: Method) -> Findings:
    """Agreement with gradient times distance, for methods whose values are of the same kind."""
    if not method.adds_up and method.baseline != "background":
        return Findings()
    values, others = (
        _by_token(points, one).reshape(len(points.encoded), -1)
        for one in (explanation.values, gradients_at_rows(points) * points.distance)
    )
    # a tenth of the positions of a picture or a long text
    agreed = agreement(values, others, max(5, values.shape[1] // 10)).feature
    measured = mean_of(agreed[~np.isnan(agreed)], "method_agreement", "share", "higher")
    control = Control.within(
        "agreement", "Do the method and gradient times distance name the same strongest inputs?",
        measured.value, at_least=0.6, guards=ATTRIBUTED, on_failure="note",
        reason="Where methods disagree, a ranking should not rest on one of them.",
    )  # fmt: skip
    return Findings([measured], [control])


def _by_token(points: Points, values: np.ndarray) -> np.ndarray:
    """Sums over the embedding of each token; anything else as it is."""
    return np.asarray(values.sum(axis=-1)) if points.network.entry else values


def _faithfulness(few: Points, first: Explanation, method: Method, generator: torch.Generator) -> Findings:
    if few.unit_count < PARTS:
        return Findings(
            notes=[f"Whether the output follows the attributions was not tried: {fewer_than(PARTS, 'parts')}."]
        )
    donors = DONORS if method.baseline == "background" else 0
    follows = faithfulness(few, first, method.local, generator, donors)
    defined = ~np.isnan(follows.correlations)
    if not defined.any():
        return Findings(
            notes=["Whether the output follows the attributions was not tried: no change moves the output."]
        )
    # signed, so from 0 to 2: an attribution with the opposite sign is not faithful
    estimate = mean_absolute(1 + follows.correlations[defined][:, None])[0]
    low, high = (None if end is None else min(1.0, end - 1) for end in (estimate.low, estimate.high))
    measured = Measurement(
        name="faithfulness", value=estimate.value - 1,
        interval=interval(Estimate(estimate.value - 1, low, high), "Student t over rows"),
        n=int(defined.sum()), unit="correlation", direction="higher",
    )  # fmt: skip
    infidelity = mean_of(follows.infidelities[defined], "infidelity", "share", "lower")
    way = "move a little" if method.local else "become those of the baseline"
    control = Control.within(
        "faithfulness",
        f"Does the output move as the attributions say where parts of a row {way} (mean correlation)?",
        measured.value, at_least=FAITHFUL, guards=ATTRIBUTED, on_failure="inconclusive",
        reason="Attributions that the output does not follow show the input, or the method, and not the model. Believe "
        "the explainer integrated_gradients or occlusion, or another baseline, where this control holds for it.",
    )  # fmt: skip
    return Findings([measured, infidelity], [control])


def _randomisation(
    few: Points, first: Explanation, method: Method, copies: int, generator: torch.Generator, context: Context
) -> tuple[list[Control], np.ndarray | None, list[str]]:
    if not any(True for _ in few.network.module.parameters()):
        return [], None, ["The network has no parameters that could be made random."]
    similarities, sizes = [], np.zeros(first.values.shape)
    for number in range(copies):
        try:
            random_network = few.network.randomised(generator)
        except Exception as error:  # foreign code: some graphs cannot be copied
            sentence = f"{type(error).__name__}; without a copy, random parameters cannot be tried"
            return [], None, [f"The network could not be copied: {sentence}."]
        explained = method.explain(replace(few, network=random_network), _silent)
        similarities.append(slope_similarity(first.slopes, explained.slopes))
        sizes += np.abs(explained.values) / copies
        context.progress(number + 1, copies, "networks with random parameters")
    defined = [similarity for similarity in similarities if similarity is not None]
    control = Control.within(
        "random parameters",
        "Do attributions change when the network's parameters are random (mean rank correlation of slopes)?",
        float(np.mean(defined)) if defined else None,
        at_most=0.5,
        guards=ATTRIBUTED,
        on_failure="note",
        reason="Attributions that stay as they are without the learned parameters do not show what was learned. "
        "Compared are signed slopes, for the distance from the baseline is the same for every network.",
    )
    return [control], sizes, []
