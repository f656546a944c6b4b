"""Rows that their neighbours do not explain, planted and found."""

from __future__ import annotations

import numpy as np

from auditkit.plugins.privacy.membership.odd_rows import odd_rows


def test_planted_rows_are_found_on_both_sides_and_no_others() -> None:
    rng = np.random.default_rng(0)
    values, others = rng.uniform(0, 1, (400, 2)), rng.uniform(0, 1, (300, 2))
    classes, other_classes = (values[:, 0] > 0.5).astype(int), (others[:, 0] > 0.5).astype(int)
    values[:5] += 50 * np.arange(1, 6)[:, None]
    others[:3] -= 40
    values[10], classes[10] = (0.9, 0.5), 0
    others[20], other_classes[20] = (0.1, 0.5), 1
    own, other = odd_rows(values, classes, others, other_classes)
    assert set(range(5)) <= set(np.flatnonzero(own.isolated)) and own.isolated.sum() < 20
    assert set(range(3)) <= set(np.flatnonzero(other.isolated)) and other.isolated.sum() < 15
    assert own.contradicting[10] and other.contradicting[20]
    assert not (own.contradicting & own.isolated).any()


def test_a_row_is_no_neighbour_of_its_own_and_copies_have_no_distance() -> None:
    own, other = odd_rows(np.zeros((30, 1)), np.arange(30) % 2, np.zeros((4, 1)), np.zeros(4, dtype=int))
    assert not own.isolated.any() and not other.isolated.any()
    alone, nobody = odd_rows(np.zeros((1, 2)), np.zeros(1, dtype=int), np.zeros((0, 2)), np.zeros(0, dtype=int))
    assert not alone.isolated.any() and len(nobody.isolated) == 0
