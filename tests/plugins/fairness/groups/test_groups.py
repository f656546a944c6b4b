"""What `fairness.groups` says about sick and healthy decisions, and about data that cannot say."""

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from sklearn.linear_model import LogisticRegression

from auditkit import stats
from auditkit.checks import missing_needs
from auditkit.data import AuditData
from auditkit.judge import judge_measurement
from auditkit.metrics.catalogue import CRITERIA
from auditkit.plugins.fairness.groups import disparities, self_tests, views
from auditkit.plugins.fairness.groups.check import GroupFairness
from auditkit.results import LeftOut, Limit, left_out_text
from tests.plugins.recorded import control, one, recorded, run

FAST = GroupFairness(permutations=499, trials=20)
FASTEST = GroupFairness(permutations=299, trials=20, intersections=1)
DISPARITIES = [f"{name}_{what}" for name in CRITERIA for what in ("difference", "ratio")]


def random_table(rng, sizes, rates, **more):
    names = np.repeat([f"g{number}" for number in range(len(sizes))], sizes)
    labels = rng.integers(0, 2, len(names))
    decisions = rng.random(len(names)) < np.repeat(rates, sizes)
    return recorded(decisions.astype(int), labels, {"g": names}, **more)


def flagged(result):
    return any(
        measurement.test is not None and measurement.test.p_adjusted <= 0.05 for measurement in result.measurements
    )


def test_equal_groups_are_rarely_flagged_and_a_planted_gap_is_found():
    rng = np.random.default_rng(0)
    equal = [run(FASTEST, *random_table(rng, [100] * 5, [0.3] * 5), seed=seed) for seed in range(25)]
    assert np.mean([flagged(result) for result in equal]) <= 0.15  # by simulation of the maths in test_statistics.py
    assert np.mean([one(result, "demographic_parity_difference").interval.low == 0 for result in equal]) >= 0.93
    assert np.mean([one(result, "demographic_parity_ratio").interval.high == 1 for result in equal]) >= 0.93
    unequal = [run(FASTEST, *random_table(rng, [500, 500], [0.3, 0.45]), seed=seed) for seed in range(12)]
    assert np.mean([flagged(result) for result in unequal]) >= 0.9
    assert np.mean([one(result, "demographic_parity_difference").interval.low > 0 for result in unequal]) >= 0.9


def test_a_perfect_model_is_not_called_unfair_where_a_group_has_no_positives():
    """The true positive rate of such a group is no 0: it does not exist, and the disparity cannot be decided."""
    labels = np.array([1, 0] * 20 + [0] * 40 + [1, 0] * 20)
    names = ["a"] * 40 + ["b"] * 40 + ["c"] * 40
    result = run(FAST, *recorded(labels, labels, {"g": names}))
    assert one(result, "true_positive_rate", {"g": "b"}).value is None
    assert one(result, "true_positive_rate", {"g": "b"}).reason == "no people with a positive label"
    for name in ("equal_opportunity", "equalized_odds"):
        gap, ratio = one(result, f"{name}_difference"), one(result, f"{name}_ratio")
        (left,) = gap.left_out
        assert (gap.value, gap.bound, left.slice, left.people, left.bars) == (0, "at least", {"g": "b"}, 40, True)
        assert left.reason == "no people with a positive label" and ratio.left_out == gap.left_out
        assert judge_measurement(Limit(name="l", measurement="m", at_most=0.5), gap)[0] == "inconclusive"
    assert one(result, "demographic_parity_difference").left_out == ()


def test_a_denominator_under_the_minimum_is_no_rate():
    labels = np.array([1] * 9 + [0] * 41 + [1, 0] * 50)
    result = run(FAST, *recorded(labels, labels, {"g": ["a"] * 50 + ["b"] * 100}))
    measurement = one(result, "true_positive_rate", {"g": "a"})
    assert (measurement.value, measurement.n) == (
        None,
        None,
    ) and measurement.reason == "fewer than 10 people with a positive label"
    assert one(result, "false_positive_rate", {"g": "a"}).value == 0
    assert one(result, "equal_opportunity_difference").value is None


