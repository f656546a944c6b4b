"""Which counts of a confusion matrix are shown, and that the hidden ones cannot be worked out."""

import time

import numpy as np
import pytest
from scipy import optimize

from auditkit.counts.hiding import determined
from auditkit.plugins.performance import matrix


def room(counts, dark):
    """{hidden cell: how far apart its smallest and largest value lie} for one who knows rows, columns and diagonal."""
    at = np.argwhere(dark)
    rows = [[float(cell[axis] == k) for cell in at] for axis in (0, 1) for k in range(len(counts))]
    sums = [float(np.take(np.where(dark, counts, 0), k, axis).sum()) for axis in (0, 1) for k in range(len(counts))]
    found = {}
    for one, cell in enumerate(at):
        cost = np.eye(len(at))[one]
        low, high = (
            optimize.linprog(sign * cost, A_eq=rows, b_eq=sums, bounds=(0, None)).fun * sign for sign in (1, -1)
        )
        found[tuple(cell)] = high - low
    return found


@pytest.mark.parametrize("classes", [3, 4, 5])
def test_no_hidden_count_follows_from_the_rates(classes):
    rng = np.random.default_rng(classes)
    for _ in range(20):
        counts = rng.poisson(12, (classes, classes)) + np.diag(rng.integers(5, 90, classes))
        dark = matrix.hidden(counts, 10)
        assert dark[~np.eye(classes, dtype=bool) & (counts < 10)].all() and not np.diag(dark).any()
        widths = room(counts, dark)
        assert all(width >= 1 for width in widths.values())
        assert not determined(counts, dark).any()


def test_what_is_determined_is_what_the_programmes_pin():
    rng = np.random.default_rng(0)
    for _ in range(60):
        counts, dark = rng.poisson(0.8, (4, 4)), rng.random((4, 4)) < 0.5
        assert {tuple(cell) for cell in np.argwhere(determined(counts, dark))} == {
            cell for cell, width in room(counts, dark).items() if width < 1e-6
        }


def test_what_the_rates_say_in_any_case_is_pinned_and_stays_hidden():
    counts = np.diag([30, 40, 50]) + np.eye(3, k=1, dtype=int)  # one wrong decision in a row and in a column
    dark = matrix.hidden(counts, 10)
    assert dark.sum() == 6 and determined(counts, dark).any()


def test_many_classes_take_no_time():
    counts = np.random.default_rng(0).poisson(3, (50, 50)) + np.diag(np.full(50, 900))
    started = time.perf_counter()
    assert matrix.hidden(counts, 10).any() and time.perf_counter() - started < 5


def test_the_oracle_finds_what_one_hidden_count_gives_away():
    counts = np.array([[40, 3, 20], [20, 50, 20], [20, 20, 60]])
    assert room(counts, ~np.eye(3, dtype=bool) & (counts < 10)) == {(0, 1): pytest.approx(0)}
    assert matrix.hidden(counts, 10).sum() > 1


def test_of_two_classes_the_rates_say_every_count():
    assert not matrix.hidden(np.array([[47, 13], [9, 31]]), 10).any()


def test_without_a_minimum_nothing_is_hidden():
    assert not matrix.hidden(np.array([[4, 1, 0], [1, 5, 2], [0, 1, 7]]), 0).any()
