"""What `fairness.regression` says about sick and healthy predictions, and about data that cannot say."""

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame
from hypothesis import given, settings, strategies as st
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from auditkit import stats
from auditkit.checks import missing_needs
from auditkit.plugins.fairness.regression import disparities, figures, findings, self_tests
from auditkit.plugins.fairness.regression.check import RegressionFairness
from auditkit.plugins.fairness.regression.definitions import KS, QUANTITIES, WASSERSTEIN
from auditkit.plugins.fairness.shared import mean_trials, moments
from tests.plugins.recorded import control, one, recorded, run

FAST = RegressionFairness(permutations=499, trials=20)
FASTEST = RegressionFairness(permutations=199, trials=20, intersections=1)
QUICKEST = RegressionFairness(permutations=99, trials=20, intersections=1)
DISPARITIES = [*(quantity.disparity for quantity in QUANTITIES), WASSERSTEIN, KS]


def numbers(predicted, labels, groups, **more):
    return recorded(predicted, labels, groups, task="regression", positive=None, **more)


def random_rows(rng, sizes, shift=0.0, noise=1.0, **more):
    """Labels alike in all groups; group 0 is predicted too high by `shift`, with errors `noise` times as wide."""
    codes = np.repeat(np.arange(len(sizes)), sizes)
    labels = rng.normal(10, 2, len(codes))
    errors = rng.normal(0, 1, len(codes)) * np.where(codes == 0, noise, 1)
    return numbers(labels + errors + shift * (codes == 0), labels, {"g": np.char.add("g", codes.astype(str))}, **more)


def flagged(result, names=DISPARITIES):
    return any(
        measurement.test.p_adjusted <= 0.05
        for measurement in result.measurements
        if measurement.test and measurement.name in names
    )


@settings(max_examples=15)
@given(st.lists(st.integers(2, 40), min_size=2, max_size=4), st.integers(0, 10**6), st.booleans())
def test_numbers_equal_those_of_fairlearn(sizes, seed, weighted):
    rng = np.random.default_rng(seed)
    model, data = random_rows(rng, sizes, minimum_cell=0, minimum_rate=0)
    y, p, names = data.labels, data.recorded.decisions, data.groups["g"]
    copies = rng.integers(1, 4, len(y)) if weighted else np.ones(len(y), int)
    if weighted:
        model, data = numbers(p, y, {"g": names}, minimum_cell=0, minimum_rate=0, weights=copies.astype(float))
    result = run(FASTEST, model, data)
    y, p, names = (np.repeat(values, copies) for values in (y, p, names))
    oracle = MetricFrame(
        metrics={
            "mean_absolute_error": mean_absolute_error, "root_mean_squared_error": root_mean_squared_error,
            "mean_residual": lambda y, p: np.mean(p - y), "mean_prediction": lambda y, p: np.mean(p),
        },
        y_true=y, y_pred=p, sensitive_features=names,
    )  # fmt: skip
    for quantity in QUANTITIES:
        assert one(result, quantity.name).value == pytest.approx(oracle.overall[quantity.name])
        for name in set(names):
            assert one(result, quantity.name, {"g": name}).value == pytest.approx(oracle.by_group[quantity.name][name])
        gap = (oracle.ratio() if quantity.compared == "ratio" else oracle.difference())[quantity.name]
        assert one(result, quantity.disparity).value == pytest.approx(gap)
    assert control(result, "recount").holds


def test_equal_groups_are_rarely_flagged():
    rng = np.random.default_rng(0)
    results = [run(QUICKEST, *random_rows(rng, [30, 60]), seed=seed) for seed in range(100)]
    assert np.mean([flagged(result) for result in results]) <= 0.1
    for name, end in (("mean_residual_difference", 0), (KS, 0), (WASSERSTEIN, 0)):
        assert np.mean([one(result, name).interval.low == end for result in results]) >= 0.92
    assert np.mean([one(result, "mean_absolute_error_ratio").interval.high == 1 for result in results]) >= 0.92


def test_a_planted_shift_is_found_and_nothing_else_is():
    rng = np.random.default_rng(1)
    shifted = [run(FASTEST, *random_rows(rng, [200, 200], shift=0.6), seed=seed) for seed in range(20)]
    assert np.mean([flagged(result, ["mean_residual_difference"]) for result in shifted]) >= 0.9
    measurement = one(shifted[0], "mean_residual_difference")
    assert measurement.interval.low > 0 and measurement.value == pytest.approx(0.6, abs=0.3)
    assert one(shifted[0], "mean_residual", {"g": "g0"}).interval.low > 0
    assert np.mean([flagged(result, ["mean_absolute_error_ratio"]) for result in shifted]) <= 0.6


