"""What `fairness.ranking` says about sick and healthy lists, and about data that cannot say."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from auditkit import stats
from auditkit.checks import missing_needs
from auditkit.group_pairs import Members
from auditkit.plugins.fairness.ranking import exposure, findings, inference, lists, self_tests
from auditkit.plugins.fairness.ranking.check import RankingFairness
from auditkit.plugins.fairness.ranking.definitions import DEFINITIONS
from tests.plugins.recorded import control, one, recorded, run

FAST = RankingFairness(permutations=199, draws=60, trials=20)
MANY = RankingFairness(permutations=199, draws=60, trials=20, query="job", k=(3,))


def scored(scores, groups, jobs=None, **more):
    inputs = None if jobs is None else pd.DataFrame({"job": jobs, "x": np.arange(len(jobs))})
    return recorded(None, None, groups, scores=scores, inputs=inputs, **more)


def random_list(rng, sizes, shift=0.0, jobs=0, **more):
    """Scores alike in all groups but the first, whose scores are lower by `shift` standard deviations."""
    names = np.repeat([f"g{number}" for number in range(len(sizes))], sizes)
    scores = 1 / (1 + np.exp(-(rng.normal(size=len(names)) - shift * (names == "g0"))))
    return scored(scores, {"g": names}, rng.integers(0, jobs, len(names)) if jobs else None, **more)


def comparisons(result):
    return [measurement for measurement in result.measurements if measurement.test]


def flagged(result):
    return any(comparison.test.p_adjusted <= 0.05 for comparison in comparisons(result))


@pytest.mark.parametrize("check", [FAST, MANY])
def test_equal_groups_are_rarely_flagged_and_a_group_at_the_bottom_is(check):
    rng = np.random.default_rng(0)
    jobs = 25 if check.query else 0
    equal = [run(check, *random_list(rng, [60, 120], jobs=jobs), seed=seed) for seed in range(60)]
    assert np.mean([flagged(result) for result in equal]) <= 0.1
    assert np.mean([one(result, "exposure_ratio").interval.high == 1 for result in equal]) >= 0.88
    unequal = [run(check, *random_list(rng, [120, 240], shift=2.0, jobs=jobs), seed=seed) for seed in range(10)]
    assert np.mean([flagged(result) for result in unequal]) >= 0.9
    for name in ("exposure_ratio", "top_k_gap"):
        measurements = [measurement for measurement in unequal[0].measurements if measurement.name == name]
        assert all(measurement.test.p_adjusted <= 0.05 for measurement in measurements)
    assert one(unequal[0], "exposure_ratio").interval.high < 1
    assert (
        one(unequal[0], "relative_exposure", {"g": "g0"}).value
        < 1
        < one(unequal[0], "relative_exposure", {"g": "g1"}).value
    )


def test_two_groups_apart_give_the_numbers_of_a_hand_count():
    # 20 men above 20 women: nobody of the women among the first 10
    names = np.repeat(["m", "f"], 20)
    result = run(RankingFairness(permutations=199, draws=60, trials=20, k=(10, 0.5)), *scored(
        np.linspace(0.9, 0.1, 40), {"sex": names}
    ))  # fmt: skip
    bias = 1 / np.log2(1 + np.arange(1, 41))
    assert one(result, "exposure", {"sex": "m"}).value == pytest.approx(bias[:20].mean())
    assert one(result, "exposure_ratio").value == pytest.approx(bias[20:].mean() / bias[:20].mean())
    for k in (10, "0.5 of the list"):
        conditions = {"k": k}
        assert one(result, "top_k_share", {"sex": "m"}, conditions=conditions).value == 1
        assert one(result, "skew_at_k", {"sex": "m"}, conditions=conditions).value == pytest.approx(np.log(2))
        none = one(result, "skew_at_k", {"sex": "f"}, conditions=conditions)
        assert none.value is None and "nobody" in none.reason
        assert one(result, "top_k_gap", conditions=conditions).value == 0.5
    share = one(result, "top_k_share", {"sex": "f"}, conditions={"k": 10})
    assert (share.interval.low, share.interval.high) == pytest.approx((0, stats.wilson(0, 10).high))
    assert (
        one(result, "ndkl").exact
        and one(result, "ndkl").value
        > {row[0]: row[2] for row in next(table for table in result.tables if table.name == "chance").rows}["sex"]
    )
    shares = next(table for table in result.tables if table.name == "tops").rows
    assert ("sex=f", "10", 0.5, 0.0) in shares


def test_a_gap_and_the_divergence_name_their_groups_and_an_end_of_the_interval_its_own():
    # the top 10 of 1,000: "c" is 30 people of whom 6 are in it, "a" 70 % of the list and 2 of the top, "b" 27 % and 2
    groups = np.array(["a"] * 700 + ["b"] * 270 + ["c"] * 30)
    scores = np.linspace(0.5, 0.1, 1000)[np.argsort(np.argsort(np.random.default_rng(0).random(1000)))]
    for name, many in (("a", 2), ("b", 2), ("c", 6)):
        scores[np.flatnonzero(groups == name)[:many]] += 0.45
    result = run(FAST, *scored(scores, {"g": groups}))
    gap = one(result, "top_k_gap", conditions={"k": 10})
    assert gap.value == pytest.approx(0.5) or gap.value == pytest.approx(0.57)
    first, *others = gap.pairs
    assert (first.low.slice, first.high.slice) == ({"g": "a"}, {"g": "c"}) and first.end is None
    assert first.low.value == pytest.approx(-0.5) and first.high.value == pytest.approx(0.57)
    (divergence,) = one(result, "ndkl").pairs
    assert divergence.rate == "relative_exposure" and divergence.high.slice == {"g": "c"}
    assert others == []  # the ends of the interval are made by the same two


def test_the_group_behind_an_end_of_the_gaps_interval_is_named_with_the_one_furthest_from_it():
    who = Members("surplus", [{"g": name} for name in "abcd"], np.array([-0.3, 0.2, 0.1, 0.0]), np.full(4, 50))
    interval = stats.wilson(1, 2)
    pairs = findings._behind_gap(who, np.arange(4), exposure.Gap(interval, 2, 0))
    assert [(pair.end, pair.low.slice["g"], pair.high.slice["g"]) for pair in pairs] == [
        (None, "a", "b"), ("low", "a", "c"),
    ]  # fmt: skip
    fewer = findings._behind_gap(who, np.array([1, 2, 3]), exposure.Gap(interval, None, 2))
    assert [(pair.end, pair.low.slice["g"], pair.high.slice["g"]) for pair in fewer] == [
        (None, "d", "b"), ("high", "d", "c"),
    ]  # fmt: skip


def test_equal_scores_are_no_difference():
    result = run(FAST, *scored(np.full(100, 0.5), {"g": ["a", "b"] * 50}))
    assert one(result, "exposure_ratio").value == pytest.approx(1) and one(result, "ndkl").value == 0
    assert one(result, "top_k_gap", conditions={"k": 10}).value == pytest.approx(0)
    assert all(comparison.test.p == 1 for comparison in comparisons(result))


def test_many_lists_are_ranked_apart():
    """Whole lists differ in their scores: ranked as one, a group would be at the bottom; apart, it is not."""
    rng = np.random.default_rng(1)
    jobs = np.repeat(np.arange(40), 10)
    names = np.where(rng.random(400) < np.where(jobs < 20, 0.2, 0.8), "a", "b")
    scores = 0.3 * rng.random(400) + np.where(jobs < 20, 0.6, 0.1)
    apart = run(MANY, *scored(scores, {"g": names}, jobs))
    together = run(FAST, *scored(scores, {"g": names}, jobs))
    assert not flagged(apart) and flagged(together)
    by_job = [np.log2(2) / np.log2(1 + np.arange(1, 11))[np.argsort(np.argsort(-scores[jobs == job]))] for job in
              range(40)]  # fmt: skip
    means = [
        exposures[names[jobs == job] == "a"].mean() for job, exposures in enumerate(by_job) if "a" in names[jobs == job]
    ]
    assert one(apart, "exposure", {"g": "a"}).value == pytest.approx(np.mean(means))
    assert "over lists" in one(apart, "exposure", {"g": "a"}).interval.method
    assert control(apart, "recount").holds and one(apart, "ndkl").interval is not None


def test_a_few_lists_do_not_tell_how_lists_vary():
    rng = np.random.default_rng(2)
    result = run(MANY, *scored(rng.random(120), {"g": ["a", "b"] * 60}, np.repeat(np.arange(4), 30)))
    for measurement in result.measurements:
        assert (
            measurement.interval is None and measurement.validity == "inconclusive" and "10 lists" in measurement.reason
        )
    assert one(result, "exposure_ratio").test is None and one(result, "exposure_ratio").value is not None


def test_people_alone_in_their_list_are_left_out_and_said():
    jobs = np.append(np.repeat(np.arange(20), 6), np.arange(100, 115))
    rng = np.random.default_rng(3)
    names = np.array(["a", "b"])[rng.integers(0, 2, 135)]
    result = run(MANY, *scored(rng.random(135), {"g": names}, jobs))
    assert one(result, "exposure_ratio").n == 120
    assert any("alone in a list: 15 people." in note for note in result.notes)
    alone = run(MANY, *scored(rng.random(30), {"g": ["a", "b"] * 15}, np.arange(30)))
    assert [number.reason for number in alone.measurements] == [
        "no list holds two people, so there is nothing to compare"
    ]


def test_a_top_of_few_or_of_everybody_has_no_numbers():
    result = run(
        RankingFairness(permutations=99, draws=60, trials=20, k=(3, 500)),
        *random_list(np.random.default_rng(4), [50, 50]),
    )
    few = one(result, "top_k_share", {"g": "g0"}, conditions={"k": 3})
    assert few.value is None and few.reason == "fewer than 10 people"
    assert "longer" in one(result, "top_k_gap", conditions={"k": 500}).reason


def test_one_group_is_inconclusive():
    result = run(FAST, *scored(np.linspace(0.1, 0.9, 50), {"g": ["a"] * 50}))
    for name in ("exposure_ratio", "ndkl"):
        assert one(result, name).value is None and "fewer than two groups" in one(result, name).reason
    assert one(result, "relative_exposure", {"g": "a"}).value == pytest.approx(1)


def test_hidden_groups_hold_their_places_and_are_not_shown():
    names = np.array(["tiny"] * 4 + ["small"] * 40 + ["a"] * 100 + ["b"] * 100)
    scores = np.concatenate([np.full(44, 0.99), np.random.default_rng(5).random(200) * 0.5])
    result = run(FAST, *scored(scores, {"g": names}))
    measurement = one(result, "exposure_ratio")
    assert measurement.left_out[0].slice == {"g": "tiny"} and measurement.n == 240
    assert measurement.bound == "at most" and one(result, "ndkl").bound is None
    assert one(result, "exposure", {"g": "a"}).value < 1 / np.log2(45)
    hidden = one(result, "exposure", {"g": "tiny"})
    assert hidden.value is None and hidden.n is None
    assert all("tiny" not in str(row) for figure in result.figures for row in figure.data)
    assert all("tiny" not in str(row) for table in result.tables for row in table.rows)


def test_what_cannot_be_ranked_is_said():
    rng = np.random.default_rng(6)
    model, data = random_list(rng, [30, 30], jobs=5, weights=np.full(60, 2.0))
    assert "weights" in FAST.applies(model, data)
    model, data = random_list(rng, [30, 30], jobs=5)
    assert FAST.applies(model, data) is None and MANY.applies(model, data) is None
    assert "did you mean 'job'" in RankingFairness(query="jobs").applies(model, data)
    assert "scores" in missing_needs(RankingFairness, *recorded([0, 1] * 20, [0, 1] * 20, {"g": ["a", "b"] * 20}))
    for wrong in (0, -1, 2.5):
        with pytest.raises(ValueError, match="k must hold"):
            RankingFairness(k=(wrong,))


def test_predicted_numbers_are_ranked_too_and_the_list_may_be_a_group():
    rng = np.random.default_rng(7)
    groups = {"g": np.array(["a", "b"])[rng.integers(0, 2, 300)], "part": rng.integers(0, 15, 300)}
    model, data = scored(rng.normal(50, 9, 300), groups, task="regression", positive=None)
    check = RankingFairness(permutations=99, trials=20, k=(3,), query="part", intersections=2)
    result = run(check, model, data)
    assert missing_needs(RankingFairness, model, data) is None
    assert {comparison.across for comparison in comparisons(result)} == {("g",)}


def test_p_values_are_adjusted_and_the_same_seed_gives_the_same_result():
    model, data = random_list(np.random.default_rng(8), [40, 60, 50])
    result = run(FAST, model, data, seed=3)
    compared = comparisons(result)
    assert len(compared) == 4 and len({measurement.test.family for measurement in compared}) == 1
    assert [measurement.test.p_adjusted for measurement in compared] == pytest.approx(
        list(stats.holm([measurement.test.p for measurement in compared]))
    )
    assert result == run(FAST, model, data, seed=3)


def test_a_wrong_rank_is_noticed(monkeypatch):
    right = lists.rank
    monkeypatch.setattr(lists, "rank", lambda scores, codes: right(-scores, codes))
    result = run(FAST, *random_list(np.random.default_rng(9), [40, 60], shift=1.0))
    assert control(result, "recount").holds is False
    assert {measurement.validity for measurement in result.measurements} == {"invalid"}


@pytest.mark.parametrize("check", [FAST, MANY])
def test_a_test_that_cries_wolf_is_noticed(monkeypatch, check):
    monkeypatch.setattr(self_tests.stats, "permutation_p", lambda *given: 0.01)
    result = run(check, *random_list(np.random.default_rng(10), [60, 90], jobs=20))
    assert control(result, "shuffled groups").holds is False
    assert one(result, "exposure_ratio").validity == "inconclusive"
    assert one(result, "exposure", {"g": "g0"}).validity == "valid"


def test_too_few_people_to_find_anything_is_noticed():
    rng = np.random.default_rng(11)
    groups = {f"a{number}": np.array(["x", "y"])[rng.permutation(np.arange(10) % 2)] for number in range(4)}
    result = run(FAST, *scored(rng.random(10), groups, minimum_cell=0, minimum_rate=0))
    assert control(result, "put last").holds is False
    assert any("put last" in note for note in result.notes)


def test_it_says_what_it_is():
    about = RankingFairness.about()
    assert about.question.endswith("?") and about.purpose and about.method and about.limits
    result = run(FAST, *random_list(np.random.default_rng(12), [50, 50]))
    names = {measurement.name for measurement in result.measurements}
    assert names == {name for name in DEFINITIONS if not name.endswith("_to_reference")}
    assert all(
        definition.formula and definition.reference and definition.pitfalls for definition in DEFINITIONS.values()
    )
    names = {figure.name for figure in result.figures}
    assert names == {"relative_exposure", "top_k_share", "exposure_ratio", "top_k_gap"}
    assert control(result, "recount").holds and control(result, "put last").holds
    assert inference.FEWEST == 10 and exposure.SHUFFLES > 1


def test_real_borrowers_in_order_of_their_scores(shared_data):
    frame = pd.read_csv(shared_data / "credit_default" / "credit-card-clients.csv.gz").iloc[:8000]
    inputs = frame[["LIMIT_BAL", "AGE", "PAY_0", "PAY_2", "BILL_AMT1", "PAY_AMT1"]].to_numpy(float)
    inputs = (inputs - inputs.mean(axis=0)) / inputs.std(axis=0)
    labels = frame["default payment"].to_numpy()
    paid = LogisticRegression().fit(inputs, labels).predict_proba(inputs)[:, 0]
    sexes = np.where(frame["SEX"] == 1, "male", "female")
    result = run(FAST, *scored(paid, {"sex": sexes}))
    ratio = one(result, "exposure_ratio")
    assert ratio.value > 0.95 and ratio.interval.low > 0.9  # both sexes are placed about alike by this model
    halved = run(FAST, *scored(np.where(sexes == "female", paid * 0.5, paid), {"sex": sexes}))
    assert one(halved, "exposure_ratio").interval.high < 0.9 and flagged(halved)
    assert all(control.holds for control in result.controls)


def test_lists_that_are_units_go_by_units_and_people_in_many_lists_do_not():
    jobs = np.repeat(np.arange(25), 12)
    names = np.tile(["a", "b", "b"], 100)
    scores = 1 / (1 + np.exp(-np.random.default_rng(3).normal(size=300)))
    by_list = run(MANY, *scored(scores, {"g": names}, jobs, unit=jobs))
    plain = run(MANY, *scored(scores, {"g": names}, jobs))
    ratio, same = (one(result, "exposure_ratio") for result in (by_list, plain))
    assert ratio.value == same.value and ratio.interval.method == f"{same.interval.method}, by units"
    assert ratio.test.method.endswith("by units")
    people = run(MANY, *scored(scores, {"g": names}, jobs, unit=np.arange(300) % 60))
    assert "by units" not in one(people, "exposure_ratio").interval.method
