"""Models that hide a column, and honest ones: two seeds each; twenty in `benchmarks.explanations --controls`."""

import pytest

from benchmarks.explanations_rows.controls import alarms
from benchmarks.explanations_rows.scaffolds import HEALTHY, SICK, UNSEEN


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", SICK)
def test_a_model_that_answers_mixtures_by_other_columns_is_noticed(name, seed):
    # the size of a move says nothing of decisions alone, and chance moves mixtures far: there the real rows tell
    flipped = [] if name in ("decisions alone", "mixtures at random", "one of three classes") else ["flip test: sex"]
    # people of one proxy are alike whatever their sex, and in three classes too few are alike
    matched = [] if name in ("one of three classes", "by a proxy of 88 % beside the column") else ["matched pairs: sex"]
    assert alarms(SICK[name](seed), seed) == [*flipped, "real rows: sex", *matched]


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", UNSEEN)
def test_a_sex_that_is_no_input_is_noticed_in_columns_that_tell_it_in_part(name, seed):
    # only a column that tells the sex almost always leaves people who are alike but for it
    matched = ["matched pairs: sex"] if "95 %" in name else []
    assert alarms(UNSEEN[name](seed), seed) == ["real rows: sex", *matched]


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", HEALTHY)
def test_an_honest_model_is_left_alone(name, seed):
    assert alarms(HEALTHY[name](seed), seed) == []
