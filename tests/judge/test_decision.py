"""The verdict table, row by row."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given, strategies as st

from auditkit.errors import ConfigError
from auditkit.judge import judge, judge_measurement, with_names
from auditkit.judge.decision import two_digits
from auditkit.results import POSSIBLE, About, CheckResult, ErrorInfo, Interval, LeftOut, Limit, Measurement, Waiver

TODAY = datetime.date(2026, 11, 23)


def measurement(
    value: float | None = 0.9, low: float | None = 0.85, high: float | None = 0.95, **fields
) -> Measurement:
    interval = None if value is None or fields.get("exact") else Interval(low=low, high=high, method="test")
    fields.setdefault("n", 100)
    return Measurement(name=fields.pop("name", "rate"), value=value, interval=interval, **fields)


def result(*measurements: Measurement, check: str = "a.check", status: str = "measured", **fields) -> CheckResult:
    about = About(title="t", question="q")
    return CheckResult(
        check=check, plugin="p", plugin_version="1", about=about, status=status, measurements=measurements, **fields
    )


def limit(**fields) -> Limit:
    bounds = {} if "at_most" in fields else {"at_least": 0.8}
    return Limit(**{"name": "l", "measurement": "a.check.rate", **bounds, **fields})


def decide(*measurements: Measurement, limits=None, waivers=(), faults=(), results=None):
    judged = [result(*measurements)] if results is None else results
    return judge(limits if limits is not None else [limit()], waivers, judged, TODAY, faults)


@pytest.mark.parametrize(
    ("fields", "bound", "status"),
    [
        ({}, {"at_least": 0.8}, "met"),
        ({}, {"at_least": 0.85}, "met"),
        ({}, {"at_least": 0.9}, "inconclusive"),
        ({}, {"at_least": 0.86}, "inconclusive"),
        ({}, {"at_least": 0.96}, "missed"),
        ({}, {"at_most": 0.95}, "met"),
        ({}, {"at_most": 0.94}, "inconclusive"),
        ({}, {"at_most": 0.84}, "missed"),
        ({}, {"at_least": 0.8, "at_most": 0.95}, "met"),
        ({}, {"at_least": 0.8, "at_most": 0.9}, "inconclusive"),
        ({}, {"at_least": 0.96, "at_most": 0.99}, "missed"),
        ({"low": None}, {"at_least": 0.8}, "inconclusive"),
        ({"high": None}, {"at_least": 0.8}, "met"),
        ({"low": None}, {"at_most": 0.8}, "inconclusive"),
        ({"exact": True}, {"at_least": 0.9}, "met"),
        ({"exact": True}, {"at_least": 0.91}, "missed"),
        ({"value": None, "reason": "no positives"}, {"at_least": 0.0}, "inconclusive"),
        ({"validity": "invalid", "reason": "r"}, {"at_least": 0.8}, "inconclusive"),
        ({"validity": "inconclusive", "reason": "r"}, {"at_least": 0.8}, "inconclusive"),
        ({"validity": "invalid", "reason": "r"}, {"at_least": 0.99}, "inconclusive"),
        ({}, {"at_least": 0.9, "judge": "point"}, "met"),
        ({}, {"at_least": 0.91, "judge": "point"}, "missed"),
        ({"value": None, "reason": "r"}, {"at_least": 0.0, "judge": "point"}, "inconclusive"),
        ({"validity": "invalid", "reason": "r"}, {"at_least": 0.0, "judge": "point"}, "inconclusive"),
    ],
)
def test_one_measurement(fields, bound, status):
    assert judge_measurement(limit(**bound), measurement(**fields))[0] == status


@pytest.mark.parametrize(
    ("value", "bound", "sentence"),
    [
        (0.79996, {"at_least": 0.8}, "0.79996 (exact) is not at least 0.8"),
        (0.8, {"at_least": 0.8}, "0.8 (exact) is at least 0.8"),
        (0.1 + 0.2, {"at_most": 0.3}, "0.30000000000000004 (exact) is not at most 0.3"),
        (0.6650658, {"at_least": 0.66506}, "0.6651 (exact) is at least 0.66506"),
        (2 / 3, {"at_least": 0.5}, "0.6667 (exact) is at least 0.5"),
    ],
)
def test_a_sentence_has_as_many_digits_as_it_takes_to_see_on_which_side(value, bound, sentence):
    assert judge_measurement(limit(**bound), measurement(value, exact=True))[1] == sentence


def test_of_a_bound_the_end_that_does_not_hold_is_not_told_at_any_level():
    number = measurement(0.2, 0.1, 0.3, bound="at most", slice={"sex": "f"})
    reasons = decide(number, measurement(slice={"sex": "m"}), limits=[limit(groups="each")]).verdicts[0].judged
    assert "95% interval 0.3 or less" in reasons[0].reason and "that holds for all 2" in reasons[0].reason
    assert " to " not in reasons[0].reason


@pytest.mark.parametrize(
    ("bounds", "reason"),
    [
        ({"at_least": 0.8}, "0.9 among what was compared (95% interval 0.85 to 0.95) is at least 0.8"),
        ({"at_most": 0.8}, "0.9 among what was compared (95% interval 0.85 to 0.95) is not at most 0.8"),
        ({"at_most": 0.97}, "at most 0.9 (95% interval 0.95 or less) is at most 0.97"),
        ({"at_least": 0.96}, "at most 0.9 (95% interval 0.95 or less) is not at least 0.96"),
        ({"at_least": 0.9}, "at most 0.9 (95% interval 0.95 or less) is across the bound"),
        (
            {"at_least": 0.8, "judge": "point"},
            "0.9 among what was compared (judged by the point alone) is at least 0.8",
        ),
    ],
)
def test_a_verdict_by_the_end_that_does_not_hold_for_those_left_out_is_about_the_compared(bounds, reason):
    assert judge_measurement(limit(**bounds), measurement(bound="at most"))[1].startswith(reason)


UNKNOWN = LeftOut(slice={"column": "paid"}, reason="its values are in no known form", bars=True)


@pytest.mark.parametrize(
    ("value", "fields", "bounds", "status"),
    [
        (0.0, {"bound": "at least", "left_out": (UNKNOWN,)}, {"at_most": 0}, "inconclusive"),
        (1.0, {"bound": "at least", "left_out": (UNKNOWN,)}, {"at_most": 0}, "missed"),
        (1.0, {"bound": "at least", "left_out": (UNKNOWN,)}, {"at_most": 1}, "inconclusive"),
        (1.0, {"bound": "at least", "left_out": (UNKNOWN,)}, {"at_least": 2}, "missed"),
        (1.0, {"bound": "at least", "left_out": (UNKNOWN,)}, {"at_least": 1}, "inconclusive"),
        (1.0, {"bound": "at most", "left_out": (UNKNOWN,)}, {"at_least": 2}, "missed"),
        (1.0, {"bound": "at most", "left_out": (UNKNOWN,)}, {"at_least": 1}, "inconclusive"),
        (1.0, {"bound": "at most", "left_out": (UNKNOWN,)}, {"at_most": 0}, "missed"),
        (0.0, {"bound": "at least"}, {"at_most": 0}, "met"),
    ],
)
def test_what_is_left_out_bars_met_alone_and_only_what_holds_for_it_too_is_no_word_on_the_compared(
    value, fields, bounds, status
):
    counted = measurement(value, exact=True, **fields)
    decided, reason = judge_measurement(limit(**bounds), counted)
    proves = fields["bound"].replace(" ", "_") not in bounds  # at least 1 is not at most 0
    assert decided == status
    assert reason.startswith(f"{fields['bound']} {value:g} " if proves and status == "missed" else f"{value:g} among")


def test_of_a_verdict_on_the_compared_both_ends_are_told_at_any_level():
    number = measurement(0.2, 0.1, 0.3, bound="at least", slice={"sex": "f"})
    reasons = decide(number, measurement(slice={"sex": "m"}), limits=[limit(groups="each")]).verdicts[0].judged
    wide = reasons[0].reason.partition("; the ")[2]
    assert "(95% interval 0.1 to 0.3) is not at least 0.8" in reasons[0].reason
    assert " to " in wide and "or more" not in wide and "that holds for all 2" in wide


def test_met_names_whom_it_was_not_held_against():
    few = LeftOut(slice={}, reason="fewer than 10 people each: x, y", people=18, share=0.03)
    ratio = measurement(1.0, 0.9, 1.0, bound="at most", left_out=(few,))
    status, reason = judge_measurement(limit(at_least=0.8), ratio)
    assert status == "met"
    assert "left out: smaller groups together (18 people, 3.0% of all: fewer than 10 people each: x, y)" in reason
    proven = measurement(0.5, 0.4, 0.6, bound="at most", left_out=(few,))
    status, reason = judge_measurement(limit(at_least=None, at_most=0.7), proven)
    assert status == "met" and reason.startswith("at most 0.5 ") and "(18 people, 3.0% of all" in reason


def test_more_rows_are_not_promised_to_decide_where_what_is_left_out_bars_met():
    ratio = measurement(0.9, 0.7, 1.0, bound="at most", left_out=(UNKNOWN,))
    status, reason = judge_measurement(limit(at_least=0.8), ratio)
    assert status == "inconclusive" and "more rows" not in reason
    assert reason.endswith("bars that it is met (left out: paid (its values are in no known form))")
    wrong = judge_measurement(limit(at_least=0.95), ratio)[1]
    assert wrong.endswith("on the wrong side. More rows would rather show that it is missed.")


def test_more_rows_are_not_promised_to_decide_what_was_not_recorded():
    rate = measurement(0.9, 0.7, 1.0)
    possible = rate.model_copy(update={"interval": rate.interval.model_copy(update={"method": f"{POSSIBLE}: Wilson"})})
    reason = judge_measurement(limit(at_least=0.8), possible)[1]
    assert reason.endswith("more rows like these would hardly change that.")


def test_no_interval_and_not_exact_is_inconclusive():
    status, reason = judge_measurement(limit(), Measurement(name="rate", value=0.99))
    assert status == "inconclusive"
    assert "no interval and is not exact" in reason


def test_an_undecided_limit_says_the_side_and_how_many_rows_would_decide():
    # half width 0.1, distance to the bound 0.05: four times the rows, 300 more
    status, reason = judge_measurement(limit(at_least=0.85), measurement(0.9, 0.8, 1.0, slice={"sex": "F"}))
    assert status == "inconclusive"
    assert "on the right side" in reason
    assert "About 300 more rows of sex=F" in reason
    wrong = judge_measurement(limit(at_least=0.95), measurement(0.9, 0.8, 1.0))[1]
    assert "on the wrong side" in wrong and wrong.endswith("More rows would rather show that it is missed.")
    assert "no number of rows" in judge_measurement(limit(at_least=0.9), measurement(0.9, 0.8, 1.0))[1]


@pytest.mark.parametrize(
    ("number", "rounded"), [(69567, 70_000), (300, 300), (304.2, 310), (9.1, 10), (0.2, 1), (99.5, 100), (1001, 1100)]
)
def test_rows_are_said_with_two_digits(number, rounded):
    assert two_digits(number) == rounded


def test_a_hundred_times_the_rows_is_in_effect_never():
    # half width 0.1, distance 0.009: 123 times the rows; at 0.01 a hundred times, 99 times more
    assert "In effect never" in judge_measurement(limit(at_least=0.891), measurement(0.9, 0.8, 1.0))[1]
    assert "About 9,900 more rows" in judge_measurement(limit(at_least=0.89), measurement(0.9, 0.8, 1.0))[1]


@given(st.floats(1e-3, 1e12))
def test_two_digits_are_never_less_and_never_much_more(number):
    assert number * (1 - 1e-6) <= two_digits(number) <= max(1.1 * number, number + 1) * (1 + 1e-6)


@given(value=st.floats(0, 1), below=st.floats(0.001, 0.5), above=st.floats(0.001, 0.5), bound=st.floats(-0.5, 1.5))
def test_exactly_one_of_three_and_the_mirror_image_agrees(value, below, above, bound):
    here = judge_measurement(limit(at_least=bound), measurement(value, value - below, value + above))[0]
    mirrored = judge_measurement(limit(at_most=-bound), measurement(-value, -value - above, -value + below))[0]
    assert here in ("met", "missed", "inconclusive")
    assert here == mirrored


@given(st.floats(0.51, 0.99))
def test_a_wider_interval_never_turns_inconclusive_into_a_verdict(value):
    order = {"met": 1, "missed": 1, "inconclusive": 0}
    decided = [
        order[judge_measurement(limit(at_least=0.5), measurement(value, value - half, value + half))[0]]
        for half in (0.001, 0.01, 0.1, 0.3, 0.5)
    ]
    assert decided == sorted(decided, reverse=True)


@pytest.mark.parametrize(
    ("limits", "measurements", "word", "code"),
    [
        ([limit()], [measurement()], "met", 0),
        ([limit(at_least=0.96)], [measurement()], "missed", 1),
        ([limit(at_least=0.9)], [measurement()], "inconclusive", 3),
        ([limit(measurement="a.check.other")], [measurement()], "not tested", 3),
        ([limit(measurement="b.check.rate")], [measurement()], "not tested", 3),
        ([limit(across=("sex",))], [measurement()], "not tested", 3),
        ([limit(slice={"sex": "F"})], [measurement()], "not tested", 3),
        ([limit(conditions={"epsilon": 0.1})], [measurement()], "not tested", 3),
        ([], [measurement()], "not tested", 5),
        ([], [], "not tested", 5),
        ([limit(groups="each")], [measurement(), measurement(0.5, 0.4, 0.6, slice={"sex": "F"})], "missed", 1),
        ([limit(groups="each")], [measurement(), measurement(None, reason="r", slice={"sex": "F"})], "inconclusive", 3),
        ([limit()], [measurement(), measurement(0.5, 0.4, 0.6, slice={"sex": "F"})], "met", 0),
        ([limit()], [measurement(), measurement(None, reason="hidden", slice={"sex": "F"})], "met", 0),
        ([limit()], [measurement(slice={"sex": "M"}), measurement(0.5, 0.4, 0.6, slice={"sex": "F"})], "missed", 1),
        ([limit(), limit(name="m", at_least=0.99)], [measurement()], "missed", 1),
        ([limit(), limit(name="m", measurement="x.y")], [measurement()], "not tested", 3),
    ],
)
def test_the_outcome(limits, measurements, word, code):
    judged = decide(*measurements, limits=limits)
    assert (judged.outcome.verdict, judged.outcome.exit_code) == (word, code)


def failed(**fields) -> CheckResult:
    return result(status="error", error=ErrorInfo(kind="exception", type="E", message="boom"), **fields)


def test_a_failed_check_is_an_error_whatever_the_limits_say():
    assert decide(results=[failed()]).verdicts[0].status == "error"
    judged = decide(results=[failed(check="b.check"), result(measurement())])
    assert judged.verdicts[0].status == "met"
    assert (judged.outcome.verdict, judged.outcome.exit_code) == ("error", 3)
    assert "boom" in judged.outcome.reasons[0]


def test_a_missed_limit_comes_before_an_error():
    judged = decide(limits=[limit(at_least=0.99)], results=[result(measurement()), failed(check="b.check")])
    assert judged.outcome.exit_code == 1
    assert any("boom" in reason for reason in judged.outcome.reasons)


def test_a_plugin_that_did_not_load_is_an_error():
    assert decide(measurement(), faults=["plugin 'x' did not load"]).outcome.exit_code == 3


def test_a_skipped_check_moves_the_code_only_through_a_limit():
    skipped = result(check="b.check", status="skipped", reason="needs gradients")
    assert decide(results=[result(measurement()), skipped]).outcome.exit_code == 0
    judged = decide(limits=[limit(measurement="b.check.rate")], results=[result(measurement()), skipped])
    assert judged.verdicts[0].status == "not tested"
    assert "needs gradients" in judged.verdicts[0].reason
    assert judged.outcome.exit_code == 3


def test_nothing_measured_is_not_a_pass():
    skipped = result(status="skipped", reason="r")
    assert decide(limits=[], results=[skipped]).outcome.exit_code == 5


@pytest.mark.parametrize(
    ("bound", "days", "code", "waived"),
    [(0.99, 1, 0, True), (0.99, 0, 0, True), (0.99, -1, 1, False), (0.9, 1, 0, True), (0.9, -1, 3, False)],
)
def test_a_waiver_counts_until_its_day(bound, days, code, waived):
    waiver = Waiver(limit="l", reason="ticket", approver="head", expires=TODAY + datetime.timedelta(days=days))
    judged = decide(measurement(), limits=[limit(at_least=bound)], waivers=[waiver])
    assert judged.outcome.exit_code == code
    assert judged.verdicts[0].waived is waived
    assert judged.verdicts[0].waiver == waiver
    assert judged.outcome.counts["waived"] == waived


@pytest.mark.parametrize("results", [[failed()], [result(status="skipped", reason="r")], []])
def test_a_waiver_never_covers_an_error_or_a_not_tested(results):
    waiver = Waiver(limit="l", reason="ticket", approver="head", expires=TODAY)
    judged = decide(results=results, waivers=[waiver])
    assert judged.verdicts[0].waived is False
    assert judged.outcome.exit_code == 3


def test_a_check_with_one_measurement_may_be_called_by_its_id():
    assert decide(measurement(), limits=[limit(measurement="a.check")]).outcome.exit_code == 0
    both = decide(measurement(), measurement(name="other"), limits=[limit(measurement="a.check")])
    assert both.verdicts[0].status == "not tested"
    assert "name one: other, rate" in both.verdicts[0].reason


def test_across_slice_and_conditions_choose():
    sex = measurement(across=("sex",))
    race = measurement(0.5, 0.4, 0.6, across=("race",))
    eps = measurement(0.5, 0.4, 0.6, conditions={"epsilon": 0.1, "norm": "Linf"})
    assert decide(sex, race, limits=[limit(across=("sex",))]).outcome.exit_code == 0
    assert decide(sex, race, limits=[limit(across=("race",))]).outcome.exit_code == 1
    assert decide(sex, race).outcome.exit_code == 1
    assert decide(sex, eps, limits=[limit(conditions={"epsilon": 0.1})]).outcome.exit_code == 1
    assert decide(sex, limits=[limit(across=("sex", "race"))]).verdicts[0].status == "not tested"


def test_a_limit_is_about_everyone_unless_it_asks_for_groups():
    group = measurement(0.5, 0.4, 0.6, slice={"sex": "F"})
    left = decide(measurement(), group).outcome
    assert left.exit_code == 0
    assert left.notes == (
        "One limit is about everyone only, and groups were measured: l. "
        'To judge every group too, write groups = "each".',
    )
    for scope in ({"everyone": True}, {"groups": "each"}, {"slice": {"sex": "F"}}):
        judged = decide(measurement(), group, limits=[limit(**scope)])
        assert judged.outcome.exit_code == (0 if "everyone" in scope else 1) and judged.outcome.notes == ()
    assert decide(measurement()).outcome.notes == ()


def test_a_number_that_only_groups_have_is_judged_for_all_of_them():
    groups = [measurement(slice={"sex": "M"}), measurement(0.5, 0.4, 0.6, slice={"sex": "F"})]
    judged = decide(*groups)
    assert judged.verdicts[0].status == "missed" and len(judged.verdicts[0].judged) == 2
    assert "measured for groups alone" in judged.verdicts[0].reason and judged.outcome.notes == ()
    assert decide(*groups, limits=[limit(everyone=True)]).verdicts[0].status == "not tested"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"everyone": True, "slice": {"sex": "F"}}, "both everyone and a slice"),
        ({"groups": "each", "slice": {"sex": "F"}}, 'both groups = "each" and a slice'),
        ({"groups": "each", "everyone": True}, 'both groups = "each" and everyone'),
        ({"groups": "each", "across": ("sex",)}, 'both groups = "each" and across'),
        ({"groups": "every"}, "each"),
    ],
)
def test_a_scope_is_given_once(fields, message):
    with pytest.raises(ValueError, match=message):
        limit(**fields)


def test_a_limit_without_a_name_is_named_by_measurement_and_scope():
    plain = {"name": "", "slice": {}}
    limits = with_names([
        limit(**plain), limit(**plain, at_most=0.99), limit(name="", groups="each"),
        limit(name="", across=("race", "sex")),
        limit(name="", slice={"sex": "F", "race": "B"}, conditions={"norm": "Linf", "epsilon": 0.1}), limit(name="own"),
    ])  # fmt: skip
    assert [limit.name for limit in limits] == [
        "a.check.rate", "a.check.rate (2)", "a.check.rate for each group", "a.check.rate over race and sex",
        "a.check.rate for race=B, sex=F with epsilon=0.1, norm=Linf", "own",
    ]  # fmt: skip
    assert with_names(limits) == limits
    tighter = with_names([limit(**plain, at_least=0.9)])  # the bound changes nothing, nor does the order of a slice
    assert tighter[0].name == "a.check.rate"
    assert with_names([limit(name="", slice={"race": "B", "sex": "F"})])[0].name == "a.check.rate for race=B, sex=F"
    assert with_names([limit(**plain), limit(name="a.check.rate")])[0].name == "a.check.rate (2)"
    assert with_names([limit(name=" ")])[0].name == "a.check.rate"
    waiver = Waiver(limit="a.check.rate", reason="ticket", approver="head", expires=TODAY)
    assert decide(measurement(), limits=[limit(**plain, at_least=0.99)], waivers=[waiver]).verdicts[0].waived


def test_a_misspelt_measurement_is_not_tested_and_the_close_match_is_named():
    judged = decide(measurement(), limits=[limit(measurement="a.check.rat")])
    assert "did you mean 'rate'?" in judged.verdicts[0].reason


def test_names_of_limits_and_waivers_are_checked():
    with pytest.raises(ConfigError, match="'l' is used 2 times"):
        decide(measurement(), limits=[limit(), limit()])
    waiver = Waiver(limit="ll", reason="r", approver="a", expires=TODAY)
    with pytest.raises(ConfigError, match="did you mean 'l'"):
        decide(measurement(), waivers=[waiver])


@pytest.mark.parametrize("fields", [{"at_least": None}, {"at_least": 0.9, "at_most": 0.1}])
def test_a_limit_needs_bounds_in_order(fields):
    with pytest.raises(ValueError, match="limit 'l'"):
        limit(**fields)
