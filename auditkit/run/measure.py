"""Measuring: one check on its own, seeded, timed, isolated, its failure a result like any other."""

import contextlib

from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.errors import PluginError, TimeLimit
from auditkit.foreign_code import foreign
from auditkit.memory import out_of_memory
from auditkit.predictions import Predictions
from auditkit.results import CheckResult, ErrorInfo
from auditkit.run.check_task import task_for
from auditkit.run.context import AuditContext
from auditkit.run.controls import completed
from auditkit.run.failures import describe
from auditkit.run.isolation import as_found
from auditkit.run.plan import Step
from auditkit.run.shared_data import SharedData
from auditkit.text import one_line, printable
from auditkit.workers.worker import Tell, silence


def unmeasured(step: Step) -> CheckResult | None:
    """The result of a check that cannot run, or need not; None where it is to be measured."""
    planned = step.planned
    if planned.error is not None:
        return failed(step, planned.error)
    if planned.skipped is not None:
        return _blank(step, "skipped", planned.skipped)
    return None


def measure(
    step: Step, context: AuditContext, predictions: Predictions, shared: SharedData | None = None, tell: Tell = silence
) -> CheckResult:
    """Run one check of the plan, one that is not `unmeasured`; whatever happens, a result comes back.

    Args:
        step: what was planned.
        context: the audit.
        predictions: the model's answers about all rows.
        shared: what this check shares with the others; None in a process of its own.
        tell: called with (done, total, what).

    Raises:
        KeyboardInterrupt: the user's own; nothing else leaves.
    """
    planned, data = step.planned, context.data
    check_context: Context | None = None
    try:
        foreign_author = shared is not None and context.host.runs_foreign_code(planned.plugin)
        if shared is not None:
            shared.refuse_spoilt()
        held = shared.held(planned.check) if shared is not None and foreign_author else contextlib.nullcontext()
        task = task_for(step.check, context, predictions, foreign_author)
        check_context = task.context(tell)
        who = f"the check {planned.check} of {task.model.name!r}"
        with held, foreign(who), as_found(task.model, task.seed, foreign_author):
            result = context.host.run_check(task.check, task.model, task.served.data, check_context)
        with foreign(who):  # what a plugin gave may run code when it is read
            # what was left out stands before what the check says, for it changes how that is read
            result = result.model_copy(update={"notes": (*task.served.notes, *result.notes)})
            return _finish(step, result, data)
    except TimeLimit as error:
        # what was measured until then cost time and is true; it is shown, but no limit is met by it
        return _ended(step, error, data, error.findings, "the time limit")
    except Exception as error:  # a check may raise anything at all
        partial = None if check_context is None else check_context.partial
        return _ended(step, error, data, partial, "a lack of memory" if out_of_memory(error) else "an error")


def _finish(step: Step, result: CheckResult, data: AuditData) -> CheckResult:
    if result.check != step.planned.check:
        raise PluginError(f"{step.planned.check}: the result is about another check, {one_line(result.check)!r}")
    planned = step.planned
    used = (f"What was tried is partly of the plugin {name}, {version}." for name, version in planned.uses.items())
    named = result.model_copy(
        update={
            "plugin": planned.plugin, "plugin_version": planned.plugin_version, "notes": (*result.notes, *used),
        }
    )  # fmt: skip
    # validated anew: a plugin may have built the result with model_construct, which checks nothing
    return completed(CheckResult.model_validate(named.model_dump(warnings=False)), step.kind, data)


def _ended(step: Step, error: BaseException, data: AuditData, partial: object, cause: str) -> CheckResult:
    """An error with whatever the check had by then."""
    result = failed(step, describe(error))
    if isinstance(partial, Findings):
        spoilt = {
            "validity": "inconclusive",
            "reason": f"{cause} ended the check before all its controls were tried",
        }
        result = result.model_copy(
            update={
                "measurements": tuple(measurement.model_copy(update=spoilt) for measurement in partial.measurements),
                "definitions": {**step.check.definitions, **partial.definitions}, "controls": tuple(partial.controls),
                "figures": tuple(partial.figures), "tables": tuple(partial.tables), "notes": tuple(partial.notes),
            }
        )  # fmt: skip
        result = completed(result, step.kind, data)
    return result


def failed(step: Step, error: ErrorInfo) -> CheckResult:
    """The result of a check that gave none."""
    return _blank(step, "error", error.message).model_copy(update={"error": error})


def _blank(step: Step, status: str, reason: str | None) -> CheckResult:
    planned = step.planned
    return CheckResult(
        check=planned.check,
        plugin=planned.plugin,
        plugin_version=planned.plugin_version,
        about=step.kind.about(),
        parameters=planned.parameters,
        higher_level=step.kind.higher_level,
        status=status,  # type: ignore[arg-type]
        reason=printable(reason or ""),
    )
