"""Audit data from what was read, once it is known which column is what.

The truth stands beside the inputs: label, task, positive value, recorded answers; what is inferred is noted.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
import pandas

from auditkit.data.beside import check_weights
from auditkit.data.blanks import Bare, fill
from auditkit.data.disclosure import how_many
from auditkit.data.fields import Fields, Modality
from auditkit.data.group_probabilities import GroupProbabilities
from auditkit.data.groups import group_column
from auditkit.data.inputs import take_rows
from auditkit.data.labels import (
    CLASSIFYING,
    Recorded,
    Task,
    check_labels,
    check_recorded,
    check_two_classes,
    infer_task,
    label_array,
    pick_positive,
)
from auditkit.data.orders import numbers_of
from auditkit.data.prompts import TASK as GENERATION, answered, prompt_column, texts_in
from auditkit.data.readers.base import Reading, Source
from auditkit.data.readers.roles import (
    Roles,
    group_source,
    groups_of,
    idle_columns,
    ids_of,
    input_names,
    options_of,
    possible_inputs,
    renamed_groups,
    values_of,
)
from auditkit.data.readers.several_labels import several_labels
from auditkit.data.readers.table_settings import TableSettings
from auditkit.data.readers.text_column import texts_of
from auditkit.data.schema import FeatureSchema, infer_schema, override_schema
from auditkit.data.sentinels import codes_of
from auditkit.data.survival import Survival
from auditkit.errors import DataError

PROBABLE = "probabilities of "
"""How the parts begin that hold how likely people are of the groups of an attribute."""
_FREE_TEXT = (
    "column {0!r} is free text: its values are in no evidence, and checks that compare values leave it out. Where it "
    'is none, say kind = "category" under [data.features.{0}]'
)


def assemble(make: Callable[..., Fields], source: Source, roles: Roles, settings: TableSettings, name: str) -> Fields:
    """The audit data of a source.

    Args:
        make: `AuditData`, which lies above its readers.
        source: what was read.
        roles: which of its columns is what.
        settings: what the caller asked for beside them.
        name: of the data.

    Raises:
        DataError: there are no rows, or its values do not fit their roles.
    """
    if not len(source.columns):
        raise DataError(f"{name}: there are no rows; give at least one")
    names = input_names(roles, source)
    idle = idle_columns(roles, source)
    notes = [f"columns that are no feature of the model: {', '.join(idle)}"] if idle else []
    parts, beside = _parts(source, roles, settings)
    parts["inputs"] = source.inputs if names is None else source.columns[names]
    _read_numbers(parts, roles, settings)
    options = {group: options_of(group_options) for group, group_options in (roles.groups or {}).items()}
    groups = {
        group: group_column(group, beside[group].values, options[group], settings.reading.notation) for group in options
    }
    stripped = [name for name, bare in beside.items() if bare.stripped]
    notes += [f"blanks around the values of {', '.join(stripped)} were taken off"] if stripped else []
    # Rows without a label go before task, classes and schema are inferred, so that these are of the rows that stay.
    if settings.unlabelled == "drop":
        parts, groups, dropped = _labelled(parts, groups, settings)
        notes += dropped
    masks, sentences = _blanks(parts, roles, settings)
    notes += sentences
    task, survival = _task(parts, source, roles, settings)
    inputs, modality, read, asides = _given(parts["inputs"], source, roles, settings, name)
    facts, inferred = truth(parts, roles, task, settings.positive)
    notes += _beside_inputs(roles)
    schema, declared = _schema(inputs, settings)
    weights = parts["weights"]
    return make(
        inputs,
        groups=groups,
        weights=None if weights is None else check_weights(weights, called(roles.weights, "weights"), parts["people"]),
        schema=schema,
        modality=modality,
        name=name,
        notes=(*source.notes, *inferred, *notes, *read, *declared),
        people=parts["people"],
        ids=parts["ids"],
        unit=parts["unit"],
        scored=parts["scored"] or {},
        answered=parts["answered"],
        survival=survival,
        asides=asides,
        group_probabilities=_probable(parts, roles),
        unit_name=roles.unit if isinstance(roles.unit, str) else "",
        streamed=source.streamed,
        notation=settings.reading.notation,
        doubts={column: why for column, why in source.doubts.items() if names is not None and column in names},
        group_columns=renamed_groups(roles),
        merged={group: beside[group].merged for group in groups if beside[group].merged},
        suspected=_suspected(beside, options, settings.reading),
        columns=possible_inputs(roles, source),
        **settings.stated,
        **masks,
        **facts,
    )


def _parts(source: Source, roles: Roles, settings: TableSettings) -> tuple[dict[str, Any], dict[str, Bare]]:
    """{role: its values} without blanks around them; and the same of the groups, with what was taken off."""
    reading = settings.reading
    single = ("weights", "people", "unit", *(() if settings.task == "multilabel" else ("label", "decisions", "scores")))
    bare = {role: reading.blanks.off(values_of(getattr(roles, role), role, source)) for role in single}
    parts = {role: column.values for role, column in bare.items()}
    if settings.task == "multilabel":
        parts |= several_labels(source, roles, settings.several, reading)
    parts["ids"] = ids_of(roles, source, reading.blanks)
    words = values_of(roles.texts, "texts", source)  # as they stand: blanks are part of what a model said
    parts["answered"] = None if words is None else answered(words, called(roles.texts, "texts"))
    parts["scored"] = {
        system: np.column_stack(
            [
                _numbers(values_of(column, name, source), f"case score {name!r}", reading)
                for name, column in columns.items()
            ]
        )
        for system, columns in (roles.scored or {}).items()
    } or None
    for attribute, columns in (roles.probable or {}).items():
        described = [(f"the probability of {attribute} = {group}", column) for group, column in columns.items()]
        parts[PROBABLE + attribute] = np.column_stack(
            [_numbers(values_of(column, name, source), name, reading) for name, column in described]
        )
    return parts, {**bare, **groups_of(roles, source, reading.blanks)}


def _task(
    parts: dict[str, Any], source: Source, roles: Roles, settings: TableSettings
) -> tuple[Task | None, Survival | None]:
    """The task as it is stated or follows from what is named; times until an event, whose risks leave the scores."""
    if settings.time is None and settings.event is None:
        return GENERATION if settings.generates else settings.task, None
    survival = _survival(parts, source, roles, settings)
    parts["scores"] = None
    return "survival", survival


def _probable(parts: Mapping[str, Any], roles: Roles) -> dict[str, GroupProbabilities]:
    """{attribute: its groups and their probabilities}."""
    named = (roles.probable or {}).items()
    return {name: GroupProbabilities(tuple(columns), parts[PROBABLE + name]) for name, columns in named}


def _beside_inputs(roles: Roles) -> list[str]:
    """What columns mean that are no inputs, where a reader of the evidence would not find it otherwise."""
    notes = []
    if isinstance(roles.time, str) and isinstance(roles.event, str):
        notes.append(
            f"times until an event are the column {roles.time!r}; {roles.event!r} says whether it was the event"
        )
    for attribute, columns in (roles.probable or {}).items():
        named = ", ".join(f"{group} ({column!r})" for group, column in columns.items() if isinstance(column, str))
        notes.append(f"{attribute} was not recorded and is known by probability{f': {named}' if named else ''}")
    return notes


def _survival(parts: dict[str, Any], source: Source, roles: Roles, settings: TableSettings) -> Survival:
    """Times, events and recorded answers."""
    reading = settings.reading
    for role in ("time", "event"):
        if getattr(roles, role) is None:
            raise DataError(
                f'{role} is needed too: the task survival has a time and an event, as in time = "months" and event = '
                '"died" under [data]'
            )
    alive = [_numbers(values_of(column, "alive", source), "alive", reading) for column in roles.alive]
    return Survival(
        _numbers(values_of(roles.time, "time", source), "time", reading),
        reading.blanks.off(values_of(roles.event, "event", source)).values,
        tuple(settings.horizons), parts["scores"], np.column_stack(alive) if alive else None,
    )  # fmt: skip


def _numbers(values: Any, name: str, reading: Reading) -> np.ndarray:
    """(N,) float64 numbers beside the inputs, such as scores of cases; NaN where they are missing."""
    bare = reading.blanks.off(values).values
    read = numbers_of(bare, reading.notation, name)
    column = pandas.Series(bare if read is None else read)
    try:
        return column.astype(object).where(column.notna(), np.nan).to_numpy(dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(
            f"{name} must be numbers, blank where there is none; its column holds other texts. "
            "Texts that mean missing are listed under missing"
        ) from None


def _suspected(
    beside: Mapping[str, Bare], options: Mapping[str, Mapping[str, Any]], reading: Reading
) -> dict[str, tuple[str, ...]]:
    """{attribute: codes for missing values in its column}, of those in bins."""
    binned = [name for name, option in options.items() if option.get("bins") is not None]
    codes = {name: tuple(codes_of(pandas.Series(beside[name].values), reading.notation)) for name in binned}
    return {name: texts for name, texts in codes.items() if texts}


def _read_numbers(parts: dict[str, Any], roles: Roles, settings: TableSettings) -> None:
    """Texts that are numbers, where only numbers make sense, in place."""
    answers = ("label", "decisions") if settings.task == "regression" else ()
    for role in ("weights", "scores", "people", *answers):
        if parts[role] is not None and not (role == "scores" and settings.task == "multilabel"):
            values = numbers_of(parts[role], settings.reading.notation, called(getattr(roles, role), role))
            parts[role] = parts[role] if values is None else values


def _blanks(parts: dict[str, Any], roles: Roles, settings: TableSettings) -> tuple[dict[str, Any], list[str]]:
    """Fill labels and decisions that are blank, in place; the masks of them, and what there is to say."""
    masks: dict[str, Any] = {}
    notes = []
    if settings.unlabelled == "keep" and parts["label"] is not None:
        parts["label"], masks["known"] = fill(parts["label"], called(roles.label, "label"))
        if masks["known"] is not None:
            people = _people_in_words(
                ~masks["known"], parts, settings, "person has no label and is", "people have no label and are"
            )
            notes.append(f"{people} kept for what needs none")
    role = "decisions" if parts["decisions"] is not None else "scores"
    if settings.abstain is not None and parts[role] is not None:
        parts[role], has_decision = fill(parts[role], called(getattr(roles, role), role), settings.abstain)
        if has_decision is not None:
            masks["withheld"] = ~has_decision
            notes.append(
                f"for {_people_in_words(~has_decision, parts, settings, 'person', 'people')} the decision was withheld"
            )
    return masks, notes


def _people_in_words(mask: np.ndarray, parts: Mapping[str, Any], settings: TableSettings, one: str, many: str) -> str:
    """How many people a mask holds, with the words that follow the number of one and of many."""
    count = int(mask.sum() if parts["people"] is None else np.asarray(parts["people"])[mask].sum())
    return how_many(count, settings.minimum_cell, settings.disclosure, one, many)


def _labelled(
    parts: dict[str, Any], groups: dict[str, np.ndarray], settings: TableSettings
) -> tuple[dict[str, Any], dict[str, np.ndarray], list[str]]:
    """Everything without the rows that have no label."""
    if parts["label"] is None or not (lacking := np.asarray(pandas.isna(parts["label"]))).any():
        return parts, groups, []
    if lacking.all():
        raise DataError("label is missing in every row; check that the right column is named")
    indices = np.flatnonzero(~lacking)
    labelled = {role: None if part is None else take_rows(part, indices) for role, part in parts.items()}
    rows = _people_in_words(lacking, parts, settings, "row without a label was", "rows without a label were")
    return labelled, {group: column[indices] for group, column in groups.items()}, [f"{rows} left out"]


def _inputs(
    inputs: Any, modality: Modality | None, beside: Collection[str], name: str
) -> tuple[Any, Modality, list[str]]:
    """The inputs, their modality, and notes; a table's column of texts is a list of texts where that is wanted."""
    if hasattr(inputs, "columns"):
        if modality != "text":
            return inputs, modality or "table", []
        texts, notes = texts_of(inputs, beside, name)
        return texts, "text", notes
    if isinstance(inputs, list) or str(inputs.dtype)[:2] in ("<U", "ob"):
        return list(inputs), modality or "text", []
    # An image has the axes (N, channels, height, width); what has three axes is a sequence of vectors.
    shapes: dict[int, Modality] = {2: "table", 4: "image"}
    return inputs, modality or shapes.get(len(inputs.shape), "sequence"), []


