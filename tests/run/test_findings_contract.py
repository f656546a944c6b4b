"""What findings must hold to: whatever does not is one error of its check, and no limit is met by it."""

from __future__ import annotations

import re

import numpy as np
import pytest

import auditkit
from auditkit.results import Control, Definition, Figure, LeftOut, Measurement, Table
from auditkit.testing import ToyModel, toy_data
from tests.run.acme import audit, share

MEASURED = Measurement(name="stable", value=0.9, exact=True)
LEFT = Measurement(name="left", value=None, reason="fewer than 10 rows")


class Returns(auditkit.Check):
    """What is returned?"""

    id = "acme.returns"
    definitions = {"stable": Definition(title="t", formula="f", range="r"),
                   "unmeasured": Definition(title="t", formula="f", range="r")}  # fmt: skip

    def measure(self, model, data, context):
        return self.findings


def returning(*measurements, own_slices=False, other_rows=False, **findings):
    facts = {"own_slices": own_slices, "other_rows": other_rows, "__doc__": Returns.__doc__}
    kind = type("Returns", (Returns,), facts)
    kind.findings = auditkit.Findings(measurements, **findings)
    limits = [{"name": "l", "measurement": "acme.returns.stable", "at_least": 0.5}]
    return audit(kind(), limits=limits)


def control(*guards, on_failure="invalid", value=0.0):
    return Control.within("c", "?", value, at_least=1.0, guards=guards, on_failure=on_failure)


def refused(result, message):
    (check_result,) = result.results
    assert (check_result.status, result.verdicts[0].status, result.exit_code) == ("error", "error", 3)
    assert check_result.error.kind == "findings" and message in check_result.error.message, check_result.error.message


@pytest.mark.parametrize("on_failure", ["invalid", "inconclusive", "note"])
@pytest.mark.parametrize("value", [0.0, 1.0, None])
@pytest.mark.parametrize(
    ("guard", "hint"),
    [
        ("stabel", "did you mean 'stable'?"),
        ("Stable", "did you mean 'stable'?"),
        ("acme.returns.stable", "known: "),
        ("*", "known: "),
    ],
)
def test_a_guard_that_is_no_measurement_is_an_error_whether_or_not_its_control_holds(on_failure, value, guard, hint):
    result = returning(MEASURED, controls=[control("stable", guard, on_failure=on_failure, value=value)])
    refused(result, f"the guards of the control 'c' must be names of measurements; {guard!r} is none, {hint}")


@pytest.mark.parametrize("guards", [("stable",), ("stable", "unmeasured"), ("stable", "left"), ()])
def test_a_guard_may_name_what_is_measured_declared_or_left_out_for_a_reason(guards):
    (check_result,) = returning(MEASURED, LEFT, controls=[control(*guards)]).results
    assert (check_result.status, check_result.measurements[0].validity) == ("measured", "invalid")


def test_what_is_declared_for_a_function_is_a_guard_only_where_the_function_returns_it():
    @auditkit.check("acme.share")
    def share(predictions):
        """Which share?"""
        return auditkit.Findings([Measurement(name="stable", value=0.9, exact=True)], controls=[control("share")])

    refused(
        audit(share.check(), limits=[{"name": "l", "measurement": "acme.share.stable", "at_least": 0.5}]),
        "'share' is none, known: 'stable'",
    )


PAIR = {"role": "value", "rate": "r", "low": {"slice": {"sex": "Male"}, "value": 0.1},
        "high": {"slice": {"sex": "female"}, "value": 0.2}}  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"slice": {"sexx": "male"}}, "'sexx' is no group column of the data, did you mean 'sex'?"),
        ({"slice": {"sex": "Male"}}, "sex has no group 'Male', did you mean 'male'?"),
        ({"slice": {"sex": "male", "region": "west"}}, "region has no group 'west'"),
        ({"across": ("sexx",)}, "'sexx' is no group column"),
        ({"across": ("sex",), "pairs": (PAIR,)}, "sex has no group 'Male'"),
        ({"across": ("sex",), "left_out": (LeftOut(slice={"sex": "x"}, reason="r"),)}, "sex has no group 'x'"),
    ],
)
def test_a_group_of_which_nobody_is_is_an_error(wrong, message):
    measurement = Measurement.model_validate({"name": "gap", "value": 0.9, "exact": True, **wrong})
    refused(returning(MEASURED, measurement), message)
    if "slice" in wrong:  # slices of its own
        assert returning(MEASURED, measurement, own_slices=True).exit_code == 0


