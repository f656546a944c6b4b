"""Inputs of any kind as numbers, their fingerprints, and the rows that are far from all others."""

from __future__ import annotations

import numpy as np
import pandas

from auditkit.data import AuditData
from auditkit.plugins.privacy.shared.features import expand, fingerprints, plain


def table(**columns: object) -> AuditData:
    frame = pandas.DataFrame(columns)
    return AuditData(frame, labels=np.array(["a", "b"] * (len(frame) // 2)), positive="b")


def test_every_kind_of_input_becomes_numbers() -> None:
    features = plain(table(x=[1.0, 2.0, np.nan, 4.0], c=["u", "v", "u", "v"]))
    assert list(features.category) == [False, True] and np.isnan(features.values[2, 0])
    image = AuditData(np.arange(48.0).reshape(4, 3, 2, 2), labels=np.array([0, 1, 0, 1]), modality="image", positive=1)
    assert plain(image).values.shape == (4, 12)
    text = AuditData(["red fox", "red fox", "blue"], labels=np.array([0, 1, 0]), modality="text", positive=1)
    values = plain(text).values
    assert (values[0] == values[1]).all() and (values[0] != values[2]).any()


def test_expanding_scales_numbers_and_spreads_categories() -> None:
    values = np.array([[1.0, 0.0, 5.0], [3.0, 1.0, 5.0], [np.nan, 0.0, 5.0], [2.0, np.nan, 5.0]])
    expanded = expand(values, np.array([False, True, False]))
    assert not np.isnan(expanded).any() and expanded.shape == (4, 6)
    np.testing.assert_allclose(expanded[:, 0].mean(), 0, atol=1e-12)
    np.testing.assert_array_equal(expanded[:, 1], [0, 0, 1, 0])
    np.testing.assert_array_equal(expanded[:, 2:5], [[1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0, 1]])
    np.testing.assert_array_equal(expanded[:, 5], 0)


def test_fingerprints_are_equal_exactly_where_rows_and_labels_are() -> None:
    data = table(x=[0.0, -0.0, 0.0, np.nan, np.nan, 1.0], c=["u", "u", "v", "u", "u", "u"])
    labels = np.array(["a", "a", "a", "a", "b", "a"])
    marks = fingerprints(AuditData(data.inputs, labels=labels, positive="b"))
    assert marks[0] == marks[1]
    assert len(set(marks.tolist())) == 5
    numbers = np.random.default_rng(0).normal(size=(20, 3))
    whole, short = (
        fingerprints(AuditData(part, labels=[0, 1] * 10, positive=1)) for part in (numbers, numbers.astype(np.float32))
    )
    assert (whole == short).all() and len(set(whole.tolist())) == 20
