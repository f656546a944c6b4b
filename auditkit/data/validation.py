"""What AuditData accepts: every part is checked once, at the edge, and brought into its final form."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from auditkit.counts.names import MISSING
from auditkit.data.beside import beside
from auditkit.data.blanks import Bare, Blanks
from auditkit.data.case_scores import check_case_scores, check_scored
from auditkit.data.cells import Cells
from auditkit.data.disclosure import check_disclosure
from auditkit.data.fields import Fields
from auditkit.data.group_probabilities import check_group_probabilities
from auditkit.data.groups import check_reference, group_column
from auditkit.data.inputs import all_finite, any_infinite, plain_inputs, read_only, without_mask
from auditkit.data.labels import (
    TASKS,
    Recorded,
    check_labels,
    check_order,
    check_recorded,
    label_array,
    pick_positive,
)
from auditkit.data.multilabel import check_chances, check_outputs, label_sets, names_in
from auditkit.data.outcome import FOR_EACH, check_outcome, check_words
from auditkit.data.prompts import check_prompts
from auditkit.data.ranges import declared_range
from auditkit.data.schema import infer_schema, merge_schemas
from auditkit.data.survival import check_survival
from auditkit.errors import DataError, Mend
from auditkit.lazy import pandas
from auditkit.text import as_python, class_name
from auditkit.value_spelling import listed, match_class

SETTINGS = (
    "positive", "task", "modality", "name", "label_name", "minimum_cell", "minimum_rate", "disclosure",
    "largest_left_out", "reference", "outcome", "selected_means", "groups",
)  # fmt: skip
"""Fields that hold the owner's words and numbers, and groups by their names."""
MODALITIES = ("table", "image", "text", "sequence")


def accept(data: Fields) -> dict[str, Any]:
    """The fields of `data` in their final form.

    Rows drawn by `take` were accepted before and are left as they are.

    Raises:
        DataError: see `AuditData`.
    """
    if data.whole is not None:  # drawn by take, from rows that were accepted
        _check_lengths(data, data.groups)
        return {}
    if not isinstance(data.groups, Mapping):
        raise DataError(
            f'{data.name}: groups must say of what the values are, as in groups={{"sex": values}}; '
            f"{type(data.groups).__name__} was given. Columns of a table are named in from_table(table, groups=[…])"
        )
    fields: dict[str, Any] = {name: as_python(getattr(data, name)) for name in SETTINGS}
    labels: Any = data.labels
    if hasattr(labels, "toarray"):  # a sparse matrix of several labels, which has no length
        fields["labels"] = labels.toarray()
    data = _with(data, fields)
    fields.update(plain_inputs(data.inputs, data.modality))
    fields["inputs"] = _inputs(_with(data, fields))
    data = _with(data, fields)
    _check_lengths(data, _aligned(data))
    fields.update(_answers(data))
    fields.update(_case_scores(data))
    fields.update(check_prompts(data, fields))
    data = _with(data, fields)
    fields.update(beside(data))
    taken = {"label": data.labels, "decisions of [model]": data.recorded, "people": data.people}
    strange = [role for role, part in taken.items() if part is not None]
    fields["survival"] = check_survival(data.survival, data.task, strange, len(data.inputs), data.name)
    probable = check_group_probabilities(data.group_probabilities, len(data.inputs))
    fields["group_probabilities"] = {
        name: part._replace(shares=read_only(part.shares)) for name, part in probable.items()
    }
    bare = {name: _group(name, without_mask(column)) for name, column in data.groups.items()}
    fields["groups"] = {name: column.values for name, column in bare.items()}
    fields["merged"] = {**data.merged, **{name: column.merged for name, column in bare.items() if column.merged}}
    fields["reference"] = check_reference(data.reference, fields["groups"], data.name)
    check_disclosure(data)
    people = fields.get("people")
    notes = (
        *fields.get("notes", data.notes),
        *_index_notes(data.inputs),
        *_missing_notes(fields["groups"], data.minimum_cell, people),
    )
    fields["notes"] = tuple(dict.fromkeys(notes))
    fields["inputs"] = _without_index(fields["inputs"])
    fields["range"] = declared_range(data)
    if hasattr(data.inputs, "columns"):
        fields["schema"] = _schema(data)
    if data.train is not None:
        fields.update(_with_train(_with(data, fields), data.train))
    fields.update(_read_only(_with(data, fields)))
    return fields


def _read_only(data: Fields) -> dict[str, Any]:
    """Arrays that no check can change: what it shuffles in place would change what later checks measure."""
    arrays = {"inputs": data.inputs, "labels": data.labels, **data.beside}
    fields: dict[str, Any] = {name: read_only(part) for name, part in arrays.items() if isinstance(part, np.ndarray)}
    fields["groups"] = {name: read_only(column) for name, column in data.groups.items()}
    if data.recorded is not None:
        fields["recorded"] = Recorded(*(None if part is None else read_only(part) for part in data.recorded))
    return fields


