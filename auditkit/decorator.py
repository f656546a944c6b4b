"""The `@check` decorator: a function in one file becomes a check, and stays a function."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import numpy as np
from pydantic import create_model

from auditkit import stats
from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.errors import FindingsError, PluginError, closest
from auditkit.models import Capability, Model
from auditkit.results import Definition, Direction, Measurement
from auditkit.results.value_range import of_unit
from auditkit.smaller import slices_and_smaller
from auditkit.text import class_name

Function = TypeVar("Function", bound=Callable[..., Any])

ARGUMENTS: dict[str, frozenset[str]] = {
    "model": frozenset({Capability.QUERIES}),
    "data": frozenset(),
    "train": frozenset({"train"}),
    "groups": frozenset({"groups"}),
    "labels": frozenset({"labels"}),
    "predictions": frozenset(),
    "rng": frozenset(),
    "context": frozenset(),
}
"""What a check function may ask for by name, and what asking for it needs."""


def check(
    id: str,
    *,
    title: str = "",
    unit: str = "",
    direction: Direction = "none",
    exact: bool = False,
    needs: Iterable[str] = (),
    requires: tuple[tuple[str, str], ...] = (),
    formula: str = "",
    range: str = "",
    reference: str = "",
) -> Callable[[Function], Function]:
    """Make a check of a function.

    Its parameters, by name, are its needs: model, data, train, groups, labels, predictions, rng, context. One of them
    with the default None is given where it is there. Any other argument with a default is a parameter of the check. Its
    docstring is the text in the report. It returns one value per row (the mean, its interval and n follow, for everyone
    and for every group), a number, a mapping of numbers, measurements, or Findings.

    Args:
        id: `family.name`; a measurement is called after its last part.
        title: the heading in the report; the id where left out.
        unit: of the number returned.
        direction: whether `higher` or `lower` is better, or `none`.
        exact: the number returned is a fact about these rows, not an estimate.
        needs: more needs, from the closed vocabulary in `auditkit.checks.NEEDS`.
        requires: optional packages, as pairs of (module, extra).
        formula: how the number is computed, for the report.
        range: the values it can take, such as "0 to 1"; of a share -1 to 1, unless given.
        reference: author, year, title.

    Raises:
        PluginError: a parameter without a default is not one that a check can be given.
    """

    def decorate(function: Function) -> Function:
        name = id.rpartition(".")[2]
        arguments, optional, fields = _signature(function, id)
        definition = Definition(
            title=title or name.replace("_", " ").replace("-", " ").capitalize(),
            formula=formula or "see method", range=range or of_unit(unit),
            direction=direction, unit=unit, reference=reference,
        )  # fmt: skip

        def measure(self: Check, model: Model, data: AuditData, context: Context) -> Findings:
            supplied = {argument: _argument(argument, model, data, context) for argument in (*arguments, *optional)}
            supplied |= {argument: None for argument in optional if argument == "groups" and not data.groups}
            values = {field: getattr(self, field) for field in fields}
            return to_findings(function(**supplied, **values), name, data, unit=unit, direction=direction, exact=exact)

        # two steps, for pydantic collects fields when a class is made, and the facts are no fields
        base = create_model(f"Check_{name}", __base__=Check, __module__=function.__module__, **fields)
        namespace = {
            "__doc__": function.__doc__, "__module__": function.__module__, "measure": measure, "id": id,
            "title": title or definition.title, "reference": reference, "requires": requires,
            "needs": frozenset(needs).union(*(ARGUMENTS[argument] for argument in arguments)),
            "definitions": {name: definition}, "of_function": True,
        }  # fmt: skip
        function.check = type(base)(f"Check_{name}", (base,), namespace)  # type: ignore[attr-defined, misc]
        return function

    return decorate


def to_findings(
    returned: Any, name: str, data: AuditData, *, unit: str = "", direction: Direction = "none", exact: bool = False
) -> Findings:
    """Findings from whatever a check function returned.

    Raises:
        FindingsError: it is none of the things that a check may return, a number in it is not finite, or the index of a
            Series does not name every row once.
    """
    if isinstance(returned, Findings):
        return returned
    if isinstance(returned, Measurement):
        return Findings([returned])
    if isinstance(returned, Mapping):
        return Findings([_number(key, value, unit, direction, exact) for key, value in returned.items()])
    if _is_number(returned):
        return Findings([_number(name, returned, unit, direction, exact)])
    if isinstance(returned, list | tuple) and returned and all(isinstance(entry, Measurement) for entry in returned):
        return Findings(returned)
    if hasattr(returned, "reindex") and getattr(returned, "ndim", 0) == 1 and len(returned) == len(data):
        # a pandas Series goes by its index: one that was sorted goes back to the order of the rows
        if set(returned.index) != set(range(len(data))):
            raise FindingsError(
                f"{name}: a Series must have the index of the rows, 0 to {len(data) - 1}, in any order; give plain "
                "values with .to_numpy() where they are in the order of the rows"
            )
        returned = returned.reindex(range(len(data)))
    if isinstance(returned, np.ma.MaskedArray):  # a masked row has no value, whatever stands beneath its mask
        returned = np.ma.filled(returned.astype(float), np.nan)
    # anything else would become an array of one object
    values = np.asarray(returned) if isinstance(returned, list | tuple) or hasattr(returned, "__array__") else None
    if values is not None and values.shape == (len(data),) and values.dtype.kind in "biuf":
        return Findings(_per_row(values, name, data, unit, direction))
    shape = f" of shape {values.shape}" if values is not None else ""
    raise FindingsError(
        f"a check must return one value per row ({len(data)}), a number, a mapping of numbers, measurements or "
        f"Findings; it returned {class_name(returned)}{shape}"
    )


def _signature(function: Callable[..., Any], id: str) -> tuple[list[str], list[str], dict[str, Any]]:
    """What a check function must be given, what it is given where it is there, and its parameters."""
    arguments: list[str] = []
    optional: list[str] = []
    fields: dict[str, Any] = {}
    # evaluated, for with `from __future__ import annotations` they are texts
    hints = inspect.get_annotations(function, eval_str=True)
    for name, parameter in inspect.signature(function).parameters.items():
        if name in ARGUMENTS and parameter.default is None:
            optional.append(name)
        elif parameter.default is not inspect.Parameter.empty:
            fields[name] = (hints.get(name, type(parameter.default)), parameter.default)
        elif name in ARGUMENTS:
            arguments.append(name)
        else:
            raise PluginError(f"{id}: a check cannot be given {name!r}; {closest(name, ARGUMENTS)}")
    return arguments, optional, fields


def _argument(name: str, model: Model, data: AuditData, context: Context) -> Any:
    of_context = {"context": context, "predictions": context.predictions, "rng": context.rng}
    # of recorded answers the model can be asked nothing; a function that needs to ask has none of it
    supplied = {"model": model if Capability.QUERIES in model.capabilities else None, "data": data, **of_context}
    return supplied[name] if name in supplied else getattr(data, name)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number | np.bool_) or getattr(value, "shape", None) == ()


def _number(name: str, value: Any, unit: str, direction: Direction, exact: bool) -> Measurement:
    if isinstance(value, Measurement):
        return value
    if not isinstance(name, str) or not _is_number(value):
        raise FindingsError(f"{name!r}: a number is required; {class_name(value)} was given")
    number = float(value)
    if not np.isfinite(number):
        raise FindingsError(f"{name}: a finite number is required; {number} was given. Return a Measurement without "
                            "value and with a reason where there is no number")  # fmt: skip
    return Measurement(name=name, value=number, unit=unit, direction=direction, exact=exact)


def _per_row(values: np.ndarray, name: str, data: AuditData, unit: str, direction: Direction) -> list[Measurement]:
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise FindingsError(f"{name}: every row needs a finite value; {int((~np.isfinite(values)).sum())} have none")

    def of(rows: np.ndarray, group: dict[str, str], hidden: str | None) -> Measurement:
        common = {"name": name, "unit": unit, "direction": direction, "slice": group}
        if hidden is not None:
            return Measurement(value=None, reason=hidden, **common)  # type: ignore[arg-type]
        in_group = values[rows]
        clusters = None if data.clusters is None else data.clusters[rows]
        interval = stats.mean_interval(in_group, clusters=clusters)
        return Measurement(value=float(in_group.mean()), interval=interval, n=len(in_group), **common)  # type: ignore[arg-type]

    everyone = of(np.ones(len(values), dtype=bool), {}, None)
    return [everyone, *(of(cell.rows, cell.where, cell.hidden) for cell in slices_and_smaller(data))]
