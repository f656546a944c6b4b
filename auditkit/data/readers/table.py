"""The one door for data: a source and what its columns mean, made into audit data."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Unpack

from auditkit.counts.dialect import Options
from auditkit.data.cells import LARGEST_LEFT_OUT, MINIMUM
from auditkit.data.fields import Disclosure, Fields, Modality
from auditkit.data.labels import Task
from auditkit.data.orders import Notation, Said
from auditkit.data.readers.assembled import Unlabelled, Wanted, assemble
from auditkit.data.readers.base import Reading
from auditkit.data.readers.counted import split_selected
from auditkit.data.readers.foreseen import in_memory, with_room
from auditkit.data.readers.roles import (
    FindColumns,
    Roles,
    as_features,
    as_groups,
    as_names,
    group_source,
    input_names,
    settle,
    unknown_columns,
    with_features,
)
from auditkit.data.readers.source import open_source
from auditkit.data.readers.streamed import stream_counts
from auditkit.errors import DataError

if TYPE_CHECKING:
    from auditkit.results import Meaning


def read_table(
    make: Callable[..., Fields],
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
) -> Fields:
    """Audit data from a table or from arrays, in memory or in a file.

    The inputs are every column but label, weights, id, decisions, scores and drop. What was inferred is in `notes`.

    Args:
        make: `AuditData`, which is made of what is read.
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
        missing: texts that mean missing. None: the empty text; inputs that come with a type keep it, as the model knows
            them, and it counts among their missing values.
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
        strip: whether blanks around the fields of a csv file are taken off, and in any source around the values of
            labels, answers, ids and groups.
        delimiter: between the fields of a csv file; found in the header unless given.
        columns: the names of the columns of a csv file that has no header.
        encoding: of a csv file, such as "cp1252"; as its first bytes say, else UTF-8, unless given.
        comment: what a line of a csv file begins with that is no row, such as "#"; lines before the header that begin
            so are passed over unasked.
        notation: how numbers and dates are written in texts, where more than one reading fits. Checks read them so; the
            model is given texts as they stand. `decimal`: "." or ","; `thousands`: ".", ",", " ", "'" or "_"; `dates`:
            "day first", "month first", "year first", a format such as "%d.%m.%Y", or "none", where no digits are dates.

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
        as_features(features), people,
    )  # fmt: skip
    given = {"label": label, "groups": groups, "drop": drop, "weights": weights, "id": id, "decisions": decisions}
    given |= {"scores": scores, "train": train, "features": features, "schema": schema, "people": people}
    given |= {"selected": selected, "task": task, "strip": strip, "stream": stream, "text": text}
    stated = {
        "minimum_cell": minimum_cell, "minimum_rate": minimum_rate, "disclosure": disclosure, "range": range,
        "largest_left_out": largest_left_out, "reference": {} if reference is None else reference, "outcome": outcome,
        "selected_means": selected_means,
    }  # fmt: skip
    wanted = Wanted(make, positive, task, modality, overrides, unlabelled, abstain, how, stated)
    return _in_memory(source, given, roles, wanted, name)


def _in_memory(source: Any, given: Mapping[str, Any], roles: Roles, wanted: Wanted, name: str | None) -> Fields:
    """The table as it is where there is room for it, else its counts."""
    with in_memory(source, given):
        counting = with_room(source, given)
        if counting is None:
            return _read(source, roles, wanted, given["selected"], given["train"], name)
        counted, roles = stream_counts(counting, roles, wanted.how)
        wanted = dataclasses.replace(wanted, schema={}, modality=None)
        return _read(counted, roles, wanted, None, None, name or pathlib.PurePath(str(source)).name)


def _read(source: Any, roles: Roles, wanted: Wanted, selected: str | None, train: Any, name: str | None) -> Fields:
    """The data and its training split, once it is known how to read them and which column is what."""
    opened = open_source(source, wanted.how)
    if selected is not None:
        opened = split_selected(opened, roles.people, selected)
        roles = dataclasses.replace(roles, decisions=selected)
        wanted = dataclasses.replace(wanted, positive=1 if wanted.positive is None else wanted.positive)
    unknown_columns(wanted.schema, opened, "schema")
    roles = with_features(settle(roles, opened), opened)
    data = assemble(opened, roles, wanted, name or opened.name)
    if train is None:
        return data
    return dataclasses.replace(data, train=_training(train, roles, wanted, data, input_names(roles, opened)))


def _training(train: Any, roles: Roles, wanted: Wanted, data: Fields, names: list[Any] | None) -> Fields:
    """The training split, read as the data was; what only an audit needs may be absent there."""
    if isinstance(train, Fields):  # AuditData already
        return train
    if roles.label is not None and not isinstance(roles.label, str):
        raise DataError("train needs the label by its name; give the name of a column, or train as AuditData")
    try:
        source = open_source(train, wanted.how)
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
        return assemble(
            source,
            settle(same, source),
            dataclasses.replace(
                wanted,
                task=data.task,
                modality=data.modality,
                positive=data.positive,
                abstain=None,
                stated={**wanted.stated, "outcome": None, "selected_means": "", "reference": {}},
                unlabelled="drop" if wanted.unlabelled == "keep" else wanted.unlabelled,
            ),
            "training split",
        )
    except DataError as error:
        raise DataError(f"training split: {error}") from error
