"""Numbers that an audit says itself are found among many, as they are written with fewer digits too."""

from __future__ import annotations

import random

from auditkit.run.own_numbers import NONE, OwnNumbers


def test_it_finds_what_a_look_at_each_finds():
    dice = random.Random(0)
    for _ in range(300):
        numbers = [round(dice.uniform(-3, 3), dice.choice((0, 1, 8))) for _ in range(dice.randrange(12))]
        number, tolerance = round(dice.uniform(-3, 3), 2), dice.choice((0.0, 1e-9, 0.005, 0.5))
        slow = any(abs(number - own) <= tolerance for own in numbers)
        assert OwnNumbers(numbers).holds(number, tolerance) == slow, (numbers, number, tolerance)


def test_there_may_be_none_and_no_two_collections_are_taken_for_each_other():
    assert not NONE.holds(0.0, 1.0)
    assert OwnNumbers([1234.0]) != OwnNumbers([1234.0])
