"""Audit data from what was read, once it is known which column is what."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

import numpy as np

from auditkit.data.bare import Bare
from auditkit.data.blanks import fill
from auditkit.data.disclosure import how_many
from auditkit.data.fields import Fields, Modality
from auditkit.data.groups import group_column
from auditkit.data.inputs import take_rows
from auditkit.data.labels import Task
from auditkit.data.orders import numbers_of
from auditkit.data.readers.base import Reading, Source
from auditkit.data.readers.roles import (
    Roles,
    groups_of,
    idle_columns,
    ids_of,
    input_names,
    options_of,
    possible_inputs,
    renamed_groups,
    values_of,
)
from auditkit.data.readers.truth import called, truth
from auditkit.data.schema import FeatureSchema, infer_schema, override_schema
from auditkit.data.sentinels import codes_of
from auditkit.data.validation import check_weights
from auditkit.errors import DataError

Unlabelled: TypeAlias = Literal["refuse", "drop", "keep"]


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What the caller asked for, beside the roles of the columns."""

    make: Callable[..., Fields]
    """`AuditData`, which lies above its readers."""
    positive: Any
    task: Task | None
    modality: Modality | None
    schema: Mapping[str, Mapping[str, Any]]
    unlabelled: Unlabelled
    abstain: Any
    how: Reading
    stated: Mapping[str, Any]
    """Fields of AuditData as the owner states them."""


def assemble(source: Source, roles: Roles, wanted: Wanted, name: str) -> Fields:
    """The audit data of a source.

    Raises:
        DataError: there are no rows, or its values do not fit their roles.
    """
    if not len(source.columns):
        raise DataError(f"{name}: there are no rows; give at least one")
    names = input_names(roles, source)
    idle = idle_columns(roles, source)
    notes = [f"columns that are no feature of the model: {', '.join(idle)}"] if idle else []
    parts, beside = _parts(source, roles, wanted.how)
    parts["inputs"] = source.inputs if names is None else source.columns[names]
    _read_numbers(parts, roles, wanted)
    options = {group: options_of(each) for group, each in (roles.groups or {}).items()}
    groups = {
        group: group_column(group, beside[group].values, options[group], wanted.how.notation) for group in options
    }
    notes += _stripped(beside)
    if wanted.unlabelled == "drop":
        parts, groups, dropped = _labelled(parts, groups, wanted)
        notes += dropped
    masks, sentences = _blanks(parts, roles, wanted)
    notes += sentences
    inputs, modality = _inputs(parts["inputs"], wanted.modality, name)
    facts, inferred = truth(parts, roles, wanted.task, wanted.positive)
    schema, declared = _schema(inputs, wanted)
    return wanted.make(
        inputs,
        groups=groups,
        weights=_weights(parts, roles),
        schema=schema,
        modality=modality,
        name=name,
        notes=(*source.notes, *inferred, *notes, *declared),
        people=parts["people"],
        ids=parts["ids"],
        streamed=source.streamed,
        notation=wanted.how.notation,
        doubts={column: why for column, why in source.doubts.items() if names is not None and column in names},
        group_columns=renamed_groups(roles),
        merged={group: beside[group].merged for group in groups if beside[group].merged},
        suspected=_suspected(beside, options, wanted.how),
        columns=possible_inputs(roles, source),
        **wanted.stated,
        **masks,
        **facts,
    )


def _parts(source: Source, roles: Roles, how: Reading) -> tuple[dict[str, Any], dict[str, Bare]]:
    """{role: its values} without blanks around them; and the same of the groups, with what was taken off."""
    named = ("label", "weights", "decisions", "scores", "people")
    bare = {role: how.blanks.off(values_of(getattr(roles, role), role, source)) for role in named}
    parts = {role: each.values for role, each in bare.items()}
    parts["ids"] = ids_of(roles, source, how.blanks)
    return parts, {**bare, **groups_of(roles, source, how.blanks)}


def _suspected(
    beside: Mapping[str, Bare], options: Mapping[str, Mapping[str, Any]], how: Reading
) -> dict[str, tuple[str, ...]]:
    """{attribute: codes for missing values in its column}, of those in bins."""
    import pandas  # a table is there

    binned = [name for name, option in options.items() if option.get("bins") is not None]
    texts = {name: tuple(codes_of(pandas.Series(beside[name].values), how.notation)) for name in binned}
    return {name: codes for name, codes in texts.items() if codes}


def _stripped(beside: Mapping[str, Bare]) -> list[str]:
    names = [name for name, bare in beside.items() if bare.stripped]
    return [f"blanks around the values of {', '.join(names)} were taken off"] if names else []


