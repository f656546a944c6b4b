"""Which id fills sequences up, and which places may hold another."""

import numpy as np
import pytest

from auditkit.data import AuditData
from auditkit.plugins.robustness.token_places import padding_of, token_places

LEFT = [[0, 0, 5, 6], [0, 5, 5, 7], [6, 7, 5, 5]]
RIGHT = [[5, 6, 0, 0], [5, 5, 7, 0], [6, 7, 5, 5]]


@pytest.mark.parametrize(
    ("ids", "padding"),
    [
        (RIGHT, 0),
        (LEFT, 0),
        ([[5, 6, 0, 0], [5, 0, 7, 0], [6, 7, 5, 8]], None),  # 0 stands in the middle too
        ([[5, 6, 7, 9], [5, 7, 6, 9]], None),  # an end of a sentence stands once
        ([[5, 9, 0, 0], [5, 6, 9, 0]], 0),  # and before what fills up
        ([[0, 0, 0, 0], [5, 6, 7, 0]], None),  # a row of nothing else was not filled up
        ([[5], [6]], None),
    ],
)
def test_padding_stands_in_a_run_at_one_end(ids, padding):
    assert padding_of(np.array(ids)) == padding


def test_padding_and_marks_of_the_format_are_held_and_no_substitutes():
    ids = np.column_stack([np.full(3, 2), RIGHT])
    train = AuditData(np.array([[2, 11, 11, 0, 0]]), modality="sequence")
    places = token_places(AuditData(ids, modality="sequence", train=train))
    assert places.padding == 0 and np.array_equal(places.free, (ids != 0) & (np.arange(5) > 0))
    assert set(places.vocabulary.tolist()) == {5, 6, 7, 11} and places.vocabulary[0] == 5


def test_without_padding_every_place_that_varies_is_free():
    ids = np.array([[1, 2, 3], [1, 3, 2]])
    places = token_places(AuditData(ids, modality="sequence"))
    assert places.padding is None and places.free.tolist() == [[False, True, True]] * 2


def test_ids_are_whole_numbers_of_two_axes_without_a_range():
    ids = np.array([[1, 2, 3], [1, 3, 2]])
    facts = {"modality": "sequence"}
    assert AuditData(ids, **facts).tokens and AuditData(ids, **facts).identifiers.all()
    assert AuditData(ids, **facts).uncompared.all()
    assert not AuditData(ids.astype(float), **facts).tokens
    assert not AuditData(ids, range=(0, 5), **facts).tokens
    assert not AuditData(ids[:, :, None], **facts).tokens
    assert not AuditData(ids).tokens  # a table
