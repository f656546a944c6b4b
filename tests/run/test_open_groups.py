"""Which numbers of more than counts are published: about whom no count is kept back, and no count of few."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.predictions import Predictions
from auditkit.results import About, CheckResult, Definition, GroupEnd, GroupPair, Measurement, Rows
from auditkit.run.publish_rule import Publish
from auditkit.run.publishable_counts import People
from tests.plugins.recorded import recorded

OF_EVERYONE = Definition(title="t", formula="f", range="r", made_of="everyone")
FURTHER = OF_EVERYONE.model_copy(update={"made_of": "further"})


def published(measurements, sizes=(400, 600), rows=None, definition=OF_EVERYONE):
    """What is left of some measurements; the groups a, b, … have so many people, half of each kind."""
    sex = np.repeat([chr(ord("a") + at) for at in range(len(sizes))], sizes)
    labels, decisions = np.arange(len(sex)) % 2, np.arange(len(sex)) // 2 % 2
    model, data = recorded(decisions, labels, {"g": sex}, disclosure="publish")
    result = CheckResult(
        check="a.b", plugin="p", plugin_version="1", about=About(title="t", question="q"), status="measured",
        definitions={measurement.name: definition for measurement in measurements},
        measurements=tuple(measurements), rows=rows,
    )  # fmt: skip
    rule = Publish(People(data, [Predictions(model, data)], 1), 10, 10)
    return [measurement.value for measurement in rule.check(result).measurements]


def of_group(group, value, n, unit="share", **more):
    return Measurement(name="x", value=value, n=n, unit=unit, exact=True, slice={"g": group}, **more)


def of_attribute(value, name="x_difference"):
    return Measurement(name=name, value=value, n=1000, unit="share", exact=True, across=("g",))


def test_a_mean_that_is_no_count_is_published_about_groups_of_which_all_is_published():
    means = [of_group("a", 0.3217, 400), of_group("b", 0.4119, 600)]
    assert published([*means, of_attribute(0.0902)]) == [0.3217, 0.4119, 0.0902]
    # c is small, so another group hides it: about neither is anything published, nor a disparity over all
    few = published([*means, of_group("c", 0.5111, 7), of_attribute(0.0902)], (400, 600, 7))
    assert few[2:] == [None, None] and sorted(value is None for value in few[:2]) == [False, True]


@pytest.mark.parametrize("hits", [9, 0, 391, 400])
def test_a_share_is_published_about_all_groups_or_none_and_no_disparity_without_it(hits):
    many = [of_group("a", 100 / 400, 400), of_group("b", 333 / 600, 600)]
    assert None not in published([*many, of_attribute(0.305)])
    assert published([of_group("a", hits / 400, 400), many[1], of_attribute(0.305)]) == [None] * 3
    other = of_group("a", hits / 400, 400, conditions={"epsilon": 0.1})  # another number, of the same people
    assert published([*many, other, of_attribute(0.305)])[2] is None


def test_a_share_is_not_published_where_a_group_is_kept_back_or_has_none():
    shares = [of_group("a", 101 / 400, 400), of_group("b", 333 / 600, 600)]
    assert published([*shares, of_group("c", 3 / 7, 7)], (400, 600, 7)) == [None] * 3
    assert published(shares, (400, 600, 7)) == [None] * 2  # c is not even named
    lacking = Measurement(name="x", value=None, reason="none broken", slice={"g": "b"}, unit="share")
    assert published([shares[0], lacking]) == [None, None]


def test_how_many_a_number_is_about_is_a_count_too_but_not_how_many_of_a_sample():
    assert published([of_group("a", 1.25, 397, "cost"), of_group("b", 1.5, 500, "cost")]) == [None, None]
    assert published([of_group("a", 1.25, 300, "cost"), of_group("b", 1.5, 500, "cost")]) == [1.25, 1.5]
    some = Rows(used=500, total=1000, digest="0", how="drawn")
    sample = [of_group("a", 0.3217, 200), of_group("b", 0.4119, 7 + 300)]
    assert published([*sample, of_group("c", 0.5, 3)], (400, 600, 9), some).count(None) == 2
    assert published([*sample, of_group("c", 0.5, 3)], (400, 600, 9)) == [None] * 3


def test_a_mean_that_says_the_same_of_everyone_in_a_group_is_not_published():
    assert published([of_group("a", 1.0, 400), of_group("b", 0.4119, 600)]) == [None, 0.4119]


def test_among_large_groups_a_disparity_needs_no_small_group_where_two_percent_are_many():
    sizes = (3000, 2000, 60, 7)  # 2 % are 101: c and d hide each other
    both = published([of_attribute(0.1), of_attribute(0.1, "x_difference_large_groups")], sizes)
    assert both == [None, 0.1]
    # 2 % are 27: to be told that c is under that is to be told too much
    assert published([of_attribute(0.1), of_attribute(0.1, "x_difference_large_groups")], (800, 500, 20, 7)) == [
        None,
        None,
    ]


def further(measurements, sizes=(400, 600)):
    return published(measurements, sizes, definition=FURTHER)


def of_top(hits, group="a", places=100):
    return of_group(group, hits / places, places, conditions={"k": places})


@pytest.mark.parametrize("hits", [9, 0, 9.5, 91, 100])
def test_further_counts_are_published_of_all_groups_or_none_and_none_of_few(hits):
    assert None not in further([of_top(40), of_top(60, "b"), of_attribute(0.1)])
    gap = Measurement(name="gap", value=0.1, n=1000, unit="share", across=("g",), conditions={"k": 100}, exact=True)
    assert further([of_top(hits), of_top(60, "b"), gap]) == [None] * 3
    at_another_place = of_top(hits).model_copy(update={"conditions": {"k": 5}})
    assert further([at_another_place, of_top(60, "b"), gap]) == [None, 0.6, 0.1]


def test_nearly_all_of_a_group_at_the_top_leaves_few_who_are_not():
    assert further([of_top(395, "a", 900), of_top(505, "b", 900)]) == [None, None]
    assert None not in further([of_top(390, "a", 900), of_top(510, "b", 900)])


def test_further_counts_are_published_only_where_no_count_of_people_is_kept_back():
    shares = [of_top(40), of_top(60, "b"), of_attribute(0.1)]
    assert further(shares, (400, 600, 7)) == [None] * 3
    assert None not in further(shares, (400, 600, 40))
    assert further(shares, (400, 600, 39)) == [None] * 3  # 9 of 39 are of one kind


@pytest.mark.parametrize(("low", "high", "shown"), [(30, 300, True), (9, 300, False), (30, 591, False)])
def test_a_gap_between_two_groups_needs_enough_people_on_either_side_of_both(low, high, shown):
    ends = [GroupEnd(slice={"g": "a"}, value=low / 400, n=400, count=low),
            GroupEnd(slice={"g": "b"}, value=high / 600, n=600, count=high)]  # fmt: skip
    pair = GroupPair(role="value", rate="selection_rate", low=ends[0], high=ends[1])
    (value,) = further([of_attribute(0.3).model_copy(update={"pairs": (pair,), "conditions": {"threshold": 0.4}})])
    assert (value is not None) == shown


def test_a_slice_by_features_is_further_people_too():
    slices = [Measurement(name="x", value=hits / 200, n=200, unit="share", exact=True, slice={"job": job})
              for job, hits in (("cook", 120), ("clerk", 40))]  # fmt: skip
    assert None not in further(slices)
    few = slices[1].model_copy(update={"value": 4 / 200})
    assert further([slices[0], few]) == [None, None]
    crossed = slices[0].model_copy(update={"slice": {"job": "cook", "g": "nobody knows"}})
    assert further([crossed]) == [None]


@pytest.mark.parametrize(("hits", "kept"), [(2, False), (87, False), (40, True)])
def test_a_further_count_of_everyone_is_of_enough_people_or_nothing_of_it_is_published(hits, kept):
    shares = [Measurement(name="x", value=hits / 88, n=88, unit="share", exact=True)]
    cost = Measurement(name="cost", value=44.0, n=1000, unit="cost units", exact=True)  # tells of the same people
    assert [value is not None for value in published([*shares, cost], definition=FURTHER)] == [kept, kept]
