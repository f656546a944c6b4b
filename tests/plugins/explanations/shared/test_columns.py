"""Which original column each column of an encoding comes from."""

import numpy as np
import pytest

from auditkit.plugins.explanations.shared.columns import column_owners, gather

RNG = np.random.default_rng(0)
CODES = np.column_stack([RNG.integers(0, 3, 40), RNG.normal(size=40), RNG.integers(0, 2, 40), np.ones(40)]).astype(
    float
)


def owners(encode, codes=CODES):
    columns = column_owners(encode, codes, np.random.default_rng(1))
    return None if columns is None else columns.tolist()


def one_hot(codes):
    return np.column_stack(
        [codes[:, 0] == 0, codes[:, 0] == 1, codes[:, 0] == 2, codes[:, 1] * 2, codes[:, 2], codes[:, 3]]
    )


def test_one_hot_columns_belong_to_their_source():
    assert owners(one_hot) == [0, 0, 0, 1, 2, -1]


def test_the_identity_is_seen_at_once():
    assert owners(lambda codes: codes) == [0, 1, 2, 3]


def test_reordering_is_followed():
    assert owners(lambda codes: codes[:, [2, 1, 0]]) == [2, 1, 0]


@pytest.mark.parametrize(
    "encode",
    [
        lambda codes: codes @ np.arange(16.0).reshape(4, 4),
        lambda codes: np.column_stack([codes[:, 0] * codes[:, 2]]),
        lambda codes: codes - codes.mean(axis=0),
    ],
    ids=["rotation", "product", "depends on the other rows"],
)
def test_mixed_columns_have_no_owner(encode):
    assert owners(encode) is None


def test_what_only_looks_like_the_identity_is_caught_by_the_mixtures():
    """The product of two equal columns of 0 and 1 is each of them, on the real rows."""
    codes = np.column_stack([np.arange(40) % 2, np.arange(40) % 2]).astype(float)
    assert owners(lambda z: np.column_stack([z[:, 0] * z[:, 1], z[:, 1]]), codes) is None


def test_missing_values_are_values():
    codes = CODES.copy()
    codes[::4, 1] = np.nan
    assert owners(lambda z: np.column_stack([np.isnan(z[:, 1]), np.nan_to_num(z[:, 1])]), codes) == [1, 1]


def test_sums_by_owner():
    values = np.arange(12.0).reshape(2, 6)
    assert gather(values, np.array([0, 0, 0, 1, 2, -1]), 4).tolist() == [[3, 3, 4, 0], [21, 9, 10, 0]]
    assert gather(values.reshape(2, 3, 2), np.array([1, 0, 1]), 2)[0].tolist() == [[2, 3], [4, 6]]
