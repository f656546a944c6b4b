"""Infidelity and the correlation given sizes: by hand, against captum, and for what only draws the input."""

import numpy as np
import pytest

from auditkit.plugins.explanations.quality.infidelity import followed, infidelity

RNG = np.random.default_rng(0)


def test_infidelity_by_hand():
    promised = np.array([[1.0, 2.0], [1.0, 1.0], [0.0, 0.0], [1.0, 1.0]])
    moved = np.array([[2.0, 4.0], [1.0, -1.0], [1.0, 1.0], [0.0, 0.0]])
    shares = infidelity(promised, moved)
    assert shares[:3].tolist() == [0, 1, 1] and np.isnan(shares[3])


def test_captum_agrees():
    """captum.metrics.infidelity, normalised, is the same before it is divided by the mean of the squared moves."""
    metrics, torch = pytest.importorskip("captum.metrics"), pytest.importorskip("torch")
    x, attributions = (torch.as_tensor(RNG.normal(size=(3, 5)), dtype=torch.float64) for _ in range(2))

    def answer(rows):
        return (rows**3).sum(dim=1)

    changes = torch.as_tensor(RNG.normal(size=(40, 3, 5)))
    drawn = iter(changes)

    def perturb(rows):
        change = next(drawn)
        return change, rows - change

    expected = metrics.infidelity(answer, perturb, x, attributions, n_perturb_samples=40, max_examples_per_batch=3,
                                  normalize=True)  # fmt: skip
    promised = (changes * attributions).sum(dim=2).T.numpy()
    moved = np.stack([(answer(x) - answer(x - change)).numpy() for change in changes], axis=1)
    assert infidelity(promised, moved) * (moved**2).mean(axis=1) == pytest.approx(expected.numpy())


def test_what_moves_follow_is_a_correlation_given_the_sizes():
    sizes = RNG.normal(size=(4, 60, 2))
    hidden, noise = RNG.normal(size=(2, 4, 60))
    size = sizes.sum(axis=2)
    promised, moved = np.stack([hidden, size, noise, -hidden]), hidden + 3 * size
    for side, expected in zip(promised, (1.0, 0.0, 0.0, -1.0), strict=True):
        assert followed(side, moved, sizes).mean() == pytest.approx(expected, abs=0.2)
    assert followed(hidden, moved, sizes) == pytest.approx(1) and followed(size, moved, sizes).tolist() == [0] * 4
    for row in range(4):
        known = np.column_stack([np.ones(60), sizes[row]])
        sides = [side - known @ np.linalg.pinv(known) @ side for side in (noise[row], moved[row])]
        assert followed(noise, moved, sizes)[row] == pytest.approx(np.corrcoef(*sides)[0, 1])


def test_an_output_that_never_moves_is_followed_by_nothing():
    assert np.isnan(followed(RNG.normal(size=(1, 9)), np.zeros((1, 9)), np.ones((1, 9, 1)))).all()
