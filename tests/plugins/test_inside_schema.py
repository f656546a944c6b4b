"""Whatever an audit asks a model of a table about is a row that the schema allows."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pandas
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import auditkit
from auditkit.data import AuditData

FEW = {"robustness.evasion": {"max_queries": 200}, "robustness.library": {"rows": 3, "max_queries": 50}}
"""The searches that ask most ask alike from the first question to the last."""


class Recorder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Lets a table through and keeps it."""

    tables: ClassVar[list[pandas.DataFrame]] = []

    def fit(self, table: pandas.DataFrame, labels: Any = None) -> Recorder:
        self.fitted_ = True
        return self

    def transform(self, table: pandas.DataFrame) -> pandas.DataFrame:
        self.tables.append(table.copy())
        return table


def outside(rows: pandas.DataFrame, observed: pandas.DataFrame, data: AuditData) -> dict[str, list[Any]]:
    """Values of each feature that were asked about, are not observed, out of range or not whole, or a new category."""
    wrong = {}
    for feature in data.schema:
        column, known = rows[feature.name], observed[feature.name]
        bad = ~column.isin(known.dropna().unique()) & column.notna()
        if feature.numeric:
            values = column.astype(float)
            inside = values.between(
                -np.inf if feature.low is None else feature.low, np.inf if feature.high is None else feature.high
            )
            bad &= ~(inside & ((values == values.round()) | (feature.kind != "integer")))
        if not known.isna().any():
            bad |= column.isna()
        if bad.any():
            wrong[feature.name] = column[bad].unique()[:5].tolist()
    return wrong


def audited(data: AuditData, **options: Any) -> tuple[pandas.DataFrame, auditkit.AuditResult]:
    """Every row that the model of a whole audit is asked about, and the result."""
    learned = data if data.train is None else data.train
    encode = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
    )
    model = make_pipeline(Recorder(), encode, LogisticRegression(max_iter=500)).fit(learned.inputs, learned.labels)
    Recorder.tables.clear()
    result = auditkit.audit(model, data, budget="quick", **options)
    rows = pandas.concat(Recorder.tables, ignore_index=True)
    Recorder.tables.clear()
    return rows, result


def observed(data: AuditData) -> pandas.DataFrame:
    return data.inputs if data.train is None else pandas.concat([data.inputs, data.train.inputs])


def people(rows: int, seed: int) -> pandas.DataFrame:
    rng = np.random.default_rng(seed)
    income, age = rng.lognormal(7, 0.6, rows), rng.integers(18, 90, rows)
    job, sex = rng.choice(["clerk", "none", "nurse"], rows), rng.choice(["f", "m"], rows)
    cards = rng.poisson(1.0, rows)
    rate = np.where(rng.random(rows) < 0.1, np.nan, rng.beta(2, 5, rows))
    score = np.log(income) + age / 40 + (job == "nurse") - cards / 2 + rng.normal(0, 0.5, rows)
    return pandas.DataFrame(
        {
            "income": income, "age": age, "cards": cards, "rate": rate, "owner": rng.random(rows) < 0.4, "job": job,
            "sex": sex, "paid": np.where(score > np.median(score), "yes", "no"),
        }
    )  # fmt: skip


def test_every_row_asked_about_is_allowed_by_the_schema() -> None:
    # the rows that are audited reach less far than those that the model learned from
    table = people(240, 0).query("income < 2500 and age < 70 and cards < 4")
    data = AuditData.from_table(table, label="paid", positive="yes", groups=["sex"], train=people(240, 1))
    rows, result = audited(data, parameters=FEW)
    measured = {check.check for check in result.results if check.status == "measured"}
    assert {"robustness.evasion", "robustness.changes", "robustness.corruptions", "robustness.certificates"} <= measured
    assert "fairness.individual" in measured and len(rows) > 10_000
    assert outside(rows, observed(data), data) == {}


def test_a_range_that_the_owner_declared_is_kept() -> None:
    facts = {"cards": {"low": 0, "high": 12}, "age": {"low": 18, "high": 120}, "income": {"mutable": False}}
    data = AuditData.from_table(people(200, 2), label="paid", positive="yes", groups=["sex"], schema=facts)
    rows, _ = audited(data, checks=["robustness"], parameters=FEW)
    assert outside(rows, observed(data), data) == {}
    assert rows["cards"].max() > data.inputs["cards"].max(), "the whole of the range is used"
    assert set(rows["income"]) <= set(data.inputs["income"])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda table: table.assign(age=table["age"] + 0.5), lambda table: table.assign(cards=-1),
        lambda table: table.assign(job="pilot"), lambda table: table.assign(income=np.nan),
    ],
)  # fmt: skip
def test_what_the_schema_does_not_allow_is_seen(spoil: Callable[[pandas.DataFrame], pandas.DataFrame]) -> None:
    data = AuditData.from_table(people(50, 0), label="paid", positive="yes", groups=["sex"])
    assert outside(data.inputs, data.inputs, data) == {}
    assert outside(spoil(data.inputs), data.inputs, data) != {}


def test_every_row_asked_about_german_credit_is_allowed(shared_data: pathlib.Path) -> None:
    frame = pandas.read_csv(shared_data / "german" / "german.data", sep=r"\s+", header=None)
    frame.columns = [f"c{number}" for number in range(21)]
    frame = frame.iloc[::3].reset_index(drop=True)  # real values in every column, and a third of the time
    frame["sex"] = np.where(frame["c8"].isin(["A92", "A95"]), "female", "male")
    data = AuditData.from_table(
        frame.drop(columns="c8"), label="c20", positive=1, groups={"sex": {}, "c12": {"bins": [26, 50]}}
    )
    rows, _ = audited(data, parameters=FEW)
    assert len(rows) > 15_000 and outside(rows, data.inputs, data) == {}