@pytest.mark.parametrize(("yes", "no"), [("y", "n"), (2, 1), (True, False), ("1", "0")])
def test_the_positive_label_may_be_anything(yes, no):
    decided = np.array([yes] * 30 + [no] * 10 + [yes] * 10 + [no] * 30)
    result = run(FAST, *recorded(decided, decided, {"g": ["a"] * 40 + ["b"] * 40}, positive=yes))
    assert one(result, "demographic_parity_difference").value == 0.5
    assert control(result, "recount").holds


def test_an_empty_intersection_is_nobody_and_said():
    sex, part = np.repeat(["f", "m", "m"], 60), np.repeat(["x", "x", "y"], 60)
    decided = np.tile([0, 1, 1], 60)
    result = run(FAST, *recorded(decided, decided, {"sex": sex, "part": part}))
    assert not any(measurement.slice == {"sex": "f", "part": "y"} for measurement in result.measurements)
    number = one(result, "demographic_parity_difference", across=("sex", "part"))
    assert number.validity == "valid" and number.reason is None
    assert any("Nobody is in these combinations" in note and "sex=f, part=y" in note for note in result.notes)


def test_nobody_selected_has_no_ratio():
    result = run(FAST, *recorded(np.zeros(100, int), [0, 1] * 50, {"g": ["a", "a", "b", "b"] * 25}))
    assert one(result, "demographic_parity_difference").value == 0
    ratio = one(result, "demographic_parity_ratio")
    assert ratio.value is None and "0 in every group" in ratio.reason
    assert one(result, "positive_predictive_value").reason == "no people selected"


def test_one_group_is_inconclusive():
    result = run(FAST, *recorded([0, 1] * 50, [0, 1] * 50, {"g": ["a"] * 100}))
    for name in ("demographic_parity_difference", "demographic_parity_ratio", "equalized_odds_ratio"):
        measurement = one(result, name)
        assert (
            measurement.value is None
            and measurement.validity == "inconclusive"
            and "fewer than two groups" in measurement.reason
        )


def test_a_tiny_group_gets_a_wide_interval_or_none():
    decided = np.array([1] * 3 + [0, 1] * 50)
    names = ["tiny"] * 3 + ["a", "a", "b", "b"] * 25
    shown = run(FAST, *recorded(decided, decided, {"g": names}, minimum_cell=0, minimum_rate=0))
    interval = one(shown, "selection_rate", {"g": "tiny"}).interval
    assert interval.low < 0.5 and interval.high == 1
    hidden = run(FAST, *recorded(decided, decided, {"g": names}))
    assert one(hidden, "selection_rate", {"g": "tiny"}).value is None
    assert all("tiny" not in str(row["label"]) for figure in hidden.figures for row in figure.data)


def test_no_group_is_hidden_for_anothers_sake():
    names = ["tiny"] * 4 + ["small"] * 40 + ["a"] * 100 + ["b"] * 100
    decided = np.tile([0, 1], 122)
    result = run(FAST, *recorded(decided, decided, {"g": names}))
    measurement = one(result, "demographic_parity_difference")
    (tiny,) = measurement.left_out
    assert tiny == LeftOut(slice={"g": "tiny"}, reason="fewer than 10 people")
    assert left_out_text(measurement.left_out) == "left out: tiny (fewer than 10 people)"
    assert measurement.n == 240 and measurement.bound == "at least"
    rows = next(table for table in result.tables if table.name == "impact").rows
    assert {row[0]: row[1] for row in rows} == {"g=a": 100, "g=b": 100, "g=small": 40, "g=tiny": None}


def test_groups_too_small_to_show_are_left_out_and_said():
    names = ["t1"] * 6 + ["t2"] * 6 + ["a"] * 100 + ["b"] * 100
    decided = np.tile([0, 1], 106)
    result = run(FAST, *recorded(decided, decided, {"g": names}))
    measurement = one(result, "demographic_parity_difference")
    (together,) = measurement.left_out
    assert (together.people, together.bars) == (12, True) and together.share == pytest.approx(12 / 212)
    assert together.reason == "fewer than 10 people each: t1, t2"
    wide = run(FAST, *recorded(decided, decided, {"g": names}, largest_left_out=0.06))
    assert not one(wide, "demographic_parity_difference").left_out[0].bars


def test_without_labels_only_selection_is_measured():
    result = run(FAST, *recorded([0, 1, 1, 0] * 25, None, {"g": ["a", "a", "b", "b"] * 25}))
    names = {measurement.name for measurement in result.measurements}
    both = {"demographic_parity_difference", "demographic_parity_ratio"}
    assert names == {"selection_rate", *both, *(f"{name}_large_groups" for name in both)}
    assert any("no labels" in note and "equalized_odds" in note for note in result.notes)
    assert control(result, "recount").holds


