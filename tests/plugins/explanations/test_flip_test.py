"""Models that hide a column, and honest ones: two seeds of each; twenty are in `benchmarks.explanations --controls`."""

import pytest

from benchmarks.explanations_rows.controls import alarms
from benchmarks.explanations_rows.scaffolds import HEALTHY, SICK

SCORED = [name for name in SICK if name != "decisions alone"]


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", SCORED)
def test_a_model_that_answers_mixtures_by_other_columns_is_noticed(name, seed):
    assert "flip test: sex" in alarms(SICK[name](seed), seed)


@pytest.mark.parametrize("name", HEALTHY)
def test_an_honest_model_is_left_alone(name):
    assert alarms(HEALTHY[name](0), 0) == []
