"""Resampled counts follow the law of rows that are drawn anew."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from auditkit import stats


def test_it_equals_scipy_in_law():
    values, rng = np.random.default_rng(0).exponential(size=60), np.random.default_rng(1)
    interval = stats.percentile_interval(np.median(values[rng.integers(0, 60, (4000, 60))], axis=1))
    scipy_interval = scipy_stats.bootstrap(
        (values,), np.median, n_resamples=4000, method="percentile", rng=np.random.default_rng(2)
    ).confidence_interval
    assert (interval.low, interval.high) == pytest.approx((scipy_interval.low, scipy_interval.high), abs=0.06)


def test_resampled_counts_follow_the_law_of_resampled_rows():
    counts = np.array([[30, 10], [5, 15]])
    rng = np.random.default_rng(1)
    drawn = stats.resampled_counts(counts, 5000, rng)
    assert drawn.shape == (5000, 2, 2) and (drawn.sum(axis=(1, 2)) == 60).all()
    rows = np.repeat([0, 1, 2, 3], counts.ravel())
    by_rows = np.array([np.bincount(rows[rng.integers(0, 60, 60)], minlength=4) for _ in range(5000)])
    assert drawn.reshape(5000, 4).std(axis=0) == pytest.approx(by_rows.std(axis=0), rel=0.06)


def by_rows(counts, replicates, rng):
    """Tables from rows drawn anew, one row at a time."""
    rows = np.repeat(np.arange(counts.size), counts.ravel())
    n = len(rows)
    drawn = [np.bincount(rows[rng.integers(0, n, n)], minlength=counts.size) for _ in range(replicates)]
    return np.array(drawn).reshape(replicates, *counts.shape)


def test_resampled_counts_are_rows_drawn_anew_in_law():
    counts = np.array([[30, 0], [4, 16]])
    rng = np.random.default_rng(5)
    resampled = stats.resampled_counts(counts, 4000, rng)
    redrawn = by_rows(counts, 4000, rng)
    assert resampled.shape == (4000, 2, 2) and resampled.dtype == np.int64 and (resampled[:, 0, 1] == 0).all()
    for cell, cell_redrawn in zip(resampled.reshape(4000, 4).T, redrawn.reshape(4000, 4).T, strict=True):
        assert len(set(cell)) == 1 or scipy_stats.ks_2samp(cell, cell_redrawn).pvalue > 1e-4
    share = [tables[:, 1].sum(axis=1) / tables.sum(axis=(1, 2)) for tables in (resampled, redrawn)]
    assert scipy_stats.ks_2samp(*share).pvalue > 1e-4
    assert resampled.mean(axis=0) == pytest.approx(counts, abs=5 * np.sqrt(30 / 4000))
    assert resampled.var(axis=0) == pytest.approx(counts * (1 - counts / 50), rel=0.12)
    together = np.cov(resampled[:, 0, 0], resampled[:, 1, 1])[0, 1]
    assert together == pytest.approx(-30 * 16 / 50, abs=1.5)


def test_the_total_is_kept():
    counts, rng = np.array([5, 0, 20]), np.random.default_rng(0)
    assert (stats.resampled_counts(counts, 200, rng).sum(axis=1) == 25).all()


def test_what_cannot_be_resampled_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="nobody"):
        stats.resampled_counts(np.zeros(3, int), 10, rng)


def test_no_interval_where_resamples_do_not_vary_or_are_undefined():
    assert stats.percentile_interval(np.ones(50)) is None
    assert stats.percentile_interval(np.full(50, np.nan)) is None
    assert stats.percentile_interval(np.array([*range(90), *[np.nan] * 10])) is None
    assert stats.percentile_interval(np.array([*range(99), np.nan])) is not None
