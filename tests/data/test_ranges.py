"""The declared range of an array: what it may be, and what lies outside of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from auditkit.data import AuditData
from auditkit.data.ranges import spread_range
from auditkit.errors import DataError
from auditkit.provenance.dataset import describe

IMAGES = np.random.default_rng(0).random((12, 3, 4, 4)).astype(np.float32)


def images(inputs: Any = IMAGES, **facts: Any) -> AuditData:
    return AuditData(inputs, labels=np.arange(len(inputs)) % 2, modality="image", positive=1, **facts)


@pytest.mark.parametrize("given", [(0, 1), [0, 1], [[0, 1]], np.array([0.0, 1.0])])
def test_one_pair_is_for_all_values(given: Any) -> None:
    assert images(range=given).range == ((0.0, 1.0),)


def test_a_pair_for_each_channel_is_spread_over_its_pixels() -> None:
    data = images(IMAGES * np.array([1, 2, 255]).reshape(3, 1, 1), range=[[0, 1], [0, 2], [0, 255]])
    low, high = spread_range(data.range or (), (3, 4, 4))
    assert (low == 0).all() and [set(channel.ravel().tolist()) for channel in high] == [{1.0}, {2.0}, {255.0}]


def test_tensors_of_half_precision_have_a_range_too() -> None:
    assert images(torch.tensor(IMAGES).bfloat16(), range=(0, 1)).range == ((0.0, 1.0),)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((1, 0), "low under high"),
        ((0, 0), "low under high"),
        ((0, float("inf")), "low under high"),
        ("bright", "'bright' was given"),
        ((0, 1, 2), "was given"),
        ([[0, 1], [0, 1]], "has 2 pairs"),
        ((0, 0.5), r"values lie outside \(\d+ in all\); all values go from"),
        ((0.2, 1), "Declare the range of the values as the model is given them"),
    ],
)
def test_a_range_that_cannot_be_is_refused(given: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        images(range=given)


def test_columns_of_a_table_are_pointed_to_their_own_setting() -> None:
    pandas = pytest.importorskip("pandas")
    with pytest.raises(DataError, match=r"\[data.features.NAME\]"):
        AuditData(pandas.DataFrame({"x": [1.0, 2.0]}), labels=np.array([0, 1]), range=(0, 2))


def test_a_range_survives_a_sample_changes_the_digest_and_is_in_the_report() -> None:
    data = images(range=(0, 1))
    assert data.take(np.arange(6)).range == data.range
    assert data.digest != images().digest
    assert "the owner declares the range of the values: 0 to 1" in describe(data).notes


def test_it_is_read_from_a_file(tmp_path: Any) -> None:
    np.savez(tmp_path / "images.npz", x=IMAGES, y=np.arange(12) % 2)
    data = AuditData.from_table(tmp_path / "images.npz", label="y", positive=1, range=[0, 1])
    assert data.range == ((0.0, 1.0),)
