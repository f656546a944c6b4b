"""`language.judge`: a judge that agrees with people, one that does not, and one that is too kind."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit import stats
from auditkit.errors import DataError
from auditkit.plugins.language.judge.check import Judge
from auditkit.plugins.language.judge.kappa import corrected, kappa
from tests.plugins.recorded import control, one, run
from tests.plugins.worded import worded


def answers(yes_yes, yes_no, no_yes, no_no):
    """Judge and people, by how many answers of each pair of grades."""
    counts = (yes_yes, yes_no, no_yes, no_no)
    return np.repeat([True, True, False, False], counts), np.repeat([True, False, True, False], counts)


def test_kappa_by_hand():
    """20, 5, 10, 15 of 50: agreement 0.7, by chance 0.5 · 0.6 + 0.5 · 0.4 = 0.5, kappa 0.4."""
    value, interval = kappa(*answers(20, 5, 10, 15), 50)
    assert value == pytest.approx(0.4) and interval.low < 0.4 < interval.high
    # the usual large-sample error, written out for this table: 0.126
    assert interval.high - interval.low == pytest.approx(2 * 2.01 * 0.126, abs=0.03)


def test_kappa_against_a_slow_count():
    rng = np.random.default_rng(0)
    for _ in range(30):
        first, second = rng.random((2, 40)) < 0.4
        agreed = sum(a == b for a, b in zip(first, second, strict=True)) / 40
        chance = sum((sum(first == kind) / 40) * (sum(second == kind) / 40) for kind in (True, False))
        value, interval = kappa(first, second, 40)
        assert value == pytest.approx((agreed - chance) / (1 - chance))
        assert -1 <= interval.low <= value <= interval.high <= 1


def test_graders_who_always_agree_are_not_certain_and_one_grade_tells_nothing():
    value, interval = kappa(*answers(20, 0, 0, 20), 40)
    assert value == 1 == interval.high and 0.7 < interval.low < 0.95
    assert kappa(*answers(40, 0, 0, 0), 40) is None


def test_intervals_hold_the_kappa_of_the_world():
    """A judge who is right 9 times in 10 about answers of which 6 in 10 are good: kappa 0.794."""
    rng, held = np.random.default_rng(1), []
    agreement, judged = 0.9, 0.6 * 0.9 + 0.4 * 0.1
    chance = 0.6 * judged + 0.4 * (1 - judged)
    true = (agreement - chance) / (1 - chance)
    for _ in range(300):
        good = rng.random(60) < 0.6
        _, interval = kappa(np.where(rng.random(60) < 0.9, good, ~good), good, 60)
        held.append(interval.low <= true <= interval.high)
    assert np.mean(held) >= 0.93


def test_the_corrected_share_by_hand():
    ends = corrected(stats.mover.Ends(0.8, 0.7, 0.9), stats.mover.Ends(0.1, 0.0, 0.2))
    assert ends == pytest.approx((0.7, 0.7 - np.hypot(0.1, 0.1), 0.7 + np.hypot(0.1, 0.1)))
    assert corrected(stats.mover.Ends(0.1, 0.0, 0.2), stats.mover.Ends(0.3, 0.1, 0.5)).at == 0
    assert corrected(stats.mover.Ends(0.0, 0.0, 0.03), stats.mover.Ends(0.5, 0.4, 0.6)) is None


def graded(error, rows=400, labelled=100, seed=3, **more):
    """Answers of which 6 in 10 are good, and a judge who errs about that share of either kind; people see some."""
    rng = np.random.default_rng(seed)
    good = rng.random(rows) < 0.6
    wrong = rng.random(rows) < np.where(good, *error)
    people = [int(value) if place < labelled else "" for place, value in enumerate(good)]
    columns = {"judge_grade": (good ^ wrong).astype(int).tolist(), "human_grade": people}
    prompts = [f"Question {place}" for place in range(rows)]
    return run(Judge(), *worded(prompts, ["An answer."] * rows, **columns, **more)), good, good ^ wrong


def test_a_judge_who_agrees_counts():
    result, good, judged = graded((0.03, 0.03))
    agreement = one(result, "judge_agreement")
    assert agreement.value == np.mean(good[:100] == judged[:100]) and agreement.n == 100
    assert one(result, "judge_kappa").interval.low > 0.6 and one(result, "judged_good_share").validity == "valid"
    assert one(result, "judged_good_share").value == judged.mean()
    assert control(result, "shuffled labels").holds


def test_a_judge_who_does_not_agree_does_not_count():
    result, *_ = graded((0.4, 0.4))
    share = one(result, "judged_good_share")
    assert share.validity == "inconclusive" and "not known to agree" in share.reason
    few, *_ = graded((0.03, 0.03), labelled=12)
    assert one(few, "judged_good_share").validity == "inconclusive"


def test_a_kind_judge_is_corrected():
    result, good, judged = graded((0.0, 0.6), rows=1000, labelled=300)
    assert one(result, "judge_error").interval.low > 0.1
    share, true = one(result, "corrected_good_share"), good.mean()
    expected = judged[300:].mean() - np.mean(judged[:300].astype(int) - good[:300])
    assert share.value == pytest.approx(expected) and share.interval.low < true < share.interval.high
    assert one(result, "judged_good_share").value > true + 0.1
    assert share.validity == "valid"


def test_people_who_saw_other_answers_than_the_judge_leave_no_corrected_share():
    """Half of what people graded good the judge calls bad, and all that nobody graded good: 1 + 0.5 is no share."""
    people = [1] * 100 + [""] * 100
    judge = [0, 1] * 50 + [1] * 100
    prompts = [f"Question {place}" for place in range(200)]
    result = run(Judge(), *worded(prompts, ["An answer."] * 200, judge_grade=judge, human_grade=people))
    share = one(result, "corrected_good_share")
    assert (share.value, share.interval) == (None, None) and "errs otherwise" in share.reason


def test_groups_and_units():
    group = ["old" if place % 2 else "new" for place in range(400)]
    result, good, judged = graded((0.1, 0.1), groups={"kind": group}, unit=np.arange(400) // 2)
    rows = (np.arange(400) % 2 == 1) & (np.arange(400) < 100)
    assert one(result, "judge_agreement", {"kind": "old"}).value == pytest.approx(np.mean((good == judged)[rows]))
    assert one(result, "judge_kappa").units == 50 and "by units" in one(result, "judge_kappa").interval.method


def test_what_is_missing_is_said():
    model, data = worded(["a", "b"], ["x", "y"], judge_grade=[1, 0])
    assert "no column 'human_grade'" in Judge().applies(model, data)
    live = worded(["a", "b"], lambda prompts: list(prompts), judge_grade=[1, 0], human_grade=[1, 0])
    assert "recorded answers" in Judge().applies(*live)
    model, data = worded(["a", "b"], ["x", "y"], judge_grade=["fine", 0], human_grade=[1, 0])
    with pytest.raises(DataError, match="grades: the column 'judge_grade' must say 1"):
        run(Judge(), model, data)
    result, *_ = graded((0.1, 0.1), labelled=0)
    assert one(result, "judge_kappa").value is None and one(result, "corrected_good_share").value is None
