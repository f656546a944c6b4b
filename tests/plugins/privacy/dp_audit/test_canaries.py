"""Canaries: each of the clipping norm, in a direction of its own, drawn by coins that nobody can foresee."""

from __future__ import annotations

import numpy as np
import torch

from auditkit.plugins.privacy.dp_audit.canaries import Canaries

SHAPES = [torch.zeros(20, 15), torch.zeros(20), torch.zeros(3, 20)]


def flat(parts: list[torch.Tensor]) -> torch.Tensor:
    return torch.cat([part.flatten() for part in parts])


def test_each_has_the_clipping_norm_and_a_direction_of_its_own() -> None:
    canaries = Canaries(SHAPES, norm=0.7, count=50)
    canaries.present[:] = True
    gradients = torch.stack([flat(canaries.sums(torch.arange(50) == canary)) for canary in range(50)])
    torch.testing.assert_close(gradients @ gradients.T, 0.49 * torch.eye(50))
    everyone = canaries.sums(torch.ones(50, dtype=torch.bool))
    torch.testing.assert_close(flat(everyone), gradients.sum(0))
    assert [part.shape for part in everyone] == [part.shape for part in SHAPES]


def test_scores_count_how_often_each_took_part() -> None:
    canaries = Canaries(SHAPES, norm=2.0, count=50)
    generator = torch.Generator().manual_seed(0)
    rides = torch.zeros(50)
    for _ in range(30):
        drawn = torch.rand(50, generator=generator) < 0.3
        rides += drawn & canaries.present
        canaries.see(canaries.sums(drawn))
    np.testing.assert_allclose(canaries.scores, rides.numpy(), atol=1e-4)
    assert (canaries.scores[~canaries.present.numpy()] == 0).all()


def test_there_are_no_more_than_numbers_and_coins_are_fair_and_fresh() -> None:
    assert Canaries([torch.zeros(7)], 1.0).count == 7
    first, second = (Canaries([torch.zeros(5000)], 1.0, 4000).present for _ in range(2))
    assert 0.45 < float(first.float().mean()) < 0.55 and not torch.equal(first, second)
