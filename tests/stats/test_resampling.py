import numpy as np
import pytest
from scipy import stats as scipy_stats

from auditkit import stats
from auditkit.stats import resampling


def test_it_equals_scipy_in_law():
    values = np.random.default_rng(0).exponential(size=60)
    ours = stats.bootstrap_interval(
        lambda rows: np.median(values[rows], axis=1), 60, np.random.default_rng(1), replicates=4000
    )
    theirs = scipy_stats.bootstrap(
        (values,), np.median, n_resamples=4000, method="percentile", rng=np.random.default_rng(2)
    ).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.06)


def test_the_same_seed_gives_the_same_interval_whatever_the_chunks(monkeypatch):
    values = np.random.default_rng(0).normal(size=50)

    def run():
        return stats.bootstrap_interval(
            lambda rows: values[rows].mean(axis=1), 50, np.random.default_rng(3), replicates=100
        )

    whole = run()
    monkeypatch.setattr(resampling, "CHUNK", 50 * 7)
    assert run() == whole


def test_strata_keep_their_size():
    strata = np.array(["a"] * 10 + ["b"] * 5)
    for drawn in stats.resamples(15, np.random.default_rng(0), 20, strata):
        assert (np.sum(strata[drawn] == "a", axis=1) == 10).all()


def test_resampled_counts_follow_the_law_of_resampled_rows():
    counts = np.array([[30, 10], [5, 15]])
    rng = np.random.default_rng(1)
    drawn = stats.resampled_counts(counts, 5000, rng)
    assert drawn.shape == (5000, 2, 2) and (drawn.sum(axis=(1, 2)) == 60).all()
    rows = np.repeat([0, 1, 2, 3], counts.ravel())
    by_rows = np.array([np.bincount(rows[rng.integers(0, 60, 60)], minlength=4) for _ in range(5000)])
    assert drawn.reshape(5000, 4).std(axis=0) == pytest.approx(by_rows.std(axis=0), rel=0.06)


def test_no_interval_where_resamples_do_not_vary_or_are_undefined():
    rng = np.random.default_rng(0)
    assert stats.bootstrap_interval(lambda rows: np.ones(len(rows)), 10, rng, replicates=50) is None
    assert stats.bootstrap_interval(lambda rows: np.full(len(rows), np.nan), 10, rng, replicates=50) is None
