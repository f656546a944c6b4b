"""One check, run on its own: seeded, timed, isolated, its failure a result like any other."""

from __future__ import annotations

import logging
import os
import pathlib
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pydantic

from auditkit.checks import Context, Findings
from auditkit.data import AuditData
from auditkit.errors import AuditkitError, FindingsError, MissingExtra, PluginError, TimeLimit
from auditkit.host import Host
from auditkit.memory import WAY_OUT, out_of_memory
from auditkit.models import Model
from auditkit.predictions import Predictions
from auditkit.redaction import scrubbed
from auditkit.results import CheckResult, ErrorInfo, Rows
from auditkit.run.disparity_bounds import complete_disparities
from auditkit.run.isolation import as_found
from auditkit.run.plan import Step, seed_for
from auditkit.run.postprocess import apply_controls
from auditkit.run.sampling import serve
from auditkit.run.worse_off import name_worse_off
from auditkit.text import one_line, printable


@dataclass(frozen=True)
class Bench:
    """Everything that is the same for all checks of one audit."""

    host: Host
    model: Model
    data: AuditData
    predictions: Predictions
    budget: str
    seed: int
    device: str
    seconds_per_check: float | None = None
    on_progress: Callable[[str, int, int, str], None] | None = None
    include_rows: bool = False


def measure(step: Step, bench: Bench) -> CheckResult:
    """Run one check of the plan; whatever happens, a result comes back.

    Raises:
        KeyboardInterrupt: the user's own; nothing else leaves.
    """
    planned = step.planned
    if planned.error is not None:
        return _failed(step, planned.error)
    if planned.skipped is not None or step.check is None:
        return _blank(step, "skipped", planned.skipped)
    seed = seed_for(bench.seed, planned.check)
    context: Context | None = None
    try:
        served = serve(step.check, bench.data, bench.predictions, seed)
        context = _context(step, bench, served.predictions, served.rows, seed)
        with as_found(bench.model, seed):
            result = bench.host.run_check(step.check, bench.model, served.data, context)
        result = result.model_copy(update={"notes": (*served.notes, *result.notes)})
        return _finish(step, result, bench.data)
    except KeyboardInterrupt:
        raise
    except TimeLimit as error:
        return _ended(step, error, bench, error.findings, "the time limit")
    except BaseException as error:  # SystemExit too: a check may not end the audit
        had = context.partial if context is not None and out_of_memory(error) else None
        return _ended(step, error, bench, had, "a lack of memory")


def describe(error: BaseException) -> ErrorInfo:
    """An exception in words and in lines, without a path of the machine and without control characters."""
    kind = "exception"
    if isinstance(error, MissingExtra):
        kind = "missing extra"
    elif isinstance(error, TimeLimit):
        kind = "time limit"
    elif isinstance(error, FindingsError | pydantic.ValidationError):
        kind = "findings"
    elif isinstance(error, PluginError):
        kind = "plugin"
    lines: tuple[str, ...] = ()
    if not isinstance(error, AuditkitError):
        frames = traceback.extract_tb(error.__traceback__)[-8:]
        lines = tuple(f"{pathlib.PurePath(each.filename).name}:{each.lineno} in {each.name}" for each in frames)
    message = one_line(scrubbed(without_paths(str(error))), 1000) or type(error).__name__
    if out_of_memory(error):
        message = f"out of memory ({message[:200]}). {WAY_OUT}; what was finished is kept"
    return ErrorInfo(kind=kind, type=type(error).__name__, message=message, traceback=lines)  # type: ignore[arg-type]


def without_paths(text: str) -> str:
    """`text` without the folders that would tell whose machine this is."""
    for folder, name in ((os.getcwd(), "."), (str(pathlib.Path.home()), "~"), (sys.prefix, "python")):
        if len(folder) > 1:
            text = text.replace(folder, name)
    return text


def _context(step: Step, bench: Bench, predictions: Predictions, rows: Rows | None, seed: int) -> Context:
    id = step.planned.check
    limit = bench.seconds_per_check
    tell = bench.on_progress
    return Context(
        rng=np.random.default_rng(seed),
        predictions=predictions,
        device=bench.device,
        budget=bench.budget,  # type: ignore[arg-type]
        seed=seed,
        rows=rows,
        log=_log(id, bench.data),
        include_rows=bench.include_rows,
        deadline=None if limit is None else time.monotonic() + limit,
        on_progress=None if tell is None else lambda done, total, what: tell(id, done, total, what),
    )


def _log(id: str, data: AuditData) -> logging.Logger:
    """Where a check may write what it likes; nowhere in an audit that is published, for run.log lies in the folder."""
    log = logging.getLogger(f"auditkit.check.{id}")
    if data.disclosure == "publish":
        log = logging.Logger(log.name)  # without a parent, so that nothing of it reaches a handler
        log.addHandler(logging.NullHandler())
    return log


def _finish(step: Step, result: CheckResult, data: AuditData) -> CheckResult:
    if result.check != step.planned.check:
        raise PluginError(f"{step.planned.check}: the result is about another check, {one_line(result.check)!r}")
    named = result.model_copy(
        update={"plugin": step.planned.plugin, "plugin_version": step.planned.plugin_version}
    )  # fmt: skip
    complete = complete_disparities(CheckResult.model_validate(named.model_dump()), data)
    return name_worse_off(apply_controls(complete), data)


def _ended(step: Step, error: BaseException, bench: Bench, had: object, by: str) -> CheckResult:
    """An error with whatever the check had by then."""
    result = _failed(step, describe(error))
    if isinstance(had, Findings) and step.check is not None:
        said = {"validity": "inconclusive", "reason": f"{by} ended the check before all its controls were tried"}
        result = result.model_copy(
            update={
                "measurements": tuple(each.model_copy(update=said) for each in had.measurements),
                "definitions": {**step.check.definitions, **had.definitions}, "controls": tuple(had.controls),
                "figures": tuple(had.figures), "tables": tuple(had.tables), "notes": tuple(had.notes),
            }
        )  # fmt: skip
        result = name_worse_off(apply_controls(complete_disparities(result, bench.data)), bench.data)
    return result


def _failed(step: Step, error: ErrorInfo) -> CheckResult:
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
