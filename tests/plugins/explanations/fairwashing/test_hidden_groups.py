"""Models that hide a column, and honest ones: two seeds each; twenty in `benchmarks.explanations --controls`."""

import pytest

from benchmarks.explanations_rows.controls import alarms
from benchmarks.explanations_rows.scaffolds import HEALTHY, SICK


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", SICK)
def test_a_model_that_answers_mixtures_by_other_columns_is_noticed(name, seed):
    # the size of a move says nothing of decisions alone, and chance moves mixtures far: there the real rows tell
    flipped = [] if name in ("decisions alone", "mixtures at random") else ["flip test: sex"]
    assert alarms(SICK[name](seed), seed) == [*flipped, "real rows: sex", "matched pairs: sex"]


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", HEALTHY)
def test_an_honest_model_is_left_alone(name, seed):
    assert alarms(HEALTHY[name](seed), seed) == []