def test_one_number_twice_is_an_error_and_another_slice_or_condition_is_another_number():
    others = [
        MEASURED.model_copy(update={"slice": {"sex": "male"}}),
        MEASURED.model_copy(update={"across": ("sex",)}),
        MEASURED.model_copy(update={"conditions": {"epsilon": 1}}),
        MEASURED.model_copy(update={"conditions": {"epsilon": True}}),
    ]
    assert returning(MEASURED, *others).results[0].status == "measured"
    for again in (MEASURED, *others):
        twice = again.model_copy(update={"value": 0.1})
        refused(returning(MEASURED, *others, twice), "'stable'" + " of sex=male" * bool(again.slice) + " is there 2 t")


@pytest.mark.parametrize("rest", [{}, {"notes": ["there was nothing to do"]}, {"controls": [control(value=1.0)]}])
def test_a_check_that_returns_nothing_did_not_measure(rest):
    refused(returning(**rest), "at least one measurement, figure or table is required; none was returned")


@pytest.mark.parametrize(
    "something",
    [
        {"figures": [Figure(name="f", title="t", alt="a", mark="bars")]},
        {"tables": [Table(name="t", title="t", columns=({"name": "a", "title": "a"},), rows=())]},
    ],
)
def test_a_check_may_show_without_a_number(something):
    assert returning(**something).results[0].status == "measured"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"controls": (control("epoch"),)}, "'epoch' is none, did you mean 'epochs'?"),
        ({"measurements": (Measurement(name="epochs", value=2.0, exact=True),) * 2}, "'epochs' is there 2 times"),
        ({"measurements": ("two",)}, "Measurement"),
        ({}, ""),
    ],
)
def test_findings_of_a_trainer_are_held_to_the_same_and_end_no_audit(fields, message):
    class Halving(auditkit.Trainer):
        id = "halving"

        def train(self, model, data, context):
            epochs = Measurement(name="epochs", value=2.0, exact=True)
            return auditkit.Trained(ToyModel(constant=True), **{"measurements": (epochs,), **fields})

    class Plug:
        @auditkit.hookimpl
        def register_trainers(self):
            return [Halving]

    limits = [{"name": "epochs", "measurement": "train.halving.epochs", "at_most": 3}]
    comparison = auditkit.compare([ToyModel()], toy_data(), checks=[share.check()], plugins=[Plug()],
                            train=[{"trainer": "halving"}], limits=limits)  # fmt: skip
    account = next(
        result for audited in comparison.results for result in audited.results if result.check == "train.halving"
    )
    assert (account.status, comparison.exit_code) == (("error", 3) if message else ("measured", 0))
    assert message in (account.reason or "")


@pytest.mark.parametrize("masked", [True, False])
def test_a_masked_row_has_no_value(masked):
    @auditkit.check("acme.answered")
    def answered(data):
        """How many answered?"""
        values = np.ma.ones(len(data), dtype=int)
        values[0] = np.ma.masked if masked else 1
        return values

    result = audit(answered.check(), limits=[{"measurement": "acme.answered", "at_least": 0.5, "judge": "point"}])
    if masked:
        refused(result, "every row needs a finite value; 1 have none")
    else:
        assert result.results[0].measurements[0].value == 1.0


