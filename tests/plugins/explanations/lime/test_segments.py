"""Pictures cut into segments."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit import errors
from auditkit.plugins.explanations.lime import segments


def test_superpixels_have_numbers_without_gaps_and_follow_edges():
    picture = np.zeros((3, 24, 24), dtype=np.float32)
    picture[:, :, 13:] = 1
    numbers, how = segments.segment(picture)
    assert how == "superpixels (SLIC)"
    assert set(np.unique(numbers)) == set(range(numbers.max() + 1)) and 10 < numbers.max() < 80
    # no segment holds both colours
    assert all(np.ptp(picture[0][numbers == number]) == 0 for number in range(numbers.max() + 1))


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 28, 28), (1, 5, 40), (1, 1, 4)])
def test_without_scikit_image_there_is_a_grid(shape, monkeypatch):
    def lacking(module, extra):
        raise errors.MissingExtra("not installed")

    monkeypatch.setattr(segments, "require", lacking)
    numbers, how = segments.segment(np.random.default_rng(0).random(shape))
    assert "grid" in how and "not installed" in how and numbers.shape == shape[1:]
    assert set(np.unique(numbers)) == set(range(numbers.max() + 1)) and 1 <= numbers.max() < 60


def test_what_is_left_out_has_the_mean_colour():
    picture = np.arange(32.0).reshape(2, 4, 4)
    numbers = np.repeat([[0, 1]], 4, axis=0).repeat(2, axis=1)
    made = segments.masked(picture, numbers, segments.hidden(picture), np.array([[True, False], [True, True]]))
    np.testing.assert_array_equal(made[1], picture)
    np.testing.assert_array_equal(made[0][:, :, :2], picture[:, :, :2])
    assert (made[0][0][:, 2:] == picture[0].mean()).all() and (made[0][1][:, 2:] == picture[1].mean()).all()


def test_the_average_map_is_a_share_of_all():
    numbers = np.repeat(np.repeat(np.arange(4).reshape(2, 2), 10, axis=0), 10, axis=1)
    shares = segments.average_map(np.array([[1.0, 0, 0, -3]] * 2), [numbers] * 2, side=4)
    assert shares.sum() == pytest.approx(1) and shares.shape == (4, 4)
    assert shares[0, 0] == pytest.approx(1 / 16) and shares[3, 3] == pytest.approx(3 / 16)
