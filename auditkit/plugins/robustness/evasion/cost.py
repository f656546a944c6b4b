"""How many rows a model is asked about at most by an attack along gradients, told before anything is attacked."""

from typing import Any

import numpy as np
import torch

from auditkit.data import AuditData, as_array, take_rows
from auditkit.errors import present
from auditkit.models import Model
from auditkit.network_output import main_output
from auditkit.plugins.robustness import disguised_logits
from auditkit.plugins.robustness.attackability import may_change, with_codes
from auditkit.plugins.robustness.attacks import rays, registry
from auditkit.plugins.robustness.evasion import surrogate
from auditkit.plugins.robustness.evasion.attack_checklist import DRAWN, OTHERS, WAYS
from auditkit.plugins.robustness.evasion.gradient_attack import NEAREST
from auditkit.plugins.robustness.evasion.model_surface import MIXED, mixtures
from auditkit.plugins.robustness.evasion.parameters import Parameters
from auditkit.plugins.robustness.noise_space import as_inputs
from auditkit.plugins.robustness.surface import as_logits

WATCHED = 4 * MIXED + disguised_logits.MOST * 2 * disguised_logits.FEW
"""Rows at which a module is watched."""
BESIDE = 8
"""Questions about a row beside each search: its decision as it is, and points that are confirmed."""


def at_most(parameters: Parameters, model: Model, data: AuditData, rows: int) -> int:
    """The rows asked about where every row withstands, and everything is tried that may be.

    Args:
        parameters: of the check.
        model: it is swept once for each way to look at it.
        data: what it is looked at with.
        rows: how many are attacked.
    """
    steps, restarts, sizes = parameters.steps, parameters.restarts, len(parameters.grid)
    attack = registry.chosen(parameters.attack, parameters.offers("attack"))
    once = registry.passes(attack, steps, restarts) + BESIDE
    # beside the sweeps of each way, those of refused points and of what lies beneath; the fast mode looks around first
    sweeps = sizes * once * (_ways(model, data) + 2 + (parameters.mode == "fast"))
    nearest = max(NEAREST, steps) + BESIDE
    for_each = sweeps + nearest + surrogate.ASKED + _by_decisions(parameters.max_queries, sizes)
    # on the sample: alone at each size, through the whole range, at three scales, and with twice the steps
    by_attack = once * (sizes + 6) + registry.passes(registry.ATTACKS["pgd"], steps, 7) + BESIDE
    beside = sizes * (parameters.noise_draws + BESIDE) + 4 * WAYS + DRAWN + OTHERS
    for_tried = by_attack + beside + _by_decisions(parameters.max_queries // 4, 0)
    squared = rows if parameters.attack == "standard" else min(rows, parameters.trial_rows)
    by_squares = squared * sizes * (parameters.square_queries + BESIDE)
    tried = min(rows, parameters.trial_rows) * for_tried + by_squares
    return round(rows * for_each + tried) + surrogate.LEAST + WATCHED


def _by_decisions(queries: int, sizes: int) -> int:
    """Of a row searched by decisions, and by squares at so many sizes."""
    return queries + rays.HALVINGS + BESIDE + sizes * (queries // 4 + BESIDE)


def _ways(model: Model, data: AuditData) -> int:
    """In how many ways the run will look at the module, told from the first rows."""
    array = present(
        as_array(take_rows(data.inputs, np.arange(min(MIXED, len(data))))), "only arrays are attacked along gradients"
    )
    flat, free = array.reshape(len(array), -1).astype(np.float64), may_change(with_codes(model, data))
    points = mixtures(flat, free, np.random.default_rng(0))
    given = model.encode(as_inputs(points, data))

    def read(output: Any) -> torch.Tensor:
        values = main_output(output)
        if values[0].numel() > 1:
            return values
        # what a single output means is settled when the model is first asked
        is_share = bool(((values >= 0) & (values <= 1)).all())
        return as_logits(values, "one probability" if is_share else "one logit")

    with model.module() as module:
        lens = disguised_logits.find(module, given, read)
    return 1 if lens is None else 1 + len(disguised_logits.other_lenses(lens))
