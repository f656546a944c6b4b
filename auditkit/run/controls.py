"""What is added to the findings of every check alike: controls applied, who is left out, and who is worse off."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from auditkit.checks import Facts
from auditkit.data import AuditData
from auditkit.results import CheckResult, Consistency, Control, Measurement
from auditkit.run.disparities import complete_disparities, name_worse_off
from auditkit.run.findings_contract import refuse_wrong
from auditkit.run.unit_rule import by_unit
from auditkit.smaller import set_apart
from auditkit.text import first_few


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
    return name_worse_off(apply_controls(by_unit(complete_disparities(result, data), kind, data)), data)


def apply_controls(result: CheckResult) -> CheckResult:
    """The result with every control that does not hold applied to what it guards.

    A control that could not be computed counts as one that does not hold. `invalid` outweighs `inconclusive`.
    """
    return _held(result, [control for control in result.controls if control.holds is not True])


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
    return _held(result, [control]).model_copy(update={"controls": (*result.controls, control)})


def _held(result: CheckResult, broken: list[Control]) -> CheckResult:
    """The result with these controls, which do not hold, applied."""
    reasons = _reasons(broken)
    notes = tuple(_sentence(control) for control in broken if control.on_failure == "note")
    return result.model_copy(
        update={
            "measurements": tuple(_guarded(measurement, reasons) for measurement in result.measurements),
            "together": tuple(_guarded(measurement, reasons) for measurement in result.together),
            "notes": result.notes + notes,
        }
    )


def guarded(measurement: Measurement, control: Control) -> Measurement:
    """The measurement after a control that does not hold."""
    return _guarded(measurement, _reasons([control]))


Reasons: TypeAlias = Mapping[tuple[str, str | None], str]
"""{(what becomes of numbers, the name of those that are guarded; None: all): why}."""


def _reasons(broken: Iterable[Control]) -> Reasons:
    sentences: dict[tuple[str, str | None], list[str]] = {}
    for control in broken:
        sentence = _sentence(control)
        for name in dict.fromkeys(control.guards or (None,)):
            sentences.setdefault((control.on_failure, name), []).append(sentence)
    return {guard: first_few(some, between="; ") for guard, some in sentences.items()}


def _guarded(measurement: Measurement, reasons: Reasons) -> Measurement:
    # the harsher first: once it applies, the milder adds nothing
    for validity in ("invalid", "inconclusive"):
        own = [reasons[guard] for name in (None, measurement.name) if (guard := (validity, name)) in reasons]
        if own and measurement.validity != "invalid":
            before = [measurement.reason] if measurement.reason else []
            return measurement.model_copy(update={"validity": validity, "reason": "; ".join([*before, *own])})
    return measurement


def _sentence(control: Control) -> str:
    problem = "could not be computed" if control.holds is None else "does not hold"
    return f"control {control.name!r} {problem}" + (f": {control.reason}" if control.reason else "")