def _given(
    inputs: Any, source: Source, roles: Roles, settings: TableSettings, name: str
) -> tuple[Any, Modality, list[str], dict[str, Any]]:
    """What the model eats, its modality, notes, and what stands beside prompts."""
    if settings.generates:
        return _prompts(inputs, source, roles, settings, name)
    beside = {str(group_source(group, group_options)) for group, group_options in (roles.groups or {}).items()}
    return (*_inputs(inputs, settings.modality, beside, name), {})


def _prompts(
    inputs: Any, source: Source, roles: Roles, settings: TableSettings, name: str
) -> tuple[list[str], Modality, list[str], dict[str, Any]]:
    """The prompts, their modality, notes, and {column: its values} of what stands beside them."""
    if not hasattr(inputs, "columns"):
        return list(inputs), "text", [], {}
    groups = {str(group_source(group, options)) for group, options in (roles.groups or {}).items()}
    own = prompt_column(inputs, settings.prompt, groups, name)
    left = {column for column, role in roles.named.items() if role in ("texts", "id")} | {str(own)}
    asides = {
        str(one): source.columns[one].to_numpy(dtype=object) for one in source.columns.columns if str(one) not in left
    }
    notes = [f"the prompts are the column {str(own)!r}; the other columns stand beside them and are not sent"]
    return texts_in(inputs[own], name, str(own)), "text", notes if asides else [], asides