def _case_scores(data: Fields) -> dict[str, Any]:
    """Scores of cases, what they mean, and that nothing else is said to be the answer."""
    scores = check_case_scores(data.case_scores)
    if (data.task == "case_scores") != bool(scores):
        what = "names no case score" if not scores else f"has case scores, and the task is {data.task}"
        raise DataError(
            f"{data.name}: the task case_scores and scores of cases belong together; this data {what}. Say task = "
            '"case_scores" under [data], and [data.case_scores.NAME] with better = "higher" or "lower" for each score'
        )
    if not scores:
        return {}
    taken = {"label": data.labels, "decisions or scores of [model]": data.recorded, "people": data.people}
    strange = [role for role, part in taken.items() if part is not None]
    if strange:
        raise DataError(
            f"{data.name}: the task case_scores takes no {strange[0]}: each case has its scores, and nothing is held "
            "against a truth here. Take it out; as a column it may be a group"
        )
    scored = check_scored(data.scored, scores, len(data.inputs))
    return {"case_scores": scores, "scored": {system: read_only(values) for system, values in scored.items()}}


def check_index(values: Any, index: Any, name: str) -> None:
    """A pandas Series must have the index of the table; by position it would silently match the wrong rows.

    Raises:
        DataError: the indexes differ.
    """
    own_index = getattr(values, "index", None)
    if index is None or own_index is None or not hasattr(values, "iloc") or own_index.equals(index):
        return
    raise DataError(
        f"{name} must have the index of the table; the two differ. Select both with the same rows, or, where they are "
        "in the same order, give plain values with .to_numpy()"
    )


def _with(data: Fields, fields: Mapping[str, Any]) -> Fields:
    """The same data with other fields, not accepted again."""
    changed = object.__new__(type(data))  # the constructor would accept everything again
    changed.__dict__.update({field.name: getattr(data, field.name) for field in dataclasses.fields(data)}, **fields)
    return changed


def _group(name: str, column: Any) -> Bare:
    """The groups of an attribute; of texts each different one is looked at once."""
    if getattr(getattr(column, "dtype", None), "kind", "") != "U" or np.ndim(column) != 1:
        bare = Blanks().off(column)
        return bare._replace(values=group_column(name, bare.values))
    # A million rows have a handful of groups: the text of each is looked at once.
    codes, distinct = pandas.factorize(np.asarray(column).astype(object))
    bare = Blanks().off(distinct)
    return bare._replace(values=group_column(name, bare.values)[codes])


def _inputs(data: Fields) -> Any:
    inputs = data.inputs
    if data.task not in TASKS:
        raise DataError(f"task must be one of {listed(TASKS)}; {data.task!r} was given")
    if data.modality not in MODALITIES:
        raise DataError(f"modality must be one of {listed(MODALITIES)}; {data.modality!r} was given")
    if data.modality == "text" and not hasattr(inputs, "columns"):
        return _texts(inputs, data.name)
    if hasattr(inputs, "columns"):
        if data.modality in ("image", "sequence"):
            raise _no_array(data)
        if not hasattr(inputs, "iloc") or data.modality != "table":
            kind = f"type {class_name(inputs)} and modality {data.modality}"
            raise DataError(f"{data.name}: inputs of {kind} are read with AuditData.from_table")
        return inputs
    if not hasattr(inputs, "shape") or hasattr(inputs, "toarray"):
        hint = "call .toarray()" if hasattr(inputs, "toarray") else "other tables and records are read with from_table"
        raise DataError(
            f"{data.name}: inputs must be a pandas DataFrame, an array, a tensor, rows of equally many numbers or a "
            f"list of texts; {class_name(inputs)} was given ({hint})"
        )
    _check_array(inputs, data)
    return inputs


def _no_array(data: Fields) -> DataError:
    """The error where pictures or sequences are columns of a table."""
    shapes = {"sequence": "(N, T) or (N, T, F)", "image": "(N, channels, height, width)"}[data.modality]
    return DataError(
        f"{data.name}: inputs of modality {data.modality} are one array {shapes}, as in AuditData(array, labels, "
        f'modality="{data.modality}") or an npz file; a table of columns was given. Make the array of the columns, as '
        "columns.to_numpy() does, or leave modality out"
    )


def _texts(inputs: Any, name: str) -> list[str]:
    texts = inputs if isinstance(inputs, list) else list(inputs)
    wrong = next((position for position, text in enumerate(texts) if not isinstance(text, str)), None)
    if wrong is not None:
        raise DataError(
            f"{name}: inputs of modality text must be a list of str; the one at {wrong} is "
            f"{type(texts[wrong]).__name__}"
        )
    return texts if all(type(text) is str for text in texts) else [str(text) for text in texts]


