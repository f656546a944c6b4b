"""Which column of a source is what: label, groups, weights, identifiers, recorded answers, inputs."""

import sys
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from auditkit.counts.dialect import delimiter_hint
from auditkit.counts.records import nested
from auditkit.data.blanks import Bare, Blanks
from auditkit.data.identifiers import numbered
from auditkit.data.inputs import as_column
from auditkit.data.readers.base import LABELS, Source
from auditkit.data.validation import check_index
from auditkit.errors import AuditkitError, DataError, check_known, closest
from auditkit.lazy import pandas
from auditkit.text import as_python, shown
from auditkit.value_spelling import listed

FindColumns: TypeAlias = Callable[[Sequence[Any]], "list[int] | None"]
"""Columns to the places of those that a model was fitted on, in its order; None where it names none."""


class Columns(tuple[str, ...]):
    """Several columns that are one role: the labels of the task multilabel, or what a model says about each."""


@dataclass(frozen=True)
class Roles:
    """What the caller named; a column by its name, or values given in its place."""

    label: Any = None
    weights: Any = None
    decisions: Any = None
    scores: Any = None
    id: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    groups: Mapping[str, Any] | None = None
    """{attribute: options, values or None}; None: those that a dictionary of arrays holds beside inputs and labels."""
    features: tuple[Any, ...] | FindColumns | None = None
    """The inputs by their names, or what finds them among the columns; None: every column without another role."""
    people: Any = None
    unit: Any = None
    scored: Mapping[str, Mapping[str, Any]] | None = None
    """{system: {case score: its column, or values}}."""
    texts: Any = None
    time: Any = None
    event: Any = None
    alive: tuple[Any, ...] = ()
    """Of each horizon the column of the recorded chance of no event until then, or its values."""
    probable: Mapping[str, Mapping[str, Any]] | None = None
    """{attribute: {group: the column of its probabilities, or values}}."""

    @property
    def named(self) -> dict[str, str]:
        """{column: role} of every column that is no input."""
        single = {
            "label": self.label, "weights": self.weights, "decisions": self.decisions, "scores": self.scores,
            "people": self.people, "texts": self.texts, "time": self.time, "event": self.event,
        }  # fmt: skip
        pairs = [
            *((column, role) for role, column in single.items() if isinstance(column, str)),
            *((name, role) for role, columns in single.items() if isinstance(columns, Columns) for name in columns),
            *((column, "id") for column in self.id),
            *(
                (column, f"case score {name!r}")
                for columns in (self.scored or {}).values()
                for name, column in columns.items()
                if isinstance(column, str)
            ),
            *(
                (column, f"the probability of {name} = {group}")
                for name, columns in (self.probable or {}).items()
                for group, column in columns.items()
                if isinstance(column, str)
            ),
            *((column, "alive") for column in self.alive if isinstance(column, str)),
            *((column, "drop") for column in self.drop),
            *((column, "unit") for column in (self.unit,) if isinstance(column, str) and column not in self.id),
        ]
        role_of: dict[str, str] = {}
        for column, role in pairs:
            if role_of.get(column, role) != role:
                raise DataError(
                    f"column {column!r} is named as {role_of[column]} and as {role}; leave one of the two out"
                )
            role_of[column] = role
        return role_of


def as_names(value: Any, role: str) -> tuple[str, ...]:
    """One name or several, as a tuple.

    Raises:
        DataError: anything else.
    """
    if value is None:
        return ()
    names = as_python((value,) if isinstance(value, str) else tuple(value))
    if not all(isinstance(name, str) for name in names):
        raise DataError(f"{role} must be names of columns; {value!r} was given")
    return names


def as_features(features: Any) -> tuple[Any, ...] | FindColumns | None:
    """The model's feature names, or what finds them.

    Raises:
        DataError: a text, or facts about features, which are the schema.
    """
    if features is None or callable(features):
        return features
    if isinstance(features, str | Mapping):
        instead = f"[{features!r}]" if isinstance(features, str) else f"{list(features)!r}, and what they are as schema"
        raise DataError(f"features must be a list of the names of the model's columns; give it as {instead}")
    return tuple(map(as_python, features))


def as_groups(groups: Any) -> dict[str, Any]:
    """{attribute: options, values or None} from a list of names or a mapping."""
    if isinstance(groups, Mapping):
        return {str(name): options for name, options in groups.items()}
    names = as_names(groups, "groups")
    if len(set(names)) < len(names):
        twice = max(names, key=names.count)
        raise DataError(
            f"groups must name each column once; {twice!r} is given {names.count(twice)} times. Where these are values "
            "and no names, say of what: groups={name: values}"
        )
    return dict.fromkeys(names)


