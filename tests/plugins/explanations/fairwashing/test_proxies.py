"""Columns that tell a group: alone, in any order of their values, only together, as twins; and those that do not."""

import numpy as np

from auditkit.plugins.explanations.fairwashing.proxies import carriers, proxies

RNG = np.random.default_rng(0)
ROWS = 600
SEX = RNG.integers(0, 2, ROWS)
NOISE = RNG.normal(size=(ROWS, 3))


def proxies_of(x, group, own):
    return proxies(x, np.asarray(group).astype(str), own, np.random.default_rng(0))


def columns(*parts, own=None, group=SEX):
    x = np.column_stack([NOISE, *parts]).astype(float)
    return [proxy.column for proxy in proxies_of(x, group, own)]


def test_a_column_that_tells_is_found_whatever_the_order_of_its_values():
    often, seldom = (np.where(RNG.random(ROWS) < wrong, 1 - SEX, SEX) for wrong in (0.05, 0.3))
    # categories as codes: 0 and 2 are women, 1 and 3 men
    scattered = SEX + 2 * RNG.integers(0, 2, ROWS)
    # near the middle one, far from it the other
    far = np.where(SEX == 1, 2.0, 0.2) * RNG.choice([-1, 1], ROWS) + 0.1 * RNG.normal(size=ROWS)
    assert columns(often, seldom, scattered, far) == [3, 5, 6]
    assert columns(np.where(often == 1, np.nan, 1.0)) == [3]


def test_columns_that_tell_only_together_are_found():
    sizes, sign = 0.3 + RNG.random((2, ROWS)), RNG.choice([-1.0, 1.0], ROWS)
    first, second = sign * sizes[0], sign * sizes[1] * np.where(SEX == 1, 1, -1)
    assert {3, 4} <= set(columns(first, second))
    assert columns(first) == []


def test_twins_of_a_column_count_and_its_own_is_always_there():
    scaled = 3 * SEX + 0.01 * RNG.normal(size=ROWS)
    assert columns(SEX, scaled, own=3) == [3, 4]
    assert columns(own=1) == [1]
    assert columns() == []


def test_every_one_of_three_groups_is_looked_for():
    group = RNG.choice(["a", "b", "c"], ROWS)
    assert columns(group == "c", group=group) == [3]


def test_a_group_of_few_people_is_not_looked_for():
    group = np.where(np.arange(ROWS) < 10, "few", "many")
    assert columns(group == "few", group=group) == []


def test_each_says_how_it_tells_and_how_well_alone():
    often, scaled = np.where(RNG.random(ROWS) < 0.05, 1 - SEX, SEX), 3 * SEX + 0.01 * RNG.normal(size=ROWS)
    x = np.column_stack([NOISE, SEX, often, scaled]).astype(float)
    assert [proxy.how for proxy in proxies_of(x, SEX, 3)] == ["own column", "alone", "alone"]
    own, alone, _ = proxies_of(x, SEX, 3)
    assert own.area == 1 and 0.9 < alone.area < 1
    sizes, sign = 0.3 + RNG.random((2, ROWS)), RNG.choice([-1.0, 1.0], ROWS)
    pair = np.column_stack([NOISE, sign * sizes[0], sign * sizes[1] * np.where(SEX == 1, 1, -1)])
    together = {proxy.column: proxy for proxy in proxies_of(pair, SEX, None)}
    assert together[3].how == together[4].how == "together" and max(together[3].area, together[4].area) < 0.7
    few = proxies_of(np.column_stack([NOISE, SEX]), np.where(np.arange(ROWS) < 10, "few", "many"), 3)
    assert few == [(3, "own column", None)]


def test_columns_that_tell_in_part_are_carriers_with_what_says_the_same():
    seldom = np.where(RNG.random(ROWS) < 0.15, 1 - SEX, SEX)
    pay = NOISE[:, 0] + 0.8 * SEX
    x = np.column_stack([NOISE[:, 1:], seldom, pay, np.exp(pay)])
    assert carriers(x, SEX.astype(str), (), np.random.default_rng(0)) == [[2], [2, 3, 4]]
    assert carriers(np.column_stack([x, SEX]), SEX.astype(str), [5], np.random.default_rng(0))[:2] == [[5], [2, 5]]
    assert carriers(NOISE, SEX.astype(str), (), np.random.default_rng(0)) == []


def test_columns_that_tell_in_part_only_together_are_carriers():
    sizes, sign = 0.3 + RNG.random((2, ROWS)), RNG.choice([-1.0, 1.0], ROWS)
    often = np.where(RNG.random(ROWS) < 0.1, 1 - SEX, SEX)
    pair = [sign * sizes[0], sign * sizes[1] * np.where(often == 1, 1, -1)]
    sets = carriers(np.column_stack([NOISE, *pair]), SEX.astype(str), (), np.random.default_rng(0))
    assert {3, 4} in map(set, sets)
