"""What is done to the findings of every check alike: controls applied, what is too small to show hidden."""

from collections.abc import Sequence

import numpy as np

from auditkit.checks import Facts
from auditkit.data import AuditData
from auditkit.data.cells import Cells
from auditkit.results import CheckResult, Consistency, Control, LeftOut, Measurement
from auditkit.run.disparity_bounds import complete_disparities
from auditkit.run.findings_contract import refuse_wrong
from auditkit.run.withhold import bare, without
from auditkit.run.worse_off import name_worse_off
from auditkit.smaller import set_apart

END = "a group at its end is too small to show"
UNKNOWN_END = "a group too small to show may be at its end"


def completed(result: CheckResult, kind: type[Facts], data: AuditData) -> CheckResult:
    """What a check or a trainer found, with all that it does not say itself: who is left out, and who is worse off.

    Args:
        result: as it was returned.
        kind: the class of the check or trainer.
        data: what was measured.

    Raises:
        FindingsError: what was measured breaks a rule of findings.
    """
    result = set_apart(result, data)
    if result.status == "measured":  # an error is told with whatever was measured until then
        refuse_wrong(result, kind, data)
    # left-out groups are counted before controls are applied, for both write a reason and the control's outweighs
    return name_worse_off(apply_controls(complete_disparities(result, data)), data)


def apply_controls(result: CheckResult) -> CheckResult:
    """The result with every control that does not hold applied to what it guards.

    A control that could not be computed counts as one that does not hold. `invalid` outweighs `inconclusive`.
    """
    broken = [control for control in result.controls if control.holds is not True]
    notes = tuple(_sentence(control) for control in broken if control.on_failure == "note")
    return result.model_copy(update={**_guarded(result, broken), "notes": result.notes + notes})


def consistency_control(consistency: Consistency | None) -> Control | None:
    """What holds back the numbers of a model that does not answer about a row alone; None where it does."""
    if consistency is None or consistency.finding == "alike":
        return None
    random = consistency.finding == "randomness"
    return Control(
        name="repeatable-answers" if random else "answers-by-row",
        question="Does the model give the same answer about a row: alone, among other rows, in another order, and "
        "when asked again?",
        value=consistency.changed,
        at_most=0.0,
        holds=False,
        on_failure="note" if consistency.meant else "inconclusive" if random else "invalid",
        reason=consistency.reason + _WAY_OUT * (random and not consistency.meant),
    )


_WAY_OUT = "; where that is meant, say random = true under [model], or wrap(…, random=True)"


def hold_to(result: CheckResult, control: Control | None) -> CheckResult:
    """The measured result with one more control that does not hold, applied."""
    if control is None or result.status != "measured":
        return result
    notes = (_sentence(control),) if control.on_failure == "note" else ()
    return result.model_copy(
        update={
            **_guarded(result, [control]), "notes": result.notes + notes, "controls": (*result.controls, control),
        }
    )  # fmt: skip


def hide_small_cells(result: CheckResult, cells: Cells) -> CheckResult:
    """The result without a number about any group that is too small to show, whatever the check returned.

    Where rates of such groups are estimated (`minimum_rate` below `minimum_cell`), a disparity with one of them at an
    end has no number either.
    """
    measurements = tuple(_hidden(measured, cells) for measured in result.measurements)
    before_and_after = zip(result.measurements, measurements, strict=True)
    hidden = [before for before, after in before_and_after if before != after]
    result = result.model_copy(update={"measurements": measurements})
    return without(result, hidden) if hidden else result


def _hidden(measured: Measurement, cells: Cells) -> Measurement:
    reason = cells.unshown(measured.slice)
    if reason is not None:
        return bare(measured, reason)
    if any(cells.unshown(end.slice) for pair in measured.pairs for end in (pair.low, pair.high)):
        return bare(measured, END)
    if not _small_ones_have_rates(measured.across, cells):
        return measured
    if not measured.pairs and measured.value is not None:
        return bare(measured, UNKNOWN_END)
    left_out = tuple(_left_out(group, cells) for group in measured.left_out)
    return measured.model_copy(update={"n": None, "left_out": left_out})  # n less the others would be a small group


def _left_out(group: LeftOut, cells: Cells) -> LeftOut:
    small = cells.unshown(group.slice) is not None
    return group.model_copy(update={"people": None, "share": None}) if small else group


def _small_ones_have_rates(attributes: Sequence[str], cells: Cells) -> bool:
    """Whether a group of these attributes is too small to show and yet has rates."""
    if not attributes or any(name not in cells.groups for name in attributes):
        return False
    # in the order of the data, for counts are kept under one order of attributes only
    people = cells.counts(tuple(name for name in cells.groups if name in attributes))
    return bool(np.any((people >= max(1, cells.least)) & (people < cells.minimum)))


def _guarded(result: CheckResult, broken: list[Control]) -> dict[str, tuple[Measurement, ...]]:
    return {
        "measurements": tuple(guarded(measurement, broken) for measurement in result.measurements),
        "together": tuple(guarded(measurement, broken) for measurement in result.together),
    }


def guarded(measurement: Measurement, broken: list[Control]) -> Measurement:
    """The measurement after the controls that do not hold."""
    # the harsher first: once it applies, the milder adds nothing
    for validity in ("invalid", "inconclusive"):
        reasons = [
            _sentence(control)
            for control in broken
            if control.on_failure == validity and (not control.guards or measurement.name in control.guards)
        ]
        if reasons and measurement.validity != "invalid":
            before = [measurement.reason] if measurement.reason else []
            return measurement.model_copy(update={"validity": validity, "reason": "; ".join([*before, *reasons])})
    return measurement


def _sentence(control: Control) -> str:
    problem = "could not be computed" if control.holds is None else "does not hold"
    return f"control {control.name!r} {problem}" + (f": {control.reason}" if control.reason else "")
