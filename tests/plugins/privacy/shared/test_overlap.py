"""Audit rows that were trained on: counted, and told from people who are alike by chance."""

from __future__ import annotations

import numpy as np

from auditkit.data import AuditData
from auditkit.plugins.privacy.shared.overlap import overlap

RNG = np.random.default_rng(0)
INPUTS, LABELS = RNG.normal(size=(200, 3)), RNG.integers(0, 2, 200)


def data(rows: slice, unit: list[int] | None = None) -> AuditData:
    return AuditData(INPUTS[rows], labels=LABELS[rows], positive=1, unit=unit)


def test_rows_of_the_training_split_are_found_and_counted() -> None:
    common = overlap(data(slice(80, 180)), data(slice(0, 100)))
    assert common.rows.tolist() == [True] * 20 + [False] * 80 and not common.people.any() and not common.both.any()
    assert common.excess == 0.2 and common.control(("auc",)).holds
    assert common.note() == ["Left out: 20 rows of the audit data that stand in the training split, too."]
    assert overlap(data(slice(100, 200)), data(slice(0, 100))).note() == []


def test_an_audit_table_that_is_mostly_training_rows_is_no_table_of_others() -> None:
    common = overlap(data(slice(40, 140)), data(slice(0, 100)))
    assert common.excess == 0.6 and common.control(("auc",)).holds is False


def test_people_who_are_alike_by_chance_are_no_sign() -> None:
    alike = [AuditData(RNG.integers(0, 3, (300, 2)).astype(float), labels=[0, 1] * 150, positive=1) for _ in range(2)]
    common = overlap(*alike)
    assert common.rows.mean() > 0.9 and abs(common.excess) < 0.1 and common.control(("auc",)).holds


def test_persons_on_both_sides_are_no_non_members() -> None:
    common = overlap(data(slice(100, 104), [7, 8, 7, 9]), data(slice(0, 3), [8, 1, 2]))
    assert common.people.tolist() == [False, True, False, False] and common.both.tolist() == [True, False, False]
    assert common.note(2) == [
        "Left out: 1 other rows of the audit data of persons who are in the training split; 2 further rows that occur "
        "more than once or whose person is on both sides."
    ]
