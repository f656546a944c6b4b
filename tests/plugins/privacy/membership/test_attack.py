"""The attack on membership by hand: scores, rates and thresholds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from auditkit.plugins.privacy.membership.attack import (
    below_mean_loss,
    found_at,
    lowest_rate,
    roc,
    scores,
    unique_to_one,
)


def test_the_score_is_minus_the_loss() -> None:
    by_row = scores(np.array([[0.25, 0.75], [1.0, 0.0]]), np.array([1, 1]))
    assert math.isclose(by_row[0], math.log(0.75))
    assert by_row[1] == math.log(1e-12), "clipped, not infinite"


def test_rows_that_occur_twice_anywhere_are_left_out() -> None:
    members = np.array([b"a", b"b", b"b", b"c"])
    others = np.array([b"a", b"d", b"e", b"e", b"f"])
    member, other = unique_to_one(members, others)
    assert list(member) == [False, False, False, True]
    assert list(other) == [False, True, False, False, True]


@pytest.mark.parametrize(
    ("others", "rate"), [(10_000, 0.001), (9_999, 0.01), (1000, 0.01), (999, 0.02), (100, 0.1), (5, 1.0)]
)
def test_the_smallest_honest_rate_stands_for_ten_people(others: int, rate: float) -> None:
    assert lowest_rate(others) == rate


def test_found_at_by_hand() -> None:
    others = np.arange(100.0)
    members = np.array([89.0, 89.5, 90.5, 99.0, 99.5])
    low = found_at(members, others, 0.1)
    assert (low.members, low.others) == (4, 10)
    none = found_at(members, others, 0.0)
    assert (none.members, none.others) == (1, 0)
    assert found_at(members, others, 1.0).members == 5


@given(
    st.lists(st.floats(-5, 0), min_size=1, max_size=40),
    st.lists(st.floats(-5, 0), min_size=1, max_size=40),
    st.floats(0, 1),
)
def test_never_more_accused_than_allowed_and_the_threshold_is_the_best(
    members: list[float], others: list[float], rate: float
) -> None:
    m, o = np.array(members), np.array(others)
    low = found_at(m, o, rate)
    assert low.others <= rate * len(o) + 1e-6
    best = max(
        int((m > t).sum()) for t in [*others, *members, -10.0] if (o > t).sum() <= np.floor(rate * len(o) + 1e-9)
    )
    assert low.members == best


def test_the_mean_loss_tells_the_overfit_from_others() -> None:
    below = below_mean_loss(np.array([-0.1, -0.2, -0.3]), np.array([-0.1, -2.0, -3.0, -4.0]))
    assert (below.members, below.others) == (2, 1)


def test_the_curve_rises_to_one() -> None:
    rng = np.random.default_rng(0)
    points = roc(rng.normal(0.5, 1, 500), rng.normal(0, 1, 400))
    false, true = np.array(points).T
    assert (np.diff(false) > 0).all() and (np.diff(true) >= 0).all()
    assert false[0] == 1 / 400 and points[-1] == (1.0, 1.0)
