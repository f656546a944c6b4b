"""Who is worse off by each rate: the same people where the classes change places and the benefit becomes a burden."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from auditkit.counts import Tally
from auditkit.metrics.catalogue import CRITERIA, RATES, shares
from auditkit.metrics.composites import COMPOSITES

MIRRORED = {"tp": "tn", "tn": "tp", "fp": "fn", "fn": "fp", "selected": "rejected", "rejected": "selected"}


def tally(table: np.ndarray) -> Tally:
    return Tally(*(table.astype(kind) for kind in (np.int64, float, float)))


def swapped(table: np.ndarray) -> np.ndarray:
    """The same people, with the other class as the positive one."""
    order = [1, 0, 2]
    return table[:, order][:, :, order]


def mirror(name: str) -> str:
    """The rate that is this one where the classes change places; itself, where there is none."""
    turn = lambda words: {MIRRORED.get(word, word) for word in words.split()}  # noqa: E731
    rate = RATES[name]
    expected = turn(rate.numerator), turn(rate.denominator)
    mirrored = (
        rate.name for rate in RATES.values() if (set(rate.numerator.split()), set(rate.denominator.split())) == expected
    )
    return next(mirrored, name)


def worse_off(name: str, table: np.ndarray, outcome: str) -> int | None:
    """Which of two groups fares worse."""
    low, high = np.argsort(shares(tally(table), RATES[name]).values)
    side = RATES[name].harm.worse_off(outcome)
    return None if side is None else int(low if side == "low" else high)


@given(cells=st.lists(st.integers(1, 60), min_size=18, max_size=18))
@pytest.mark.parametrize("name", RATES)
def test_swapping_the_classes_and_the_meaning_leaves_the_same_people_worse_off(name, cells):
    table = np.array(cells).reshape(2, 3, 3)
    values = shares(tally(table), RATES[name]).values
    if np.isclose(*values):
        return
    for outcome, other in (("benefit", "burden"), ("burden", "benefit")):
        assert worse_off(name, table, outcome) == worse_off(mirror(name), swapped(table), other)


def test_selected_less_is_worse_of_a_benefit_and_selected_more_of_a_burden():
    for name in ("selection_rate", "true_positive_rate", "false_positive_rate"):
        harm = RATES[name].harm
        assert (harm.benefit, harm.burden) == ("low", "high")
    assert RATES["false_negative_rate"].harm.benefit == "high"


def test_the_rates_of_a_criterion_agree_on_who_is_worse_off():
    for criterion in CRITERIA.values():
        assert {RATES[name].harm for name in criterion.rates} == {criterion.harm}


def test_a_number_of_both_kinds_of_mistakes_calls_nobody_worse_off():
    for harm in (RATES["accuracy"].harm, COMPOSITES["f1"].harm, COMPOSITES["mcc"].harm):
        assert (harm.benefit, harm.burden) == ("nobody", "nobody")