def as_probable(stated: Any) -> dict[str, dict[str, Any]]:
    """{attribute: {group: the column of its probabilities, or values}}.

    Raises:
        DataError: an attribute without its groups.
    """
    named = stated or {}
    if not isinstance(named, Mapping) or not all(isinstance(columns, Mapping) for columns in named.values()):
        raise DataError(
            "group_probabilities must name a column for each group of an attribute, as in {'race': {'black': "
            f"'p_black', 'white': 'p_white'}}}}; {shown(stated)} was given"
        )
    return {str(name): {str(group): column for group, column in columns.items()} for name, columns in named.items()}


def settle(roles: Roles, source: Source) -> Roles:
    """The roles with what a dictionary of arrays says by its names; every name is one of the source's columns.

    Raises:
        DataError: a name that is no column, or a column with two roles.
    """
    known = [str(name) for name in source.columns.columns]
    label, groups = roles.label, roles.groups
    if source.inputs is not None:
        if label is None:
            # A dictionary of arrays says by its keys what it holds; a table says nothing unless it is asked.
            label = next((name for name in LABELS if name in known), None)
        if not groups:
            named_columns = replace(roles, label=label).named
            groups = {name: None for name in known if name not in named_columns}
    settled = replace(roles, label=label, groups=groups or {})
    named = settled.named
    for column, role in named.items():
        if column not in known:
            hint, mends = delimiter_hint(known)
            hint = hint or (" (an array: give the values themselves)" if source.inputs is not None else "")
            sentence = f"{role} names the column {column!r}, which the data lacks; {closest(column, known)}{hint}"
            raise DataError(sentence, mend=mends)
    _check_groups(settled, named, known)
    return settled


def _check_groups(roles: Roles, named: Mapping[str, str], known: list[str]) -> None:
    for name, options in (roles.groups or {}).items():
        column = group_source(name, options)
        if column is None:
            continue
        check_known(
            (column,), known, DataError, lambda name: f"groups names the column {name!r}, which the data lacks; "
        )
        # values of groups are written, and those of a unit are not
        may_be = ("drop", "id", "unit") if options_of(options) else ("drop", "id")
        if named.get(column, "drop") not in may_be:
            raise DataError(f"column {column!r} is named as a group and as {named[column]}; leave one of the two out")


def group_source(name: str, options: Any) -> str | None:
    """The column that a group is made of; None where values were given in its place."""
    if options is None:
        return name
    return str(options.get("column", name)) if isinstance(options, Mapping) else None


def options_of(options: Any) -> dict[str, Any]:
    """What is done with the values of a group's column: bins, and other names."""
    return {key: value for key, value in options.items() if key != "column"} if isinstance(options, Mapping) else {}


def with_features(roles: Roles, source: Source) -> Roles:
    """The roles with the features by name, where a model finds them among the columns.

    Raises:
        ModelError: it does not find them.
    """
    if roles.features is None or isinstance(roles.features, tuple):
        return roles
    if source.inputs is not None:
        return replace(roles, features=None)
    every, named = list(source.columns.columns), roles.named
    free = [name for name in every if str(name) not in named]
    try:
        indices, among = roles.features(free), free
    except AuditkitError:  # a feature that has another role is refused later, in words of its own
        indices, among = roles.features(every), every
    return replace(roles, features=None if indices is None else tuple(str(among[index]) for index in indices))


def renamed_groups(roles: Roles) -> dict[str, str]:
    """{attribute: the column it is made of}, where that has another name."""
    pairs = ((name, group_source(name, options)) for name, options in (roles.groups or {}).items())
    return {name: column for name, column in pairs if column not in (None, name)}


def possible_inputs(roles: Roles, source: Source) -> tuple[str, ...]:
    """Every column that some model could have been given: all but label, answers and weights.

    Empty for a table of counts, which lacks the columns that have no place in it.
    """
    if roles.people is not None:
        return ()
    used = {column for column, role in roles.named.items() if role not in ("id", "drop", "unit")}
    return tuple(str(name) for name in source.columns.columns if str(name) not in used)