def _schema(inputs: Any, settings: TableSettings) -> tuple[tuple[FeatureSchema, ...], list[str]]:
    if not hasattr(inputs, "columns"):
        return (), []
    inferred = infer_schema(inputs)
    names = {feature.name for feature in inferred}
    facts = {name: declared_facts for name, declared_facts in (settings.schema or {}).items() if name in names}
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
    notes = [f"column {name!r} holds values outside the range that was declared" for name in outside]
    return schema, [*notes, *(_FREE_TEXT.format(feature.name) for feature in schema if feature.kind == "text")]


def truth(
    parts: Mapping[str, Any], roles: Roles, wanted_task: Task | None, wanted_positive: Any
) -> tuple[dict[str, Any], list[str]]:
    """Labels, task, positive value and recorded answers as fields of AuditData, and what was inferred about them.

    Raises:
        DataError: see `auditkit.data.labels`.
    """
    notes: list[str] = []
    if wanted_task == "multilabel":
        return _several(parts, wanted_positive), notes
    label_description = called(roles.label, "label")
    people = parts["people"]
    labels = None if parts["label"] is None else label_array(parts["label"], label_description, people)
    known, source = (labels, label_description) if labels is not None else _decided(parts, roles, wanted_positive)
    scored = bool(parts.get("scored"))
    task: Task = wanted_task or ("case_scores" if scored else "binary")
    if wanted_task is None and known is not None and not scored:
        task, note = infer_task(known, source)
        notes.append(note)
    if labels is not None:
        if task in CLASSIFYING:
            check_two_classes(labels, label_description)
        labels = check_labels(labels, task, label_description)
    recorded = None
    if parts["decisions"] is not None or parts["scores"] is not None:
        classes = _classes(labels) if task != "regression" else ()
        recorded, note = check_recorded(Recorded(parts["decisions"], parts["scores"]), classes, task, people)
        notes += [note] if note else []
    positive = wanted_positive
    if task == "binary" and known is not None:
        positive, note = pick_positive(wanted_positive, _classes(known), source)
        notes += [note] if note else []
    name = roles.label if isinstance(roles.label, str) else getattr(roles.label, "name", None)
    label_name = None if name is None else str(name)
    facts = {"labels": labels, "task": task, "positive": positive, "recorded": recorded, "label_name": label_name}
    return facts, notes