def test_weights_count_as_people_and_widen_the_interval():
    rng = np.random.default_rng(1)
    weights = rng.uniform(0.2, 5, 400)
    decided, names = (rng.random(400) < 0.4).astype(int), np.array(["a", "b"])[rng.integers(0, 2, 400)]
    plain = run(FAST, *recorded(decided, decided, {"g": names}))
    heavy = run(FAST, *recorded(decided, decided, {"g": names}, weights=weights))
    in_a = names == "a"
    after, before = one(heavy, "selection_rate", {"g": "a"}), one(plain, "selection_rate", {"g": "a"})
    assert after.value == pytest.approx(np.average(decided[in_a], weights=weights[in_a]))
    size = stats.effective_size(weights[in_a])
    assert after.interval.low == pytest.approx(stats.wilson(after.value * size, size).low)
    assert "effective" in after.interval.method and after.n == before.n == in_a.sum()
    gap, gap_before = (one(result, "demographic_parity_difference").interval for result in (heavy, plain))
    assert (
        gap.high - one(heavy, "demographic_parity_difference").value
        > gap_before.high - one(plain, "demographic_parity_difference").value
    )
    assert control(heavy, "recount").holds and control(heavy, "shuffled groups").holds


def test_two_by_two_gives_the_numbers_of_a_hand_count():
    # 100 women of whom 30 are selected, 100 men of whom 50: difference 0.2, ratio 0.6
    decided = np.repeat([1, 0, 1, 0], [30, 70, 50, 50])
    result = run(FAST, *recorded(decided, None, {"sex": ["F"] * 100 + ["M"] * 100}))
    gap, ratio = one(result, "demographic_parity_difference"), one(result, "demographic_parity_ratio")
    assert (gap.value, ratio.value, gap.n) == (pytest.approx(0.2), pytest.approx(0.6), 200)
    assert gap.interval.low == pytest.approx(stats.difference_interval(50, 100, 30, 100).low)
    assert ratio.interval.high == pytest.approx(stats.ratio_interval(30, 100, 50, 100).high)
    assert gap.test.p == ratio.test.p <= 0.02
    assert 0.15 < gap.detectable < 0.25


def test_p_values_are_adjusted_over_everything_that_was_compared():
    rng = np.random.default_rng(2)
    groups = {name: np.array(["a", "b", "c"])[rng.integers(0, 3, 400)] for name in ("p", "q")}
    result = run(FAST, *recorded(rng.integers(0, 2, 400), rng.integers(0, 2, 400), groups))
    tested = [measurement for measurement in result.measurements if measurement.name.endswith("_difference")]
    assert len(tested) == 9  # three criteria over p, q and their intersection
    adjusted = stats.holm([measurement.test.p for measurement in tested])
    assert [measurement.test.p_adjusted for measurement in tested] == pytest.approx(list(adjusted))
    assert len({measurement.test.family for measurement in tested}) == 1


def test_order_of_rows_and_names_of_groups_do_not_matter():
    rng = np.random.default_rng(3)
    decided, labels = rng.integers(0, 2, 300), rng.integers(0, 2, 300)
    names = np.array(["a", "b", "c"])[rng.integers(0, 3, 300)]
    mixed = rng.permutation(300)
    other = np.array([{"a": "z", "b": "y", "c": "x"}[name] for name in names])
    first = run(FAST, *recorded(decided, labels, {"g": names}))
    second = run(FAST, *recorded(decided[mixed], labels[mixed], {"g": other[mixed]}))
    for name in DISPARITIES[:6]:
        if any(measurement.name == name for measurement in first.measurements):
            assert one(first, name).value == pytest.approx(one(second, name).value)
            assert one(first, name).interval.high == pytest.approx(one(second, name).interval.high)


def test_the_same_seed_gives_the_same_result():
    table = random_table(np.random.default_rng(4), [80, 90], [0.3, 0.5])
    assert run(FAST, *table, seed=5) == run(FAST, *table, seed=5)


