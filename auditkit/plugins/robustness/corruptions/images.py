"""Corruptions of images, whole batches at a time, on the device."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from auditkit.plugins.robustness.corruptions import jpeg, light, linear
from auditkit.plugins.robustness.corruptions.base import IMAGE, Changed, Corrupt, Suite

BATCH = 128
"""Images at a time: a fixed number, so that the draws of chance do not depend on the machine."""
SLACK = 1e-6
"""What rounding may carry a value out of the range, as a share of it."""
SMALL = 64
"""Images whose shorter side has at most so many pixels get the strengths made for 32 by 32 pixels."""
SIDES = {True: 32, False: 224}
"""The side for which lengths are given, for small images and for others."""
LENGTHS = frozenset({"gaussian blur", "defocus"})
"""Corruptions whose strength is a number of pixels, and grows with the image."""

SMALL_STRENGTHS: Mapping[str, tuple[float, ...]] = {
    "gaussian noise": (0.04, 0.06, 0.08, 0.09, 0.10), "shot noise": (500, 250, 100, 75, 50),
    "impulse noise": (0.01, 0.02, 0.03, 0.05, 0.07), "gaussian blur": (0.4, 0.6, 0.7, 0.8, 1.0),
    "defocus": (0.6, 0.8, 1.0, 1.25, 1.5), "brightness": (0.05, 0.1, 0.15, 0.2, 0.3),
    "contrast": (0.75, 0.5, 0.4, 0.3, 0.15), "jpeg": (80, 65, 58, 50, 40), "pixelate": (0.9, 0.8, 0.7, 0.6, 0.5),
    "elastic": (0.01, 0.02, 0.03, 0.04, 0.05), "rotation": (5, 10, 15, 20, 30), "occlusion": (0.1, 0.2, 0.3, 0.4, 0.5),
}  # fmt: skip
STRENGTHS: Mapping[str, tuple[float, ...]] = {
    **SMALL_STRENGTHS,
    "gaussian noise": (0.08, 0.12, 0.18, 0.26, 0.38), "shot noise": (60, 25, 12, 5, 3),
    "impulse noise": (0.03, 0.06, 0.09, 0.17, 0.27), "gaussian blur": (1, 2, 3, 4, 6), "defocus": (3, 4, 6, 8, 10),
    "brightness": (0.1, 0.2, 0.3, 0.4, 0.5), "contrast": (0.4, 0.3, 0.2, 0.1, 0.05), "jpeg": (25, 18, 15, 10, 7),
    "pixelate": (0.6, 0.5, 0.4, 0.3, 0.25),
}  # fmt: skip
"""Mostly those of CIFAR-10-C and ImageNet-C (Hendrycks and Dietterich 2019)."""
WORDS: Mapping[str, str] = {
    "gaussian noise": "standard deviation {:.3g} of the range", "shot noise": "{:g} photons at full light",
    "impulse noise": "{:.0%} of the values dead or stuck", "gaussian blur": "sigma {:.2g} pixels",
    "defocus": "radius {:.2g} pixels", "brightness": "{:.0%} of the range added", "contrast": "{:.0%} of it kept",
    "jpeg": "quality {:g}", "pixelate": "{:.0%} of the pixels along each side",
    "elastic": "pixels moved by {:.0%} of the side", "rotation": "{:g} degrees to either side",
    "occlusion": "a grey patch over {:.0%} of each side",
}  # fmt: skip

Apply = Callable[[torch.Tensor, float, torch.Generator], torch.Tensor]
APPLY: Mapping[str, Apply] = {
    "gaussian noise": light.gaussian_noise,
    "shot noise": light.shot_noise,
    "impulse noise": light.impulse_noise,
    "gaussian blur": lambda images, strength, _: linear.gaussian_blur(images, strength),
    "defocus": lambda images, strength, _: linear.defocus(images, strength),
    "brightness": lambda images, strength, _: light.brightness(images, strength),
    "contrast": lambda images, strength, _: light.contrast(images, strength),
    "jpeg": lambda images, strength, _: jpeg.jpeg(images, strength),
    "pixelate": lambda images, strength, _: linear.pixelate(images, strength),
    "elastic": linear.elastic,
    "rotation": linear.rotation,
    "occlusion": light.occlusion,
}


class Pictures(Suite):
    """Images (N, C, H, W), as an array or a tensor, of any number type.

    Args:
        images: numbers; the range is 0 to 255 for bytes, otherwise from the smallest to the largest value.
        seeds: {corruption: seed}.
        device: where to work.
        declared: the range of the values, where the owner said it: (low, high), one for all or one for each channel.
    """

    def __init__(
        self, images: Any, seeds: Mapping[str, int], device: str, declared: Sequence[tuple[float, float]] | None = None
    ) -> None:  # fmt: skip
        self._images = images if isinstance(images, torch.Tensor) else torch.tensor(images)
        self._array = not isinstance(images, torch.Tensor)
        self._device = torch.device(device)
        # bytes have a known range; their smallest and largest value would stretch a dark image
        is_byte = self._images.dtype == torch.uint8
        ends = declared or [(0.0, 255.0) if is_byte else (float(self._images.min()), float(self._images.max()))]
        low, high = torch.tensor(ends, dtype=torch.float32, device=self._device).T.reshape(2, -1, 1, 1)
        self.low, self.width = low, high - low
        self._plain = list(ends) == [(0.0, 1.0)]  # nothing to scale
        self._small = min(self._images.shape[-2:]) <= SMALL
        super().__init__(IMAGE, SMALL_STRENGTHS if self._small else STRENGTHS, WORDS, seeds)
        if not bool((self.width > 0).all()):
            self.names = ()
            self.notes.append("All pixels of all images are alike, so there is no range and nothing was corrupted.")

    def level(self, name: str, severity: int) -> float:
        """The strength of a severity from 1 to 5; lengths in pixels of these images."""
        value = super().level(name, severity)
        if name not in LENGTHS:
            return value
        side = max(min(self._images.shape[-2:]), 16)  # under 16 pixels a fraction of a pixel would do nothing
        return value * side / SIDES[self._small]

    def own(self, name: str, severity: int) -> Changed:
        """The images under one corruption; the distance is the root mean square of the change, in ranges."""
        if not severity:
            return self._changed(None)
        chance = torch.Generator(device=self._device).manual_seed(self.seeds[name])
        level = self.level(name, severity)
        return self._changed(lambda unit: APPLY[name](unit, level, chance))

    def under(self, corrupt: Corrupt, strength: float, seed: int) -> Changed:
        """The images under the function of a plugin, which is given arrays from 0 to 1; what leaves them is cut off."""
        rng = np.random.default_rng(seed)
        return self._changed(lambda unit: torch.as_tensor(corrupt(unit.cpu().numpy().copy(), strength, rng)).to(unit))

    def _changed(self, apply: Callable[[torch.Tensor], torch.Tensor] | None) -> Changed:
        """The images after a function on those from 0 to 1; None: by the same way through, unchanged."""
        corrupted, lengths, outside = torch.empty_like(self._images), 0.0, 0
        with torch.no_grad():
            for start in range(0, len(corrupted), BATCH):
                batch = self._images[start : start + BATCH].to(self._device)
                unit = self._unit(batch)
                # what is below or above the range is what a sensor cannot tell, so it is cut off; NaN stays
                changed_batch = batch if apply is None else self._as_given(apply(unit).clamp(0, 1))
                changed_unit = self._unit(changed_batch)
                outside += _outside(changed_unit)
                if apply is not None:
                    # summed in float64: over a large batch float32 would lose the small changes
                    change = changed_unit - unit
                    lengths += float(torch.linalg.vector_norm(change, dim=(1, 2, 3), dtype=torch.float64).sum())
                corrupted[start : start + BATCH] = changed_batch.to(corrupted)
        values = max(1, len(corrupted)) * math.sqrt(corrupted[:1].numel() or 1)
        return Changed(corrupted.numpy() if self._array else corrupted, lengths / values, outside)

    def _unit(self, values: torch.Tensor) -> torch.Tensor:
        """From 0 to 1, as float32."""
        return values.float() if self._plain else (values.float() - self.low) / self.width

    def _as_given(self, unit: torch.Tensor) -> torch.Tensor:
        dtype = self._images.dtype
        values = unit if self._plain else unit * self.width + self.low
        return (values if dtype.is_floating_point else values.round()).to(dtype)


def _outside(unit: torch.Tensor) -> int:
    """How many values are not finite or not in the range."""
    low, high = (float(tensor) for tensor in unit.aminmax()) if unit.numel() else (0.0, 1.0)
    if low >= -SLACK and high <= 1 + SLACK:  # false for NaN
        return 0
    return int((~torch.isfinite(unit) | (unit < -SLACK) | (unit > 1 + SLACK)).sum())
