"""Copies of a network, drawn anew and trained as their owner says the network was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch.nn import functional

from auditkit.errors import CapabilityError, ModelError
from auditkit.models import Model
from auditkit.network_output import CLASSIFIER_OUTPUTS
from auditkit.plugins.privacy.membership.parameters import Parameters
from auditkit.plugins.privacy.membership.pool import Ask, Copier, GoOn, NoCopy, Pool
from auditkit.plugins.privacy.shared import shadow_networks

LOSSES: dict[str, shadow_networks.RowLoss] = {
    "logits": shadow_networks.cross_entropy,
    "probabilities": lambda outputs, targets: functional.nll_loss(
        outputs.clamp_min(1e-12).log(), targets, reduction="none"
    ),
    "one logit": lambda outputs, targets: functional.binary_cross_entropy_with_logits(
        outputs.reshape(len(targets)), targets, reduction="none"
    ),
    "one probability": lambda outputs, targets: functional.binary_cross_entropy(
        outputs.reshape(len(targets)), targets, reduction="none"
    ),
}
"""{what the output of a module is: the losses of rows}."""


def network_copier(model: Model, parameters: Parameters) -> Copier:
    """How copies of a network are trained: all at once, each on its own rows, from weights of its own.

    Args:
        model: of a torch module.
        parameters: how it was trained.

    Raises:
        NoCopy: no untrained copy of it can be made.
    """
    if model.output not in CLASSIFIER_OUTPUTS:
        raise NoCopy(f"a network whose output is {model.output or 'not known'} is not trained to classify")
    try:
        _untrained(model, 0)
    except (CapabilityError, ModelError) as error:
        raise NoCopy(str(error)) from error

    def fit(pool: Pool, go_on: GoOn) -> list[Ask]:
        def tick() -> None:
            if not go_on(0, len(pool.seeds)):
                raise NoCopy("the time was up before they were trained")

        return _fitted(model, parameters, pool, tick)

    return fit


def _fitted(model: Model, parameters: Parameters, pool: Pool, tick: Callable[[], None]) -> list[Ask]:
    recipe = shadow_networks.Recipe(parameters.epochs or 1, parameters.batch_size, _optimizer(parameters), tick)
    with _seeded(model, int(pool.seeds[0])):
        copies = [_untrained(model, int(seed)) for seed in pool.seeds]
        inputs = model.encode(pool.inputs)
        targets = torch.as_tensor(np.maximum(pool.codes, 0), device=inputs.device)
        modules = [copy.estimator() for copy in copies]
        if model.output.startswith("one "):  # a single output is about the second class
            targets = (targets == 1).to(next(modules[0].parameters()).dtype)
        members = torch.as_tensor(pool.fitted)
        try:
            shadow_networks.fit(modules, inputs, targets, members, recipe, int(pool.seeds[0]), LOSSES[model.output])
        except (RuntimeError, ValueError, TypeError) as error:  # a module may compute anything
            raise NoCopy(f"a copy could not be trained: {type(error).__name__}: {str(error)[:200]}") from error
    return [copy.probabilities for copy in copies]


def _untrained(model: Model, seed: int) -> Model:
    """A copy with weights drawn anew; what was frozen for the weights that it had is trained where it has others."""
    with _seeded(model, seed):
        copy = model.fresh()
    if copy.fingerprint == model.fingerprint:
        raise NoCopy("fresh= must make an untrained module, and makes one with the weights of the model")
    before = dict(model.estimator().named_parameters())
    for name, parameter in copy.estimator().named_parameters():
        known = before.get(name)
        if not parameter.requires_grad and (known is None or not torch.equal(parameter, known)):
            parameter.requires_grad_(True)
    return copy


def _optimizer(parameters: Parameters) -> shadow_networks.Optimizer:
    rate, decay = parameters.learning_rate, parameters.weight_decay
    if parameters.optimizer == "sgd":
        return lambda weights: torch.optim.SGD(weights, lr=rate, weight_decay=decay, momentum=0.9)
    return lambda weights: torch.optim.Adam(weights, lr=rate, weight_decay=decay)


@contextmanager
def _seeded(model: Model, seed: int) -> Iterator[None]:
    """Torch's generators seeded, and put back on leaving."""
    with torch.random.fork_rng(devices=[] if model.device == "cpu" else [model.device]):
        torch.manual_seed(seed)
        yield
