"""Areas under and between ROC curves against scikit-learn, slow counts and numbers worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from auditkit import stats
from auditkit.plugins.fairness.scores import auc_gaps, score_table


def table_of(scores, outcomes, weights=None):
    scores, outcomes = np.asarray(scores, dtype=float), np.asarray(outcomes, dtype=bool)
    rows = score_table.sort(scores, outcomes, weights)
    return score_table.score_tables(rows, np.zeros(len(scores), dtype=int), 1)[0]


def random_scores(seed, size, levels, weighted=False):
    rng = np.random.default_rng(seed)
    outcomes = rng.random(size) < 0.4
    outcomes[:2] = [True, False]
    scores = rng.integers(0, levels, size) + outcomes * levels // 4
    return scores.astype(float), outcomes, rng.uniform(0.2, 5, size) if weighted else None


tables = st.tuples(st.integers(0, 10**6), st.integers(4, 80), st.sampled_from([2, 5, 1000]), st.booleans())


@settings(max_examples=60, deadline=None)
@given(tables)
def test_areas_equal_scikit_learn_and_errors_equal_delong(table):
    scores, outcomes, weights = random_scores(*table)
    area = score_table.area(table_of(scores, outcomes, weights))
    assert area.value == pytest.approx(roc_auc_score(outcomes, scores, sample_weight=weights), abs=1e-12)
    again = stats.auc(scores, outcomes, weights)
    assert area.value == pytest.approx(again.value, abs=1e-12)
    error = np.sqrt(np.sum(again.influence**2)) / len(scores)
    assert area.error == pytest.approx(error, abs=1e-9)
    interval = area.interval()
    assert interval.low == pytest.approx(again.interval.low, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(tables)
def test_curves_go_through_the_points_of_scikit_learn(table):
    scores, outcomes, weights = random_scores(*table)
    false, true, _ = roc_curve(outcomes, scores, sample_weight=weights, drop_intermediate=False)
    knots = auc_gaps.knots(table_of(scores, outcomes, weights))
    assert knots == pytest.approx(np.array([false, true]), abs=1e-12)


def height(group_table, at):
    """The curve by its definition: the line between the knots around a place."""
    false, true = auc_gaps.knots(group_table)
    right = np.searchsorted(false, at)
    share = (at - false[right - 1]) / (false[right] - false[right - 1])
    return true[right - 1] + share * (true[right] - true[right - 1])


@settings(max_examples=30, deadline=None)
@given(tables, tables)
def test_the_area_between_equals_a_fine_integral(first, second):
    first_table, second_table = table_of(*random_scores(*first)), table_of(*random_scores(*second))
    area = auc_gaps.between(auc_gaps.roc(first_table), auc_gaps.roc(second_table))
    at = (np.arange(200_003) + 0.5) / 200_003
    assert area == pytest.approx(np.abs(height(first_table, at) - height(second_table, at)).mean(), abs=1e-3)
    assert area == pytest.approx(auc_gaps.between(auc_gaps.roc(second_table), auc_gaps.roc(first_table)), abs=1e-12)
    assert area >= abs(score_table.area(first_table).value - score_table.area(second_table).value) - 1e-12
    assert auc_gaps.between(auc_gaps.roc(first_table), auc_gaps.roc(first_table)) == 0


def test_areas_worked_out_by_hand():
    perfect, blind = table_of([2, 1], [1, 0]), table_of([1, 1], [1, 0])
    upside = table_of([1, 2], [1, 0])
    # the unit corner against the diagonal, the corner against its opposite, and the diagonal against the opposite
    assert auc_gaps.between(auc_gaps.roc(perfect), auc_gaps.roc(blind)) == pytest.approx(0.5)
    assert auc_gaps.between(auc_gaps.roc(perfect), auc_gaps.roc(upside)) == pytest.approx(1)
    assert auc_gaps.between(auc_gaps.roc(upside), auc_gaps.roc(blind)) == pytest.approx(0.5)
    # positives at 3 and 1, negatives at 2 and 0: steps at 1/2 up to x = 1/2, then 1; the diagonal lies below it by
    # two triangles of 1/8, so 1/4; and the areas under them are 3/4 and 1/2
    steps = table_of([3, 2, 1, 0], [1, 0, 1, 0])
    assert auc_gaps.between(auc_gaps.roc(steps), auc_gaps.roc(blind)) == pytest.approx(0.25)
    assert score_table.area(steps).value == 0.75
    # first and last in order are positive: equal areas under the curves, and 1/4 between them
    level = table_of([4, 3, 2, 1], [1, 0, 0, 1])
    assert score_table.area(level).value == 0.5
    assert auc_gaps.between(auc_gaps.roc(level), auc_gaps.roc(blind)) == pytest.approx(0.25)


@settings(max_examples=30, deadline=None)
@given(tables, st.sampled_from([np.arctan, np.exp, lambda x: 3 * x - 7, lambda x: x**3]))
def test_only_the_order_of_scores_counts(table, rising):
    scores, outcomes, weights = random_scores(*table)
    scores = scores / 100
    as_given, rescaled = table_of(scores, outcomes, weights), table_of(rising(scores), outcomes, weights)
    assert score_table.area(as_given) == pytest.approx(score_table.area(rescaled))
    assert auc_gaps.between(auc_gaps.roc(as_given), auc_gaps.roc(rescaled)) == pytest.approx(0, abs=1e-12)


def test_a_class_that_is_empty_has_no_area():
    assert score_table.area(table_of([1, 2, 3], [1, 1, 1])) is None
    assert score_table.area(table_of([], [])) is None


def test_thinned_points_lie_on_the_curve_and_keep_its_ends():
    scores, outcomes, _ = random_scores(0, 5000, 10**6)
    group_table = table_of(scores, outcomes)
    few, all_of_them = (
        auc_gaps.thinned(group_table, 200).T.tolist(),
        set(map(tuple, auc_gaps.knots(group_table).T.tolist())),
    )
    assert 150 <= len(few) <= 200 and set(map(tuple, few)) <= all_of_them
    assert few[0] == [0, 0] and few[-1] == [1, 1]
    assert np.diff(np.sum(few, axis=1)).max() < 0.02
    assert auc_gaps.thinned(table_of([2, 1], [1, 0]), 200).T.tolist() == [[0, 0], [0, 1], [1, 1]]


def test_groups_are_told_apart():
    scores, outcomes, weights = random_scores(1, 300, 20, True)
    codes = np.random.default_rng(2).integers(0, 4, 300)
    codes[codes == 2] = 3
    by_group = score_table.score_tables(score_table.sort(scores, outcomes, weights), codes, 4)
    for code, group_table in enumerate(by_group):
        in_group = codes == code
        assert group_table.people.tolist() == [np.sum(in_group & ~outcomes), np.sum(in_group & outcomes)]
        if in_group.any():
            assert group_table.mean == pytest.approx(np.average(scores[in_group], weights=weights[in_group]))
            assert group_table.rate == pytest.approx(np.average(outcomes[in_group], weights=weights[in_group]))
            assert group_table.size == pytest.approx(stats.effective_size(weights[in_group]))
            assert (np.diff(group_table.scores) > 0).all()
    assert len(by_group[2].scores) == 0
