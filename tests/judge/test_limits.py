"""Many groups under one limit: met at each one's level, missed at the level of all at once."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit import stats
from auditkit.judge import judge, judge_measurement, worst_of
from auditkit.results import GroupEnd, GroupPair, Interval, Limit, Measurement
from tests.judge.test_decision import TODAY, result

BOUND = 0.7


def shares(counts, n: int) -> list[Measurement]:
    return [
        Measurement(name="rate", value=count / n, n=n, interval=stats.wilson(count, n), slice={"group": str(at)})
        for at, count in enumerate(counts)
    ]


def means(values: np.ndarray) -> list[Measurement]:
    return [
        Measurement(
            name="rate",
            value=float(row.mean()),
            n=len(row),
            interval=stats.student_interval(row),
            slice={"group": str(at)},
        )
        for at, row in enumerate(values)
    ]


def bootstrapped(values: np.ndarray, rng: np.random.Generator) -> list[Measurement]:
    intervals = []
    for at, row in enumerate(values):
        interval = stats.percentile_interval(row[rng.integers(0, len(row), (200, len(row)))].mean(axis=1))
        intervals.append(
            Measurement(name="rate", value=float(row.mean()), n=len(row), interval=interval, slice={"group": str(at)})
        )
    return intervals


def verdict(measurements, **fields):
    limit = Limit(name="l", measurement="a.check.rate", groups="each", **(fields or {"at_least": BOUND}))
    return judge([limit], [], [result(*measurements)], TODAY).verdicts[0]


def missed_share(draw, audits: int = 400) -> float:
    rng = np.random.default_rng(0)
    return sum(verdict(draw(rng)).status == "missed" for _ in range(audits)) / audits


@pytest.mark.parametrize("groups", [2, 10, 30])
def test_groups_on_the_bound_are_seldom_missed(groups):
    share = missed_share(lambda rng: shares(rng.binomial(400, BOUND, groups), 400))
    assert share <= 0.05  # of the audits, whatever the number of groups


def test_means_on_the_bound_are_seldom_missed():
    assert missed_share(lambda rng: means(rng.normal(BOUND, 1, (10, 15)))) <= 0.05


def test_numbers_of_other_methods_on_the_bound_are_seldom_missed():
    assert missed_share(lambda rng: bootstrapped(rng.normal(BOUND, 1, (10, 40)), rng), audits=150) <= 0.05


def test_each_interval_by_itself_would_miss_one_audit_of_five():
    # what the level of all at once is for: 1 - 0.975^10 = 0.22
    rng = np.random.default_rng(0)
    missed = 0
    for _ in range(400):
        statuses = [verdict([group]).status for group in shares(rng.binomial(400, BOUND, 10), 400)]
        missed += "missed" in statuses
    assert missed / 400 > 0.15


def test_a_group_far_below_is_missed_and_both_levels_are_said():
    judged_verdict = verdict(shares([280, 300, 200], 400))
    assert judged_verdict.status == "missed"
    # 200 of 400: 0.5 +- z / 2 / sqrt(400 + z^2); z = 1.960 at 95 %, 2.388 at 0.95^(1/3) = 98.30 %
    assert judged_verdict.reason == (
        "1 of 3; furthest off group=2: 0.5 (95% interval 0.4512 to 0.5488) is not at least 0.7; the 98.3% "
        "interval 0.4407 to 0.5593 that holds for all 3 at once says the same"
    )


def test_a_group_missed_by_itself_alone_is_undecided():
    alone = shares([254], 400)  # 0.635, 95 % interval up to 0.681
    assert verdict(alone).status == "missed"
    among = verdict([*shares([254, *[300] * 199], 400)])
    assert among.status == "inconclusive"
    assert "is not at least 0.7. That is so by itself alone: the 99.97% interval" in among.reason
    assert "that holds for all 200 at once is across the bound. More rows would rather" in among.reason


def test_met_asks_each_at_its_own_level():
    judged_verdict = verdict(shares([305] * 40, 400))  # 0.7625, 95 % interval from 0.718
    assert judged_verdict.status == "met"
    assert judged_verdict.reason.startswith("all 40, each at its own level; closest group=0: 0.7625 (95% interval")


def test_exact_numbers_and_points_are_facts_however_many():
    exact = [Measurement(name="rate", value=0.6999, exact=True, slice={"group": str(at)}) for at in range(50)]
    assert verdict(exact).status == "missed"
    assert verdict(shares([279] * 50, 400), at_least=BOUND, judge="point").status == "missed"


def test_of_several_the_one_furthest_off_is_named_and_of_those_that_are_not_written_none():
    def rate(group, value):
        interval = Interval(low=value - 0.05, high=value + 0.05, method="test")
        return Measurement(name="rate", value=value, interval=interval, n=400, slice={"group": group})

    judged_verdict = verdict([rate("1", 0.6), rate("2", 0.3), rate("3", 0.9)])
    judged, (status, reason) = judged_verdict.judged, worst_of(judged_verdict.limit, judged_verdict.judged)
    assert status == "missed" and reason.startswith("2 of 3; furthest off group=2: 0.3 ")
    hidden = judged[1].measurement.model_copy(update={"value": None, "interval": None, "reason": "too small"})
    written = (judged[0], judged[1].model_copy(update={"measurement": hidden}), judged[2])
    assert worst_of(judged_verdict.limit, written)[1].startswith("2 of 3; furthest off group=1: 0.6 ")


def test_a_sentence_before_the_groups_of_a_pair_is_one():
    pair = GroupPair(
        role="value", rate="rate", low=GroupEnd(slice={"g": "a"}, value=0.5), high=GroupEnd(slice={"g": "b"}, value=0.8)
    )
    interval = Interval(low=0.5, high=0.9, method="test")
    ratio = Measurement(name="rate", value=0.6, interval=interval, n=90, across=("g",), pairs=(pair,))
    reason = judge_measurement(Limit(name="l", measurement="a.check.rate", at_least=BOUND), ratio)[1]
    assert "rather show that it is missed; rate: a 0.5 against b 0.8" in reason
