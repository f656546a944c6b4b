"""Quality of decisions from tables of counts: the numbers of the same people with a row each, however many."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.data import AuditData
from auditkit.plugins.models.recorded import RecordedModel
from auditkit.plugins.performance import check
from auditkit.plugins.performance.check import Quality
from tests.plugins.recorded import run

RNG = np.random.default_rng(0)
ROWS = 300


def frame(classes, scores=False):
    counts = pd.DataFrame(
        {
            "sex": RNG.choice(["F", "M", "X"], ROWS, p=[0.5, 0.48, 0.02]), "y": RNG.choice(classes, ROWS),
            "d": RNG.choice(classes, ROWS), "w": RNG.choice([0.5, 1.25, 3], ROWS), "people": RNG.integers(1, 9, ROWS),
        }
    )  # fmt: skip
    return counts.assign(s=RNG.random(ROWS).round(2)) if scores else counts


def measured(table, **roles):
    data = AuditData.from_table(table, label="y", decisions="d", groups=["sex"], **roles)
    result = run(Quality(), RecordedModel.of(data), data)
    assert all(control.holds for control in result.controls)
    by_name = {
        (measurement.name, tuple(measurement.slice.values())): (measurement.value, measurement.interval, measurement.n)
        for measurement in result.measurements
    }
    return by_name, result.tables


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize(
    ("classes", "scores"), [(("no", "yes"), False), (("a", "b", "c"), False), (("no", "yes"), True)]
)
def test_counts_give_the_numbers_of_a_row_for_each_person(classes, scores, weights):
    counts = frame(classes, scores)
    roles = {"weights": weights, **({"scores": "s"} if scores else {})}
    by_name, tables = measured(counts, people="people", **roles)
    rows = counts.loc[np.repeat(counts.index, counts["people"])].drop(columns="people").reset_index(drop=True)
    assert (by_name, tables) == measured(rows, **roles)
    assert ("auc", ()) in by_name if scores else len(by_name) > 10


def test_more_people_than_can_have_a_row_are_counted(monkeypatch):
    monkeypatch.setattr(check, "WRITTEN_OUT", 1000)
    counts = frame(("no", "yes"), True).assign(people=10_000_000)
    by_name, _ = measured(counts, people="people")
    right = (counts["y"] == counts["d"]).mean()
    assert by_name["accuracy", ()][0] == pytest.approx(right) and by_name["accuracy", ()][2] == ROWS * 10_000_000
    half = by_name["accuracy", ()][1].high - by_name["accuracy", ()][1].low
    assert half == pytest.approx(2 * 1.959964 * np.sqrt(right * (1 - right) / (ROWS * 1e7)), rel=1e-3)
    with_scores = AuditData.from_table(
        counts, label="y", decisions="d", scores="s", groups=["sex"], people="people"
    )  # fmt: skip
    reason = Quality().applies(RecordedModel.of(with_scores), with_scores)
    assert reason is not None and "needs a row for each person where there are scores" in reason
    few = AuditData.from_table(counts.assign(people=1), label="y", decisions="d", scores="s", people="people")
    assert Quality().applies(RecordedModel.of(few), few) is None
