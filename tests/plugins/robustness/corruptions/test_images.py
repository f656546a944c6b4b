"""Corruptions of images, each against a slow obvious way of doing the same."""

from __future__ import annotations

import colorsys
import io
import itertools

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import fft, ndimage

from auditkit.plugins.robustness.corruptions import jpeg, light, linear
from auditkit.plugins.robustness.corruptions.base import IMAGE, SEVERITIES
from auditkit.plugins.robustness.corruptions.images import Pictures
from auditkit.plugins.robustness.corruptions.suite import seeds


def pictures(channels=3, size=20, n=6, seed=0):
    smooth = ndimage.gaussian_filter(np.random.default_rng(seed).random((n, channels, size, size)), (0, 0, 2, 2))
    return (smooth - smooth.min()) / (smooth.max() - smooth.min())


def tensor(images):
    return torch.from_numpy(np.asarray(images, dtype=np.float32))


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


def plane_by_plane(images, change):
    return np.stack([np.stack([change(plane) for plane in image]) for image in images])


@pytest.mark.parametrize("sigma", [0.4, 1.0, 2.5])
def test_gaussian_blur_is_scipys(sigma):
    images = pictures()
    expected = plane_by_plane(images, lambda plane: ndimage.gaussian_filter(plane, sigma, mode="nearest"))
    np.testing.assert_allclose(linear.gaussian_blur(tensor(images), sigma).numpy(), expected, atol=1e-6)


@pytest.mark.parametrize("radius", [0.3, 1.0, 2.2])
def test_defocus_is_a_sum_over_a_disc(radius):
    images, disc = pictures(), linear.disc(radius).numpy()
    expected = plane_by_plane(images, lambda plane: ndimage.convolve(plane, disc, mode="nearest"))
    np.testing.assert_allclose(linear.defocus(tensor(images), radius).numpy(), expected, atol=1e-6)
    assert disc.sum() == pytest.approx(1) and len(disc) % 2 == 1


def test_a_disc_covers_its_own_area():
    disc = linear.disc(6.0).numpy()
    covered = disc / disc.max()
    assert covered.sum() == pytest.approx(np.pi * 36, rel=0.02)


def test_pixelate_takes_means_of_blocks():
    images = pictures(size=8)
    expected = images.reshape(6, 3, 4, 2, 4, 2).mean(axis=(3, 5)).repeat(2, axis=2).repeat(2, axis=3)
    np.testing.assert_allclose(linear.pixelate(tensor(images), 0.5).numpy(), expected, atol=1e-6)
    np.testing.assert_allclose(linear.pixelate(tensor(images), 1.0).numpy(), images, atol=1e-6)


@pytest.mark.parametrize("degrees", [-30.0, 7.0, 90.0])
def test_rotation_is_scipys(degrees):
    images = pictures()
    expected = plane_by_plane(
        images, lambda plane: ndimage.rotate(plane, degrees, reshape=False, order=1, mode="nearest")
    )
    points = linear.rotated(tensor(images), torch.full((6,), degrees)).numpy()
    np.testing.assert_allclose(points, expected, atol=1e-4)


def test_rotation_turns_to_both_sides():
    images = tensor(pictures(n=40))
    turned = linear.rotation(images, 20.0, chance())
    sides = [linear.rotated(images, torch.full((40,), side)) for side in (-20.0, 20.0)]
    which = torch.stack([torch.isclose(turned, side).flatten(1).all(dim=1) for side in sides])
    assert which.any(dim=0).all() and which.any(dim=1).all()


def test_elastic_moves_pixels_by_about_the_share_and_leaves_a_flat_image():
    flat = torch.full((4, 1, 32, 32), 0.3)
    np.testing.assert_allclose(linear.elastic(flat, 0.05, chance()).numpy(), 0.3, atol=1e-6)
    slope = torch.arange(64.0).view(1, 1, 64, 1).expand(8, 1, 64, 64) / 63
    gone = (linear.elastic(slope, 0.04, chance()) - slope)[:, :, 20:44] * 63
    assert float(gone.std()) == pytest.approx(0.04 * 64, rel=0.35)


