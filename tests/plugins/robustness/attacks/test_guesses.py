"""What answers say about where another decision is nearest, where that is known."""

from __future__ import annotations

import numpy as np

from auditkit.plugins.robustness.attacks import guesses
from auditkit.plugins.robustness.space import Space

RNG = np.random.default_rng(0)
POINTS = RNG.uniform(0, 10, (2000, 3))


def cube(**changes: np.ndarray) -> Space:
    ones = np.ones(3)
    facts = {"low": 0 * ones, "high": 10 * ones, "scale": 10 * ones, "whole": ones < 0, "free": ones > 0}
    return Space(**(facts | changes))


def answers(space: Space, decided: np.ndarray, points: np.ndarray = POINTS) -> guesses.Answers:
    kept = guesses.Answers(space)
    kept.add(points, decided)
    return kept


def corner(points: np.ndarray) -> np.ndarray:
    """1 in one corner of the cube alone."""
    return ((points[:, 0] > 6) & (points[:, 1] > 7)).astype(int)


def proposed(space: Space, rows: np.ndarray, count: int = 3) -> np.ndarray:
    boxes = answers(space, corner(POINTS)).boxes(np.random.default_rng(0))
    return guesses.nearest(boxes, space, rows, corner(rows), count)


def test_a_box_is_met_at_its_nearest_point() -> None:
    rows = POINTS[corner(POINTS) == 0][:50]
    near = proposed(cube(), rows)[:, 0]
    assert corner(near).mean() > 0.9, "a cut lies between two points seen, a little on either side of the true one"
    exact = np.linalg.norm(np.maximum(0, np.array([6, 7]) - rows[:, :2]), axis=1)
    np.testing.assert_allclose(np.linalg.norm(near - rows, axis=1), exact, atol=0.1)


def test_whole_numbers_held_features_and_gaps_are_as_they_must_be() -> None:
    whole, free = np.array([True, False, False]), np.array([True, True, False])
    rows = np.floor(POINTS[corner(POINTS) == 0][:50])
    rows[::2, 2] = np.nan
    near = proposed(cube(whole=whole, free=free), rows)
    np.testing.assert_array_equal(near[..., 0], np.round(near[..., 0]))
    np.testing.assert_array_equal(near[..., 2], np.repeat(rows[:, None, 2], near.shape[1], axis=1))
    assert (near[:, 0, :2] != rows[:, :2]).any()


def test_a_box_that_may_not_be_reached_is_not_proposed() -> None:
    rows = POINTS[corner(POINTS) == 0][:50]
    held = np.array([False, True, True])
    below = rows[rows[:, 0] < 5.5]
    np.testing.assert_array_equal(proposed(cube(free=held), below), np.repeat(below[:, None], 3, axis=1))
    short = cube(high=np.array([5.5, 10, 10]))
    np.testing.assert_array_equal(proposed(short, below), np.repeat(below[:, None], 3, axis=1))


def test_the_normal_of_a_plane_is_found_in_units() -> None:
    scale, normal = np.array([10.0, 5.0, 20.0]), np.array([2.0, -1.0, 2.0]) / 3
    space, center = cube(scale=scale), np.full(3, 5.0)
    decided = (((POINTS - center) / scale) @ normal > 0).astype(int)
    along = np.cross(normal, RNG.normal(size=(40, 3))) / 5  # 40 points of the plane
    edge = center + along * scale
    directions = answers(space, decided).normals(edge, np.zeros(40), edge)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1)
    assert np.median(directions @ normal) > 0.995 and (directions @ normal > 0.95).all()
    turned = answers(space, decided).normals(edge, np.ones(40), edge)
    np.testing.assert_allclose(turned, -directions, atol=1e-9)


def test_a_held_feature_is_in_no_normal() -> None:
    flat = POINTS * [1, 0, 1]
    space, edge = cube(free=np.array([True, False, True])), np.array([[10 - at, 0, at] for at in np.linspace(2, 8, 9)])
    directions = answers(space, (flat.sum(axis=1) > 10).astype(int), flat).normals(edge, np.zeros(9), edge)
    assert (directions[:, 1] == 0).all()
    np.testing.assert_allclose(directions[:, [0, 2]], 0.5**0.5, atol=0.1)


def test_only_the_newest_answers_are_kept() -> None:
    kept = guesses.Answers(cube())
    assert not kept.teach()
    kept.add(POINTS[:0], np.zeros(0, dtype=int))
    assert not kept.teach()
    kept.add(POINTS, np.zeros(len(POINTS), dtype=int))
    assert not kept.teach(), "all are alike"
    for _ in range(guesses.KEPT // len(POINTS)):
        kept.add(POINTS, np.ones(len(POINTS), dtype=int))
    points, decided = kept.newest()
    assert len(points) == guesses.KEPT and (decided == 1).all()
    kept.add(POINTS[:1], np.zeros(1, dtype=int))
    assert kept.teach()


def test_nothing_is_guessed_about_a_picture() -> None:
    many = guesses.FEATURES + 1
    for features, learns in ((many - 1, True), (many, False)):
        ones = np.ones(features)
        kept = guesses.Answers(Space(0 * ones, ones, ones, ones < 0, ones > 0))
        kept.add(RNG.uniform(0, 1, (2, features)), np.array([0, 1]))
        assert kept.teach() is learns
