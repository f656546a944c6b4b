"""Coverage and precision of generators: by hand, by a slow search, by the published expectation, sick and healthy."""

from __future__ import annotations

import math

import numpy as np
import pytest

from auditkit.case_scores import covered, realistic
from auditkit.errors import DataError


def test_by_hand():
    real = np.array([[0.0], [1], [3], [10]])  # nearest others: 1, 1, 2 and 7 away
    samples = np.array([[1.5], [6]])
    assert covered(real, samples, k=1).tolist() == [0, 1, 1, 1]
    assert realistic(samples, real, k=1).tolist() == [1, 1]
    assert realistic([[-1.5], [17.5]], real, k=1).tolist() == [0, 0]


def test_a_slow_search_says_the_same(monkeypatch):
    rng = np.random.default_rng(0)
    real, samples = rng.normal(size=(40, 3, 2)), rng.normal(0.5, 0.7, size=(30, 3, 2))
    radius = [sorted(math.dist(row.ravel(), other.ravel()) for other in real)[4] for row in real]
    near = [
        [math.dist(row.ravel(), made.ravel()) <= far for made in samples] for row, far in zip(real, radius, strict=True)
    ]
    assert covered(real, samples, k=4).tolist() == [float(any(row)) for row in near]
    assert realistic(samples, real, k=4).tolist() == [float(any(column)) for column in zip(*near, strict=True)]
    whole = covered(real, samples, k=4)
    monkeypatch.setattr("auditkit.case_scores.generators.BLOCK", 400)
    assert covered(real, samples, k=4).tolist() == whole.tolist()


def test_coverage_of_rows_drawn_alike_is_the_published_one():
    rng, n, m, k = np.random.default_rng(0), 100, 60, 2
    expected = 1 - math.prod((n - i) / (m + n - i) for i in range(1, k + 1))
    means = [covered(rng.normal(size=(n, 2)), rng.normal(size=(m, 2)), k=k).mean() for _ in range(300)]
    assert np.mean(means) == pytest.approx(expected, abs=4 * np.std(means) / math.sqrt(300))


def test_what_is_left_out_is_not_covered_and_what_is_nowhere_is_not_realistic():
    rng = np.random.default_rng(0)
    real = np.vstack([rng.normal(0, 1, (300, 4)), rng.normal(20, 1, (30, 4))])
    healthy = np.vstack([rng.normal(0, 1, (300, 4)), rng.normal(20, 1, (30, 4))])
    collapsed = rng.normal(0, 1, (330, 4))
    assert covered(real, healthy)[300:].mean() > 0.8 and covered(real, collapsed)[300:].max() == 0
    assert covered(real, collapsed)[:300].mean() > 0.9
    assert realistic(healthy, real).mean() > 0.7 and realistic(rng.normal(60, 1, (50, 4)), real).max() == 0


@pytest.mark.parametrize(("real", "samples", "words"), [
    (np.zeros((9, 2)), np.zeros((9, 3)), r"with one shape for each row; they have \(9, 2\) and \(9, 3\)"),
    (np.zeros(9), np.zeros(9), "with one shape"),
    (np.zeros((9, 2)), np.zeros((0, 2)), "with one shape"),
    (np.zeros((5, 2)), np.zeros((9, 2)), "between 1 and the other real rows, 4; it is 5"),
    (np.zeros((9, 2)), np.full((9, 2), np.nan), "samples must be finite; 18 values"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(real, samples, words):
    with pytest.raises(DataError, match=words):
        covered(real, samples)
