"""Rows split into groups: every combination, the one of each row, and why a group has no numbers."""

import itertools

import numpy as np
from hypothesis import given, strategies as st

from auditkit.counts import encode
from auditkit.data import AuditData
from auditkit.plugins.fairness.shared.partition import crossed, no_intersection, split


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz")), min_size=1, max_size=30))
def test_every_row_is_in_the_combination_of_its_own_values(rows):
    columns = {name: np.array([row[at] for row in rows]) for at, name in enumerate(("g", "h"))}
    where, codes = crossed({name: encode(column) for name, column in columns.items()}, len(rows))
    values = [sorted(set(column)) for column in columns.values()]
    assert where == [{"g": g, "h": h} for g, h in itertools.product(*values)]
    assert [where[code] for code in codes] == [{"g": g, "h": h} for g, h in rows]


def test_no_attribute_is_everyone():
    where, codes = crossed({}, 3)
    assert where == [{}] and codes.tolist() == [0, 0, 0]


def test_a_group_too_small_for_a_rate_says_so():
    groups = {"g": np.array(["a"] * 30 + ["b"] * 12)}
    data = AuditData(inputs=np.zeros((42, 1)), groups=groups, task="regression", minimum_rate=20)
    partition = split(data, ("g",))
    assert partition.usable == [{"g": "a"}] and partition.codes.tolist() == [0] * 30 + [-1] * 12
    assert [lacking.reason for lacking in partition.left_out] == ["fewer than 20 people"]
    assert no_intersection(1, data) == []
    assert no_intersection(2, data) == ["There is no intersection of 2 attributes: only 1 attribute."]