def test_wild_errors_of_one_group_are_found_though_they_are_right_on_average():
    result = run(FAST, *random_rows(np.random.default_rng(2), [300, 300], noise=2.0))
    for name in ("mean_absolute_error_ratio", "root_mean_squared_error_ratio"):
        measurement = one(result, name)
        assert (
            measurement.value == pytest.approx(0.5, abs=0.1)
            and measurement.interval.high < 0.7
            and measurement.test.p_adjusted < 0.05
        )
        assert 0.5 < measurement.detectable < 1
    assert not flagged(result, ["mean_residual_difference"])


def test_predictions_of_unequal_spread_are_found_where_their_means_agree():
    rng = np.random.default_rng(3)
    codes = np.repeat([0, 1], 400)
    predicted = rng.normal(size=800) * np.where(codes == 0, 1, 3)
    result = run(FAST, *numbers(predicted, None, {"g": codes.astype(str)}))
    assert {number.name for number in result.measurements if not number.name.endswith("_large_groups")} == {
        "mean_prediction", "mean_prediction_difference", WASSERSTEIN, KS,
    }  # fmt: skip
    assert flagged(result, [KS]) and flagged(result, [WASSERSTEIN])
    assert not flagged(result, ["mean_prediction_difference"])
    for name in (KS, WASSERSTEIN):
        ((low, high),) = [(pair.low, pair.high) for pair in one(result, name).pairs]
        assert low.value <= high.value and {low.slice["g"], high.slice["g"]} == {"0", "1"} and low.n == 400
    assert any("no labels" in note and "mean_residual" in note for note in result.notes)
    rows = {row[0]: row for row in result.tables[0].rows}
    assert all(observed > chance > 0 for _, _, observed, chance in rows.values()) and len(rows) == 2
    assert control(result, "recount").holds


def test_a_perfect_model_has_no_error_and_no_ratio_of_errors():
    labels = np.random.default_rng(4).normal(size=200)
    result = run(FAST, *numbers(labels, labels, {"g": ["a", "b"] * 100}))
    assert one(result, "mean_residual_difference").value == 0
    assert one(result, "mean_residual_difference").interval.high == 0
    assert one(result, "mean_residual_difference").test.p == 1
    ratio = one(result, "mean_absolute_error_ratio")
    assert ratio.value is None and "no error at all" in ratio.reason and ratio.validity == "inconclusive"
    assert one(result, "root_mean_squared_error", {"g": "a"}).value == 0


def test_the_same_prediction_for_everyone_is_no_distance():
    result = run(FAST, *numbers(np.full(100, 3.5), np.arange(100.0), {"g": ["a", "b"] * 50}))
    for name in (KS, WASSERSTEIN, "mean_prediction_difference"):
        assert one(result, name).value == 0 and one(result, name).test.p == 1


def test_a_few_people_who_do_not_vary_cannot_be_assessed():
    predicted = np.concatenate([np.full(12, 5.0), np.arange(88.0)])
    result = run(FAST, *numbers(predicted, None, {"g": ["a"] * 12 + ["b", "c"] * 44}))
    few = one(result, "mean_prediction", {"g": "a"})
    assert few.interval is None and few.validity == "inconclusive" and "the same" in few.reason
    gap = one(result, "mean_prediction_difference")
    assert gap.bound == "at least" and gap.left_out[0].reason.startswith("all values") and gap.n == 88


def test_one_group_is_inconclusive():
    result = run(FAST, *numbers(np.arange(50.0), np.arange(50.0) + 1.5, {"g": ["a"] * 50}))
    for name in DISPARITIES:
        measurement = one(result, name)
        assert (
            measurement.value is None
            and measurement.validity == "inconclusive"
            and "fewer than two groups" in measurement.reason
        )
    assert [control.name for control in result.controls] == ["recount"]


