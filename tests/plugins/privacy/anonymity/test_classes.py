"""Classes and what a sensitive column tells in them: against published tables, slow counts, and each other."""

from __future__ import annotations

import resource
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, strategies as st

from auditkit.plugins.privacy.anonymity.classes import classes_of, dense, spread

SALARIES = np.arange(3, 12)
"""3K to 11K, each once: the table in Li et al. (2007), section 4.1."""


def slowly(classes, values, ordered):
    """{class: (distinct, entropy, distance)} by the definitions, in Python."""
    kinds = max(values) + 1
    whole, inside = Counter(values), defaultdict(Counter)
    for number, value in zip(classes, values, strict=True):
        inside[number][value] += 1
    answers = {}
    for number, counts in inside.items():
        n = sum(counts.values())
        p = [counts[value] / n for value in range(kinds)]
        q = [whole[value] / len(values) for value in range(kinds)]
        entropy = -sum(share * np.log(share) for share in p if share)
        if ordered:
            steps = [abs(sum(p[: i + 1]) - sum(q[: i + 1])) for i in range(kinds - 1)]
            distance = sum(steps) / max(1, kinds - 1)
        else:
            distance = sum(abs(a - b) for a, b in zip(p, q, strict=True)) / 2
        answers[number] = (len(counts), entropy, distance)
    return answers


@pytest.mark.parametrize(("salaries", "distance"), [([3, 4, 5], 0.375), ([6, 8, 11], 1 / 6)])
def test_the_distances_of_the_paper(salaries, distance):
    """Li et al. (2007), section 4.1: D[P1, Q] = 0.375 and D[P2, Q] = 0.167."""
    rest = [value for value in SALARIES if value not in salaries]
    values = np.concatenate([salaries, rest]) - 3
    classes = np.array([0] * 3 + [1] * 6)
    assert spread(classes, values, True).distance[0] == pytest.approx(distance)


def test_the_example_of_k_anonymity():
    """Sweeney (2002), figure 2: eleven rows, k = 2."""
    rows = (
        [("black", 1965, "m", "0214*")] * 2 + [("black", 1965, "f", "0213*")] * 2 + [("black", 1964, "f", "0213*")] * 2
        + [("white", 1964, "m", "0213*")] * 3 + [("white", 1967, "m", "0213*")] * 2
    )  # fmt: skip
    columns = [np.array(column, dtype=object) for column in zip(*rows, strict=True)]
    assert sorted(np.bincount(classes_of(columns))) == [2, 2, 2, 2, 3]


def test_the_example_of_l_diversity():
    """Machanavajjhala et al. (2007), figure 3: four rows a class, three diseases in each, one of them twice."""
    diseases = np.array([0, 1, 2, 2, 2, 0, 1, 1, 0, 1, 2, 2])
    measured = spread(np.repeat([0, 1, 2], 4), diseases, False)
    assert measured.distinct.tolist() == [3, 3, 3]
    assert np.exp(measured.entropy) == pytest.approx([2**1.5] * 3)


def test_distances_of_names_by_hand():
    # of ten rows five are 0, three 1, two 2; the class holds 0, 0, 1
    values = np.array([0, 0, 1, 0, 0, 0, 1, 1, 2, 2])
    measured = spread(np.array([0] * 3 + [1] * 7), values, False)
    by_hand = (abs(2 / 3 - 0.5) + abs(1 / 3 - 0.3) + 0.2) / 2
    assert measured.distance[0] == pytest.approx(by_hand) == pytest.approx(0.2)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 8)), min_size=1, max_size=60), st.booleans()
)
def test_sums_are_those_of_the_definitions(rows, ordered):
    first, second, values = (np.array(column) for column in zip(*rows, strict=True))
    classes, values = classes_of([first, second]), np.unique(values, return_inverse=True)[1]
    keys = [tuple(row[:2]) for row in rows]
    sizes = Counter(keys)
    assert np.bincount(classes)[classes].tolist() == [sizes[key] for key in keys]
    assert len({(key, int(number)) for key, number in zip(keys, classes, strict=True)}) == len(sizes)
    measured = spread(classes, values, ordered)
    for number, by_definition in slowly(classes.tolist(), values.tolist(), ordered).items():
        assert tuple(part[number] for part in measured) == pytest.approx(by_definition, abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4)), min_size=2, max_size=40))
def test_a_column_more_never_makes_anybody_safer(rows):
    first, second = (np.array(column) for column in zip(*rows, strict=True))
    fewer, more = (np.bincount(classes) for classes in (classes_of([first]), classes_of([first, second])))
    assert more.min() <= fewer.min() and (more == 1).sum() >= (fewer == 1).sum()


def test_a_missing_value_is_one_value():
    assert dense(np.array([np.nan, 1.0, np.nan, 2.0])).tolist() == [0, 1, 0, 2]
    assert dense(np.array([None, "a", None], dtype=object)).tolist() == [0, 1, 0]


def test_many_columns_of_many_values_do_not_overflow():
    rng = np.random.default_rng(0)
    columns = [rng.permutation(5000) for _ in range(12)]
    assert len(np.unique(classes_of(columns))) == 5000
    assert classes_of([np.tile(column, 2) for column in columns]).max() == 4999


def test_a_million_rows_take_seconds():
    """A million rows of five columns, with numbers and names as sensitive columns; processor time of this process."""
    rng = np.random.default_rng(0)
    columns = [rng.integers(0, kinds, 1_000_000).astype(float) for kinds in (80, 2, 5, 40, 1000)]
    values = rng.integers(0, 500, 1_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF)
    classes = classes_of(columns)
    for ordered in (False, True):
        assert spread(classes, values, ordered).distinct.min() == 1
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert after.ru_utime - before.ru_utime < 8
