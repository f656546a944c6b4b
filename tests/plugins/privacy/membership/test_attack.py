"""The attack on membership by hand: scores, rates and thresholds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from auditkit.plugins.privacy.membership.attack import (
    Scored,
    above_mean,
    area,
    called,
    loss_scores,
    lowest_rate,
    own_chances,
    roc,
    unique_to_one,
)


def scored(members: list[float], others: list[float]) -> Scored:
    """Both sides; every second row, from the first on, is of the first half."""
    own, other = np.arange(len(members)) % 2 == 0, np.arange(len(others)) % 2 == 0
    return Scored("loss", np.array(members), np.array(others), own, other, np.arange(len(members) + len(others)))


def test_the_score_is_minus_the_loss() -> None:
    by_row = loss_scores(own_chances(np.array([[0.25, 0.75], [1.0, 0.0]]), np.array([1, 1])))
    assert math.isclose(by_row[0], math.log(0.75))
    assert by_row[1] == math.log(1e-12), "clipped, not infinite"


def test_rows_that_occur_twice_anywhere_are_left_out() -> None:
    members = np.array([b"a", b"b", b"b", b"c"])
    others = np.array([b"a", b"d", b"e", b"e", b"f"])
    member, other = unique_to_one(members, others)
    assert list(member) == [False, False, False, True]
    assert list(other) == [False, True, False, False, True]


@pytest.mark.parametrize(
    ("others", "rate"), [(10_000, 0.001), (2000, 0.005), (1000, 0.01), (980, 0.0103), (100, 0.1), (10, 1.0), (5, 1.0)]
)
def test_the_lowest_honest_rate_stands_for_ten_people(others: int, rate: float) -> None:
    assert lowest_rate(others) == rate


@given(st.integers(11, 10**7))
def test_the_rate_is_never_below_ten_people_nor_a_hundredth_of_it_above(others: int) -> None:
    assert 10 <= round(lowest_rate(others) * others, 6) <= 10 * 1.01 + 1e-9 * others


def test_each_half_is_judged_by_the_other_by_hand() -> None:
    # the first half of the others: 0, 20, 40; the second: 10, 30, 50
    both = scored([35.0, 45.0, 45.0, 55.0], [0.0, 10.0, 20.0, 30.0, 40.0, 50.0])
    # one in three may exceed the threshold: 20 for the second half, 30 for the first
    who = called(both, 1 / 3)
    assert list(who.members) == [True, True, True, True]
    assert list(who.others) == [False, False, False, True, True, True]
    none = called(both, 0.0)  # 40 for the second half, 50 for the first
    assert list(none.members) == [False, True, False, True]
    assert list(none.others) == [False, False, False, False, False, True]
    assert called(both, 1.0).members.all()


@given(
    st.lists(st.floats(-5, 0), min_size=4, max_size=40), st.lists(st.floats(-5, 0), min_size=4, max_size=40),
    st.floats(0, 1),
)  # fmt: skip
def test_a_threshold_is_the_best_that_the_other_half_allows(
    members: list[float], others: list[float], rate: float
) -> None:
    both = scored(members, others)
    who = called(both, rate)
    for half in (True, False):
        setting = both.others[both.other_half != half]
        allowed = np.floor(rate * len(setting) + 1e-9)
        own = both.members[both.member_half == half]
        best = max(int((own > t).sum()) for t in [*others, *members, -10.0] if (setting > t).sum() <= allowed)
        assert int(who.members[both.member_half == half].sum()) == best


def test_the_rate_that_is_reached_is_the_one_asked_for_on_average() -> None:
    rng = np.random.default_rng(0)
    reached = []
    for _ in range(60):
        others = rng.normal(0, 1, 400)
        halves = rng.random(400) < 0.5, rng.permutation(400) < 200
        who = called(Scored("loss", others, others, *halves, np.arange(800)), 0.05)
        reached.append(who.others.mean())
    assert 0.045 < np.mean(reached) < 0.065, "on rows that had no part in the threshold"


def test_the_mean_loss_tells_the_overfit_from_others() -> None:
    above = above_mean(scored([-0.1, -0.2, -0.3], [-0.1, -2.0, -3.0, -4.0]))
    assert (above.members.sum(), above.others.sum()) == (2, 1)


def test_the_area_by_counting_pairs() -> None:
    members, others = np.array([1.0, 2.0, 2.0]), np.array([0.0, 2.0])
    wins = np.mean([(a > b) + (a == b) / 2 for a in members for b in others])
    assert area(members, others).value == pytest.approx(wins)


def test_the_curve_rises_to_one() -> None:
    rng = np.random.default_rng(0)
    points = roc(rng.normal(0.5, 1, 500), rng.normal(0, 1, 400))
    false, true = np.array(points).T
    assert (np.diff(false) > 0).all() and (np.diff(true) >= 0).all()
    assert false[0] == 1 / 400 and points[-1] == (1.0, 1.0)