def test_a_wrong_count_is_noticed(monkeypatch):
    right = views.count
    monkeypatch.setattr(
        views, "count", lambda groups, decided, *rest, **named: right(groups, 1 - decided, *rest, **named)
    )
    result = run(FAST, *random_table(np.random.default_rng(5), [80, 90], [0.3, 0.5]))
    assert control(result, "recount").holds is False
    assert {measurement.validity for measurement in result.measurements} == {"invalid"}


def test_a_test_that_cries_wolf_is_noticed(monkeypatch):
    right = stats.shuffled_z
    monkeypatch.setattr(self_tests.stats, "shuffled_z", lambda *given: right(*given) / 3)
    result = run(FAST, *random_table(np.random.default_rng(6), [80, 90], [0.3, 0.3]))
    assert control(result, "shuffled groups").holds is False
    assert one(result, "demographic_parity_difference").validity == "inconclusive"
    assert one(result, "selection_rate").validity == "valid"


def test_a_power_that_is_not_there_is_noticed(monkeypatch):
    monkeypatch.setattr(disparities.stats, "detectable_gap", lambda *given: 0.01)
    result = run(FAST, *random_table(np.random.default_rng(7), [80, 90], [0.3, 0.3]))
    assert control(result, "planted gap").holds is False
    assert any("planted gap" in note for note in result.notes)
    assert one(result, "demographic_parity_difference").validity == "valid"


def test_many_rows_are_tried_on_a_sample_of_them():
    rng = np.random.default_rng(8)
    codes, selected = rng.integers(0, 2, 2 * self_tests.ROWS), rng.random(2 * self_tests.ROWS) < 0.3
    assert self_tests.share_of_alarms(codes, selected, None, 100, rng) <= 0.14
    assert self_tests.share_of_alarms(np.zeros(50, int), selected[:50], None, 20, rng) is None


def test_unknown_measures_are_refused_with_the_close_match():
    with pytest.raises(ValidationError, match="did you mean 'equalized_odds'"):
        GroupFairness(measures=("equalised_odds",))


def test_it_is_for_classes_with_groups():
    model, data = recorded([0, 1] * 20, [0, 1] * 20, {"g": ["a", "b"] * 20})
    assert missing_needs(GroupFairness, model, data) is None
    assert "groups" in missing_needs(GroupFairness, *recorded([0, 1] * 20, [0, 1] * 20))
    numbers = np.array([0.5, 1.5, 2.5])
    many = AuditData(inputs=np.zeros((3, 1)), labels=numbers, groups={"g": np.array(list("abc"))}, task="regression")
    assert "binary" in missing_needs(GroupFairness, model, many)


def test_it_says_what_it_is():
    about = GroupFairness.about()
    assert about.question.endswith("?") and about.purpose and about.method and about.limits
    names = {
        measurement.name
        for measurement in run(FAST, *random_table(np.random.default_rng(9), [50, 50], [0.3, 0.3])).measurements
    }
    assert names <= set(GroupFairness.definitions)
    assert all(
        definition.formula and definition.reference and definition.pitfalls
        for definition in GroupFairness.definitions.values()
    )


def test_real_decisions_about_real_people(shared_data):
    columns = ["age", *(f"x{number}" for number in range(3)), "education", *(f"x{number}" for number in range(3, 6))]
    columns += ["race", "sex", "gain", "loss", "hours", "country", "income"]
    frame = pd.read_csv(shared_data / "adult" / "adult.data.gz", names=columns, skipinitialspace=True)
    numbers = frame[["age", "education", "gain", "loss", "hours"]].to_numpy(float)
    numbers = (numbers - numbers.mean(axis=0)) / numbers.std(axis=0)
    labels = (frame["income"] == ">50K").to_numpy().astype(int)
    decided = LogisticRegression().fit(numbers, labels).predict(numbers)
    groups = {"sex": frame["sex"].to_numpy(str), "race": frame["race"].to_numpy(str)}
    result = run(GroupFairness(permutations=999), *recorded(decided, labels, groups))
    ratio = one(result, "demographic_parity_ratio", across=("sex",))
    # women are selected far less often than men by every plain model of these data
    assert ratio.value < 0.6 and ratio.interval.high < 0.7 and ratio.test.p_adjusted <= 0.05
    assert ratio.detectable > 0.8 and result.level == "recorded"
    assert all(control.holds for control in result.controls)
    assert {figure.name for figure in result.figures} >= {"selection_rate", "differences", "ratios"}
