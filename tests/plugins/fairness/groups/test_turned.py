"""The other class as the positive one and the other meaning: the same people are worse off, by every criterion."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings, strategies as st

from auditkit.plugins.fairness.groups.check import GroupFairness
from auditkit.run.disparities import name_worse_off
from tests.plugins.recorded import recorded, run

FAST = GroupFairness(
    permutations=99, trials=20,
    measures=("demographic_parity", "equal_opportunity", "predictive_equality", "equalized_odds", "treatment_equality",
              "accuracy_equality", "differential_fairness"),
)  # fmt: skip
MIRRORED = {"equal_opportunity_difference": "predictive_equality_difference"}
"""Criteria that become another one where the classes change places: the true negative rate is 1 - the other's."""
NAMES = (
    "demographic_parity_difference", "equal_opportunity_difference", "predictive_equality_difference",
    "equalized_odds_difference", "accuracy_equality_difference", "differential_fairness",
)  # fmt: skip


def worse_off(table: np.ndarray, positive: int, outcome: str | None) -> dict[str, tuple[float, frozenset, str | None]]:
    """{measure: its value, the two groups that make it, and the one that is worse off}."""
    groups, labels, decisions = (np.repeat(index.ravel(), table.ravel()) for index in np.indices(table.shape))
    model, data = recorded(decisions, labels, {"g": np.array(list("abc"))[groups]}, positive=positive, outcome=outcome)
    by_measure = {}
    for measurement in name_worse_off(run(FAST, model, data), data).measurements:
        if measurement.name in NAMES and measurement.pairs:
            pair = measurement.pairs[0]
            ends = {"low": pair.low.slice["g"], "high": pair.high.slice["g"]}
            by_measure[measurement.name] = measurement.value, frozenset(ends.values()), ends.get(pair.worse_off)
    return by_measure


@settings(max_examples=25)
@given(st.lists(st.integers(5, 80), min_size=12, max_size=12))
def test_the_same_people_are_worse_off(cells):
    table = np.array(cells).reshape(3, 2, 2)
    backward = {name: other for pair in MIRRORED.items() for name, other in (pair, pair[::-1])}
    before, after = worse_off(table, 1, "benefit"), worse_off(table, 0, "burden")
    for name, (value, pair, whose) in before.items():
        other, same_pair, same = after[backward.get(name, name)]
        np.testing.assert_allclose(value, other)
        if pair == same_pair:  # of equally wide gaps either may be named
            assert whose == same, name


@settings(max_examples=10)
@given(st.lists(st.integers(5, 80), min_size=12, max_size=12))
def test_the_other_meaning_turns_everybody_round_and_none_calls_nobody(cells):
    table = np.array(cells).reshape(3, 2, 2)
    benefit, burden, neither = (worse_off(table, 1, outcome) for outcome in ("benefit", "burden", None))
    assert {whose for _, _, whose in neither.values()} <= {None}
    for name, (value, pair, whose) in benefit.items():
        assert burden[name][:2] == (value, pair)
        assert (whose is None) == (burden[name][2] is None)
        if whose is not None:
            assert {whose, burden[name][2]} == pair


def test_the_group_that_is_flagged_more_is_worse_off_of_a_burden():
    table = np.array([[[30, 70], [20, 180]], [[70, 30], [100, 100]], [[60, 40], [90, 110]]])
    for name in ("demographic_parity_difference", "equal_opportunity_difference", "equalized_odds_difference"):
        assert worse_off(table, 1, "burden")[name][2] == "a"
        assert worse_off(table, 1, "benefit")[name][2] == "b"
    assert worse_off(table, 1, "burden")["accuracy_equality_difference"][2] is None