def test_a_check_cannot_change_the_groups_that_others_measure():
    @auditkit.check("acme.shuffles")
    def shuffles(groups, rng):
        """What is shuffled?"""
        for column in groups.values():
            rng.shuffle(column)
        return 0.9

    limit = {"measurement": "acme.shuffles", "at_least": 0.5, "judge": "point"}
    (check_result,) = audit(shuffles.check(), limits=[limit]).results
    assert check_result.status == "error" and "read-only" in check_result.error.message


def number(**fields):
    return Measurement(**{"name": "stable", "value": 0.5, "n": 10, **fields})


RATE_OF_MANY = {"role": "value", "rate": "r", "low": {"slice": {"sex": "male"}, "value": 0.1, "n": 401},
                "high": {"slice": {"sex": "female"}, "value": 0.2}}  # fmt: skip


def between(low, high):
    return auditkit.results.Interval(low=low, high=high, method="m")


@pytest.mark.parametrize(
    ("measurement", "message"),
    [
        (number(interval=between(0.6, 0.4)), "must go from the lower to the higher end"),
        (number(interval=between(0.6, 0.9)), "does not hold its value, 0.5"),
        (number(interval=between(None, 0.4)), "does not hold its value"),
        (number(n=0), "no number is about n = 0 rows"),
        (number(n=401), "n must be how many rows or people it is about, at most the 400 of the data"),
        (number(n=10**12), "1,000,000,000,000 was given"),
        (number(value=None, reason="r", n=401), "at most the 400"),
        (Measurement.model_construct(**dict(number()) | {"n": -1}), "greater than or equal to 0"),
        (Measurement.model_construct(**dict(number()) | {"n": 9.5}), "valid integer"),
        (number(across=("sex",), pairs=(RATE_OF_MANY,)), "at most the 400"),
    ],
)
def test_a_number_that_makes_no_sense_is_an_error(measurement, message):
    refused(returning(measurement), message)


def test_n_may_count_rows_of_both_splits_and_none_where_there_is_no_number():
    given = [number(n=400), number(name="none", value=None, reason="nobody", n=0), number(name="a", n=None)]
    (check_result,) = returning(*given).results
    assert (check_result.status, [measured.n for measured in check_result.measurements]) == ("measured", [400, 0, None])
    assert returning(number(n=401), other_rows=True).results[0].status == "measured"
    refused(returning(number(n=0), other_rows=True), "no number is about n = 0 rows")


@pytest.mark.parametrize("ends", [(None, None), (0.5, 0.5), (0.5 + 1e-13, 0.9), (0.0, None)])
def test_an_interval_that_holds_its_value_is_taken(ends):
    (check_result,) = returning(number(interval=between(*ends))).results
    assert check_result.status == "measured"


@pytest.mark.parametrize(
    ("words", "value", "right"),
    [("0 to 1", 80.0, False), ("0 to 1", -0.1, False), ("0 to 1", 1.0, True), ("0 to 1", 1 + 1e-12, True),
     ("0 or more", -1.0, False), ("any number", -5.0, True), ("r", 7.0, True)],
)  # fmt: skip
def test_a_number_outside_of_what_its_definition_allows_is_an_error(words, value, right):
    definitions = {"stable": Definition(title="t", formula="f", range=words)}
    result = returning(Measurement(name="stable", value=value, exact=True), definitions=definitions)
    assert (result.results[0].status == "measured") == right
    assert right or f"outside of its range ({words})" in result.results[0].reason


@pytest.mark.parametrize(
    ("value", "unit", "right"),
    [(30.0, "share", False), (-1.2, "share", False), (-0.4, "share", True), (30.0, "", True)],
)
def test_a_share_of_which_nobody_says_the_range_is_no_percentage(value, unit, right):
    @auditkit.check("acme.percent", unit=unit, exact=True)
    def percent(data):
        return {"percent": value, "undeclared": 0.5}

    limits = [{"name": "l", "measurement": "acme.percent", "at_least": 0.8}]
    result = audit(percent.check(), limits=limits)
    assert (result.results[0].status == "measured") == right and (right or result.exit_code == 3)
    undeclared = returning(MEASURED, Measurement(name="undeclared", value=value, unit=unit, exact=True)).results[0]
    assert (undeclared.status == "measured") == right


