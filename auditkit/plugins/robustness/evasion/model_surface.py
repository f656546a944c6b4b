"""From a wrapped torch model to the surface that is attacked; a probability in disguise is seen through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from auditkit.errors import ModelError
from auditkit.plugins.robustness import attackability
from auditkit.plugins.robustness.evasion import model_probes
from auditkit.plugins.robustness.surface import Surface, as_logits

if TYPE_CHECKING:
    from auditkit.models import Model
    from auditkit.plugins.robustness.space import Space

MIXED = 128
"""Rows, and as many mixtures of two rows, at which a module is watched."""


def surface_of(module: Any, model: Model, space: Space, array: np.ndarray) -> Surface:
    """The surface of a model over inputs like these.

    Raises:
        ModelError: the module's output is of no kind that can be read as logits.
    """
    if model.output not in ("logits", "one logit", "probabilities", "one probability"):
        raise ModelError(f"{model.name}: output must be logits or probabilities to be attacked; it is {model.output!r}")
    binary = len(model.classes) == 2
    positive = list(model.classes).index(model.positive) if binary and model.positive in model.classes else 1
    low, scale = (torch.as_tensor(ends.reshape(array.shape[1:])) for ends in (space.low, space.scale))
    return Surface(
        module, model.output, low, scale, model.encode(attackability.like(array, array[:1])),
        positive=positive, threshold=model.threshold if binary else None,
    ).eval()  # fmt: skip


def look_beneath(surface: Surface, origins: np.ndarray, shape: tuple[int, ...], space: Space, seed: int) -> None:
    """Find what lies beneath an output that hides how near another decision is, by rows and mixtures of rows."""
    # mixtures lie between classes: on rows alone few decisions are near to another
    rng = np.random.default_rng(seed)
    first, second = (origins[rng.integers(0, len(origins), MIXED)] for _ in range(2))
    mixed = first + rng.random((MIXED, 1)) * (second - first)
    points = np.unique(np.vstack([origins[:MIXED], mixed]), axis=0)
    unit = torch.as_tensor(((points - space.low) / space.scale).reshape(-1, *shape)).to(surface.low)
    surface.look_beneath(unit)


def is_disguised(surface: Surface, origins: np.ndarray, shape: tuple[int, ...]) -> bool:
    """Whether what is said to be logits is probabilities, in which case the surface reads it as such from now on."""
    if surface.kind != "logits":
        return False
    sample = torch.as_tensor(origins[:64].reshape(-1, *shape)).to(surface.low)
    with torch.no_grad():
        output = surface.inner(sample)
    if not model_probes.is_probability(as_logits(getattr(output, "logits", output), "logits")):
        return False
    surface.kind = "probabilities"
    return True


def read(surface: Surface, disguised: bool) -> str:
    """How the output was read, in words."""
    if surface.lens is not None and surface.lens.ends:
        start = "the output was said to be logits and looks like probabilities; " if disguised else ""
        beneath = "what lies beneath the output, which hides how near a decision is, was attacked"
        return start + beneath + _stepped(surface)
    return _as_given(surface, disguised) + _stepped(surface)


def _stepped(surface: Surface) -> str:
    return ", through what is rounded inside" if surface.lens is not None and surface.lens.steps else ""


def _as_given(surface: Surface, disguised: bool) -> str:
    if disguised:
        return "the output was said to be logits, looks like probabilities, and its logarithm was attacked"
    if "probabilit" in surface.kind:
        return f"outputs were read as {surface.kind}, and their logarithm was attacked"
    return f"outputs were read as {surface.kind}"
