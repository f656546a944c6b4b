"""Persons with all their rows: halves that part nobody, and how many rows vary as much as theirs."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.data import AuditData
from auditkit.plugins.privacy.attribute.attacks import gain
from auditkit.plugins.privacy.membership.attack import Scored, called
from auditkit.plugins.privacy.membership.measurements import headline
from auditkit.plugins.privacy.membership.reference_models import draw_halves, kept_together
from auditkit.plugins.privacy.shared.persons import effective_persons, halved, whose


def test_whose_rows_they_are() -> None:
    rows = AuditData(np.zeros((4, 1)), unit=["b", "a", "b", "c"])
    assert whose(rows).max() == 2 and len(set(whose(rows).tolist())) == 3 and whose(rows)[0] == whose(rows)[2]
    assert whose(AuditData(np.zeros((4, 1)))).tolist() == [0, 1, 2, 3]


def test_halves_and_splits_part_nobody() -> None:
    rng = np.random.default_rng(0)
    unit = rng.integers(0, 30, 200)
    for _ in range(10):
        half = halved(unit, rng)
        assert not set(unit[half]) & set(unit[~half]) and 10 <= len(set(unit[half])) <= 20
    prints = rng.integers(0, 190, 200).astype(str).astype("S4")
    for split in draw_halves(kept_together(prints, unit), 4, rng):
        assert not set(unit[split]) & set(unit[~split]) and not set(prints[split]) & set(prints[~split])
    np.testing.assert_array_equal(kept_together(prints, None), np.unique(prints, return_inverse=True)[1])


def test_ten_rows_a_person_are_one_row_a_person() -> None:
    assert effective_persons(np.repeat(np.arange(7), 10)) == pytest.approx(7)
    assert effective_persons(np.arange(9)) == 9
    assert effective_persons(np.array([0] * 9 + [1])) == pytest.approx(100 / 82)


def test_the_intervals_of_an_attack_count_persons_and_those_of_rows_are_too_narrow() -> None:
    """Ten rows of each of 100 persons, and scores that say nothing of who is a member."""
    rng = np.random.default_rng(1)
    person, outside = np.repeat(np.arange(200), 10), {"persons": 0, "rows": 0}
    for _ in range(100):
        scores = rng.normal(0, 1, 200)[person] + rng.normal(0, 0.1, 2000)
        half = halved(person, rng)
        for name, unit in (("persons", person), ("rows", np.arange(2000))):
            scored = Scored("loss", scores[:1000], scores[1000:], half[:1000], half[1000:], unit)
            numbers = {number.name: number for number in headline(scored, called(scored, 0.2), 0.2)}
            area, advantage = (numbers[name].interval for name in ("auc", "advantage"))
            assert area is not None and advantage is not None
            outside[name] += area.low > 0.5 or advantage.low > 0  # type: ignore[operator]
            assert numbers["auc"].n == (200 if name == "persons" else 2000)
            assert numbers["true_positive_rate"].n == (100 if name == "persons" else 1000)
    assert outside["persons"] <= 8 and outside["rows"] >= 25


def test_the_gain_of_ten_rows_a_person_counts_persons() -> None:
    rng = np.random.default_rng(2)
    person, outside = np.repeat(np.arange(60), 10), {"persons": 0, "rows": 0}
    for _ in range(200):
        right = [np.repeat(rng.random(60) < 0.5, 10) for _ in range(2)]
        for name, unit in (("persons", person), ("rows", np.arange(600))):
            measured = gain(right[0], right[1], unit)
            outside[name] += not measured.interval.low <= 0 <= measured.interval.high  # type: ignore[operator]
    assert outside["persons"] <= 20 and outside["rows"] >= 60
