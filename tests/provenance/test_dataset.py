"""The description of the data in the report: nothing about few people."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.data import AuditData
from auditkit.provenance.dataset import describe, value_range

ROWS = 1000


def described(disclosure):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({
        "income": np.r_[rng.normal(50_000, 10_000, ROWS - 1).round(), 9_999_999.0],
        "job": rng.choice(["a", "b", None], ROWS, p=[0.5, 0.4, 0.1]),
        "member": rng.choice([True, False], ROWS),
        "debt": np.r_[rng.normal(size=ROWS - 3), [np.nan] * 3],
        "age": rng.integers(18, 30, ROWS),
    })  # fmt: skip
    sex = np.r_[np.repeat(["F", "M"], [500, 485]), ["X"] * 5, [None] * 10]
    data = AuditData.from_table(
        frame, label=rng.integers(0, 2, ROWS), groups={"sex": sex, "age": None}, name="people",
        weights=np.ones(ROWS), train=None, schema={"age": {"mutable": False}},
        disclosure=disclosure,
    )  # fmt: skip
    return describe(data)


@pytest.fixture(scope="module")
def info():
    return described("internal")


def feature(info, name):
    return next(feature for feature in info.features if feature.name == name)


def test_the_range_is_not_the_smallest_and_largest_value(info):
    assert "9999999" not in info.model_dump_json() and "9,999,999" not in info.model_dump_json()
    assert feature(info, "income").detail.endswith("(1st to 99th percentile)")


def test_few_missing_values_are_counted_unless_the_evidence_leaves_the_house(info):
    assert feature(info, "debt").missing == 3 and "few missing" not in feature(info, "debt").detail
    outside = feature(described("publish"), "debt")
    assert outside.missing is None and "few missing" in outside.detail
    assert feature(info, "job").missing > 50 and feature(info, "member").missing == 0


def test_groups_that_are_hidden_have_no_number_anywhere(info):
    sizes = {group.value: (group.rows, group.hidden) for group in info.groups if group.attribute == "sex"}
    assert sizes["F"] == (500, None) and sizes["X"] == (None, "fewer than 10 people")
    assert sizes["(missing)"] == (10, None)  # of ten people, and none is hidden for the sake of X
    assert feature(info, "sex").missing == 10 and not feature(info, "sex").seen_by_model


def test_the_schema(info):
    kinds = {feature.name: feature.kind for feature in info.features}
    assert kinds == {
        "income": "integer", "job": "category", "member": "boolean", "debt": "number", "age": "integer",
        "sex": "category",
    }  # fmt: skip
    assert feature(info, "job").detail == "2 values" and feature(info, "age").group
    assert "not to be changed" in feature(info, "age").detail
    assert (info.rows, info.task, info.positive, info.weighted, info.train_rows) == (ROWS, "binary", "1", True, None)


def test_arrays_images_and_texts_are_described():
    array = describe(AuditData(np.arange(200.0).reshape(100, 2), np.arange(100) % 2))
    assert [feature.name for feature in array.features] == ["x0", "x1"]
    assert describe(AuditData(np.zeros((2, 1, 3, 3)), modality="image")).features == ()
    assert describe(AuditData(["a", "b"], modality="text")).modality == "text"


def test_a_range_leaves_the_minimum_of_people_outside_on_either_side():
    assert value_range(np.arange(1001.0), 10) == "10 to 990 (1st to 99th percentile)"
    assert value_range(np.arange(101.0), 10) == "10 to 90 (10th to 90th percentile)"
    assert value_range(np.arange(30.0), 10) == "too few values to show a range"
    assert value_range(np.array([np.nan]), 10) == "too few values to show a range"
    assert value_range(np.arange(1e6), 10) == "10,000 to 990,000 (1st to 99th percentile)"
    for rows in (40, 57, 99, 333, 5000):
        values = np.arange(float(rows))
        low, high = (float(part.replace(",", "")) for part in value_range(values, 10).split(" (")[0].split(" to "))
        assert (values <= low).sum() >= 10 and (values >= high).sum() >= 10
