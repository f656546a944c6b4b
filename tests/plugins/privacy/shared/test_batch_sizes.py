"""Batch sizes of Poisson sampling, and of others."""

from __future__ import annotations

import numpy as np

from auditkit.plugins.privacy.shared.batch_sizes import sampling_z


def test_poisson_batches_pass_and_others_do_not() -> None:
    rng = np.random.default_rng(0)
    passed = [sampling_z(rng.binomial(1000, 0.1, 100), 1000, 0.1) for _ in range(300)]
    assert max(passed) < 4.5 and np.mean(np.array(passed) > 2) < 0.2
    assert sampling_z(np.full(100, 100), 1000, 0.1) > 4, "fixed batches: shuffled, not sampled"
    assert sampling_z(rng.binomial(1000, 0.4, 100), 1000, 0.1) > 4, "a loader with four times the batch"
    # rows that come in pairs: the mean is right, the spread is not
    assert sampling_z(2 * rng.binomial(500, 0.1, 100), 1000, 0.1) > 4
    assert sampling_z(np.full(5, 50), 50, 1.0) == 0 and sampling_z(np.full(5, 49), 50, 1.0) == float("inf")
