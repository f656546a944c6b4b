"""What is kept of an answer, and what is no answer."""

from __future__ import annotations

import pytest

from auditkit.plugins.models.endpoint.answers import Expected, at, kept_answer
from auditkit.plugins.models.endpoint.exchange import Trouble

THREE = Expected(3, "binary", ("no", "yes"), "declined")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("", {"a": [{"b": 1}, {"b": 2}], "c": {"d": 3}}),
        ("c.d", 3),
        ("a.*.b", [1, 2]),
        ("a.1.b", 2),
        ("a.*.x", [None, None]),
        ("a.2.b", None),
        ("c.*.d", None),
        ("x.y", None),
    ],
)
def test_places_in_an_answer(place, value):
    assert at({"a": [{"b": 1}, {"b": 2}], "c": {"d": 3}}, place) == value


def test_what_is_kept():
    assert kept_answer({"labels": ["yes", ["no"], "declined"]}, THREE) == {"codes": [1, 0, -1]}
    assert kept_answer({"labels": [1, 0.0, "1"]}, Expected(3, "binary", (0, 1))) == {"codes": [1, 0, 1]}
    assert kept_answer({"scores": [1, 2.5, [-3]]}, THREE) == {"scores": [1.0, 2.5, -3.0]}
    assert kept_answer({"labels": [1, 2, 3]}, Expected(3, "regression", ())) == {"scores": [1.0, 2.0, 3.0]}
    assert kept_answer({"probabilities": [0.5, 1, 0]}, THREE) == {"probabilities": [[0.5], [1.0], [0.0]]}


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"labels": {"a": 1}}, "must be a list"),
        ({"labels": ["yes", "no"]}, "one entry for each of 3 rows; there are 2"),
        ({"labels": ["yes", "Mr Miller", None]}, "2 of 3 are none of them"),
        ({"labels": ["yes", {"a": 1}, "no"]}, "1 of 3 are none of them"),
        ({"scores": [1, "2", 3]}, "scores must be numbers"),
        ({"scores": [1, True, 3]}, "scores must be numbers"),
        ({"scores": [1, 10**400, 3]}, "scores must be finite numbers"),
        ({"probabilities": [0.5, 1.5, 0]}, "numbers from 0 to 1"),
        ({"probabilities": [0.5, [0.5, 0.5], 0]}, "for all rows in the same way"),
        ({"probabilities": [[], [0.5, 0.5], [0.1, 0.9]]}, "2 numbers from 0 to 1"),
    ],
)
def test_what_is_no_answer(parts, words):
    with pytest.raises(Trouble, match=words) as caught:
        kept_answer(parts, THREE)
    assert "Miller" not in str(caught.value)


def test_one_number_does_not_tell_three_classes():
    with pytest.raises(Trouble, match="for each row, 3 numbers from 0 to 1"):
        kept_answer({"probabilities": [0.5, 0.5, 0.5]}, Expected(3, "multiclass", ("a", "b", "c")))