def test_hidden_groups_are_in_nothing_that_is_shown():
    rng = np.random.default_rng(5)
    names = np.array(["tiny"] * 4 + ["small"] * 40 + ["a"] * 100 + ["b"] * 100)
    predicted = np.where(names == "tiny", 1e6, rng.normal(size=244))
    result = run(FAST, *numbers(predicted, rng.normal(size=244), {"g": names}))
    measurement = one(result, WASSERSTEIN)
    assert measurement.bound == "at least" and measurement.left_out[0].slice == {"g": "tiny"} and measurement.value < 10
    assert measurement.n == 240
    hidden = one(result, "mean_residual", {"g": "tiny"})
    assert hidden.value is None and hidden.n is None
    shown = [row for figure in result.figures for row in figure.data]
    assert shown and all("tiny" not in str(row) for row in shown)


def test_no_quantile_is_drawn_that_few_people_exceed():
    rng = np.random.default_rng(6)
    model, data = random_rows(rng, [15, 25, 1000])
    result = run(FAST, model, data)
    figure = next(figure for figure in result.figures if figure.name == "quantiles_g")
    predicted, names = data.recorded.decisions, data.groups["g"]
    points = pd.DataFrame(list(figure.data))
    assert set(points["group"]) == {"g=g1", "g=g2"} and (points["group"] == "g=g2").sum() <= 99
    for point in figure.data:
        of_group = predicted[names == str(point["group"])[2:]]
        assert min((of_group < point["prediction"]).sum(), (of_group > point["prediction"]).sum()) >= 9
    assert figures.inner_shares(19, 10).tolist() == [] and figures.inner_shares(20, 10).tolist() == [0.5]


def test_quantiles_with_weights_are_those_of_copies():
    rng = np.random.default_rng(7)
    values, copies, shares = rng.normal(size=2000), rng.integers(1, 4, 2000), np.array([0.1, 0.5, 0.9])
    quantiles = figures.quantiles(values, copies.astype(float), shares)
    assert quantiles == pytest.approx(np.quantile(np.repeat(values, copies), shares), abs=0.02)


def test_weights_move_the_numbers_and_widen_the_intervals():
    rng = np.random.default_rng(8)
    model, data = random_rows(rng, [200, 200])
    weights = rng.uniform(0.1, 5, 400)
    heavy = run(FAST, *numbers(data.recorded.decisions, data.labels, dict(data.groups), weights=weights))
    plain = run(FAST, model, data)
    for name in DISPARITIES:
        wide, narrow = one(heavy, name), one(plain, name)
        end = "low" if name.endswith("ratio") else "high"
        away = [abs(np.log(getattr(measurement.interval, end) / measurement.value)) for measurement in (wide, narrow)]
        if name.endswith("difference"):
            away = [measurement.interval.high - measurement.value for measurement in (wide, narrow)]
        assert away[0] > away[1] or name == WASSERSTEIN
    assert one(heavy, "mean_residual", {"g": "g0"}).n == 200
    assert all(control.holds for control in heavy.controls if control.name != "planted shift")


def test_p_values_are_adjusted_over_everything_that_was_compared():
    rng = np.random.default_rng(9)
    groups = {name: np.array(["a", "b", "c"])[rng.integers(0, 3, 400)] for name in ("p", "q")}
    result = run(FAST, *numbers(rng.normal(size=400), rng.normal(size=400), groups))
    tested = [
        measurement
        for measurement in result.measurements
        if measurement.across and not measurement.name.endswith("_large_groups")
    ]
    assert len(tested) == 18  # six disparities over p, q and their intersection
    assert [measurement.test.p_adjusted for measurement in tested] == pytest.approx(
        list(stats.holm([e.test.p for e in tested]))
    )
    assert len({measurement.test.family for measurement in tested}) == 1


def test_order_of_rows_and_names_of_groups_do_not_matter():
    model, data = random_rows(np.random.default_rng(10), [40, 50, 60], shift=0.5)
    mixed = np.random.default_rng(0).permutation(150)
    other = np.array([{"g0": "z", "g1": "y", "g2": "x"}[group] for group in data.groups["g"]])
    first = run(FAST, model, data)
    second = run(FAST, *numbers(data.recorded.decisions[mixed], data.labels[mixed], {"g": other[mixed]}))
    for name in DISPARITIES:
        a, b = one(first, name), one(second, name)
        assert (a.value, a.interval.low, a.interval.high) == pytest.approx((b.value, b.interval.low, b.interval.high))
    assert run(FAST, model, data, seed=5) == run(FAST, model, data, seed=5)


