"""The one door for data: a source and what its columns mean, made into audit data."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, Unpack

import numpy as np

from auditkit.counts.dialect import Options
from auditkit.data import AuditData
from auditkit.data.accepting import check_weights
from auditkit.data.blanks import fill
from auditkit.data.cells import LARGEST_LEFT_OUT, MINIMUM
from auditkit.data.inputs import take_rows
from auditkit.data.labels import Task
from auditkit.data.orders import Notation, Said, numbers_of
from auditkit.data.readers.counted import split_selected
from auditkit.data.readers.foreseen import in_memory, with_room
from auditkit.data.readers.roles import (
    FindColumns,
    Roles,
    as_groups,
    as_names,
    group_source,
    groups_of,
    idle_columns,
    ids_of,
    input_names,
    possible_inputs,
    renamed_groups,
    settle,
    unknown_columns,
    values_of,
    with_features,
)
from auditkit.data.readers.source import Reading, Source, open_source
from auditkit.data.readers.streamed import stream_counts
from auditkit.data.readers.truth import called, truth
from auditkit.data.schema import FeatureSchema, infer_schema, override_schema
from auditkit.errors import DataError

if TYPE_CHECKING:
    from auditkit.data import Disclosure, Modality
    from auditkit.results import Meaning


Unlabelled: TypeAlias = Literal["refuse", "drop", "keep"]


@dataclasses.dataclass(frozen=True)
class _Wanted:
    """What the caller asked for, beside the roles of the columns."""

    positive: Any
    task: Task | None
    modality: Modality | None
    schema: Mapping[str, Mapping[str, Any]]
    minimum_cell: int
    minimum_rate: int
    disclosure: Disclosure
    unlabelled: Unlabelled
    abstain: Any
    range: Any
    largest_left_out: float
    reference: Mapping[str, Any]
    outcome: Any = None
    selected_means: Any = ""
    notation: Notation = dataclasses.field(default_factory=Notation)


def read_table(
    source: Any,
    *,
    label: Any = None,
    positive: Any = None,
    groups: Any = (),
    drop: str | Sequence[str] = (),
    weights: Any = None,
    id: str | Sequence[str] | None = None,
    decisions: Any = None,
    scores: Any = None,
    missing: Sequence[str] | None = None,
    task: Task | None = None,
    modality: Modality | None = None,
    train: Any = None,
    name: str | None = None,
    features: Sequence[Any] | FindColumns | None = None,
    schema: Mapping[str, Mapping[str, Any]] | None = None,
    range: Any = None,
    minimum_cell: int = MINIMUM,
    minimum_rate: int = MINIMUM,
    disclosure: Disclosure = "internal",
    unlabelled: Unlabelled = "refuse",
    abstain: Any = None,
    largest_left_out: float = LARGEST_LEFT_OUT,
    reference: Mapping[str, Any] | None = None,
    people: Any = None,
    selected: str | None = None,
    stream: bool | None = None,
    outcome: Meaning | Mapping[str, Meaning] | None = None,
    selected_means: str = "",
    strip: bool = True,
    delimiter: str | None = None,
    columns: Sequence[str] | None = None,
    encoding: str | None = None,
    comment: str | None = None,
    **notation: Unpack[Said],
) -> AuditData:
    """Audit data from a table or from arrays, in memory or in a file.

    The inputs are every column but label, weights, id, decisions, scores and drop. What was inferred is in `notes`.

    Args:
        source: a csv (also gzipped), JSON, parquet or npz file; a DataFrame of pandas, polars or pyarrow; a
            dictionary of arrays, of which `inputs` or `x` is what the model eats; an array; a list of texts.
        label: the column of the truth, or its values (N,).
        positive: the label that counts as positive; for two labels only.
        groups: names of sensitive columns; or {attribute: options}, where options are None, `{"bins": [25, 45]}`,
            `{"values": {"1": "male"}}`, `{"column": name}`, or the values (N,) themselves.
        drop: columns that the model does not eat; a group may be dropped from the inputs so.
        weights: the column of row weights, or its values.
        id: columns that name a row; never an input.
        decisions: the column of recorded decisions, or its values, in the vocabulary of the label.
        scores: the column of recorded scores of the positive class, or its values.
        missing: texts that mean missing. None: the empty text in a csv file, nothing elsewhere.
        task: binary, multiclass or regression; inferred from the label unless given.
        modality: table, image, text or sequence; inferred from the shape unless given.
        train: the training split, read with the same settings: a source, or AuditData.
        name: for the report; the file's name unless given.
        features: the model's own feature names; the inputs are then exactly these, in this order. Or what finds
            their places among the columns, as `Model.find_columns` does; None from it: every column.
        schema: what is known about a column better than it can be inferred, such as `{"zip": {"kind": "category"},
            "age": {"mutable": False, "low": 0, "high": 120}}`.
        range: the lowest and the highest value that an array of pixels or the like may hold, `[0, 255]`; or one such
            pair for each channel. Changes of inputs are measured in it and stay inside it.
        minimum_cell: groups of fewer people are not shown.
        minimum_rate: rates of fewer people are not estimated.
        disclosure: `internal`: every group of `minimum_cell` people is shown, also where a smaller one can be worked
            out from it; `publish`: for what leaves the house.
        unlabelled: rows without a label are an error (`refuse`), left out (`drop`), or kept for what needs no label.
        abstain: the recorded decision that means that the model declined to decide; "" where it is a blank.
        largest_left_out: groups that are too small to show keep a disparity from meeting a limit where they are a
            larger share of all people.
        reference: {attribute: group} with which the other groups are compared too, such as `{"race": "White"}`.
        people: a table of counts: the column that says how many people each row stands for, or its values.
        selected: a table of counts: the column that says how many of a row's people were selected. Each row becomes
            two, and the column the recorded decision, 1 or 0.
        stream: whether files are read a batch at a time into a table of counts; for recorded decisions by groups, of
            any number of people. Other columns are not read, and the path may hold * for several files. None: where
            answers are recorded and the table would take more than half of the memory.
        outcome: what being selected is to a person, "benefit" or "burden"; with more than two classes {class: word};
            for numbers, what a high one is. Nothing is assumed: until it is stated, nobody is called worse off.
        selected_means: what becomes of somebody who is selected, in words: "flagged as high risk".
        strip: whether blanks around the fields of a csv file are taken off.
        delimiter: between the fields of a csv file; found in the header unless given.
        columns: the names of the columns of a csv file that has no header.
        encoding: of a csv file, such as "cp1252"; as its first bytes say, else UTF-8, unless given.
        comment: what a line of a csv file begins with that is no row, such as "#"; lines before the header that begin
            so are passed over unasked.
        notation: how numbers and dates are written in texts, where more than one reading fits. Checks read them so; the
            model is given texts as they stand. `decimal`: "." or ","; `thousands`: ".", ",", " ", "'" or "_"; `dates`:
            "day first", "month first", "year first", or a format such as "%d.%m.%Y".

    Raises:
        DataError: the source cannot be read, a name is no column, or the values do not fit; the message says how to
            mend it.
    """
    text = Options(delimiter, None if columns is None else tuple(columns), encoding, comment)
    overrides = dict(schema or {})
    kinds = {column: str(facts["kind"]) for column, facts in overrides.items() if facts.get("kind")}
    how = Reading(None if missing is None else tuple(map(str, missing)), kinds, strip, text, Notation(**notation))
    roles = Roles(
        label, weights, decisions, scores, as_names(id, "id"), as_names(drop, "drop"), as_groups(groups),
        features if features is None or callable(features) else tuple(features), people,
    )  # fmt: skip
    given = {"label": label, "groups": groups, "drop": drop, "weights": weights, "id": id, "decisions": decisions}
    given |= {"scores": scores, "train": train, "features": features, "schema": schema, "people": people}
    given |= {"selected": selected, "task": task, "strip": strip, "stream": stream, "text": text}
    stated = (range, largest_left_out, {} if reference is None else reference, outcome, selected_means, how.notation)
    wanted = _Wanted(
        positive, task, modality, overrides, minimum_cell, minimum_rate, disclosure, unlabelled, abstain, *stated
    )
    with in_memory(source, given):
        counting = with_room(source, given)
        if counting is None:
            return _read(source, how, roles, wanted, selected, train, name)
        counted, roles = stream_counts(counting, roles, how)
        wanted = dataclasses.replace(wanted, schema={}, modality=None)
        return _read(counted, how, roles, wanted, None, None, name or pathlib.PurePath(str(source)).name)


def _read(
    source: Any, how: Reading, roles: Roles, wanted: _Wanted, selected: str | None, train: Any, name: str | None
) -> AuditData:
    """The data and its training split, once it is known how to read them and which column is what."""
    opened = open_source(source, how)
    if selected is not None:
        opened = split_selected(opened, roles.people, selected)
        roles = dataclasses.replace(roles, decisions=selected)
        wanted = dataclasses.replace(wanted, positive=1 if wanted.positive is None else wanted.positive)
    unknown_columns(wanted.schema, opened, "schema")
    roles = with_features(settle(roles, opened), opened)
    data = _assemble(opened, roles, wanted, name or opened.name)
    if train is None:
        return data
    return dataclasses.replace(data, train=_training(train, how, roles, wanted, data, input_names(roles, opened)))


def _assemble(source: Source, roles: Roles, wanted: _Wanted, name: str) -> AuditData:
    if not len(source.columns):
        raise DataError(f"{name}: there are no rows; give at least one")
    names = input_names(roles, source)
    inputs = source.inputs if names is None else source.columns[names]
    idle = idle_columns(roles, source)
    notes = [f"columns that are no feature of the model: {', '.join(idle)}"] if idle else []
    named = ("label", "weights", "decisions", "scores", "people")
    parts = {role: values_of(getattr(roles, role), role, source) for role in named}
    _read_numbers(parts, roles, wanted)
    parts["inputs"] = inputs
    parts["ids"] = ids_of(roles, source)
    groups = groups_of(roles, source, wanted.notation)
    if wanted.unlabelled == "drop":
        parts, groups, dropped = _labelled(parts, groups, wanted.minimum_cell)
        notes = notes + dropped
    masks, said = _blanks(parts, roles, wanted)
    notes = notes + said
    inputs, modality = _inputs(parts["inputs"], wanted.modality, name)
    facts, inferred = truth(parts, roles, wanted.task, wanted.positive)
    schema, declared = _schema(inputs, wanted)
    return AuditData(
        inputs,
        groups=groups,
        weights=None if parts["weights"] is None else check_weights(parts["weights"], called(roles.weights, "weights")),
        schema=schema,
        modality=modality,
        name=name,
        minimum_cell=wanted.minimum_cell,
        minimum_rate=wanted.minimum_rate,
        disclosure=wanted.disclosure,
        range=wanted.range,
        largest_left_out=wanted.largest_left_out,
        reference=wanted.reference,
        notes=(*source.notes, *inferred, *notes, *declared),
        people=parts["people"],
        ids=parts["ids"],
        streamed=source.streamed,
        outcome=wanted.outcome,
        selected_means=wanted.selected_means,
        notation=wanted.notation,
        doubts={column: why for column, why in source.doubts.items() if names is not None and column in names},
        group_columns=renamed_groups(roles),
        columns=possible_inputs(roles, source),
        **masks,
        **facts,
    )


def _read_numbers(parts: dict[str, Any], roles: Roles, wanted: _Wanted) -> None:
    """Texts that are numbers, where only numbers make sense, in place."""
    answers = ("label", "decisions") if wanted.task == "regression" else ()
    for role in ("weights", "scores", "people", *answers):
        if parts[role] is not None:
            read = numbers_of(parts[role], wanted.notation, called(getattr(roles, role), role))
            parts[role] = parts[role] if read is None else read


def _blanks(parts: dict[str, Any], roles: Roles, wanted: _Wanted) -> tuple[dict[str, Any], list[str]]:
    """Fill labels and decisions that are blank, in place; the masks of them, and what there is to say."""
    masks: dict[str, Any] = {}
    notes = []
    if wanted.unlabelled == "keep" and parts["label"] is not None:
        parts["label"], masks["known"] = fill(parts["label"], called(roles.label, "label"))
        if masks["known"] is not None:
            notes.append(f"{_some(~masks['known'], parts, wanted)} have no label and are kept for what needs none")
    role = "decisions" if parts["decisions"] is not None else "scores"
    if wanted.abstain is not None and parts[role] is not None:
        parts[role], there = fill(parts[role], called(getattr(roles, role), role), wanted.abstain)
        if there is not None:
            masks["withheld"] = ~there
            notes.append(f"for {_some(~there, parts, wanted)} the decision was withheld")
    return masks, notes


def _some(mask: np.ndarray, parts: Mapping[str, Any], wanted: _Wanted) -> str:
    """How many people a mask holds, in words that give no small number away."""
    count = int(mask.sum() if parts["people"] is None else np.asarray(parts["people"])[mask].sum())
    return f"{count} people" if count >= wanted.minimum_cell else f"fewer than {wanted.minimum_cell} people"


def _labelled(
    parts: dict[str, Any], groups: dict[str, np.ndarray], minimum: int
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
    count = int(lacking.sum() if parts["people"] is None else np.asarray(parts["people"])[lacking].sum())
    kept = {role: None if part is None else take_rows(part, at) for role, part in parts.items()}
    number = f"{count}" if count >= minimum else f"fewer than {minimum}"
    note = f"{number} rows without a label were left out"
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


def _schema(inputs: Any, wanted: _Wanted) -> tuple[tuple[FeatureSchema, ...], list[str]]:
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


def _training(
    train: Any, how: Reading, roles: Roles, wanted: _Wanted, data: AuditData, names: list[Any] | None
) -> AuditData:
    """The training split, read as the data was; what only an audit needs may be absent there."""
    if isinstance(train, AuditData):
        return train
    if roles.label is not None and not isinstance(roles.label, str):
        raise DataError("train needs the label by its name; give the name of a column, or train as AuditData")
    try:
        source = open_source(train, how)
        known = {str(name) for name in source.columns.columns}
        groups = {
            name: options for name, options in (roles.groups or {}).items() if group_source(name, options) in known
        }
        same = dataclasses.replace(
            roles,
            weights=roles.weights if isinstance(roles.weights, str) and roles.weights in known else None,
            decisions=None,
            scores=None,
            people=roles.people if isinstance(roles.people, str) and roles.people in known else None,
            id=(),
            drop=(),
            groups=groups,
            features=None if names is None else tuple(names),
        )
        if source.inputs is not None:
            same = dataclasses.replace(same, drop=tuple(known - {*same.named, *groups}))
        return _assemble(
            source,
            settle(same, source),
            dataclasses.replace(
                wanted,
                task=data.task,
                modality=data.modality,
                positive=data.positive,
                abstain=None,
                outcome=None,
                selected_means="",
                reference={},
                unlabelled="drop" if wanted.unlabelled == "keep" else wanted.unlabelled,
            ),
            "training split",
        )
    except DataError as error:
        raise DataError(f"training split: {error}") from error