def values_of(column: Any, role: str, source: Source) -> Any:
    """The values of a role: of the column so named, or as given.

    Raises:
        DataError: another length or another index than the table's.
    """
    if column is None:
        return None
    if isinstance(column, str):
        return _single(column, source)
    if hasattr(column, "columns") and not hasattr(column, "iloc"):
        column = _one_column(column, role)
    check_index(column, source.index, role)
    rows = len(source.columns)
    if not hasattr(column, "__len__"):
        name = f", and the column's name is {str(column)!r}" if str(column) in map(str, source.columns.columns) else ""
        raise DataError(f"{role} must be the name of a column or one value per row; {column!r} was given{name}")
    if len(column) != rows:
        bins = role.startswith("group ") and isinstance(column, list | tuple)
        hint = f'. Where these are the ends of bins, write {{"bins": {list(column)}}}' if bins else ""
        raise DataError(f"{role} must have one value per row ({rows}); it has {len(column)}{hint}")
    return column.to_numpy() if hasattr(column, "iloc") else as_column(column)


def _one_column(table: Any, role: str) -> Any:
    """The column of a table of another library than pandas that has one."""
    from auditkit.data.readers.foreign_tables import as_pandas  # narwhals, wanted by few

    frame = as_pandas(table, sys.maxsize)
    if frame.shape[1] != 1:
        raise DataError(f"{role} must be one value per row; a table of {frame.shape[1]} columns was given")
    return frame.iloc[:, 0].to_numpy()


def groups_of(roles: Roles, source: Source, blanks: Blanks) -> dict[str, Bare]:
    """{attribute: the values that it is made of}.

    Raises:
        DataError: see `values_of`.
    """
    columns = {}
    for name, options in (roles.groups or {}).items():
        column = group_source(name, options)
        bare = blanks.off(values_of(options if column is None else column, f"group {name!r}", source))
        columns[name] = bare._replace(merged=(*source.merged.get(str(column), ()), *bare.merged))
    return columns


def ids_of(roles: Roles, source: Source, blanks: Blanks) -> np.ndarray | None:
    """(N,) a number for each person, by the columns that name one; None where none do."""
    return numbered([blanks.off(_single(name, source)).values for name in roles.id]) if roles.id else None


def _single(name: str, source: Source) -> Any:
    """The values of a column, each of which is one.

    Raises:
        DataError: they are lists or objects.
    """
    values = source.columns[_column(name, source)]
    # what pandas finds in it is asked first, as to look at each value takes long
    mixed = values.dtype.kind == "O" and pandas.api.types.infer_dtype(values) == "mixed"
    if mixed and not all(isinstance(one, Hashable) for one in values):
        raise nested(source.name, name)
    return values


def input_names(roles: Roles, source: Source) -> list[Any] | None:
    """The columns that the model eats, as the table calls them; None where the source holds an array.

    Raises:
        DataError: a feature of the model that the data lacks, or that is named as something else.
    """
    if source.inputs is not None:
        return None
    named = roles.named
    if roles.features is None:
        return [name for name in source.columns.columns if str(name) not in named]
    known = [str(name) for name in source.columns.columns]
    if callable(roles.features):
        raise TypeError("features must be settled by with_features before inputs are named")
    features = [str(name) for name in roles.features]
    lost = [name for name in features if name not in known]
    if lost:
        more_text = f" (and {len(lost) - 1} more)" if len(lost) > 1 else ""
        raise DataError(
            f"the inputs need the column {lost[0]!r}{more_text}, which the data lacks; {closest(lost[0], known)}"
        )
    for name in features:
        if name in named:
            raise DataError(f"column {name!r} is a feature of the model, but is named as {named[name]}; leave that out")
    return [_column(name, source) for name in features]


def idle_columns(roles: Roles, source: Source) -> list[str]:
    """Columns of the table that are no feature of the model, where it names its features, and nothing else either."""
    if not isinstance(roles.features, tuple) or source.inputs is not None:
        return []
    used = {*map(str, roles.features), *roles.named}
    used.update(group_source(name, options) or name for name, options in (roles.groups or {}).items())
    return [str(name) for name in source.columns.columns if str(name) not in used]


def _column(name: str, source: Source) -> Any:
    """The column's own name, which may be a number."""
    return next(column for column in source.columns.columns if str(column) == name)


def unknown_columns(names: Iterable[str], source: Source, setting: str) -> None:
    """Raise where a name is no column of the source.

    Raises:
        DataError: with the close match.
    """
    known = [str(name) for name in source.columns.columns]
    strange = next((name for name in names if name not in known), None)
    if strange is not None and source.inputs is not None:
        raise DataError(
            f"{setting}: the inputs are an array, whose columns have no names, so nothing can be said about "
            f"{strange!r}. Give them as a table (a data frame, CSV or Parquet), or leave it out"
        )
    if strange is not None:
        raise DataError(
            f"{setting}: the data has no column {strange!r}; {closest(strange, known)}. It has: {listed(known)}"
        )
