"""What is tried before a module is trained: the gradients of its rows in batches as they will be."""

from __future__ import annotations

import math

from torch import nn

from auditkit.errors import ModelError
from auditkit.plugins.privacy.dp_sgd.problem import Problem
from auditkit.plugins.privacy.dp_sgd.recipe import Recipe
from auditkit.plugins.privacy.gradients.choice import ROW_ERROR, Choice, choose
from auditkit.text import one_line

MIXED = (
    "{name}: a row's gradient depends on which rows are beside it (by {error:.1%}), so clipping row by row bounds "
    "nothing. Take out whatever mixes rows, such as a normalisation over the batch; GroupNorm and LayerNorm do not"
)
ONCE = "{name}: the gradients of single rows cannot be computed ({error}). The module must take one row by itself"


def admitted(module: nn.Module, problem: Problem, recipe: Recipe, rows_at_once: int | None, name: str) -> Choice:
    """The fastest engine that agrees with one backward pass a row, in batches as they will be used.

    Args:
        module: in the mode of training.
        problem: what is learned.
        recipe: of the training.
        rows_at_once: most rows whose gradients are held at once; None: as many as fit.
        name: of the model.

    Raises:
        ModelError: rows are mixed, or the module takes no single row.
    """
    units = problem.units
    mean = units.count * recipe.sample_rate
    # few batches are larger than four standard deviations above the mean
    largest = math.ceil(mean + 4 * math.sqrt(mean)) * min(units.largest, units.rows_per_unit)
    chunk = min(largest, rows_at_once or largest)
    try:
        choice = choose(module, problem.loss, recipe.max_grad_norm, problem.inputs, problem.targets, chunk)
    except (IndexError, RuntimeError, ValueError) as fault:
        raise ModelError(ONCE.format(name=name, error=one_line(fault, 200))) from fault
    if choice.error > ROW_ERROR:
        raise ModelError(MIXED.format(name=name, error=choice.error))
    choice.engine.rows_at_once = min(choice.engine.rows_at_once, chunk)
    return choice
