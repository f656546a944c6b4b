"""The surface that a gradient attack climbs: any classifier as logits of the usual size over inputs in [0, 1]."""

import math
from typing import Any, Self

import numpy as np
import torch

from auditkit.errors import ModelError
from auditkit.models import Model
from auditkit.network_output import CLASSIFIER_OUTPUTS, main_output
from auditkit.plugins.robustness import disguised_logits
from auditkit.plugins.robustness.space import Space

SMALLEST = 1e-30
"""A probability under this is taken as this: the logarithm of 0 is no number."""


def as_logits(output: torch.Tensor, kind: str) -> torch.Tensor:
    """What a classifier gives, as (n, C) logits whose largest is the decision at threshold one half.

    Args:
        output: (n, C); or (n, 1) or (n,) for a single output, which is about the second of two classes.
        kind: `logits`, `one logit`, `probabilities` or `one probability`.

    Raises:
        ValueError: another kind.
    """
    if kind == "logits":
        return output
    if kind == "probabilities":
        return output.clamp_min(SMALLEST).log()
    if kind == "one logit":
        logit = output.reshape(len(output))
    elif kind == "one probability":
        # 1 - p is taken in the output's own precision: what it rounds to 0 cannot be had back
        probability = output.reshape(len(output))
        logit = probability.clamp_min(SMALLEST).log() - (1 - probability).clamp_min(SMALLEST).log()
    else:
        raise ValueError(f"kind must be logits, one logit, probabilities or one probability; {kind!r} was given")
    # halved, so that the difference of the two is the logit itself
    return torch.stack([-logit / 2, logit / 2], dim=1)


class Surface(torch.nn.Module):
    """A classifier over unit inputs, its logits divided by their typical margin.

    The division keeps the loss from saturating: a model that multiplies its logits by a hundred decides as before, yet
    the gradient of its cross-entropy vanishes and an attack on it fails (notes on obfuscated gradients: Carlini et al.
    2019, On Evaluating Adversarial Robustness, arXiv:1902.06705).

    Args:
        module: encoded inputs in, outputs of `kind` out; in eval mode, parameters frozen.
        kind: see `as_logits`.
        low: (*shape) the input at 0.
        scale: (*shape) how far the input at 1 is from it.
        like: an encoded input, for type and device.
    """

    def __init__(
        self, module: torch.nn.Module, kind: str, low: torch.Tensor, scale: torch.Tensor, like: torch.Tensor
    ) -> None:
        super().__init__()
        self.inner, self.kind, self.positive, self.shift = module, kind, 1, 0.0
        self.low, self.scale = low.to(like), scale.to(like)
        self.factor = 1.0
        """Multiplies the model's logits: what it claims to be sure of, not what it decides."""
        self.spread = 1.0
        """What they are divided by; set by `standardise`."""
        self.lens: disguised_logits.Lens | None = None
        """Where to look at the module, where its output hides how near another decision is; set by `look_beneath`."""
        self.hides = False
        """The output hides how near another decision is, and nothing was found beneath it."""
        self.smooth = False
        """Whether what the module rounds inside is left as it was, and its decisions with it."""

    def decide_at(self, threshold: float | None, positive: int) -> None:
        """Let the largest logit be the decision from a threshold on; until then it is at one half.

        Args:
            threshold: the probability from which the positive class is decided (binary); None: the largest logit.
            positive: the column that it is about.
        """
        self.positive = positive
        # the log odds of the threshold: less this the positive logit is the larger one from there on
        self.shift = 0.0 if threshold is None else math.log(threshold) - math.log1p(-threshold)

    def train(self, mode: bool = True) -> Self:
        """The mode of every layer; an exported graph refuses to be asked for it, and a frozen script has none."""
        for layer in self.modules():
            if hasattr(layer, "training"):
                layer.training = mode
        return self

    def forward(self, unit: torch.Tensor) -> torch.Tensor:
        """(n, C) logits for inputs (n, *shape) in units."""
        inputs = self.low + unit.to(self.low) * self.scale
        if self.lens is None:
            return self._read(self.inner(inputs)) * self.factor / self.spread
        output, beneath = disguised_logits.see(self.inner, inputs, self.lens, smooth=self.smooth)
        logits = self._read(output)
        if beneath is not None:
            logits = beneath if self.smooth else disguised_logits.aligned(beneath, logits.argmax(dim=1))
        return logits * self.factor / self.spread

    def in_units(self, points: np.ndarray, space: Space) -> torch.Tensor:
        """Inputs (M, D) as the network's tensors (M, *shape) in units of a space."""
        return torch.as_tensor(space.units(points)).to(self.low).reshape(-1, *self.low.shape)

    def _read(self, output: Any) -> torch.Tensor:
        logits = as_logits(main_output(output), self.kind)
        if self.shift:
            shift = torch.zeros_like(logits[:1])
            shift[0, self.positive] = self.shift
            logits = logits - shift
        return logits

    def look_beneath(self, unit: torch.Tensor) -> None:
        """Set `lens` from some different inputs (n, *shape), on both sides of decisions."""
        inputs = self.low + unit.to(self.low) * self.scale
        self.lens = disguised_logits.find(self.inner, inputs, self._read)
        if self.lens is None or not self.lens.ends:
            with torch.no_grad():
                self.hides = disguised_logits.hides(main_output(self.inner(inputs)))

    def standardise(self, unit: torch.Tensor) -> None:
        """Set `spread` so that the median margin between the two largest logits on these inputs is 1."""
        self.spread = 1.0
        with torch.no_grad():
            # the margin that the attack sees, not the softmax: it does not saturate
            top = self(unit).topk(2, dim=1).values
        margin = float((top[:, 0] - top[:, 1]).median())
        self.spread = margin if math.isfinite(margin) and margin > 0 else 1.0

    def decide(self, unit: torch.Tensor) -> torch.Tensor:
        """(n,) the column decided."""
        with torch.no_grad():
            return self(unit).argmax(dim=1)


def surface_of(module: torch.nn.Module, model: Model, low: Any, scale: Any, like: torch.Tensor) -> Surface:
    """The module of a model as a surface on which the largest logit is the model's own decision.

    Args:
        module: that is asked: the model's, or a copy.
        model: says how its output is read, and from which threshold it decides.
        low: (D,) or (*shape) the input at 0.
        scale: likewise, how far the input at 1 is from it.
        like: (1, *shape) an encoded input.

    Raises:
        ModelError: the module's output is of no kind that can be read as logits.
    """
    if model.output not in CLASSIFIER_OUTPUTS:
        raise ModelError(f"{model.name}: output must be logits or probabilities; it is {model.output!r}")
    low, scale = (torch.as_tensor(ends).reshape(like.shape[1:]) for ends in (low, scale))
    surface = Surface(module, model.output, low, scale, like)
    if len(model.classes) == 2:
        known = model.positive in model.classes
        surface.decide_at(model.threshold, list(model.classes).index(model.positive) if known else 1)
    return surface
