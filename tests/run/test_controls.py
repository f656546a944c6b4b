"""Controls applied, small cells hidden."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.data.cells import Cells
from auditkit.results import About, CheckResult, Control, Interval, Measurement
from auditkit.run.controls import apply_controls
from auditkit.run.internal_rule import Internal


def result(controls=(), measurements=()) -> CheckResult:
    return CheckResult(
        check="a.b", plugin="p", plugin_version="1", about=About(title="t", question="q"), status="measured",
        controls=tuple(controls), measurements=tuple(measurements),
    )  # fmt: skip


A = Measurement(name="a", value=1.0, exact=True)
B = Measurement(name="b", value=2.0, exact=True)


@pytest.mark.parametrize(
    ("value", "low", "high", "holds"),
    [
        (0.5, 0.0, 1.0, True),
        (0.0, 0.0, 1.0, True),
        (1.1, 0.0, 1.0, False),
        (-0.1, 0.0, None, False),
        (None, 0, 1, None),
    ],
)
def test_within(value, low, high, holds):
    assert Control.within("c", "?", value, at_least=low, at_most=high).holds is holds


@pytest.mark.parametrize("value", [2.0, None])
@pytest.mark.parametrize("on_failure", ["invalid", "inconclusive"])
def test_what_does_not_hold_or_could_not_be_computed_is_applied_to_what_it_guards(value, on_failure):
    control = Control.within("c", "?", value, at_most=1, guards=("a",), on_failure=on_failure, reason="too much")
    after = apply_controls(result([control], [A, B])).measurements
    assert after[0].validity == on_failure
    assert "control 'c'" in after[0].reason
    assert "too much" in after[0].reason
    assert after[1] == B


def test_a_control_that_holds_changes_nothing():
    before = result([Control.within("c", "?", 0.5, at_most=1)], [A, B])
    assert apply_controls(before) == before


def test_no_guards_means_all_and_invalid_outweighs_inconclusive():
    controls = [
        Control.within("weak", "?", 2, at_most=1, on_failure="inconclusive"),
        Control.within("strong", "?", 2, at_most=1, on_failure="invalid"),
    ]
    for order in (controls, controls[::-1]):
        assert [measurement.validity for measurement in apply_controls(result(order, [A, B])).measurements] == [
            "invalid",
            "invalid",
        ]


def test_a_note_is_a_note():
    after = apply_controls(result([Control.within("c", "?", 2, at_most=1, on_failure="note", reason="r")], [A]))
    assert after.measurements == (A,)
    assert after.notes == ("control 'c' does not hold: r",)


def test_a_number_about_a_hidden_group_is_taken_out_whatever_the_check_returned():
    cells = Cells({"sex": np.array(["F"] * 40 + ["M"] * 30 + ["X"] * 3)})
    interval = Interval(low=0, high=1, method="m")
    leaking = Measurement(name="a", value=0.3, n=3, interval=interval, slice={"sex": "X"})
    fine = Measurement(name="a", value=0.3, n=40, interval=interval, slice={"sex": "F"})
    after = Internal(cells).check(result([], [leaking, fine, A])).measurements
    assert (after[0].value, after[0].n, after[0].interval) == (None, None, None)
    assert after[0].reason == "fewer than 10 people"
    assert after[1:] == (fine, A)


def test_many_controls_that_do_not_hold_are_told_by_the_first_of_them():
    broken = [Control.within(f"c{number}", "?", 2.0, at_most=1, reason="r") for number in range(5000)]
    own = Control.within("own", "?", 2.0, at_most=1, guards=("a", "a"), reason="mine")
    first, *others = apply_controls(result([*broken, own], [A] + [B] * 5000)).measurements
    assert first.reason.startswith("control 'c0' does not hold: r; control 'c1'")
    assert first.reason.endswith("and 4,992 more; control 'own' does not hold: mine")
    assert {other.reason for other in others} == {first.reason.rpartition("; ")[0]}
