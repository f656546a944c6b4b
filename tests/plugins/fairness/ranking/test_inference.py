"""Intervals and tests of rankings give what their slow, obvious forms give."""

import numpy as np
import pytest

from auditkit.plugins.fairness.ranking import inference, lists


def part_of(groups, rows, seed=0):
    rng = np.random.default_rng(seed)
    return inference.cut_list(rng.random(rows).round(3), rng.integers(0, groups, rows), groups, np.array([10]))


@pytest.mark.parametrize(("groups", "rows"), [(2, 50), (5, 3000), (130, 9000)])
def test_pairs_have_the_errors_that_each_has_by_itself(groups, rows):
    estimate = inference.people_drawn_anew(np.ones(groups), part_of(groups, rows), groups, 50, np.random.default_rng(1))
    i, j = np.triu_indices(groups, 1)
    pulls, least = estimate.pulls, estimate.least
    slow = [max(np.sum((pulls[:, a] - pulls[:, b]) ** 2), least[a] + least[b]) for a, b in zip(i, j, strict=True)]
    assert estimate._errors(i, j).tolist() == np.sqrt(slow).tolist()


def test_the_law_of_exposures_alone_is_that_beside_other_statistics():
    part, none = part_of(4, 500), np.zeros(0, dtype=np.int64)
    alone = inference.exposure_law(part, 4, 99, np.random.default_rng(2))
    chunks = inference.shuffled_counts(part.places.sizes, part.counts.sum(axis=1), 99, np.random.default_rng(2))
    beside = np.concatenate([inference._statistics(chunk, part.places, 4, none)[0] for chunk in chunks])
    assert alone.tolist() == beside.tolist()


def test_people_are_drawn_anew_by_the_multinomial_law_of_each_group():
    part, draws = part_of(3, 400), 60
    estimate = inference.people_drawn_anew(np.ones(3), part, 3, draws, np.random.default_rng(4))
    rng, sizes = np.random.default_rng(4), part.counts.sum(axis=1)
    drawn = [rng.multinomial(n, row / n, size=draws) for n, row in zip(sizes, part.counts, strict=True)]
    logs = []
    for number in range(draws):
        table = np.array([of_group[number] for of_group in drawn])
        bias = lists.cut(table.sum(axis=0)[table.sum(axis=0) > 0]).weights
        logs.append(np.log(table[:, table.sum(axis=0) > 0] @ bias / sizes))
    expected = (logs - np.mean(logs, axis=0)) / np.sqrt(draws - 1)
    assert estimate.pulls == pytest.approx(expected)