def _check_array(inputs: Any, data: Fields) -> None:
    shape = tuple(inputs.shape)
    if getattr(inputs.dtype, "kind", "f") not in "fiub":
        contents = "Python objects" if str(inputs.dtype) == "object" else f"values of type {inputs.dtype}"
        raise DataError(
            f"{data.name}: inputs hold {contents}; give a pandas DataFrame, an array of numbers, or a list of texts"
        )
    if len(shape) < 2:
        raise DataError(
            f"{data.name}: inputs must have the shape (N, D), a row for each person; got {shape}. One column is given "
            "as inputs.reshape(-1, 1), or as a DataFrame"
        )
    if data.modality == "table" and len(shape) != 2:
        kind = "image" if len(shape) == 4 else "sequence"
        mend = Mend("data.modality", kind)
        raise DataError(
            f"{data.name}: a table must have the shape (N, D); got {shape}. "
            f'Say modality="{kind}" if it is one ({mend})',
            mend=mend,
        )
    if data.modality == "image" and len(shape) != 4:
        raise DataError(
            f"{data.name}: images must have the shape (N, C, H, W); got {shape}. A missing channel axis is added with "
            "inputs[:, None]"
        )
    if data.modality in ("table", "sequence"):
        # In a table or a series NaN is a missing value, which models may know how to take; infinity is none.
        if any_infinite(inputs):
            raise DataError(
                f"{data.name}: inputs hold infinite values; replace them, or use NaN where they are missing"
            )
    elif not all_finite(inputs):
        raise DataError(f"{data.name}: inputs of modality {data.modality} must be finite; they hold NaN or infinity")


def _without_index(inputs: Any) -> Any:
    """A table numbered from 0: rows are found by position from here on."""
    if not hasattr(inputs, "columns"):
        return inputs
    plain = type(inputs.index).__name__ == "RangeIndex" and inputs.index.start == 0 and inputs.index.step == 1
    return inputs if plain else inputs.reset_index(drop=True)


def _aligned(data: Fields) -> dict[str, Any]:
    """The columns beside the inputs by name, their indexes compared."""
    decisions, scores = data.recorded or (None, None)
    columns = {"labels": data.labels, "weights": data.weights, "decisions": decisions, "scores": scores, **data.groups}
    present = {name: column for name, column in columns.items() if column is not None}
    index = data.inputs.index if hasattr(data.inputs, "columns") else None
    for name, column in present.items():
        # Beside an array the first Series sets the index that all others must have.
        if index is None and hasattr(column, "iloc"):
            index = getattr(column, "index", None)
        check_index(column, index, f"{data.name}: {name}")
    return present


def _check_lengths(data: Fields, columns: Mapping[str, Any]) -> None:
    rows = len(data.inputs)
    if rows == 0:
        raise DataError(f"{data.name}: there are no rows; give at least one")
    for name, column in {**columns, "labels": data.labels, **data.beside}.items():
        if isinstance(column, str) or (column is not None and len(column) != rows):
            hint = ". A column is named in AuditData.from_table(table, …)" if isinstance(column, str) else ""
            raise DataError(f"{data.name}: {name} must have one value per row ({rows}); it has {len(column)}{hint}")


def _answers(data: Fields) -> dict[str, Any]:
    """Labels, recorded answers and the positive value, in one vocabulary."""
    fields: dict[str, Any] = {}
    if (data.task == "multilabel") != bool(data.outputs) and data.task != "multilabel":
        raise DataError(
            f"{data.name}: outputs are the names of several labels, for the task multilabel; leave them out"
        )
    if data.task == "multilabel":
        return _several_labels(data)
    name = f"{data.name}: {'labels' if data.label_name is None else f'label {data.label_name!r}'}"
    classes: tuple[Any, ...] = ()
    if data.labels is not None:
        labels = check_labels(label_array(data.labels, name), data.task, name)
        classes = () if data.task == "regression" else tuple(np.unique(labels).tolist())
        fields["labels"] = labels
    if data.recorded is not None:
        fields["recorded"], note = check_recorded(Recorded(*data.recorded), classes, data.task)
        decisions = fields["recorded"].decisions
        if not classes and decisions is not None and data.task != "regression":
            classes, name = tuple(np.unique(decisions).tolist()), f"{data.name}: decisions"
        if note:
            fields["notes"] = (*data.notes, note)
    if data.positive is not None:
        if data.task != "binary":
            values = f", as the labels have {len(classes)} values: {listed(classes, 5)}" if classes else ""
            raise DataError(
                f"{data.name}: positive is for the task binary; the task is {data.task}{values}. Take positive out, or "
                "the rows with a value that is no label"
            )
        if len(classes) > 1:
            fields["positive"], _ = pick_positive(data.positive, classes, name)
        elif classes:  # of one class, the other may be the positive one
            fields["positive"] = match_class(data.positive, classes)
    fields["outcome"] = check_outcome(data.outcome, data.task, fields.get("positive", data.positive), classes)
    fields["order"] = check_order(data.order, data.task, classes, data.name)
    fields["selected_means"] = check_words(data.selected_means)
    if isinstance(data.outcome, str) and data.task == "multiclass":
        fields["notes"] = (*fields.get("notes", data.notes), FOR_EACH)
    return fields


