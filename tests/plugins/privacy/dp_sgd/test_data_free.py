"""Which arrays are written down without any data, and which could hold what was learned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from auditkit.plugins.privacy.dp_sgd.data_free import data_free

PLACES = torch.arange(6)
WAVES = PLACES[:, None] * 10000.0 ** (-torch.arange(0, 8, 2) / 8)


@pytest.mark.parametrize(
    "value",
    [
        torch.zeros(3), np.ones((2, 2)), torch.empty(0), torch.full((4,), float("-inf")), torch.arange(7)[None],
        np.arange(1, 5), torch.arange(5).flip(0), torch.arange(5).expand(3, -1), torch.eye(4),
        -torch.eye(5, 3), torch.ones(4, 4).tril(),
        torch.triu(torch.full((5, 5), float("-inf")), 1), torch.triu(torch.full((5, 5), -1e9), 1),
        torch.ones(5, 5, dtype=torch.bool).tril()[None, None], 10000.0 ** (-torch.arange(4) / 4),
        torch.stack((WAVES.sin(), WAVES.cos()), 2).reshape(6, 8), torch.cat((WAVES.sin(), WAVES.cos()), 1)[None],
        tuple(range(20)), torch.nn.PReLU(3).weight,
    ],
)  # fmt: skip
def test_what_no_data_went_into(value: Any) -> None:
    assert data_free(value)


RANDOM = np.random.default_rng(0).normal(0, 1, (6, 8))


@pytest.mark.parametrize(
    "value",
    [
        RANDOM, RANDOM[0], torch.tensor(2.37), np.full(3, 0.5), np.array([0.0, np.nan]), np.array([0, 2, 1]),
        np.arange(5) * 2, np.tril(RANDOM[:6, :6]), np.where(RANDOM > 0, 1.0, 0.0), np.array([[1, 0], [1, 1.0]]) * 0.3,
        np.stack((WAVES.sin(), WAVES.cos()), 2).reshape(6, 8) + 1e-2 * RANDOM, ("a", "b"), ("word " * 20,),
        np.array([[1.0, 1, 0], [0, 1, 1], [0, 0, 1]]),
    ],
)  # fmt: skip
def test_what_could_have_been_learned(value: Any) -> None:
    assert not data_free(value)
