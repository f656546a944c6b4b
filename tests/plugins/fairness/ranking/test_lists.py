"""Places, exposure, tops and divergence against slow oracles and published numbers; intervals and tests as laws."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from auditkit.plugins.fairness.ranking import inference, lists
from auditkit.plugins.fairness.ranking.inference import Estimate

NONE = np.zeros(0, dtype=np.int64)


def one_list(scores, codes, groups):
    ranked = lists.rank(np.asarray(scores, float), np.zeros(len(scores), int))
    return ranked, lists.exposures(ranked, np.asarray(codes), groups)


def slow_ndkl(order, groups):
    """By the definition, for one order of the groups."""
    whole = np.bincount(order, minlength=groups) / len(order)
    total = weights = 0.0
    for place in range(1, len(order) + 1):
        mix = np.bincount(order[:place], minlength=groups) / place
        divergence = sum(p * np.log(p / q) for p, q in zip(mix, whole, strict=True) if p > 0)
        total += divergence / np.log2(place + 1)
        weights += 1 / np.log2(place + 1)
    return total / weights


def test_the_job_seekers_of_singh_and_joachims():
    """arXiv:1802.07281, figure 1: relevances .82 .81 .80 for men and .79 .78 .77 for women; exposures 0.71 and 0.39."""
    _, exposures = one_list([0.82, 0.81, 0.80, 0.79, 0.78, 0.77], [0, 0, 0, 1, 1, 1], 2)
    assert exposures.exposure[0] == pytest.approx([0.71, 0.39], abs=0.005)
    assert exposures.relative[0].mean() == pytest.approx(1)


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(2, 4), st.integers(1, 3))
def test_equal_scores_share_their_places_as_all_orders_do_on_average(seed, levels, groups):
    rng = np.random.default_rng(seed)
    scores, codes = rng.integers(0, levels, 6).astype(float), rng.integers(0, groups, 6)
    ranked, exposures = one_list(scores, codes, groups)
    exposure, top = np.zeros(groups), np.zeros(groups)
    orders = [
        permutation
        for permutation in itertools.permutations(range(6))
        if (np.diff(scores[list(permutation)]) <= 0).all()
    ]
    for order in orders:
        for place, row in enumerate(order, start=1):
            exposure[codes[row]] += 1 / np.log2(1 + place) / len(orders)
            top[codes[row]] += (place <= 3) / len(orders)
    held = np.bincount(codes, minlength=groups)
    assert np.nan_to_num(exposures.exposure[0] * held) == pytest.approx(exposure)
    assert lists.tops(ranked, codes, groups, np.array([3]))[0] == pytest.approx(top)


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(2, 30), st.integers(1, 4))
def test_the_divergence_is_that_of_its_definition(seed, rows, groups):
    rng = np.random.default_rng(seed)
    scores, codes = rng.permutation(rows).astype(float), rng.integers(0, groups, rows)
    ranked, _ = one_list(scores, codes, groups)
    expected = slow_ndkl(codes[np.argsort(-scores)], groups)
    assert lists.divergences(ranked, codes, groups)[0] == pytest.approx(expected, abs=1e-12)
    part = inference.cut_list(scores, codes, groups, NONE)
    assert lists.ndkl(part.counts, part.places) == pytest.approx(expected, abs=1e-12)


def test_a_divergence_by_hand():
    # a, b: after the first place all a, ln 2; after the second as the list, 0; weights 1 and 1 / log2(3)
    ranked, _ = one_list([2, 1], [0, 1], 2)
    assert lists.divergences(ranked, np.array([0, 1]), 2)[0] == pytest.approx(np.log(2) / (1 + 1 / np.log2(3)))
    tied, _ = one_list([1, 1], [0, 1], 2)
    assert lists.divergences(tied, np.array([0, 1]), 2)[0] == 0


def test_many_lists_are_each_ranked_alone():
    rng = np.random.default_rng(0)
    of = rng.permutation(np.repeat(np.arange(7), rng.integers(2, 30, 7)))
    scores, codes = rng.integers(0, 9, len(of)).astype(float), rng.integers(-1, 3, len(of))
    ranked = lists.rank(scores, of)
    exposures, divergence = lists.exposures(ranked, codes, 3), lists.divergences(ranked, codes, 3)
    depth = rng.integers(1, 3, 7)
    top = lists.tops(ranked, codes, 3, depth)
    for number in range(7):
        in_list = of == number
        alone, exposures_alone = one_list(scores[in_list], codes[in_list], 3)
        assert exposures.exposure[number] == pytest.approx(exposures_alone.exposure[0], nan_ok=True)
        assert exposures.shares[number] == pytest.approx(exposures_alone.shares[0])
        assert divergence[number] == pytest.approx(lists.divergences(alone, codes[in_list], 3)[0])
        assert top[number] == pytest.approx(lists.tops(alone, codes[in_list], 3, depth[[number]])[0])


def test_shuffling_keeps_every_list_its_groups():
    rng = np.random.default_rng(1)
    of, codes = rng.integers(0, 5, 200), rng.integers(0, 3, 200)
    mixed = lists.shuffled_within(of, codes, rng)
    assert (mixed != codes).any()
    for number in range(5):
        assert sorted(mixed[of == number]) == sorted(codes[of == number])


def test_a_long_list_is_cut_fine_at_the_top_and_never_over_a_top_asked_for():
    rng = np.random.default_rng(2)
    scores, codes = rng.random(20_000), rng.integers(0, 2, 20_000)
    part = inference.cut_list(scores, codes, 2, np.array([333, 2000]))
    ends = part.places.ends
    assert len(ends) <= 405 and set(range(1, 128)) <= set(ends) and {333, 2000, 20_000} <= set(ends)
    ranked, exposures = one_list(scores, codes, 2)
    exact = lists.tops(ranked, codes, 2, np.array([333]))[0]
    assert lists.top_count(part.counts, part.places, 333) == pytest.approx(exact)
    assert (part.counts @ part.places.weights) / part.counts.sum(axis=1) == pytest.approx(
        exposures.exposure[0], rel=1e-3
    )
    assert part.places.weights @ part.places.sizes == pytest.approx(lists.position_bias(20_000).sum())


@pytest.mark.parametrize("rows", [40, 1500])
def test_equal_groups_in_one_list_are_rarely_called_uneven(rows):
    rng = np.random.default_rng(3)
    p, reach = [], []
    for _ in range(80):
        scores, codes = rng.random(rows), np.repeat([0, 1, 1, -1], rows // 4)
        part = inference.cut_list(scores, codes, 2, np.array([10]))
        chance = inference.chance_in_one(part, 2, np.array([10]), 99, rng)
        p.append([chance.exposure_p, chance.divergence_p, *chance.top_p])
        _, exposures = one_list(scores, codes, 2)
        reach.append(inference.people_drawn_anew(exposures.relative[0], part, 2, 60, rng).ratio().interval.high == 1)
    assert (np.mean(np.asarray(p) <= 0.05, axis=0) <= 0.13).all()
    assert np.mean(reach) >= 0.88


def test_the_interval_of_one_list_holds_for_people_drawn_anew():
    rng = np.random.default_rng(4)

    def drawn(rows):
        codes = np.repeat([0, 1], rows // 2)
        return rng.normal(size=rows) + 0.7 * codes, codes

    def relative(scores, codes):
        return one_list(scores, codes, 2)[1].relative[0]

    true = np.mean([relative(*drawn(300)) for _ in range(1500)], axis=0)
    held = 0
    for _ in range(150):
        scores, codes = drawn(300)
        part = inference.cut_list(scores, codes, 2, NONE)
        interval = inference.people_drawn_anew(relative(scores, codes), part, 2, 100, rng).ratio().interval
        held += interval.low <= true.min() / true.max() <= interval.high
    assert 0.88 <= held / 150 <= 1


def test_lists_that_vary_give_the_interval_of_their_mean():
    rng = np.random.default_rng(5)
    relative = rng.uniform(0.5, 1.5, (40, 2))
    relative[:15, 1] = np.nan
    means = inference.lists_vary(relative)
    assert means.values == pytest.approx(np.nanmean(relative, axis=0))
    errors = np.nanstd(relative, axis=0, ddof=1) / np.sqrt([40, 25]) / means.values
    assert np.sqrt((means.pulls**2).sum(axis=0)) == pytest.approx(errors) and means.freedom == 24


def test_signs_of_lists_are_an_honest_test():
    rng = np.random.default_rng(6)
    quiet, loud = [], []
    for _ in range(200):
        of = np.repeat(np.arange(15), 12)
        codes = np.tile([0] * 3 + [1] * 9, 15)
        for shift, p in ((0.0, quiet), (1.5, loud)):
            exposures = lists.exposures(lists.rank(rng.normal(size=180) + shift * (codes == 1), of), codes, 2)
            p.append(inference.flipped_p(exposures.relative - 1, 199, rng))
    assert np.mean(np.asarray(quiet) <= 0.05) <= 0.1
    assert np.mean(np.asarray(loud) <= 0.05) >= 0.9
    assert inference.flipped_p(np.zeros((20, 2)), 99, rng) == 1
    up = np.abs(rng.normal(size=(20, 1)))
    assert inference.flipped_p(up, 199, rng, upwards=True) < 0.05 < inference.flipped_p(-up, 199, rng, upwards=True)


def test_a_ratio_has_the_interval_of_its_logarithm():
    interval = (
        Estimate(np.array([0.8, 1.2]), np.diag([0.1, 0.05]), np.inf, "x", np.zeros(2), np.zeros(2)).ratio().interval
    )
    half = 1.959964 * np.hypot(0.1, 0.05)
    assert interval.low == pytest.approx(np.exp(np.log(0.8 / 1.2) - half)) and interval.high == pytest.approx(
        np.exp(np.log(0.8 / 1.2) + half)
    )


def test_lists_without_a_group_that_may_be_shown_have_no_numbers():
    ranked = lists.rank(np.array([3.0, 2, 1, 5]), np.array([0, 0, 0, 1]))
    nobody = np.full(4, -1)
    assert lists.exposures(ranked, nobody, 0).exposure.shape == (2, 0)
    assert lists.tops(ranked, nobody, 0, np.array([1, 1])).shape == (2, 0)
