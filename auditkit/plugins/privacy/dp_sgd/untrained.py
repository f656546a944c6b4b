"""An untrained copy of the parent, and what shows that it is one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from auditkit.data import AuditData
from auditkit.errors import ModelError
from auditkit.models import Model
from auditkit.plugins.privacy.dp_sgd import state
from auditkit.plugins.privacy.dp_sgd.copy_answers import Known, what_copies_know
from auditkit.plugins.privacy.dp_sgd.data_free import data_free
from auditkit.plugins.privacy.dp_sgd.obstacles import refuse_moving, refuse_obstacles
from auditkit.plugins.privacy.dp_sgd.problem import Problem, problem_of
from auditkit.plugins.privacy.dp_sgd.reachable import Leaf, reachable
from auditkit.plugins.privacy.dp_sgd.redrawn import Draws

PROBE = 64
"""Rows that a model is asked about, so that it knows its output."""
PREPROCESS = "preprocess"
"""What the preparation of inputs is called among what is public."""
ASKED = 500
"""Rows that they are asked about."""


class Untrained(NamedTuple):
    """What is trained."""

    name: str
    """Of the parent."""
    module: nn.Module
    """The live module."""
    public: tuple[str, ...]
    """Names of what is kept bit for bit, as the owner wrote them."""
    before: dict[str, str]
    """{place: digest} of what the module could reach before its first step; of trained weights, after the last."""
    thawed: list[nn.Parameter]
    """Public parameters that are frozen for the training alone."""
    known: Known | None
    """What untrained copies know; None where that says nothing."""
    fitted: list[str]
    """What the preparation of inputs holds and may be fitted to the training rows."""
    finished: Callable[[], Model]
    """Gives the new model, once the module is trained."""

    @property
    def trained(self) -> list[str]:
        """The names of the parameters that the private steps move."""
        return [name for name, parameter in self.module.named_parameters() if parameter.requires_grad]

    def after_the_steps(self) -> Untrained:
        """The same with the weights as the last step left them, which nothing may change either."""
        made = state.settings_of(reachable(self.module))
        return self._replace(before={**self.before, **{name: made[name] for name in self.trained if name in made}})

    def refuse_what_changed(self) -> None:
        """Hold what the module can reach now against what it could reach before, after the steps.

        Raises:
            ModelError: something changed beside the steps.
        """
        state.refuse_changed(self.name, state.changed(self.before, state.settings_of(reachable(self.module))))


def untrained_copy(
    model: Model, data: AuditData, public: Collection[str], rows_per_unit: int
) -> tuple[Untrained, Problem]:
    """A copy of a network with parameters drawn anew, but for what is public.

    Args:
        model: the parent.
        data: the training split.
        public: names of parts, as the owner wrote them.
        rows_per_unit: most rows of a unit in a step.

    Returns:
        The copy, and what it learns.

    Raises:
        ConfigError: a name fits no part.
        ModelError: the copy holds what its parent holds, or has frozen layers that are not public.
    """
    if not model.output:
        model.answers(data.take(np.arange(min(PROBE, len(data)))).inputs)  # it reads its output when first asked
    fitted = fitted_parts(model.preprocess, public)
    public = [name for name in public if name != PREPROCESS]
    parent = _module(model)
    names = state.public_names(parent, public)
    public += [name for name in names if not state.is_public(name, public)]  # named by what it is tied to
    fresh = model.fresh(names)
    module = _module(fresh)
    refuse_obstacles(module, model.name)
    state.refuse_frozen(model.name, state.frozen_at_random(module, public))
    leaves = reachable(module)
    again = _module(model.fresh(names))
    draws = Draws(reachable(parent), leaves, reachable(again), _of_altered(model, names))
    rows = data.take(np.unique(np.linspace(0, len(data) - 1, ASKED).astype(int)))
    refuse_moving(again, fresh.encode(rows.inputs), public, model.name)
    trained = [name for name, parameter in module.named_parameters() if parameter.requires_grad]
    state.refuse_inherited(model.name, state.inherited(draws, trained, public))
    thawed = state.keep_public_frozen(module, names)
    if not any(parameter.requires_grad for parameter in module.parameters()):
        raise ModelError(f"{model.name}: nothing is left to be trained; leave parts out of public, or unfreeze some")
    known = None
    if not names:
        known = what_copies_know(model, rows)
    before = state.settings_of(leaves)
    copy = Untrained(model.name, module, tuple(public), before, thawed, known, fitted, lambda: fresh)
    return copy, problem_of(model, fresh, module, data, rows_per_unit)


def fitted_parts(preprocess: Any, public: Collection[str]) -> list[str]:
    """What the preparation of inputs holds and nobody says that it is public: it may be fitted to the training rows."""
    if preprocess is None or PREPROCESS in public:
        return []
    leaves = reachable(preprocess)
    return [name for name, leaf in leaves.items() if leaf.is_data and not data_free(leaf.value)]


def _of_altered(model: Model, public: Collection[str]) -> dict[str, Leaf]:
    """What a copy can reach that is made while the parent holds other numbers."""
    with model.kept():
        with torch.no_grad():
            for name, parameter in _module(model).named_parameters():
                if name not in public:
                    parameter.add_(1)
        return reachable(_module(model.fresh(public)))


def _module(model: Model) -> nn.Module:
    module = model.estimator()
    if not isinstance(module, nn.Module):
        raise ModelError(f"{model.name}: its module cannot be looked into, so it cannot be shown to hold nothing")
    return module
