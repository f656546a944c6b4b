"""An untrained copy of the parent, and what shows that it is one."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
from torch import nn

from auditkit.data import AuditData
from auditkit.errors import ModelError, present
from auditkit.models import Model
from auditkit.plugins.privacy.dp_sgd import state
from auditkit.plugins.privacy.dp_sgd.data_free import data_free
from auditkit.plugins.privacy.dp_sgd.reachable import reachable
from auditkit.predictions import Predictions

COPIES = 5
"""Untrained copies that are asked: by chance not all of them are right about many rows."""
PREPROCESS = "preprocess"
"""What the preparation of inputs is called among what is public."""
ASKED = 500
"""Rows that they are asked about."""


class Untrained(NamedTuple):
    """What is trained."""

    model: Model
    module: nn.Module
    """The live module inside `model`."""
    public: tuple[str, ...]
    """Names of what is kept bit for bit, as the owner wrote them."""
    before: dict[str, str]
    """{place: digest} of what the module could reach before its first step."""
    thawed: list[nn.Parameter]
    """Public parameters that are frozen for the training alone."""
    gain: float | None
    """By how much the worst of several untrained copies beats a constant answer; None where parts are public."""

    @property
    def trained(self) -> list[str]:
        """The names of the parameters that the private steps move."""
        return [name for name, parameter in self.module.named_parameters() if parameter.requires_grad]

    def refuse_what_changed(self) -> None:
        """Hold what the module can reach now against what it could reach before.

        Raises:
            ModelError: beside the trained parameters something changed.
        """
        state.refuse_changed(
            self.model.name, state.changed(self.before, state.settings_of(reachable(self.module)), self.trained)
        )


def untrained_copy(model: Model, data: AuditData, public: Collection[str]) -> Untrained:
    """A copy of the model with parameters drawn anew, but for what is public.

    Args:
        model: the parent.
        data: the training split.
        public: names of parts, as the owner wrote them.

    Raises:
        ConfigError: a name fits no part.
        ModelError: the copy holds what its parent holds, or has frozen layers that are not public.
    """
    parent = _module(model)
    names = state.public_names(parent, public)
    fresh, again = model.fresh(names), model.fresh(names)
    module = _module(fresh)
    state.refuse_frozen(model.name, state.frozen_at_random(module, public))
    leaves = reachable(module)
    state.refuse_inherited(model.name, state.inherited(reachable(parent), leaves, reachable(_module(again)), public))
    thawed = state.keep_public_frozen(module, names)
    if not any(parameter.requires_grad for parameter in module.parameters()):
        raise ModelError(f"{model.name}: nothing is left to be trained; leave parts out of public, or unfreeze some")
    gain = None
    if not names:
        rows = data.take(np.unique(np.linspace(0, len(data) - 1, ASKED).astype(int)))
        copies = [fresh, again, *(model.fresh() for _ in range(COPIES - 2))]
        gain = min(_gain(copy, rows) for copy in copies)
    return Untrained(fresh, module, tuple(public), state.settings_of(leaves), thawed, gain)


def fitted_parts(model: Model, public: Collection[str]) -> list[str]:
    """What the preparation of inputs holds and nobody says that it is public: it may be fitted to the training rows."""
    if model.preprocess is None or PREPROCESS in public:
        return []
    leaves = reachable(model.preprocess)
    return [name for name, leaf in leaves.items() if leaf.is_data and not data_free(leaf.value)]


def _gain(model: Model, data: AuditData) -> float:
    """How much better a model is than the best constant answer: in accuracy, or in explained variance."""
    labels = present(data.labels, "the trainer needs labels")
    if model.task == "regression":
        truth = labels.astype(np.float64)
        spread = float(((truth - truth.mean()) ** 2).sum())
        return 1 - float(((model.scores(data.inputs) - truth) ** 2).sum()) / spread if spread else 0.0
    answers = Predictions(model, data)
    return float(np.mean(answers.codes == answers.truth)) - float(np.bincount(answers.truth).max()) / len(data)


def _module(model: Model) -> nn.Module:
    module = model.estimator()
    if not isinstance(module, nn.Module):
        raise ModelError(f"{model.name}: its module cannot be looked into, so it cannot be shown to hold nothing")
    return module
