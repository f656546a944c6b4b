"""What every disparity is given, for every check alike: whom it leaves out, and which of two groups is worse off."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.data import AuditData
from auditkit.results import (
    NOBODY,
    RIGHTLY_SELECTED,
    SELECTED_LESS,
    SELECTED_MORE,
    About,
    CheckResult,
    Definition,
    Figure,
    GroupEnd,
    GroupPair,
    LeftOut,
    Measurement,
    left_out_text,
)
from auditkit.run.disparities import complete_disparities, name_worse_off

LOW, HIGH = GroupEnd(slice={"g": "a"}, value=0.2), GroupEnd(slice={"g": "b"}, value=0.7)


def data(outcome=None, task="binary", classes=(0, 1)) -> AuditData:
    labels = np.array(classes * 5)
    return AuditData(np.zeros((len(labels), 1)), labels=labels, task=task, outcome=outcome)


def worse_off(
    outcome, *, harm=SELECTED_MORE, rate="rate", stated=None, low=LOW, conditions=None, task="binary", classes=(0, 1)
):
    pair = GroupPair(role="value", rate=rate, low=low, high=HIGH, worse_off=stated)
    gap = Measurement(name="gap", value=0.5, exact=True, across=("g",), pairs=(pair,), conditions=conditions or {})
    define = lambda harm: Definition(title="t", formula="f", range="r", harm=harm)  # noqa: E731
    result = CheckResult(
        check="a.b", plugin="p", plugin_version="1", about=About(title="t", question="q"), status="measured",
        measurements=(gap,), definitions={"gap": define(NOBODY if rate == "rate" else harm), "rate": define(harm)},
    )  # fmt: skip
    (named,) = name_worse_off(result, data(outcome, task, classes)).measurements
    return named.pairs[0].worse_off


def test_a_figure_of_a_number_per_group_says_it_too():
    figure = Figure(name="rate", title="t", alt="a", caption="Dots.", mark="dot-whisker")
    other = figure.model_copy(update={"name": "another"})
    result = CheckResult(
        check="a.b", plugin="p", plugin_version="1", about=About(title="t", question="q"), status="measured",
        figures=(figure, figure.model_copy(update={"name": "rate_map_1"}), other),
        definitions={"rate": Definition(title="t", formula="f", range="r", harm=SELECTED_MORE)},
    )  # fmt: skip
    captions = [figure.caption for figure in name_worse_off(result, data("burden")).figures]
    assert (
        captions[0]
        == captions[1]
        == "Dots. Of two groups the one with the higher value is worse off, as being selected is a burden."
    )
    assert captions[2] == "Dots."
    assert name_worse_off(result, data()).figures == result.figures


@pytest.mark.parametrize(
    ("harm", "benefit", "burden"),
    [
        (SELECTED_MORE, "low", "high"),
        (SELECTED_LESS, "high", "low"),
        (RIGHTLY_SELECTED, None, "low"),
        (NOBODY, None, None),
    ],
)
def test_it_turns_round_with_what_being_selected_is(harm, benefit, burden):
    assert worse_off("benefit", harm=harm) == benefit
    assert worse_off("burden", harm=harm) == burden
    assert worse_off(None, harm=harm) is None


def test_until_it_is_stated_nobody_is_whatever_a_check_says_itself():
    assert worse_off(None, stated="low") is None
    assert worse_off("burden", stated="low") == "high"


def test_a_rate_that_is_not_defined_leaves_it_to_the_measure():
    assert worse_off("burden", rate="another") == "high"


def test_of_two_equal_groups_nobody_is():
    assert worse_off("benefit", low=GroupEnd(slice={"g": "a"}, value=0.7)) is None


def test_a_number_that_is_not_shown_still_has_a_side():
    assert worse_off("benefit", low=GroupEnd(slice={"g": "a"}, value=None)) == "low"


def test_of_more_than_two_classes_only_those_that_were_stated_have_a_side():
    stated = {"0": "benefit", "1": "burden"}
    sides = [worse_off(stated, task="multiclass", classes=(0, 1, 2), conditions={"class": letter}) for letter in "012"]
    assert sides == ["low", "high", None]
    assert worse_off("benefit", task="multiclass", classes=(0, 1, 2), conditions={"class": "0"}) is None


@pytest.mark.parametrize(
    ("sizes", "sentence", "bars"),
    [
        ({"x": 4}, "left out: x (fewer than 10 people)", [False]),
        ({"x": 9}, "left out: x (fewer than 10 people)", [True]),
        ({"x": 4, "y": 5}, "left out: smaller groups together (fewer than 10 people each: x, y)", [True]),
        (
            {"x": 4, "y": 6},
            "left out: smaller groups together (10 people, 5.9% of all: fewer than 10 people each: x, y)", [True],
        ),
        ({"x": 0, "y": 3}, "left out: y (fewer than 10 people)", [False]),
        (
            {"x": 20, "y": 3},
            "left out: x (20 people, 10.9% of all: no positives); y (fewer than 10 people)", [True, False],
        ),
        ({"x": 0}, "", []),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("grows", ["grows", "shrinks", "neither"])
def test_who_is_left_out_is_named_and_counted(sizes, sentence, bars, grows):
    """A single small group is no several groups together; together they bar where they are over 5 % of the people."""
    names = np.repeat(["a", "b", *sizes], [80, 80, *sizes.values()])
    people = AuditData(np.zeros((len(names), 1)), labels=np.arange(len(names)) % 2, groups={"g": names})
    gap = Measurement(
        name="gap", value=0.5, exact=True, across=("g",),
        left_out=tuple(LeftOut(slice={"g": name}, reason="no positives") for name in sizes),
    )  # fmt: skip
    result = CheckResult(
        check="a.b", plugin="p", plugin_version="1", about=About(title="t", question="q"), status="measured",
        measurements=(gap,),
        definitions={"gap": Definition(title="t", formula="f", range="r", harm=NOBODY, more_groups=grows)},
    )  # fmt: skip
    (completed,) = complete_disparities(result, people).measurements
    assert left_out_text(completed.left_out) == sentence
    assert [group.bars for group in completed.left_out] == bars
    undecided = grows == "neither" and max(sizes.values()) >= 10
    assert completed.validity == ("inconclusive" if undecided else "valid")
    assert completed.bound == (None if not sentence else {"grows": "at least", "shrinks": "at most"}.get(grows))
