"""Evasion by gradients: the model's own surface, our tensor attacks, every counted point asked about anew."""

from collections.abc import Callable

import numpy as np

from auditkit.checks import Context
from auditkit.data import AuditData, as_array
from auditkit.errors import present
from auditkit.models import Model
from auditkit.plugins.robustness import attackability
from auditkit.plugins.robustness.evasion import model_surface
from auditkit.plugins.robustness.evasion.outcome import NOTHING_RIGHT, Outcome, Pictures
from auditkit.plugins.robustness.evasion.parameters import Parameters
from auditkit.plugins.robustness.evasion.run import Run
from auditkit.plugins.robustness.evasion.target import Target
from auditkit.plugins.robustness.noise_space import as_inputs
from auditkit.plugins.robustness.surface import surface_of


def attack(
    parameters: Parameters, model: Model, data: AuditData, context: Context, keep: Callable[[Outcome], None]
) -> Outcome:
    """Attack a differentiable model whose inputs are arrays; `keep` is given what is known before the trials.

    Raises:
        ModelError: the module's output is of no kind that can be read as logits.
    """
    array = present(as_array(data.inputs), "`attackability.way` saw to it")
    flat, truth = array.reshape(len(array), -1).astype(np.float64), context.predictions.truth
    right = np.flatnonzero(context.predictions.codes == truth)
    if not len(right):
        return Outcome(parameters.distance, np.zeros(len(flat)), 0, notes=(NOTHING_RIGHT,))
    space, counter = attackability.array_space(data, array, flat), [0]

    def ask(points: np.ndarray) -> np.ndarray:
        counter[0] += len(points)
        return np.asarray(context.predictions.of(as_inputs(points, data)).codes)

    with model.module() as module:
        surface = surface_of(module, model, space.low, space.scale, model.encode(data.inputs[:1])).eval()
        probable = model_surface.is_disguised(surface, flat[right], array.shape[1:])
        model_surface.look_beneath(surface, flat, array.shape[1:], space, context.seed)
        target = Target(surface, flat[right], truth[right], array.shape[1:], space, parameters.distance, ask)
        run = Run(parameters, target, context, len(right) / len(flat), probable)
        run.search()
        broken_at, points = np.zeros(len(flat)), run.tally.points
        broken_at[right] = run.tally.broken_at
        # kept before the trials, should the time limit end the check there
        keep(Outcome(parameters.distance, broken_at.copy(), target.problem.forward + counter[0]))
        run.examine()
    broken_at[right] = run.tally.broken_at
    nearest = run.tally.nearest[np.isfinite(run.tally.nearest)]
    pictures = Pictures(target.x.cpu().numpy(), points, np.isfinite(run.tally.nearest))
    notes = (
        *attackability.what_moved(data, space),
        *run.notes,
        f"Attacked on {surface.low.device}; {model_surface.read(surface, probable)}.",
    )
    return Outcome(
        parameters.distance, broken_at, target.problem.forward + counter[0], distances=nearest,
        controls=tuple(run.controls), notes=notes, pictures=pictures if array.ndim > 2 else None,
    )  # fmt: skip
