"""`performance.case_scores`: right numbers, honest intervals, and what it says where there are too few or no scores."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditkit
from auditkit import AuditData, stats
from auditkit.checks import Context
from auditkit.plugins.performance.case_scores import estimates, self_tests
from auditkit.plugins.performance.case_scores.check import CaseScores
from auditkit.predictions import Predictions
from tests.plugins.recorded import one, run
from tests.plugins.scored import scored

RNG = np.random.default_rng(0)
DICE = RNG.beta(9, 2, 200)
SITE = np.arange(200) % 3
CHECK = CaseScores(trials=50)


def measured(values, **more):
    return run(CHECK, *scored(values, **more))


def test_numbers_by_hand():
    result = measured({"dice": [0.5, 0.6, 0.8, 0.9, 1.0] * 8})
    assert one(result, "mean_score").value == pytest.approx(0.76)
    assert one(result, "median_case").value == 0.8 and one(result, "worst_5_percent").value == 0.5
    poor = one(result, "poor_share")
    assert (poor.value, poor.n, poor.direction) == (0.4, 40, "lower") and poor.interval == stats.wilson(16, 40)
    assert all(measurement.conditions == {"score": "dice"} for measurement in result.measurements)
    assert not any(measurement.name == "unscored_share" for measurement in result.measurements)


def test_the_worst_end_and_the_words_follow_the_direction():
    seconds = np.arange(1.0, 101.0)
    worst = one(measured({"seconds": seconds}), "worst_5_percent")
    assert worst.value == pytest.approx(np.quantile(seconds, 0.95))
    assert (worst.direction, worst.unit) == ("lower", "seconds")
    figure = next(figure for figure in measured({"seconds": seconds}).figures if figure.name.startswith("mean_score"))
    assert "Lower is better." in figure.caption


def test_groups_have_the_numbers_of_their_cases():
    result = measured({"dice": DICE}, groups={"site": SITE})
    for site in range(3):
        mean = one(result, "mean_score", {"site": str(site)})
        assert mean.value == pytest.approx(DICE[site == SITE].mean()) and mean.n == (site == SITE).sum()
        assert (mean.interval.low, mean.interval.high) == pytest.approx(
            tuple(stats.bounded_interval(DICE[site == SITE], 0, 1).model_dump()[end] for end in ("low", "high"))
        )
    assert all(control.holds for control in result.controls)


def test_a_perfect_system_is_not_certain():
    mean = one(measured({"dice": np.ones(40)}), "mean_score")
    assert mean.value == 1 == mean.interval.high and 0.8 < mean.interval.low < 0.95


def test_cases_without_a_score_are_counted_and_leave_the_numbers_undecided():
    holes = np.where(np.arange(200) < 10, np.nan, DICE)
    result = measured({"dice": holes})
    lacking = one(result, "unscored_share")
    assert (lacking.value, lacking.n) == (0.05, 200)
    mean = one(result, "mean_score")
    assert mean.n == 190 and mean.validity == "inconclusive" and "what they count as is not stated" in mean.reason
    worst = measured({"dice": holes}, meanings={"dice": {"better": "higher", "range": [0, 1], "missing": "worst"}})
    mean = one(worst, "mean_score")
    assert mean.value == pytest.approx(np.nan_to_num(holes).mean()) and mean.validity == "valid" and mean.n == 200
    assert one(worst, "unscored_share").value == 0.05  # still counted apart


def test_one_case_that_makes_the_spread_leaves_the_mean_undecided_and_not_the_median():
    costs = np.r_[np.ones(99) + RNG.random(99), 10_000.0]
    result = measured({"seconds": costs})
    mean = one(result, "mean_score")
    assert mean.validity == "inconclusive" and mean.interval is None and "of the spread" in mean.reason
    assert one(result, "median_case").validity == "valid"


def test_a_few_scores_without_a_range_do_not_tell_of_a_tail():
    mean = one(measured({"seconds": RNG.random(20)}), "mean_score")
    assert mean.validity == "inconclusive" and mean.reason.startswith("fewer than 30 cases")
    assert one(measured({"dice": RNG.random(20)}), "mean_score").validity == "valid"


def test_tails_that_samples_of_the_cases_do_not_cover_are_noticed():
    # 3 % of the cases cost a thousand times as much: a sample of 30 mostly holds none of them
    costs = np.where(np.arange(2000) % 33 == 0, 1000.0, 1.0) + RNG.random(2000)
    groups = np.where(np.arange(2000) < 30, "small", "large")
    result = measured({"seconds": costs}, groups={"site": groups})
    tried = next(control for control in result.controls if control.name == "intervals on samples")
    assert tried.holds is False
    assert one(result, "mean_score").validity == "inconclusive"
    healthy = measured({"seconds": RNG.exponential(1, 2000)}, groups={"site": groups})
    assert all(control.holds for control in healthy.controls)


def test_the_recount_notices_another_mean():
    values = RNG.random(50)
    assert self_tests.largest_deviation([(values, None, float(values.mean()))]) < 1e-12
    assert self_tests.largest_deviation([(values, None, float(values.mean()) + 0.01)]) > 1e-3


def test_small_groups_are_hidden_and_few_cases_are_none():
    result = measured({"dice": DICE}, groups={"site": np.where(np.arange(200) < 4, "tiny", "large")})
    hidden = one(result, "mean_score", {"site": "tiny"})
    assert hidden.value is None and hidden.n is None and "fewer than 10" in hidden.reason


def test_weights_count_and_quantiles_are_not_guessed():
    weights = np.linspace(1, 5, 200)
    result = measured({"dice": DICE}, weights=weights)
    assert one(result, "mean_score").value == pytest.approx(np.average(DICE, weights=weights))
    assert one(result, "median_case").value is None and "weighted" in one(result, "median_case").reason
    skewed = estimates.mean_interval(scored({"seconds": DICE})[1].case_scores["seconds"], DICE, weights)
    assert skewed == stats.student_interval(DICE, weights=weights)


def test_the_worst_cases_are_rows_and_shown_where_rows_may_be_alone():
    model, data = scored({"dice": DICE})
    for allowed in (False, True):
        context = Context(np.random.default_rng(0), Predictions(model, data), include_rows=allowed)
        result = CHECK(model, data, context)
        tables = [table for table in result.tables if table.name.startswith("worst_cases")]
        assert bool(tables) == allowed
    assert [row[0] - 1 for row in tables[0].rows] == np.argsort(DICE, kind="stable")[:10].tolist()


def since_training(now, then, unit=None, **options):
    score = {"dice": {"better": "higher", "range": [0, 1]}}

    def split(values, **more):
        return AuditData(
            inputs=np.zeros((len(values), 1)), task="case_scores", case_scores=score, scored={"": values[:, None]},
            unit=None if unit is None else np.repeat(np.arange(len(values) // unit), unit), **more,
        )  # fmt: skip

    return split(now, train=split(then), **options)


def test_the_change_since_training_is_the_difference_of_the_means():
    rng = np.random.default_rng(0)
    now, then = rng.beta(6, 4, 200), rng.beta(9, 2, 300)
    data = since_training(now, then)
    change = one(run(CHECK, auditkit.wrap(data), data), "mean_score_change_since_training")
    assert change.value == pytest.approx(now.mean() - then.mean()) and change.interval.high < 0
    ends = [estimates.mean_interval(data.case_scores["dice"], values) for values in (now, then)]
    up = np.sqrt((ends[0].high - now.mean()) ** 2 + (then.mean() - ends[1].low) ** 2)
    assert change.interval.high == pytest.approx(change.value + up)
    assert change.direction == "higher" and change.conditions == {"score": "dice"}
    alone = run(CHECK, *scored({"dice": now}))
    assert not any("since" in measurement.name for measurement in alone.measurements)


def test_the_interval_of_a_change_goes_by_units_and_holds():
    held = np.zeros(2)
    for seed in range(150):
        rng = np.random.default_rng(seed)
        now, then = (np.repeat(rng.beta(6, 3, 60), 6) for _ in range(2))
        for way, unit in enumerate((6, None)):
            data = since_training(now, then, unit)
            cases, before = (
                estimates.Cases(data.case_scores["dice"], split.scored[""][:, 0], None, 1, split.unit)
                for split in (data, data.train)
            )
            interval = estimates.mean_change(cases, before).interval
            held[way] += interval.low <= 0 <= interval.high
    assert held[0] >= 0.91 * 150 and held[1] < 0.75 * 150


def test_a_callable_may_score_the_cases():
    table = pd.DataFrame({"overlap": np.tile([0.5, 0.9], 30), "seconds": np.arange(60.0), "site": ["a", "b"] * 30})
    stated = {"dice": {"better": "higher", "range": [0, 1]}, "seconds": {"better": "lower", "range": [0, None]}}
    data = AuditData(table, groups={"site": table["site"]}, case_scores=stated, task="case_scores")
    live = {
        "array": lambda cases: cases[["overlap", "seconds"]].to_numpy(),
        "columns": lambda cases: {"seconds": cases["seconds"], "dice": cases["overlap"]},
    }
    for function in live.values():
        model = auditkit.wrap(function, task="case_scores")
        result = auditkit.audit(model, data, checks=["performance.case_scores"], budget="quick").results[0]
        assert one(result, "mean_score", conditions={"score": "dice"}).value == pytest.approx(0.7)
        assert one(result, "mean_score", conditions={"score": "seconds"}).value == pytest.approx(29.5)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda cases: {"dise": cases["x"]}, "must give the scores 'dice'"),
        (lambda cases: np.zeros((len(cases), 2)), "one column per score"),
        (lambda cases: ["good"] * len(cases), "must be numbers"),
        (lambda cases: 2 + 0 * cases["x"], "must lie in its range"),
    ],
)
def test_scores_of_a_callable_that_are_none_are_refused(answer, reason):
    table = pd.DataFrame({"x": np.arange(40.0), "site": ["a", "b"] * 20})
    stated = {"dice": {"better": "higher", "range": [0, 1]}}
    data = AuditData(table, groups={"site": table["site"]}, case_scores=stated, task="case_scores")
    with pytest.raises(auditkit.AuditkitError, match=reason):
        result = auditkit.audit(auditkit.wrap(answer, task="case_scores"), data, checks=["performance.case_scores"])
        raise auditkit.AuditkitError(result.results[0].error.message)