def _several_labels(data: Fields) -> dict[str, Any]:
    """Labels and recorded answers of the task multilabel, each row's as one text."""
    outputs = check_outputs(data.outputs or names_in(data.labels), data.name)
    refused = {"positive": data.positive, "people": data.people, "abstain": data.withheld}
    strange = [name for name, value in refused.items() if value is not None]
    if strange:
        raise DataError(
            f"{data.name}: the task multilabel takes no {strange[0]}: each row has a 0 or 1 for each label. Leave it "
            "out, or audit one label by itself: name its column as the label"
        )
    if data.disclosure == "publish":
        mend = Mend("data.disclosure", "internal")
        raise DataError(
            f"{data.name}: what may be published is decided by counts of one label and one decision for each person, "
            f"and there are {len(outputs)}: say {mend}, or audit one label by itself: name its column as the label",
            mend=mend,
        )
    fields: dict[str, Any] = {"outputs": outputs}
    if data.labels is not None:
        fields["labels"] = label_sets(data.labels, outputs, f"{data.name}: labels")
    if data.recorded is not None:
        decisions, scores = data.recorded
        fields["recorded"] = Recorded(
            None if decisions is None else label_sets(decisions, outputs, f"{data.name}: decisions", "decisions"),
            None if scores is None else check_chances(scores, outputs, data.name),
        )
    fields["outcome"] = check_outcome(data.outcome, data.task, None, outputs)
    fields["selected_means"] = check_words(data.selected_means)
    return fields


def _index_notes(inputs: Any) -> list[str]:
    """The names of an index, which is no feature."""
    named = [str(name) for name in getattr(getattr(inputs, "index", None), "names", None) or () if name is not None]
    reason = f"the index of the inputs is no feature and is left out: {', '.join(named)}"
    return [f"{reason}; call reset_index() where it is one"] if named else []


def _missing_notes(groups: Mapping[str, np.ndarray], minimum: int, people: np.ndarray | None) -> list[str]:
    notes = []
    for name, column in groups.items():
        missing = column == MISSING
        lacking = int(missing.sum() if people is None else people[missing].sum())
        if lacking:
            # The note must not count a group that is too small to show.
            count = "" if Cells({name: column}, minimum, people=people).unshown({name: MISSING}) else f"{lacking} "
            notes.append(f"group {name}: {count}missing values are the group {MISSING!r}")
    return notes


def _schema(data: Fields) -> Any:
    if not data.schema:
        return infer_schema(data.inputs)
    names = {str(name) for name in data.inputs.columns}
    lost = [feature.name for feature in data.schema if feature.name not in names]
    if lost:
        raise DataError(f"{data.name}: the schema names columns that the inputs lack: {listed(lost)}")
    return data.schema


def _with_train(data: Fields, train: Fields) -> dict[str, Any]:
    """The training split in the codes of the data, and the data in those of the training split."""
    if train.task != data.task or train.modality != data.modality:
        raise DataError(
            f"{data.name}: the training split must be of the same task and modality, {data.task} and {data.modality}; "
            f"it is {train.task} and {train.modality}"
        )
    if train.known is not None or train.people is not None:
        raise DataError(f"{data.name}: the training split must have one row for each person, each with its label")
    if data.classes and train.classes and not set(data.classes) & set(train.classes):
        raise DataError(
            f"{data.name}: the labels of the training split are {listed(train.classes)}, those of the data "
            f"{listed(data.classes)}; write both alike"
        )
    if not hasattr(data.inputs, "columns"):
        own, of_training = tuple(getattr(data.inputs, "shape", ()))[1:], tuple(getattr(train.inputs, "shape", ()))[1:]
        if data.modality in ("table", "image") and own != of_training:
            raise DataError(f"{data.name}: a row has the shape {own}, one of the training split {of_training}")
        return {}
    names, known = list(data.feature_names), set(train.feature_names)
    if known != set(names):
        differing = sorted(known ^ set(names))
        raise DataError(
            f"{data.name}: the training split must have the same columns; they differ in {listed(differing)}"
        )
    # A code must mean the same category in both, or nothing learnt on one could be said of the other.
    schema, train_schema = merge_schemas(data.schema, train.schema)
    return {
        "schema": schema,
        "train": train if train_schema == train.schema else dataclasses.replace(train, schema=train_schema),
    }
