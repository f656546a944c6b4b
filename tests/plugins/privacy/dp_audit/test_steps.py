"""The canary step: what a threshold and a pair of normals say about one step."""

from __future__ import annotations

import numpy as np

from auditkit.plugins.privacy.dp_audit.steps import canary_step, counted_epsilon
from tests.plugins.privacy.accounting.test_accountants import gaussian_epsilon


def steps(rng: np.random.Generator, sigma: float, move: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    present = np.arange(2000) < 1000
    return move * present + rng.normal(0, sigma, 2000), present


def test_half_noise_and_no_clipping_are_refuted_and_a_correct_step_is_not() -> None:
    rng, claim = np.random.default_rng(0), gaussian_epsilon(1 / 1.1, 1e-5)
    assert max(canary_step(*steps(rng, 1.1), 1e-5).low for _ in range(20)) < claim
    for sick in ({"sigma": 0.55}, {"sigma": 1.1, "move": 50.0}, {"sigma": 1e-9}):
        assert min(canary_step(*steps(rng, **sick), 1e-5).low for _ in range(5)) > claim  # type: ignore[arg-type]
    doubled = canary_step(*steps(rng, 2.2, move=2.0), 1e-5)
    assert doubled.low < claim, "twice the clipping norm with twice the noise is as private"


def test_what_is_counted_assumes_no_law() -> None:
    """A step that gives the canary away in one of ten cases: an infinite epsilon that no two normals would show."""
    rng = np.random.default_rng(1)
    present = np.arange(4000) < 2000
    scores = np.where(present & (rng.random(4000) < 0.1), 100.0, rng.normal(0, 1, 4000))
    assert counted_epsilon(scores, present, 1e-5, 0.999) > 1.5
    assert counted_epsilon(-scores, ~present, 1e-5, 0.999) > 1.5, "in either direction"
    assert counted_epsilon(rng.normal(0, 1, 4000), present, 1e-5, 0.999) == 0


def test_at_a_lower_level_it_bounds_as_often_as_it_says() -> None:
    """Randomised response of epsilon 1, whose counted bound is tight."""
    rng = np.random.default_rng(2)
    present = np.arange(400) < 200

    def low() -> float:
        truthful = rng.random(400) < 1 / (1 + np.exp(-1.0))
        return counted_epsilon(np.where(truthful, present, ~present).astype(float), present, 0.0, 0.8)

    assert np.mean([low() > 1.0 for _ in range(60)]) < 0.2
