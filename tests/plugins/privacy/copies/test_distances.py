"""Nearest rows and what is made of them: counted by hand, one by one, and where nothing is copied."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from auditkit.plugins.privacy.copies.distances import Nearest, closer, effective, near, nearest, ratios

LINE = np.array([[0.0], [1.0], [4.0]])


def slowly(points, among):
    pairs = []
    for point in points:
        far = sorted((float(np.sqrt(((point - other) ** 2).sum())), place) for place, other in enumerate(among))
        pairs.append((far[0][0], far[1][0]))
    return np.array(pairs).T


def test_nearest_by_hand():
    measured = nearest(np.array([[0.2], [3.0], [4.0]]), LINE, np.arange(len(LINE)))
    assert measured.first == pytest.approx([0.2, 1, 0]) and measured.second == pytest.approx([0.8, 2, 3])
    assert measured.unit.tolist() == [0, 2, 2] and ratios(measured) == pytest.approx([0.25, 0.5, 0])


@given(st.integers(0, 10_000), st.integers(1, 4))
def test_nearest_one_by_one(seed, width):
    rng = np.random.default_rng(seed)
    points, among = rng.integers(0, 4, (12, width)).astype(float), rng.normal(0, 2, (9, width))
    measured = nearest(points, among, np.arange(len(among)))
    np.testing.assert_allclose(np.array([measured.first, measured.second]), slowly(points, among))
    np.testing.assert_allclose(np.linalg.norm(points - among[measured.unit], axis=1), measured.first)


def test_a_copy_is_at_distance_nothing():
    rows = np.random.default_rng(0).normal(1000, 1, (50, 30))
    assert (nearest(rows[:10], rows, np.arange(len(rows))).first == 0).all()


def of(*distances, positions=None):
    first = np.array(distances, dtype=float)
    return Nearest(first, first + 1, np.arange(len(first)) if positions is None else np.array(positions))


def test_shares_by_hand():
    training, held_out = of(0, 1, 2, 5), of(3, 1, 1, 6)
    assert closer(training, held_out).value == pytest.approx((1 + 0.5 + 0 + 1) / 4)
    # within 1 of training: the first two; within 1 of held-out: the second and the third
    assert near(training, held_out, 1.0).value == pytest.approx(0)
    assert near(training, held_out, 0.5).value == pytest.approx(0.25)
    for share in (closer(training, held_out), near(training, held_out, 0.5)):
        assert share.interval.low <= share.value <= share.interval.high


def test_rows_near_the_same_real_row_count_as_one():
    apart = of(*[0] * 6), of(*[1] * 6)
    together = of(*[0] * 6, positions=[4] * 6), of(*[1] * 6)
    assert effective(*apart) == 6 and effective(*together) == pytest.approx(1)
    # one half to one training row, one half to six others
    mixed = of(0, 0, 0, 9, 9, 9, positions=[4] * 6), of(*[1] * 6)
    assert effective(*mixed) == pytest.approx(6**2 / (3**2 + 3))


def test_two_copies_of_nothing_have_no_ratio():
    assert ratios(Nearest(np.zeros(2), np.array([0.0, 2]), np.zeros(2, dtype=int))).tolist() == [1, 0]


def test_intervals_hold_where_it_is_chance_who_was_trained_on():
    """Few real rows, of which each is the nearest to many synthetic ones: a count of these would be far too sure."""
    rng = np.random.default_rng(0)
    covered = naive = 0
    for _ in range(100):
        real = rng.normal(size=(120, 2))
        made = real[rng.integers(0, 8, 400)] + rng.normal(0, 0.05, (400, 2))
        order = rng.permutation(120)
        share = closer(*(nearest(made, real[part], np.arange(60)) for part in (order[:60], order[60:])))
        covered += share.interval.low <= 0.5 <= share.interval.high
        naive += abs(share.value - 0.5) < 1.96 * 0.5 / np.sqrt(400)
    assert covered >= 88 and naive < 50


def test_the_interval_of_ten_rows_a_person_counts_persons_and_that_of_rows_is_too_narrow():
    """Each person has ten rows, and synthetic rows lie near some of them: who was trained on is drawn by person."""
    rng = np.random.default_rng(4)
    centres = rng.normal(0, 1, (60, 4))
    made = centres[rng.integers(0, 10, 400)] + rng.normal(0, 0.05, (400, 4))
    outside = {"persons": 0, "rows": 0}
    for _ in range(60):
        order = rng.permutation(60)
        sides = [np.repeat(part, 10) for part in (order[:30], order[30:])]
        real = [centres[person] + rng.normal(0, 0.05, (300, 4)) for person in sides]
        for name in outside:
            units = sides if name == "persons" else [np.arange(300), np.arange(300)]
            share = closer(*(nearest(made, part, unit) for part, unit in zip(real, units, strict=True)))
            outside[name] += not share.interval.low <= 0.5 <= share.interval.high
    assert outside["persons"] <= 6 and outside["rows"] >= 12
