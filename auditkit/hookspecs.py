"""The hooks that a plugin may implement: the one page to read before writing one.

Mark an implementation with `@auditkit.hookimpl`. Take the arguments you need, by name, without defaults. A collecting
hook returns an iterable; `None` means nothing to add. A first-result hook returns None for "not mine" and raises only
where the thing is its own and broken. Most checks need no hook: see `auditkit.check`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import pluggy

if TYPE_CHECKING:
    import pathlib

    from auditkit.checks import Check, Context
    from auditkit.data import AuditData
    from auditkit.models import Model, ModelOptions
    from auditkit.results import AuditResult, CheckResult, Comparison, Plan, Section
    from auditkit.trainers import Trainer

PROJECT = "auditkit"
API = 1
"""The version of this contract, shown by `auditkit plugins`."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_checks() -> Iterable[type[Check]]:  # type: ignore[empty-body]
    """Collect: Check classes, or functions decorated with `@auditkit.check`."""


@hookspec
def register_trainers() -> Iterable[type[Trainer]]:  # type: ignore[empty-body]
    """Collect: Trainer classes."""


@hookspec
def register_rules() -> Iterable[pathlib.Path]:  # type: ignore[empty-body]
    """Collect: rule packs, each the path of one TOML file."""


@hookspec
def register_formats() -> Iterable[Format]:  # type: ignore[empty-body]
    """Collect: output formats."""


@hookspec
def register_attacks() -> Iterable[Attack]:  # type: ignore[empty-body]
    """Collect: attacks by gradients, for `robustness.evasion`."""


@hookspec
def register_corruptions() -> Iterable[Corruption]:  # type: ignore[empty-body]
    """Collect: natural changes of inputs, for `robustness.corruptions`."""


@hookspec
def register_sections() -> Iterable[ReportSection]:  # type: ignore[empty-body]
    """Collect: sections of the report."""


@hookspec(firstresult=True)
def load_model(path: pathlib.Path, options: ModelOptions) -> Model | None:
    """First result: a Model from a file; None: not mine."""


@hookspec(firstresult=True)
def wrap_model(obj: Any, options: ModelOptions) -> Model | None:
    """First result: a Model from a live object; None: not mine."""


@hookspec(firstresult=True)
def run_check(check: Check, model: Model, data: AuditData, context: Context) -> CheckResult | None:
    """First result, wrappers welcome: runs one check. auditkit itself answers last."""


@hookspec
def audit_started(plan: Plan) -> None:
    """Notify: the plan is fixed and nothing has been measured."""


@hookspec
def check_finished(result: CheckResult) -> None:
    """Notify: one check ended, well or not."""


@hookspec
def audit_finished(result: AuditResult, folder: pathlib.Path | None) -> None:
    """Notify: everything is judged and, where there is a folder, written and sealed; who writes there now spoils it."""


class Format(NamedTuple):
    """An output format: a pure function from results to bytes."""

    name: str
    """What `auditkit render --format` takes."""
    file: str
    """The file's name in the run folder."""
    render: Callable[[AuditResult | Comparison], bytes | None]
    """Returns None where the format has nothing to say about this kind of result."""
    on_request: bool = False
    """Made only where it is asked for by name: `[audit] formats`, or `auditkit render --format`."""


class Attack(NamedTuple):
    """A row of the registry of attacks by gradients: something that looks for a wrong decision within a radius."""

    name: str
    """What `attack` of `robustness.evasion` takes; of a plugin dotted, such as `acme.spiral`."""
    make: Callable[[Any, int, int, int, int], Callable[..., Any]]
    """(problem, classes, steps, restarts, seed) to the attack.

    The attack of a plugin takes (problem, x, y, radius, start): x are rows in units of the data's range (N, *shape), y
    their right classes (N,), radius one number a row (N,) in the problem's norm, start points to begin with, as x, or
    None. It gives points, a tensor as x. They are held against the box, the norm and the model's own answers, so it
    need not say which rows it broke. `problem` has `logits(points)`, `scale(logits, loss)` and `look(points, y, loss,
    scale)` for losses and slopes, `project(points, x, radius)`, `norm`, `low`, `high` and `free`; losses are `margin`,
    `cross-entropy` and `dlr`.
    """
    cost: float = 1
    """Forward passes for each row and step; for the plan."""
    norms: tuple[str, ...] = ("Linf", "L2", "L1")
    """In which it can search."""


class Corruption(NamedTuple):
    """A row of the list of corruptions: a natural change of inputs, in five strengths."""

    name: str
    """What `corruptions` of `robustness.corruptions` takes; dotted, such as `acme.fog`."""
    make: Callable[[Any], Callable[[Any, float, Any], Any]]
    """(audit data) to a function (inputs, strength, generator of numpy) that gives inputs of the same kind and shape.

    Images are float32 arrays (N, C, H, W) from 0 to 1, some at a time; tables codes (N, D) in float64 as `data.codes()`
    gives them, NaN where a value is missing; texts a list of str; sequences arrays (N, T) or (N, T, F), ids of the
    data where they are tokens. Values that the range or the schema of the data does not allow are counted and make the
    check invalid.
    """
    severities: tuple[float, float, float, float, float]
    """The strengths of severity 1 to 5."""
    modality: str
    """`image`, `table`, `text` or `sequence`."""
    words: str = "strength {:g}"
    """What a strength means, with a place for the number."""


class ReportSection(NamedTuple):
    """A section of the report: HTML, PDF and model card; its content is data, saved in results.json."""

    id: str
    """Dotted, such as `acme.energy`."""
    title: str
    build: Callable[[AuditResult], Section | None]
    """A pure function of the result, from which is taken out what may not be written; None: nothing to say."""