def _several(parts: Mapping[str, Any], positive: Any) -> dict[str, Any]:
    """The same facts of the task multilabel, where nothing is inferred."""
    recorded = Recorded(parts["decisions"], parts["scores"])
    answers = recorded if any(part is not None for part in recorded) else None
    sets = None if parts["label"] is None else label_array(parts["label"], "label", parts["people"])
    return {"labels": sets, "task": "multilabel", "positive": positive, "recorded": answers}


def _decided(parts: Mapping[str, Any], roles: Roles, positive: Any) -> tuple[np.ndarray | None, str]:
    """Without labels, decisions say what the classes are; fractions are refused further on."""
    if parts["decisions"] is None:
        return None, ""
    decisions = label_array(parts["decisions"], "decisions", parts["people"])
    is_constant = positive is not None and bool((decisions == decisions[0]).all())  # everybody was refused, or nobody
    return (
        (None, "") if is_constant or decisions.dtype.kind == "f" else (decisions, called(roles.decisions, "decisions"))
    )


def _classes(labels: np.ndarray | None) -> tuple[Any, ...]:
    return () if labels is None else tuple(np.unique(labels).tolist())


def called(column: Any, role: str) -> str:
    """What a message calls the values of a role: by the column's name where there is one."""
    return f"{role} {column!r}" if isinstance(column, str) else role