def test_a_wrong_number_is_noticed(monkeypatch):
    right = moments.means
    monkeypatch.setattr(findings.moments, "means", lambda codes, values, *more: right(codes, np.roll(values, 1), *more))
    result = run(FAST, *random_rows(np.random.default_rng(11), [80, 90]))
    assert control(result, "recount").holds is False
    assert {measurement.validity for measurement in result.measurements} == {"invalid"}


def test_a_test_that_cries_wolf_is_noticed(monkeypatch):
    right, chance = mean_trials.permutation.shuffled_z, self_tests.distances.chance
    monkeypatch.setattr(mean_trials.permutation, "shuffled_z", lambda *given, **more: right(*given, **more) / 3)
    monkeypatch.setattr(
        self_tests.distances, "chance", lambda *given: (estimate := chance(*given))._replace(ks_law=estimate.ks_law / 3)
    )
    result = run(FAST, *random_rows(np.random.default_rng(12), [80, 90]))
    assert control(result, "shuffled groups").holds is False
    assert control(result, "shuffled predictions").holds is False
    assert {one(result, name).validity for name in DISPARITIES} == {"inconclusive"}
    assert one(result, "mean_residual").validity == "valid"


def test_a_power_that_is_not_there_is_noticed(monkeypatch):
    monkeypatch.setattr(disparities.moments, "detectable", lambda *given: 0.01)
    result = run(FAST, *random_rows(np.random.default_rng(13), [80, 1500]))
    assert control(result, "planted shift").holds is False
    assert any("planted shift" in note for note in result.notes)


def test_many_rows_are_tried_on_a_sample_of_them():
    rng = np.random.default_rng(14)
    codes, values = rng.integers(0, 2, 2 * mean_trials.ROWS), rng.normal(size=2 * mean_trials.ROWS)
    assert mean_trials.false_alarms(mean_trials.Sample(codes, values, None), 50, rng) <= 0.2
    one_group = mean_trials.Sample(np.zeros(50, int), values[:50], None)
    assert mean_trials.false_alarms(one_group, 20, rng) is None
    assert self_tests.false_alarms_of_distances(one_group, 20, rng) is None


def test_it_is_for_numbers_with_groups_and_says_what_it_is():
    assert missing_needs(RegressionFairness, *random_rows(np.random.default_rng(0), [20, 20])) is None
    assert "regression" in missing_needs(RegressionFairness, *recorded([0, 1] * 9, [0, 1] * 9, {"g": ["a", "b"] * 9}))
    about = RegressionFairness.about()
    assert about.question.endswith("?") and about.purpose and about.method and about.limits
    result = run(FAST, *random_rows(np.random.default_rng(15), [50, 50]))
    names = {name for name in RegressionFairness.definitions if not name.endswith("_to_reference")}
    assert {measurement.name for measurement in result.measurements} == names
    assert all(
        definition.formula and definition.reference and definition.pitfalls
        for definition in RegressionFairness.definitions.values()
    )
    assert {figure.name for figure in result.figures} == {
        "mean_residual", "quantiles_g", "differences", "distances", "ratios",
    }  # fmt: skip


def test_grades_of_real_pupils(shared_data):
    frame = pd.read_csv(shared_data / "student" / "student_mat.csv")
    inputs = frame[["age", "Medu", "Fedu", "studytime", "failures", "absences", "G1"]].to_numpy(float)
    labels = frame["G2"].to_numpy(float)
    predicted = LinearRegression().fit(inputs, labels).predict(inputs)
    result = run(RegressionFairness(permutations=999), *numbers(predicted, labels, {"sex": frame["sex"]}))
    sexes = frame["sex"].to_numpy(str)
    off = {letter: float((predicted - labels)[sexes == letter].mean()) for letter in "FM"}
    measurement = one(result, "mean_residual_difference")
    assert measurement.value == pytest.approx(abs(off["F"] - off["M"])) and measurement.interval.low == 0
    assert measurement.detectable > measurement.value
    shifted = run(FAST, *numbers(predicted + 2.0 * (sexes == "F"), labels, {"sex": sexes}))
    assert flagged(shifted, ["mean_residual_difference"])
    assert all(control.holds for control in result.controls if control.name != "planted shift")


@pytest.mark.parametrize(("field", "value"), [("intersections", 0), ("permutations", 10), ("trials", 1)])
def test_parameters_out_of_range_are_refused(field, value):
    with pytest.raises(ValueError, match=field):
        RegressionFairness(**{field: value})