def jpeg_by_hand(plane, quality):
    """One grey plane: blocks of 8 by 8, cosine transform, steps, and back."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    steps = np.clip((np.array(jpeg.LUMINANCE) * scale + 50) // 100, 1, 255)
    decoded = np.empty_like(plane, dtype=float)
    for row, column in itertools.product(range(0, len(plane), 8), range(0, len(plane), 8)):
        at = np.s_[row : row + 8, column : column + 8]
        coded = fft.dctn(plane[at].astype(float) - 128, norm="ortho")
        decoded[at] = fft.idctn((coded / steps).round() * steps, norm="ortho") + 128
    return decoded.round().clip(0, 255)


def alike(pixels, expected, within):
    """The share of blocks of 8 by 8 that agree within so many levels."""
    apart = np.abs(pixels - expected)
    blocks = apart.reshape(len(apart), -1, 3, 8, 3, 8).max(axis=(3, 5))
    return (blocks <= within).mean()


@pytest.mark.parametrize("quality", [10, 40, 80])
def test_jpeg_is_the_standards_formula(quality):
    levels = (pictures(1, size=24, n=30) * 255).round()
    compressed = (jpeg.jpeg(tensor(levels / 255), quality).numpy() * 255).round()
    expected = np.stack([[jpeg_by_hand(image[0], quality)] for image in levels])
    assert alike(compressed, expected, 1) > 0.99  # a coefficient right between two steps may fall to either side


@pytest.mark.parametrize("quality", [10, 40, 80])
@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_is_what_a_library_gives(quality, channels):
    levels = (pictures(channels, size=24, n=30) * 255).round().astype(np.uint8)
    compressed = (jpeg.jpeg(tensor(levels / 255), quality).numpy() * 255).round()
    expected = []
    for image in levels:
        file = io.BytesIO()
        plane = image[0] if channels == 1 else image.transpose(1, 2, 0)
        Image.fromarray(plane).save(file, "JPEG", quality=quality, subsampling=0)
        read = np.asarray(Image.open(file)).astype(float)
        expected.append(read[None] if channels == 1 else read.transpose(2, 0, 1))
    # the library works in whole numbers, so a coefficient near the middle of two steps may fall to the other side
    assert alike(compressed, np.stack(expected), 1 if channels == 1 else 3) > 0.85


def test_brightness_adds_to_the_value_of_hsv():
    images = pictures(size=5, n=2)
    points = light.brightness(tensor(images), 0.3).numpy()
    for n, row, column in itertools.product(range(2), range(5), range(5)):
        hue, saturation, value = colorsys.rgb_to_hsv(*images[n, :, row, column])
        expected = colorsys.hsv_to_rgb(hue, saturation, min(1.0, value + 0.3))
        np.testing.assert_allclose(points[n, :, row, column], expected, atol=1e-5)


def test_contrast_shrinks_towards_the_mean_of_each_channel():
    image = torch.tensor([[[[0.0, 1.0]], [[0.2, 0.4]]]])
    np.testing.assert_allclose(light.contrast(image, 0.5).numpy(), [[[[0.25, 0.75]], [[0.25, 0.35]]]], atol=1e-6)


def test_noises_have_their_law():
    grey = torch.full((50, 1, 40, 40), 0.4)
    noise = light.gaussian_noise(grey, 0.1, chance()) - grey
    assert float(noise.mean()) == pytest.approx(0, abs=0.002) and float(noise.std()) == pytest.approx(0.1, rel=0.02)
    shot = light.shot_noise(grey, 50, chance())
    assert float(shot.mean()) == pytest.approx(0.4, rel=0.01)
    assert float(shot.var()) == pytest.approx(0.4 / 50, rel=0.03)
    impulse = light.impulse_noise(grey, 0.2, chance())
    for value in (0.0, 1.0):
        assert float((impulse == value).float().mean()) == pytest.approx(0.1, rel=0.05)


def test_occlusion_covers_a_rectangle_of_its_size_anywhere():
    covered = light.occlusion(torch.zeros(200, 1, 10, 20), 0.3, chance()) == 0.5
    assert (covered.flatten(1).sum(dim=1) == 3 * 6).all()
    assert covered[:, 0, 0].any() and covered[:, 0, -1].any() and covered[:, 0, :, 0].any() and covered[..., -1].any()


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("name", IMAGE)
def test_a_corruption_keeps_type_shape_and_range_and_grows_with_severity(name, dtype):
    images = pictures(channels=3, size=32, n=12)
    images = (images * 255).round().astype(dtype) if dtype is np.uint8 else (images * 3 - 1).astype(dtype)
    before = images.copy()
    suite = Pictures(images, seeds(IMAGE, np.random.default_rng(0)), "cpu")
    none = suite.change(name, 0)
    assert (none.inputs == images).all() and none.distance == 0
    distances = []
    for severity in SEVERITIES:
        changed = suite.change(name, severity)
        assert changed.inputs.dtype == images.dtype and changed.inputs.shape == images.shape and changed.outside == 0
        assert (changed.inputs == suite.change(name, severity).inputs).all()
        distances.append(changed.distance)
        assert suite.strength(name, severity)
    assert distances == sorted(distances) and distances[0] > 0
    assert (images == before).all()


def test_leaving_a_corruption_out_changes_no_other():
    images = pictures(size=16)
    drawn = seeds(IMAGE, np.random.default_rng(0))
    after_noise, alone = Pictures(images, drawn, "cpu"), Pictures(images, drawn, "cpu")
    after_noise.change("shot noise", 3)
    assert (after_noise.change("gaussian noise", 2).inputs == alone.change("gaussian noise", 2).inputs).all()


def test_images_without_a_range_are_left_alone():
    suite = Pictures(np.full((3, 1, 8, 8), 0.5), seeds(IMAGE, np.random.default_rng(0)), "cpu")
    assert suite.names == () and "nothing was corrupted" in suite.notes[0]
