"""Whether a network can be explained by a method, and why not."""

from collections.abc import Sequence
from typing import Any

import torch

from auditkit.errors import Mend, Refusal
from auditkit.models import Capability, Model
from auditkit.plugins.explanations.gradients.deep_lift import without_rule
from auditkit.plugins.explanations.gradients.embeddings import input_embedding
from auditkit.plugins.explanations.gradients.grad_cam import last_convolution, not_spatial
from auditkit.plugins.explanations.gradients.network import Network, entered
from auditkit.plugins.explanations.gradients.parameters import GradientParameters
from auditkit.plugins.explanations.gradients.preparation import has_gradients
from auditkit.text import first_few

NO_GRADIENTS = (
    "the model's output has no gradients by its inputs: it makes whole numbers of them (positions in an embedding), or "
    "leaves torch's graph"
)
WHOLE_NUMBERS = (
    "the model takes whole numbers (positions in an embedding), which have no gradients, and no embedding layer can be "
    "seen that looks each of them up in its place"
)
HOOKS = "needs layers that can be reached, which this model does not give"


def why_not(
    parameters: GradientParameters, id: str, model: Model, encoded: torch.Tensor, identifiers: Sequence[str] = ()
) -> str | None:  # fmt: skip
    """Why the method cannot explain this model, in a sentence; None where it can.

    Args:
        parameters: with the method.
        id: of the check, for the settings that are proposed.
        model: asked about the rows.
        encoded: a few rows.
        identifiers: names of features that are ids, between which no path leads.
    """
    with model.module() as module:
        entry = ""
        if not encoded.is_floating_point() or not has_gradients(module, encoded):
            entry = (input_embedding(module, encoded) or "") if Capability.TORCH_MODULE in model.capabilities else ""
            if not entry:
                return WHOLE_NUMBERS if not encoded.is_floating_point() else NO_GRADIENTS
        if identifiers and not entry:
            return (
                "paths of gradients lead through values between two, and between ids "
                f"({first_few(identifiers, 3)}) there is nothing; explanations.importance puts others in their place"
            )
        if parameters.explainer not in ("deep_lift", "grad_cam"):
            return None
        if Capability.TORCH_MODULE not in model.capabilities:
            return _instead(HOOKS, id)
        if parameters.explainer == "grad_cam" and entry:
            return _instead("GradCAM is for pictures: the places of a layer need not be those of words", id)
        if parameters.explainer == "grad_cam":
            return _no_map(parameters, id, module, encoded)
        network = Network(module, _no_targets(encoded), entry, encoded if entry else None)
        points = entered(module, entry, encoded) if entry else encoded
        why = without_rule(network, points, torch.arange(len(encoded), device=encoded.device))
        return None if why is None else _instead(f"DeepLift has no rule for this network: {why}", id)


def _no_targets(encoded: torch.Tensor) -> Any:
    return torch.zeros(len(encoded), dtype=torch.int64).numpy()


def _instead(why: str, id: str) -> Refusal:
    return Refusal(why, (Mend(f'checks."{id}".explainer', "integrated_gradients"),))


def _no_map(parameters: GradientParameters, id: str, module: torch.nn.Module, encoded: torch.Tensor) -> str | None:
    last = last_convolution(module, encoded)
    if not parameters.layer:
        return None if last else _instead("GradCAM needs a layer with a map of places, and no convolution has one", id)
    why = not_spatial(module, encoded, parameters.layer)
    if why is None:
        return None
    if last is None:
        return _instead(f"GradCAM needs a layer with a map of places: {why}", id)
    return Refusal(f"GradCAM needs a layer with a map of places: {why}", (Mend(f'checks."{id}".layer', last),))
