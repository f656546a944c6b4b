"""The order of classes: stated once, in any spelling, for classes alone; no part of other data's digests."""

import numpy as np
import pandas as pd
import pytest

from auditkit.data import AuditData
from auditkit.errors import DataError

TABLE = pd.DataFrame({"x": range(6), "grade": [1, 2, 3, 3, 2, 1]})


def read(order=(1, 2, 3), **options):
    return AuditData.from_table(TABLE, label="grade", **{"task": "multiclass", "order": order, **options})


def test_ranks_follow_the_order_in_any_spelling():
    assert read(("3", "1", "2")).ranks.tolist() == [1, 2, 0, 0, 2, 1]
    assert read().at_least(2).labels.tolist() == [0, 0, 1, 1, 0, 0]
    assert read().take(np.array([5, 3])).ranks.tolist() == [0, 2]


def test_the_order_is_in_the_digest_and_other_data_keep_theirs():
    assert read().digest != read((3, 2, 1)).digest != read(None).digest
    assert read().rows_digest == read(None).rows_digest


@pytest.mark.parametrize(
    ("order", "options", "message"),
    [
        ((1, 2), {}, "3 has no place"), ((1, 2, 3, 3), {}, "name every class once"),
        ((1, 2, 3), {"task": "regression"}, "Say task"),
    ],
)  # fmt: skip
def test_what_is_no_order_is_refused(order, options, message):
    with pytest.raises(DataError, match=message):
        read(order, **options)
