"""Scores, rankings, predicted numbers and flips of groups too small to show stand together, and are never judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pytest

import auditkit
from auditkit.checks import Check
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.fairness.individual.check import IndividualFairness
from auditkit.plugins.fairness.ranking.check import RankingFairness
from auditkit.plugins.fairness.regression.check import RegressionFairness
from auditkit.plugins.fairness.scores.check import ScoreFairness
from auditkit.results import TOGETHER, CheckResult
from tests.plugins.recorded import recorded, run

SIZES = {"a": 150, "b": 100, "x": 9, "y": 9, "z": 8}
ModelAndData: TypeAlias = tuple[Model, AuditData]


def race(sizes: dict[str, int]) -> np.ndarray:
    return np.random.default_rng(3).permutation(np.repeat(list(sizes), list(sizes.values())))


def scored(sizes: dict[str, int], **more: Any) -> ModelAndData:
    rng = np.random.default_rng(0)
    groups = race(sizes)
    scores = np.round(rng.random(len(groups)), 2)
    labels = (rng.random(len(groups)) < scores).astype(int)
    return recorded(None, labels, {"race": groups}, scores=scores, **more)


def predicted(sizes: dict[str, int], **more: Any) -> ModelAndData:
    rng = np.random.default_rng(0)
    groups = race(sizes)
    labels = rng.normal(size=len(groups))
    predictions = labels + rng.normal(size=len(groups)) + (groups == "x")
    options = {"positive": None, "task": "regression", **more}
    return recorded(predictions, labels, {"race": groups}, **options)


def queried(sizes: dict[str, int], **more: Any) -> ModelAndData:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"race": race(sizes), "income": rng.random(sum(sizes.values()))})

    def decide(rows: Any) -> np.ndarray:
        return np.asarray(rows["income"] > np.where(rows["race"] == "a", 0.3, 0.7)).astype(int)

    labels = np.arange(len(frame)) % 2
    data = AuditData(inputs=frame, labels=labels, positive=1, groups={"race": frame.race}, **more)
    return auditkit.wrap(decide, classes=(0, 1)), data


CHECKS: dict[str, tuple[Check, Callable[..., ModelAndData], str]] = {
    "scores": (ScoreFairness(permutations=99, trials=20), scored, "auc"),
    "ranking": (RankingFairness(permutations=99, draws=60, trials=20), scored, "relative_exposure"),
    "regression": (RegressionFairness(permutations=99, trials=20), predicted, "mean_residual"),
    "flips": (IndividualFairness(shuffles=5), queried, "flip_rate"),
}


def measured_by(name: str, sizes: dict[str, int] = SIZES, **more: Any) -> tuple[CheckResult, AuditData, np.ndarray]:
    """What a check says, with the data, and which of its rows are in a small group."""
    check, make, _ = CHECKS[name]
    model, data = make(sizes, **more)
    return run(check, model, data), data, np.isin(data.groups["race"], ["x", "y", "z"])


def joined(result: CheckResult, name: str, **conditions: Any) -> Any:
    (measured,) = [
        measurement
        for measurement in result.together
        if measurement.name == name and conditions.items() <= measurement.conditions.items()
    ]
    assert measured.slice == {"race": TOGETHER} and "race=x; race=y; race=z" in measured.reason
    return measured


def test_scores_are_those_of_their_people() -> None:
    result, data, small = measured_by("scores")
    scores, labels = data.recorded.scores[small], data.labels[small]
    wins = [float(a > b) + 0.5 * (a == b) for a in scores[labels == 1] for b in scores[labels == 0]]
    area = joined(result, "auc")
    assert (area.value, area.n) == (pytest.approx(np.mean(wins)), 26) and area.interval is not None
    large = joined(result, "calibration_in_the_large")
    assert large.value == pytest.approx(scores.mean() - labels.mean()) and "each of them" not in large.reason
    assert joined(result, "calibration_error").value >= 0 and joined(result, "calibration_error").test is None


def test_scores_that_are_no_probabilities_say_so_of_them_too() -> None:
    model, data = scored(SIZES)
    scores = data.recorded.scores * 7 - 3
    model, data = recorded(None, data.labels, data.groups, scores=scores)
    result = run(CHECKS["scores"][0], model, data)
    assert joined(result, "auc").value is not None
    assert joined(result, "calibration_in_the_large").value is None


def test_rankings_are_those_of_their_people() -> None:
    result, data, small = measured_by("ranking")
    order = pd.Series(-data.recorded.scores)
    places = pd.Series(1 / np.log2(1 + order.rank(method="first"))).groupby(order).transform("mean")
    exposure = joined(result, "exposure")
    assert (exposure.value, exposure.n) == (pytest.approx(places[small].mean()), 26)
    relative = joined(result, "relative_exposure")
    assert relative.value == pytest.approx(places[small].mean() / places.mean()) and relative.interval is not None
    inside = ((10 - order.rank(method="min") + 1) / order.groupby(order).transform("size")).clip(0, 1)
    assert joined(result, "top_k_share", k=10).value == pytest.approx(inside[small].sum() / 10)
    assert all(TOGETHER not in str(measurement.reason) for measurement in result.measurements)


def test_predicted_numbers_are_those_of_their_people() -> None:
    result, data, small = measured_by("regression")
    predictions, labels = data.recorded.decisions[small], data.labels[small]
    errors = predictions - labels
    expected = {
        "mean_prediction": predictions.mean(), "mean_residual": errors.mean(),
        "mean_absolute_error": np.abs(errors).mean(), "root_mean_squared_error": np.sqrt((errors**2).mean()),
    }  # fmt: skip
    for name, value in expected.items():
        measured = joined(result, name)
        assert (measured.value, measured.n) == (pytest.approx(value), 26) and measured.interval is not None


def test_flips_are_those_of_their_people() -> None:
    result, data, small = measured_by("flips")
    income = data.inputs["income"]
    between = income.between(0.3, 0.7, inclusive="right")[small].mean()
    assert 0 < between < 1
    for name, to_a, to_b in (("flip_rate", between, 0), ("flip_toward", between, 0), ("flip_away", 0, 0)):
        assert joined(result, name, to="a").value == pytest.approx(to_a) and joined(result, name, to="a").n == 26
        assert joined(result, name, to="b").value == to_b
    assert joined(result, "flip_rate", to="b").reason.endswith("so it is in each of them")
    headline = next(
        measurement for measurement in result.measurements if measurement.name == "flip_rate" and measurement.across
    )
    assert headline.n == 250  # of those alone whose group is shown
    assert ("race", TOGETHER, "a", 26, *(pytest.approx(between),) * 2, 0) in result.tables[0].rows


def test_nobody_is_changed_into_a_group_that_is_one_of_them() -> None:
    """Where small groups have rates: of 26 people, those changed into a group of 9 would be 17."""
    model, data = queried(SIZES, minimum_rate=5)
    together = [
        measurement for measurement in run(CHECKS["flips"][0], model, data).together if measurement.name == "flip_rate"
    ]
    assert {measurement.conditions["to"] for measurement in together} == {"a", "b"}


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize(
    "sizes", [{"a": 150, "b": 100, "x": 9}, {"a": 150, "b": 100, "x": 4, "y": 5}, {"a": 150, "b": 100}]
)
def test_they_do_not_stand_where_they_are_one_group_or_too_few(name: str, sizes: dict[str, int]) -> None:
    result, _, _ = measured_by(name, sizes)
    assert result.together == () and not any(TOGETHER in str(measurement.slice) for measurement in result.measurements)


@pytest.mark.parametrize("name", CHECKS)
def test_a_group_that_is_itself_called_so_is_a_group(name: str) -> None:
    result, _, _ = measured_by(name, {"a": 150, TOGETHER: 100, "x": 9, "y": 8})
    assert result.together == ()
    assert any(
        measurement.slice == {"race": TOGETHER} and measurement.value is not None for measurement in result.measurements
    )


@pytest.mark.parametrize("name", CHECKS)
def test_nothing_is_judged_by_them_nor_published(name: str) -> None:
    check, make, measurement = CHECKS[name]
    least = -9.0 if name == "regression" else 0.0  # no bound may lie outside of what the number can be
    limit = {"measurement": f"{check.id}.{measurement}", "at_most": least, "groups": "each", "judge": "point"}
    if name == "flips":
        del limit["groups"]
    for disclosure in ("internal", "publish"):
        result = auditkit.audit(
            *make(SIZES, disclosure=disclosure), checks=[check.id], limits=[limit], budget="quick"
        )  # fmt: skip
        (check_result,), (verdict,) = result.results, result.verdicts
        assert bool(check_result.together) == (disclosure == "internal")
        assert verdict.status == "missed" and verdict.judged
        assert not any(TOGETHER in str(judged.measurement.slice) for judged in verdict.judged)


@pytest.mark.parametrize("name", CHECKS)
def test_no_number_over_groups_knows_of_them(name: str) -> None:
    """What is compared, adjusted and tested is the same where the small groups are of other people."""
    result, _, _ = measured_by(name)
    tests = [measurement.test for measurement in result.measurements if measurement.test is not None]
    assert all(test.p_adjusted is not None for test in tests) and (tests or name == "flips")
    assert all(TOGETHER not in end.slice.values() for measurement in result.measurements for pair in measurement.pairs
               for end in (pair.low, pair.high))  # fmt: skip
