"""Which rows the copies of a model are fitted to."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, strategies as st

from auditkit.plugins.privacy.membership.pool import Pool
from auditkit.plugins.privacy.membership.reference_models import draw_halves, fit_references


@given(st.lists(st.integers(0, 8), min_size=1, max_size=60), st.integers(0, 4), st.integers(0, 99))
def test_every_row_is_in_half_of_them_and_copies_of_a_row_stay_together(
    alike: list[int], pairs: int, seed: int
) -> None:
    kinds = np.array(alike)
    halves = draw_halves(kinds, 2 * pairs, np.random.default_rng(seed))
    assert halves.shape == (2 * pairs, len(kinds))
    np.testing.assert_array_equal(halves[::2], ~halves[1::2])
    for half in halves:
        assert not set(kinds[half]) & set(kinds[~half])
        assert abs(len(set(kinds[half])) - len(set(kinds[~half]))) <= 1


def test_a_copy_is_fitted_to_its_half_and_to_no_more_than_allowed() -> None:
    pools: list[Pool] = []

    def copy(pool: Pool, go_on: Any) -> Any:
        pools.append(pool)
        return [lambda rows: np.tile([0.25, 0.75], (len(rows), 1))] * len(pool.seeds)

    rng = np.random.default_rng(0)
    inputs, codes = np.arange(40.0)[:, None], np.arange(40) % 2
    halves = draw_halves(np.arange(40), 4, rng)
    models = fit_references(copy, (inputs, codes), halves, 15, rng, lambda done, of: True)
    (pool,) = pools
    assert (pool.fitted.sum(axis=1) == 15).all() and not (pool.fitted & ~halves).any()
    np.testing.assert_array_equal(pool.fitted, models.fitted)
    assert len(set(pool.seeds.tolist())) == 4 and pool.inputs is inputs and pool.codes is codes
    assert models.chances(inputs[:3], np.array([0, 1, 1])).tolist() == [[0.25, 0.75, 0.75]] * 4
    assert models.answers(inputs[:3]).shape == (4, 3, 2)