def _weights(parts: Mapping[str, Any], roles: Roles) -> np.ndarray | None:
    given, what = parts["weights"], called(roles.weights, "weights")
    return None if given is None else check_weights(given, what, parts["people"])


def _read_numbers(parts: dict[str, Any], roles: Roles, wanted: Wanted) -> None:
    """Texts that are numbers, where only numbers make sense, in place."""
    answers = ("label", "decisions") if wanted.task == "regression" else ()
    for role in ("weights", "scores", "people", *answers):
        if parts[role] is not None:
            read = numbers_of(parts[role], wanted.how.notation, called(getattr(roles, role), role))
            parts[role] = parts[role] if read is None else read


def _blanks(parts: dict[str, Any], roles: Roles, wanted: Wanted) -> tuple[dict[str, Any], list[str]]:
    """Fill labels and decisions that are blank, in place; the masks of them, and what there is to say."""
    masks: dict[str, Any] = {}
    notes = []
    if wanted.unlabelled == "keep" and parts["label"] is not None:
        parts["label"], masks["known"] = fill(parts["label"], called(roles.label, "label"))
        if masks["known"] is not None:
            count = _some(~masks["known"], parts, wanted)
            notes.append(f"{count} people have no label and are kept for what needs none")
    role = "decisions" if parts["decisions"] is not None else "scores"
    if wanted.abstain is not None and parts[role] is not None:
        parts[role], there = fill(parts[role], called(getattr(roles, role), role), wanted.abstain)
        if there is not None:
            masks["withheld"] = ~there
            notes.append(f"for {_some(~there, parts, wanted)} people the decision was withheld")
    return masks, notes


def _some(mask: np.ndarray, parts: Mapping[str, Any], wanted: Wanted) -> str:
    """How many people a mask holds, in words."""
    count = int(mask.sum() if parts["people"] is None else np.asarray(parts["people"])[mask].sum())
    return how_many(count, wanted.stated["minimum_cell"], wanted.stated["disclosure"])


def _labelled(
    parts: dict[str, Any], groups: dict[str, np.ndarray], wanted: Wanted
) -> tuple[dict[str, Any], dict[str, np.ndarray], list[str]]:
    """Everything without the rows that have no label."""
    import pandas

    if parts["label"] is None:
        return parts, groups, []
    lacking = np.asarray(pandas.isna(parts["label"]))
    if not lacking.any():
        return parts, groups, []
    if lacking.all():
        raise DataError("label is missing in every row; check that the right column is named")
    at = np.flatnonzero(~lacking)
    count = _some(lacking, parts, wanted)
    kept = {role: None if part is None else take_rows(part, at) for role, part in parts.items()}
    note = f"{count} rows without a label were left out"
    return kept, {group: column[at] for group, column in groups.items()}, [note]


def _inputs(inputs: Any, modality: Modality | None, name: str) -> tuple[Any, Modality]:
    """The inputs and their modality; a table of one text column is a list of texts where that is wanted."""
    if hasattr(inputs, "columns"):
        if modality != "text":
            return inputs, modality or "table"
        if inputs.shape[1] != 1:
            names = ", ".join(map(str, inputs.columns))
            raise DataError(
                f"{name}: texts are one column; the inputs are {inputs.shape[1]}: {names}. "
                "Name the one with features = […], or the others in drop"
            )
        column = inputs.iloc[:, 0]
        if column.isna().any():
            raise DataError(f"{name}: the text is missing in {int(column.isna().sum())} rows; take them out")
        return column.astype(object).tolist(), "text"
    if isinstance(inputs, list) or str(inputs.dtype)[:2] in ("<U", "ob"):
        return [str(text) for text in inputs], modality or "text"
    shapes: dict[int, Modality] = {2: "table", 4: "image"}
    return inputs, modality or shapes.get(len(inputs.shape), "sequence")


def _schema(inputs: Any, wanted: Wanted) -> tuple[tuple[FeatureSchema, ...], list[str]]:
    if not hasattr(inputs, "columns"):
        return (), []
    inferred = infer_schema(inputs)
    names = {feature.name for feature in inferred}
    facts = {name: each for name, each in wanted.schema.items() if name in names}
    schema = override_schema(inferred, facts, inputs)
    outside = [
        feature.name
        for feature, declared in zip(inferred, schema, strict=True)
        if feature.low is not None
        and feature.high is not None
        and declared.low is not None
        and declared.high is not None
        if feature.low < declared.low or feature.high > declared.high
    ]
    return schema, [f"column {name!r} holds values outside the range that was declared" for name in outside]
