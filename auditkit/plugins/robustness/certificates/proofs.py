"""Both proofs about one model, and what tries them; numbers only, findings are made of them elsewhere."""

from typing import Any, NamedTuple

import numpy as np

from auditkit.checks import Context
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.robustness import attackability
from auditkit.plugins.robustness.certificates import confidence_sequence, smoothing
from auditkit.plugins.robustness.certificates.parameters import Parameters
from auditkit.plugins.robustness.noise_space import NoiseSpace, noise_space_of, noisy_votes

TRIED = 24
"""Certified rows that are attacked."""
COPIES = 1000
"""Noisy copies of an attacked point."""
SURE = 1e-6
"""The chance, over all points tried, that a vote calls a sound certificate broken."""


class Bounded(NamedTuple):
    """What interval bounds proved, for each epsilon; `reason` says why there is none."""

    reason: str | None
    certified: tuple[np.ndarray, ...] = ()
    """(N,) bool for each epsilon."""
    withstood: tuple[np.ndarray, ...] = ()
    """(N,) bool for each epsilon: the attack found nothing."""
    apart: float | None = None
    linear: float | None = None


class Proven(NamedTuple):
    """All that was proven and tried."""

    noise_space: NoiseSpace
    smoothed: smoothing.Smoothed
    smoothed_broken: int | None
    """Certified rows, of those tried, in which a point within the radius is decided otherwise."""
    tried: int
    known: float
    """Certified over true radius in linear models, at most."""
    bounded: Bounded
    device: str


def prove(parameters: Parameters, model: Model, data: AuditData, context: Context) -> Proven:
    """Certify the rows by smoothing and, where the model is a network that can be read, by interval bounds.

    Raises:
        ModelError: the module's output is of no kind that can be read as logits.
    """
    noise_space, truth = noise_space_of(data), context.predictions.truth
    if attackability.eats_as_is(model, data):
        import torch

        from auditkit.plugins.robustness.certificates.tensors import Tensors
        from auditkit.plugins.robustness.surface import surface_of

        _ = context.predictions.codes  # once asked, the model says what its output is
        with model.module() as module, torch.random.fork_rng(devices=[] if model.device == "cpu" else [model.device]):
            torch.manual_seed(context.seed)
            space, like = noise_space.space, model.encode(data.inputs[:1])
            surface = surface_of(module, model, space.low, space.scale, like).eval()
            tensors = Tensors(surface, noise_space, context.seed)
            surface.standardise(tensors.unit)
            smoothed = _smooth(parameters, tensors.votes(parameters.sigma), context)
            broken, tried = _pushed(parameters, tensors, smoothed, truth)
            bounded = _bound(parameters, tensors, module, model, truth)
    else:
        votes = noisy_votes(noise_space, data, context.predictions, parameters.sigma, context.rng)
        smoothed = _smooth(parameters, votes, context)
        broken, tried = _pushed_apart(parameters, noise_space, data, context, smoothed)
        bounded = Bounded("interval bounds need a torch network that is given the inputs as they are")
    known = smoothing.known_ratio(
        parameters.sigma, parameters.radii, parameters.alpha / len(truth), parameters.samples, context.rng
    )
    return Proven(noise_space, smoothed, broken, tried, known, bounded, model.device)


def _smooth(parameters: Parameters, votes: smoothing.Votes, context: Context) -> smoothing.Smoothed:
    rows = len(context.predictions.truth)
    return smoothing.certify(
        votes, rows, parameters.sigma, parameters.radii,
        smoothing.Budget(parameters.alpha / rows, parameters.selection, parameters.samples),
        progress=lambda done, total: context.progress(done, total, "noisy copies per row"),
    )  # fmt: skip


def _to_try(smoothed: smoothing.Smoothed, classes: np.ndarray | None = None) -> np.ndarray:
    certified = ~smoothed.abstained if classes is None else ~smoothed.abstained & (smoothed.decided == classes)
    return np.flatnonzero(certified)[:TRIED]


def _reach(smoothed: smoothing.Smoothed, rows: np.ndarray) -> np.ndarray:
    """A little less than the certified radius, so that rounding steps over none."""
    # a point on the radius itself may lie beyond it once it is rounded
    return smoothed.radius[rows] * (1 - 1e-4)


def _outvoted(counts: np.ndarray, decided: np.ndarray) -> int:
    if not len(counts):
        return 0
    hits = counts[np.arange(len(counts)), decided]
    return int((confidence_sequence.upper(hits, counts.sum(axis=1).clip(1), SURE / len(counts)) < 0.5).sum())


def _pushed(
    parameters: Parameters, tensors: Any, smoothed: smoothing.Smoothed, truth: np.ndarray
) -> tuple[int | None, int]:
    """Attack the smoothed model by its gradients at the certified radius."""
    rows = _to_try(smoothed, truth)
    if not len(rows):
        return 0, 0
    decided = smoothed.decided[rows]
    points = tensors.pushed(rows, decided, _reach(smoothed, rows), parameters.sigma, parameters.steps)
    return _outvoted(tensors.votes_at(points, COPIES, parameters.sigma), decided), len(rows)


def _pushed_apart(
    parameters: Parameters, noise_space: NoiseSpace, data: AuditData, context: Context, smoothed: smoothing.Smoothed
) -> tuple[int | None, int]:
    """Move each row by its certified radius towards the nearest row that is decided otherwise."""
    rows = _to_try(smoothed)
    if not len(rows):
        return 0, 0
    # without gradients the likeliest way to another decision leads to a row that already has one
    unit = np.nan_to_num(noise_space.rows / noise_space.space.scale) * noise_space.space.free
    points = noise_space.rows[rows].copy()
    for index, row in enumerate(rows):
        directions = unit - unit[row]
        distances = np.where(smoothed.decided != smoothed.decided[row], np.linalg.norm(directions, axis=1), np.inf)
        nearest = int(np.argmin(distances))
        if np.isfinite(distances[nearest]) and distances[nearest] > 0:
            share = min(1.0, float(_reach(smoothed, rows[index : index + 1])[0]) / float(distances[nearest]))
            points[index] += share * directions[nearest] * noise_space.space.scale
    votes = noisy_votes(noise_space._replace(rows=points), data, context.predictions, parameters.sigma, context.rng)
    return _outvoted(votes(np.arange(len(rows)), COPIES), smoothed.decided[rows]), len(rows)


def _bound(parameters: Parameters, tensors: Any, module: Any, model: Model, truth: np.ndarray) -> Bounded:
    from auditkit.plugins.robustness.certificates import bounds

    try:
        network = bounds.read(module, model.output, model.threshold if len(model.classes) == 2 else None)
    except bounds.Unsupported as error:
        return Bounded(str(error))
    return Bounded(
        None,
        tuple(tensors.certified(network, truth, epsilon) for epsilon in parameters.epsilons),
        tuple(~tensors.broken(truth, epsilon, parameters.steps) for epsilon in parameters.epsilons),
        tensors.apart(network),
        bounds.linear_error(),
    )
