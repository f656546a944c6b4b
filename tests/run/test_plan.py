"""What is planned: which checks, with which parameters, on which rows."""

from __future__ import annotations

import numpy as np
import pytest

import auditkit
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