@pytest.mark.parametrize("name", ["", "\x1b[31mred", "two\nlines"])
def test_a_measurement_without_a_name_that_can_be_read_is_an_error(name):
    refused(returning(MEASURED, Measurement(name=name, value=0.5, exact=True)), "must have a name, on one line")


@pytest.mark.parametrize(
    ("fields", "right"),
    [
        ({"value": 0.2, "at_least": 0.5, "holds": True}, False),
        ({"value": None, "at_most": 0.5, "holds": True}, False),
        ({"value": 0.7, "at_most": 0.5, "holds": True}, False),
        ({"value": 0.7, "at_least": 0.5, "holds": True}, True),
        ({"value": 0.2, "at_least": 0.5, "holds": False}, True),
        ({"value": 0.7, "at_least": 0.5, "holds": False}, True),  # for a reason beside the bounds
        ({"value": None, "at_least": 0.5, "holds": None}, True),
        ({"value": 3.0, "holds": True}, True),
        ({"value": 0.5, "at_least": 0.8, "at_most": 0.1, "holds": False}, False),
    ],
)
def test_a_control_cannot_hold_against_its_own_bounds(fields, right):
    result = returning(MEASURED, controls=[Control(name="c", question="?", **fields)])
    assert (result.results[0].status == "measured") == right
    assert right or re.search("says that it holds|bounds of the control 'c' must rise", result.results[0].reason)


def test_findings_have_a_size_that_a_report_can_hold():
    refused(returning(MEASURED, notes=["x" * 1024] * 1025), "1 MB of it notes, are taken; 1.0 MB were returned")
    rows = tuple(("x" * 1000,) for _ in range(70_000))
    table = Table(name="t", title="t", columns=({"name": "c", "title": "c"},), rows=rows)
    refused(returning(MEASURED, tables=[table]), "at most 64 MB of findings")
    twice = Table(name="t", title="t", columns=({"name": "c", "title": "c"},) * 2, rows=(("a", "b"),))
    refused(returning(MEASURED, tables=[twice]), "must have different names")


def test_four_rates_of_a_thousand_groups_are_taken():
    rates = [number(name=f"rate_{rate}", slice={"g": str(group)}, interval=between(0.4, 0.6))
             for rate in range(4) for group in range(1000)]  # fmt: skip
    (check_result,) = returning(MEASURED, *rates, own_slices=True).results
    assert check_result.status == "measured" and len(check_result.measurements) == 4001


@pytest.mark.parametrize(
    ("other", "alike"),
    [(1.0, True), ("1", True), (True, False), (2, False), ("1.0", False), (None, False), (1.5, False)],
)
def test_conditions_that_a_reader_cannot_tell_apart_are_one(other, alike):
    numbers = [number(name="rate", exact=True, conditions={"k": k, "b": 2}) for k in (1, other)]
    numbers[1] = numbers[1].model_copy(update={"conditions": {"b": 2, "k": other}})
    result = returning(MEASURED, *numbers)
    if alike:
        refused(result, "'rate' is there 2 times")
    else:
        assert result.results[0].status == "measured"


def test_a_figure_that_cannot_be_drawn_is_an_error_that_names_plugin_figure_and_field():
    x, y = auditkit.results.Axis(field="x", title="x"), auditkit.results.Axis(field="y", title="y", domain=(1, 0))
    figure = Figure(name="f", title="t", alt="a", mark="curve", data=({"x": 0, "y": 0},), x=x, y=y)
    result = returning(MEASURED, figures=[figure])
    plugin = result.results[0].plugin
    refused(result, f"acme.returns: plugin {plugin!r}, figure 'f', y (over 'y'): domain must go from the lower")
    assert plugin
