"""Corruptions of every pixel by itself: noise of three kinds, brightness, contrast, a covered part."""

import torch


def gaussian_noise(images: torch.Tensor, sigma: float, chance: torch.Generator) -> torch.Tensor:
    """(N, C, H, W) images in [0, 1] plus normal noise of standard deviation `sigma`."""
    return images + sigma * torch.randn(images.shape, generator=chance, device=images.device, dtype=images.dtype)


def shot_noise(images: torch.Tensor, photons: float, chance: torch.Generator) -> torch.Tensor:
    """(N, C, H, W) images in [0, 1] counted by `photons` at full light: the fewer, the grainier."""
    return torch.poisson(images.clamp_min(0) * photons, generator=chance) / photons


def impulse_noise(images: torch.Tensor, share: float, chance: torch.Generator) -> torch.Tensor:
    """(N, C, H, W) images in which this share of the values is dead (0) or stuck (1), half of them each."""
    drawn = torch.rand(images.shape, generator=chance, device=images.device, dtype=images.dtype)
    return images.masked_fill(drawn < share / 2, 0).masked_fill(drawn >= 1 - share / 2, 1)


def brightness(images: torch.Tensor, added: float) -> torch.Tensor:
    """(N, C, H, W) images in [0, 1] with `added` on the value of hue, saturation and value; in grey, on the pixel."""
    # scaling all channels alike raises the value and leaves hue and saturation, without a change of colour space
    value = images.amax(dim=1, keepdim=True)
    brighter = (value + added).clamp(0, 1)
    return torch.where(value > 0, images * (brighter / value.clamp_min(1e-12)), brighter)


def contrast(images: torch.Tensor, share: float) -> torch.Tensor:
    """(N, C, H, W) images whose distance to the mean of each channel shrinks to this share."""
    mean = images.mean(dim=(2, 3), keepdim=True)
    return mean + share * (images - mean)


def occlusion(images: torch.Tensor, share: float, chance: torch.Generator) -> torch.Tensor:
    """(N, C, H, W) images in [0, 1] of which a grey rectangle covers this share of each side, at a random place.

    Source: DeVries and Taylor (2017), Improved regularization of convolutional neural networks with Cutout,
    arXiv:1708.04552.
    """
    draws = torch.rand((len(images), 2), generator=chance, device=images.device)
    covers = []
    for axis, size in enumerate(images.shape[-2:]):
        length = max(1, round(share * size))
        start = torch.floor(draws[:, axis] * (size - length + 1))
        index = torch.arange(size, device=images.device)
        covers.append((index >= start[:, None]) & (index < start[:, None] + length))
    return images.masked_fill(covers[0][:, None, :, None] & covers[1][:, None, None, :], 0.5)
