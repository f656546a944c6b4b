"""Runs of words that two texts share, and continuations that are repeated."""

from __future__ import annotations

import itertools

import numpy as np

from auditkit.plugins.language.leakage.verbatim import continued, longest_run


def slow_run(first, second):
    runs = [
        first[a:b]
        for a, b in itertools.combinations(range(len(first) + 1), 2)
        if any(first[a:b] == second[c : c + b - a] for c in range(len(second)))
    ]
    return max(map(len, runs), default=0)


def test_the_longest_run_against_all_runs():
    rng = np.random.default_rng(2)
    for _ in range(80):
        first, second = (rng.choice(list("abc"), rng.integers(0, 9)).tolist() for _ in range(2))
        assert longest_run(first, second) == slow_run(first, second) == longest_run(second, first)


def test_continuations_by_hand():
    true = "one two three four five six"
    hits = continued(
        ["So: TWO, three four!", "two three five", "one two three", "x", "x", "one two three"],
        [true, true, true, None, "one two", true],
        ["p", "p", "p", "p", "p", "say one two three"],
        words=3,
    )
    np.testing.assert_array_equal(hits, [1, 0, 1, np.nan, np.nan, np.nan])
