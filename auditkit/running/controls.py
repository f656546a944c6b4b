"""What the runner alone does to a check's findings: apply its controls, hide what is too small to show."""

from __future__ import annotations

from auditkit.data.cells import Cells
from auditkit.results import CheckResult, Control, Measurement


def apply_controls(result: CheckResult) -> CheckResult:
    """The result with every control that does not hold applied to what it guards.

    A control that could not be computed counts as one that does not hold. `invalid` outweighs `inconclusive`.
    """
    broken = [control for control in result.controls if control.holds is not True]
    measurements = tuple(_guarded(each, broken) for each in result.measurements)
    notes = tuple(_sentence(control) for control in broken if control.otherwise == "note")
    return result.model_copy(update={"measurements": measurements, "notes": result.notes + notes})


def hide_small_cells(result: CheckResult, cells: Cells) -> CheckResult:
    """The result without a number about any group that may not be shown, whatever the check returned."""
    return result.model_copy(update={"measurements": tuple(_hidden(each, cells) for each in result.measurements)})


def _guarded(each: Measurement, broken: list[Control]) -> Measurement:
    for wanted in ("invalid", "inconclusive"):
        reasons = [
            _sentence(control)
            for control in broken
            if control.otherwise == wanted and (not control.guards or each.name in control.guards)
        ]
        if reasons and each.validity != "invalid":
            before = [each.reason] if each.reason else []
            return each.model_copy(update={"validity": wanted, "reason": "; ".join([*before, *reasons])})
    return each


def _sentence(control: Control) -> str:
    how = "could not be computed" if control.holds is None else "does not hold"
    return f"control {control.name!r} {how}" + (f": {control.reason}" if control.reason else "")


def _hidden(each: Measurement, cells: Cells) -> Measurement:
    reason = cells.reason(each.slice)
    if reason is None or (each.value is None and each.n is None):
        return each
    return Measurement(
        name=each.name, value=None, reason=reason, unit=each.unit, direction=each.direction,
        slice=each.slice, across=each.across, conditions=each.conditions,
    )  # fmt: skip
