"""The numbers by which attributions of gradients are tried, by hand."""

import numpy as np
import pytest
import torch
from scipy import stats

from auditkit.plugins.explanations.gradients.self_tests import (
    coarse_map,
    largest_relative_change,
    slope_similarity,
    spearman,
    top_decile_share,
)

RNG = np.random.default_rng(0)


def test_spearman_is_scipys():
    first, second = RNG.integers(0, 5, 30), RNG.normal(size=30)
    assert spearman(first, second) == pytest.approx(stats.spearmanr(first, second).statistic)
    assert spearman(np.ones(4), second[:4]) is None


def test_signed_slopes_tell_what_magnitudes_times_distance_hide():
    distance = np.abs(RNG.normal(size=(40, 100))) * (RNG.random((40, 100)) < 0.3) * 10
    first, second = (np.tile(RNG.normal(size=100), (40, 1)) for _ in range(2))
    sizes = zip(np.abs(first * distance), np.abs(second * distance), strict=True)
    assert np.mean([spearman(one, other) for one, other in sizes]) > 0.8, "magnitudes of unrelated networks look alike"
    assert abs(slope_similarity(first, second)) < 0.35
    assert slope_similarity(first, first * 3) == pytest.approx(1)
    assert slope_similarity(first, np.full_like(first, np.nan)) is None
    assert slope_similarity(np.ones((2, 5)), np.ones((2, 5))) is None


def test_concentration_by_hand():
    even, point = np.ones((1, 20)), np.eye(20)[:1]
    assert top_decile_share(even)[0] == pytest.approx(0.1)
    assert top_decile_share(-point)[0] == 1
    assert np.isnan(top_decile_share(np.zeros((1, 20)))[0])
    assert top_decile_share(np.ones((2, 1, 4, 5))).tolist() == pytest.approx([0.1, 0.1])


def test_sensitivity_of_a_line_is_zero_and_grows_with_curvature():
    encoded = torch.as_tensor(RNG.normal(size=(6, 3)), dtype=torch.float32)

    def line(z):
        return np.ones((len(z), 3))

    def curved(power):
        return lambda z: z.numpy() ** power

    def change(explain):
        return largest_relative_change(
            explain, encoded, explain(encoded), torch.tensor(0.02), torch.Generator().manual_seed(0)
        )

    assert change(line).tolist() == [0] * 6
    assert 0 < change(curved(1)).mean() < change(curved(5)).mean()
    assert len(change(lambda z: np.zeros((6, 3)))) == 0


def test_coarse_maps():
    values = np.zeros((2, 3, 56, 60))
    values[:, :, :3, :3] = -1.0
    coarse = coarse_map(values)
    assert coarse.shape == (18, 20) and coarse[0, 0] == 1 and coarse.sum() == 1
    assert coarse_map(np.ones((4, 8, 8))).tolist() == np.full((8, 8), 1 / 64).tolist()
    assert coarse_map(np.zeros((4, 8, 8))).sum() == 0


def test_sensitivity_is_captums():
    """The same changes of the input given to captum, which takes the largest of its draws as well."""
    metrics = pytest.importorskip("captum.metrics")
    torch.manual_seed(0)
    x, reach, draws = torch.randn(6, 3), torch.full((3,), 0.05), []
    weights = torch.randn(3)

    def explain(z):
        return torch.sin(3 * z) * weights

    def recorded(z):
        draws.append(z - x)
        return explain(z).numpy()

    changes = largest_relative_change(recorded, x, explain(x).numpy(), reach, torch.Generator().manual_seed(0))
    left = iter(draws)

    def same_draw(inputs):
        return inputs + next(left)

    def explained(inputs):
        return (explain(inputs if torch.is_tensor(inputs) else inputs[0]),)

    # one draw of all rows at a time
    by_captum = [
        metrics.sensitivity_max(explained, x, same_draw, n_perturb_samples=1)
        for _ in range(len(draws))
    ]  # fmt: skip
    assert changes == pytest.approx(torch.stack(by_captum).amax(dim=0).numpy(), rel=1e-5)
