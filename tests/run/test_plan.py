"""What is planned: which checks, with which parameters, on which rows."""

from __future__ import annotations

import numpy as np
import pytest

import auditkit
from auditkit.data import AuditData
from auditkit.errors import ConfigError
from auditkit.run.plan import draw_rows, seed_for
from auditkit.testing import ToyModel, toy_data


def test_seeds_depend_on_the_name_and_the_root():
    seeds = {seed_for(root, name) for root in range(20) for name in ("a.b", "a.c", "b.a")}
    assert len(seeds) == 60
    assert seed_for(0, "fairness.groups") == seed_for(0, "fairness.groups") < 2**31


@pytest.mark.parametrize("name", ["performnce", "performance.qualty", "x"])
def test_an_unknown_check_is_a_configuration_error(name):
    with pytest.raises(ConfigError, match="neither a check nor a family"):
        auditkit.audit(ToyModel(), toy_data(), checks=[name])


def test_parameters_reach_the_check_and_unknown_ones_are_errors():
    with pytest.raises(ConfigError, match="is not a known key"):
        auditkit.audit(
            ToyModel(), toy_data(), checks=["fairness"], parameters={"fairness.groups": {"intersectoins": 1}}
        )
    with pytest.raises(ConfigError, match="there is no such check"):
        auditkit.audit(ToyModel(), toy_data(), checks=["fairness"], parameters={"fairness.group": {}})


def test_rows_are_drawn_in_their_share():
    data = toy_data(1000)
    at = draw_rows(data, 100, 3)
    assert len(set(at)) == 100
    assert sorted(at) == list(at)
    whole = np.mean(data.labels == "yes")
    assert abs(np.mean(data.labels[at] == "yes") - whole) <= 0.05
    assert draw_rows(data, 5000, 3).tolist() == list(range(1000))
    counts = np.bincount(np.concatenate([draw_rows(data, 100, seed) for seed in range(300)]), minlength=1000)
    assert counts.mean() == pytest.approx(30)
    assert counts.max() < 62
    assert counts.min() > 8


def slow_draw(data, rows, seed):
    """As rows were drawn when every column was sorted."""
    total, rng = len(data), np.random.default_rng(seed)
    order = rng.permutation(total)
    strata = np.zeros(total, dtype=np.int64)
    columns = [data.labels] if data.labels is not None and data.task != "regression" else []
    for column in (*columns, *data.groups.values()):
        codes = np.unique(column, return_inverse=True)[1]
        strata = np.unique(strata * (codes.max() + 1) + codes, return_inverse=True)[1]
    shuffled = strata[order]
    by_stratum = np.argsort(shuffled, kind="stable")
    counts = np.bincount(shuffled)
    rank = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
    position = np.empty(total)
    position[by_stratum] = (rank + rng.random(total)) / np.repeat(counts, counts)
    return np.sort(order[np.argsort(position, kind="stable")[:rows]])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", ["whole", "texts", "objects", "booleans", "numbers", "none"])
def test_the_same_rows_are_drawn_as_when_every_column_was_sorted(kind, seed):
    rng = np.random.default_rng(seed)
    total = 700
    labels = {
        "whole": rng.integers(-2, 3, total), "texts": rng.choice(["no", "yes", "Ya"], total),
        "objects": rng.choice(["no", "yes"], total).astype(object), "booleans": rng.random(total) < 0.3,
        "numbers": rng.random(total), "none": None,
    }[kind]  # fmt: skip
    groups = {"a": rng.integers(0, 30, total).astype(str), "b": rng.integers(0, 80, total).astype(str)}
    task = {"whole": "multiclass", "texts": "multiclass", "numbers": "regression"}.get(kind, "binary")
    data = AuditData(rng.random((total, 2)), labels, groups=groups, task=task)
    for rows in (1, 99, total - 1):
        assert draw_rows(data, rows, seed).tolist() == slow_draw(data, rows, seed).tolist()


def test_no_column_of_many_rows_is_sorted_to_draw_some(monkeypatch):
    data = toy_data(1000)

    def sorts(*_, **__):
        raise AssertionError("a whole column is sorted")

    monkeypatch.setattr(np, "unique", sorts)
    assert len(draw_rows(data, 100, 3)) == 100
