"""The builders say in words what they draw, and leave out nothing in silence."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies as st

from auditkit.figures import bars, curve, dot_whisker, forest, heat_map, label
from auditkit.results import Axis, Interval, Measurement


def rate(value: float | None, where: str = "F", **more: object) -> Measurement:
    reason = None if value is not None else "fewer than 10 people"
    interval = None if value is None else Interval(low=value - 0.05, high=value + 0.05, method="wilson")
    return Measurement(
        name="rate", value=value, reason=reason, interval=interval, n=40, unit="share", slice={"sex": where}, **more
    )


def test_a_dot_and_whisker_says_its_numbers() -> None:
    figure = dot_whisker("rates", "Rate by sex", [rate(0.25), rate(0.5, "M")])
    assert figure is not None
    assert figure.alt == "Rate by sex: sex=F 25.0% (20.0% to 30.0%); sex=M 50.0% (45.0% to 55.0%)."
    assert figure.data[0] == {"label": "sex=F", "value": 0.25, "low": 0.2, "high": 0.3, "n": 40}


def test_what_has_no_value_is_named_and_not_drawn() -> None:
    figure = dot_whisker("rates", "Rate", [rate(0.25), rate(None, "X")], caption="By sex.")
    assert figure is not None
    assert len(figure.data) == 1
    assert figure.caption == "By sex. Not shown: sex=X (fewer than 10 people)."


def test_nothing_to_draw_is_no_figure() -> None:
    assert dot_whisker("rates", "Rate", [rate(None)]) is None
    assert forest("rates", "Rate", []) is None


def test_several_names_are_told_apart() -> None:
    other = Measurement(name="false_rate", value=0.1, exact=True, across=("sex",))
    figure = forest("gaps", "Gaps", [rate(0.25), other])
    assert figure is not None
    assert [row["label"] for row in figure.data] == ["rate: sex=F", "false rate: over sex"]


@pytest.mark.parametrize(
    ("measurement", "text"),
    [
        (Measurement(name="a", value=1, exact=True), "everyone"),
        (Measurement(name="a", value=1, exact=True, slice={"sex": "F", "race": "B"}), "sex=F, race=B"),
        (Measurement(name="a", value=1, exact=True, across=("sex", "race")), "over sex and race"),
        (Measurement(name="a", value=1, exact=True, slice={"sex": "F"}, conditions={"eps": 0.1}), "sex=F; eps=0.1"),
    ],
)
def test_the_label_of_a_measurement(measurement: Measurement, text: str) -> None:
    assert label(measurement) == text


def test_a_curve_says_where_each_line_begins_and_ends() -> None:
    points = [{"e": e, "a": a, "who": who} for who, a in (("PGD", 0.9), ("noise", 0.95)) for e in (0.0, 0.1)]
    x, y = Axis(field="e", title="epsilon"), Axis(field="a", title="accuracy", percent=True)
    figure = curve("c", "Accuracy", points, x=x, y=y, series=Axis(field="who", title="attack"))
    assert "PGD: accuracy 90.0% at epsilon 0, 90.0% at 0.1" in figure.alt
    assert "noise: accuracy 95.0% at epsilon 0" in figure.alt


def test_bars_say_the_first_dozen_and_how_many_more() -> None:
    rows = [{"feature": f"f{index}", "share": index / 20} for index in range(15)]
    figure = bars(
        "b", "Importance", rows, label=Axis(field="feature", title=""), value=Axis(field="share", title="share")
    )
    assert "f11 0.55; and 3 more." in figure.alt
    assert "f12" not in figure.alt


def test_a_heat_map_says_its_extremes_and_skips_empty_cells() -> None:
    cells = [{"x": x, "y": y, "v": v} for x, y, v in (("a", "b", 0.5), ("a", "c", None), ("d", "c", 0.25))]
    x, y = Axis(field="x", title="x"), Axis(field="y", title="y")
    figure = heat_map("h", "Rate", cells, x=x, y=y, value=Axis(field="v", title="rate", percent=True))
    assert figure.alt == "Rate: from 25.0% (c, d) to 50.0% (b, a)."
    empty = heat_map("h", "Rate", cells[1:2], x=x, y=y, value=Axis(field="v", title="rate"))
    assert "no cell has a value" in empty.alt
    same = heat_map(
        "h", "Rate", [cells[0], cells[0] | {"x": "d"}, cells[1]], x=x, y=y, value=Axis(field="v", title="r")
    )
    assert same.alt == "Rate: 0.5 in each cell that has a value."


@given(st.lists(st.floats(0, 1, allow_nan=False), min_size=1, max_size=30))
def test_the_words_hold_as_many_numbers_as_are_promised(values: list[float]) -> None:
    figure = dot_whisker("r", "Rate", [rate(value, f"g{index}") for index, value in enumerate(values)])
    assert figure is not None
    assert len(figure.data) == len(values)
    assert len(re.findall(r"sex=g\d+", figure.alt)) == min(12, len(values))
    assert (f"and {len(values) - 12} more" in figure.alt) == (len(values) > 12)
