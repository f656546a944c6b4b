"""How a table is read into audit data, and what its columns mean: one record for all of it."""

import functools
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeAlias

from auditkit.counts.dialect import Options
from auditkit.data.case_scores import check_case_scores
from auditkit.data.cells import LARGEST_LEFT_OUT, MINIMUM
from auditkit.data.fields import Disclosure, Modality
from auditkit.data.labels import Task
from auditkit.data.multilabel import names_in
from auditkit.data.orders import Notation
from auditkit.data.readers.base import Reading
from auditkit.data.readers.budget import SHARE
from auditkit.data.readers.roles import Columns, FindColumns, Roles, as_features, as_groups, as_names, as_probable
from auditkit.errors import DataError, check_known
from auditkit.memory import machine_memory
from auditkit.renames import ELSEWHERE
from auditkit.results import Meaning
from auditkit.text import as_python, one_or_more

Unlabelled: TypeAlias = Literal["refuse", "drop", "keep"]


@dataclass(frozen=True)
class TableSettings:
    """The options of `AuditData.from_table`.

    The inputs are every column but label, weights, id, decisions, scores and drop. What was inferred is in the notes of
    the data.
    """

    label: Any = None
    """The column of the truth, or its values (N,); with `task="multilabel"` the columns of several labels, each of 0
    and 1, or their values (N, L)."""
    positive: Any = None
    """The label that counts as positive; for two labels only."""
    groups: Any = ()
    """Names of sensitive columns; or {attribute: options}, where options are None, `{"bins": [25, 45]}`,
    `{"values": {"1": "male"}}`, `{"column": name}`, or the values (N,) themselves."""
    drop: str | Sequence[str] = ()
    """Columns that the model does not eat; a group may be dropped from the inputs so."""
    weights: Any = None
    """The column of row weights, or its values."""
    id: str | Sequence[str] | None = None
    """Columns that name a row; never an input."""
    unit: Any = None
    """The column that says whose row it is, such as `person_id`, or its values: what privacy is promised to. Never an
    input."""
    decisions: Any = None
    """The column of recorded decisions, or its values, in the vocabulary of the label; of several labels their columns,
    in the order of `label`, or {label: column}."""
    scores: Any = None
    """The column of recorded scores of the positive class, or its values; of several labels as `decisions`."""
    outputs: Sequence[str] | None = None
    """The names of several labels, where they are not those of the columns that `label` names."""
    texts: Any = None
    """Task `generation`: the column of recorded answers in words, or its values; blank where nothing came."""
    prompt: str | None = None
    """Task `generation`: the column that the model is given; the only one with texts, or one called `prompt`, unless
    named. The other columns stand beside it."""
    order: Sequence[Any] | None = None
    """The classes from the lowest to the highest, where more than two have an order, as `["low", "mid", "high"]`."""
    case_scores: Mapping[str, Any] | None = None
    """Task `case_scores`: {name: what the score means}, such as `{"dice": {"better": "higher", "range": [0, 1]}}`;
    further `counted_in`, `poor`, `missing`; see `auditkit.data.case_scores.CaseScore`."""
    systems: Mapping[str, Mapping[str, Any]] | None = None
    """{system: {case score: its column, or values}}, where the columns are not called as the scores, or several systems
    were scored on the same cases."""
    time: Any = None
    """Task `survival`: the column of the time until the event, or until the person was last seen, or its values."""
    event: Any = None
    """Task `survival`: the column that says whether that was the event (1 or true), or its values."""
    horizons: Sequence[float] = ()
    """Task `survival`: times until which chances of no event are asked for and held against what happened."""
    alive: Sequence[Any] = ()
    """Task `survival`: for each horizon the column of the recorded chance of no event until then, or its values."""
    group_probabilities: Mapping[str, Mapping[str, Any]] | None = None
    """{attribute: {group: the column of its probabilities, or values}} of groups that were not recorded, such as
    `{"race": {"black": "p_black", "white": "p_white"}}`; they sum to 1 for each person, and are made elsewhere."""
    missing: Sequence[str] | None = None
    """Texts that mean missing. None: the empty text; inputs that come with a type keep it, as the model knows
    them, and it counts among their missing values."""
    task: Task | None = None
    """Binary, multiclass or regression, inferred from the label unless given; `case_scores` where such are named,
    `generation` where answers in words or a prompt are; `multilabel` is never inferred."""
    modality: Modality | None = None
    """Table, image, text or sequence; inferred from the shape unless given."""
    train: Any = None
    """The training split, read with the same settings: a source, or AuditData."""
    name: str | None = None
    """For the report; the file's name unless given."""
    features: Sequence[Any] | FindColumns | None = None
    """The model's own feature names; the inputs are then exactly these, in this order. Or what finds their
    places among the columns, as `Model.find_columns` does; None from it: every column."""
    schema: Mapping[str, Mapping[str, Any]] | None = None
    """What is known about a column better than it can be inferred, such as `{"zip": {"kind": "category"},
    "age": {"mutable": False, "low": 0, "high": 120}}`."""
    range: Any = None
    """The lowest and the highest value that an array of pixels or the like may hold, `[0, 255]`; or one such
    pair for each channel. Changes of inputs are measured in it and stay inside it."""
    minimum_cell: int = MINIMUM
    """Groups of fewer people are not shown."""
    minimum_rate: int = MINIMUM
    """Rates of fewer people are not estimated."""
    disclosure: Disclosure = "internal"
    """`internal`: every group of `minimum_cell` people is shown, also where a smaller one can be worked out
    from it; `publish`: for what leaves the house."""
    unlabelled: Unlabelled = "refuse"
    """Rows without a label are an error (`refuse`), left out (`drop`), or kept for what needs no label."""
    abstain: Any = None
    """The recorded decision that means that the model declined to decide; "" where it is a blank."""
    largest_left_out: float = LARGEST_LEFT_OUT
    """Groups that are too small to show keep a disparity from meeting a limit where they are a larger share of
    all people."""
    reference: Mapping[str, Any] | None = None
    """{attribute: group} with which the other groups are compared too, such as `{"race": "White"}`."""
    people: Any = None
    """A table of counts: the column that says how many people each row stands for, or its values."""
    selected: str | None = None
    """A table of counts: the column that says how many of a row's people were selected. Each row becomes two,
    and the column the recorded decision, 1 or 0."""
    stream: bool | None = None
    """Whether files are read a batch at a time into a table of counts; for recorded decisions by groups, of any
    number of people. Other columns are not read, and the path may hold * for several files. None: where answers
    are recorded and the table would take more than half of the memory."""
    outcome: Meaning | Mapping[str, Meaning] | None = None
    """What being selected is to a person, "benefit" or "burden"; with more than two classes {class: word}; for
    numbers, what a high one is. Nothing is assumed: until it is stated, nobody is called worse off."""
    selected_means: str = ""
    """What becomes of somebody who is selected, in words: "flagged as high risk"."""
    strip: bool = True
    """Whether blanks around the fields of a csv file are taken off, and in any source around the values of
    labels, answers, ids and groups."""
    delimiter: str | None = None
    """Between the fields of a csv file; found in the header unless given."""
    columns: Sequence[str] | None = None
    """The names of the columns of a csv file that has no header."""
    encoding: str | None = None
    """Of a file of text, csv or JSON, such as "cp1252"; as its first bytes say, else UTF-8, unless given."""
    comment: str | None = None
    """What a line of a csv file begins with that is no row, such as "#"; lines before the header that begin so
    are passed over unasked."""
    quote: str | None = None
    """What stands around a field of a csv file that holds the delimiter, such as "'"; a double quotation mark unless
    given, or a single one where every name of the header has it. "" where marks are part of values."""
    escape: str | None = None
    """What stands before a quotation mark or a delimiter of a csv file that is part of a value, such as a backslash;
    two marks stand for one unless given."""
    decimal: str | None = None
    """How numbers are written in texts, where more than one reading fits: "." or "," before the decimals.
    Checks read them so; the model is given texts as they stand."""
    thousands: str | None = None
    """Likewise between groups of three digits: ".", ",", " ", "'" or "_"."""
    dates: str | None = None
    """Likewise of dates: "day first", "month first", "year first", a format such as "%d.%m.%Y", or "none",
    where no digits are dates."""

    memory_limit: int | None = None
    """Bytes of memory that the table of a file may take; half of the machine's unless given, and any number where
    `stream` is False. A file that is counted in a stream may be of any length."""

    @property
    def text(self) -> Options:
        """What is said of text files."""
        columns = None if self.columns is None else tuple(one_or_more(self.columns))
        options = Options(self.delimiter, columns, self.encoding, self.comment, self.quote, self.escape)
        for name, value in options._replace(columns=None)._asdict().items():
            if not isinstance(value, str | None):
                raise DataError(f"{name} must be a text, or left out; {value!r} was given")
        return options

    @functools.cached_property
    def reading(self) -> Reading:
        """How values are read."""
        kinds = {column: str(facts["kind"]) for column, facts in (self.schema or {}).items() if facts.get("kind")}
        missing = None if self.missing is None else tuple(map(str, one_or_more(self.missing)))
        notation = Notation(self.decimal, self.thousands, self.dates)
        # that it is not to be streamed says that it is to be read, whatever its size
        most = self.memory_limit or (sys.maxsize if self.stream is False else int(machine_memory() * SHARE))
        return Reading(missing, kinds, self.strip, self.text, notation, most, self.generates)

    @property
    def generates(self) -> bool:
        """Whether the model answers in words: the task is `generation`, or such answers or a prompt are named."""
        return self.task == "generation" or (self.task is None and (self.texts is not None or self.prompt is not None))

    @property
    def roles(self) -> Roles:
        """Which column is what."""
        label, decisions, scores = (self._columns(value) for value in (self.label, self.decisions, self.scores))
        return Roles(
            label, self.weights, decisions, scores, as_names(self.id, "id"),
            as_names(self.drop, "drop"), as_groups(self.groups), as_features(self.features), self.people,
            self.unit, self.scored, self.texts, self.time, self.event, tuple(one_or_more(self.alive)),
            as_probable(self.group_probabilities),
        )  # fmt: skip

    @functools.cached_property
    def several(self) -> tuple[str, ...]:
        """The names of the labels of the task multilabel; empty for other tasks, and for values without names."""
        if self.task != "multilabel":
            return ()
        for named in (self.outputs, self.label, self.scores, self.decisions):
            if isinstance(named, Mapping) or (
                isinstance(named, list | tuple) and all(isinstance(name, str) for name in named)
            ):
                return tuple(map(str, named))
            if hasattr(named, "columns"):
                return names_in(named)
        return ()

    def _columns(self, value: Any) -> Any:
        """The columns of several labels, in their order; anything else as it is.

        Raises:
            DataError: one label has no column.
        """
        if self.task != "multilabel":
            return value
        if isinstance(value, Mapping):
            lost = [name for name in self.several if name not in value]
            if lost:
                raise DataError(f'of the label {lost[0]!r} no column is named, as in {{{lost[0]} = "COLUMN"}}')
            return Columns(str(value[name]) for name in self.several)
        is_names = isinstance(value, list | tuple) and all(isinstance(name, str) for name in value)
        return Columns(value) if is_names else value

    @functools.cached_property
    def scored(self) -> dict[str, dict[str, Any]]:
        """{system: {case score: its column, or values}} of every score.

        Raises:
            DataError: a system has a score that is not named.
        """
        known = tuple(self.case_scores or ())
        for columns in (self.systems or {}).values():
            check_known(columns, known, DataError, lambda name: f"systems: there is no case score {name!r}; ")
        systems = self.systems or ({"": {}} if known else {})
        return {str(system): {name: columns.get(name, name) for name in known} for system, columns in systems.items()}

    @property
    def stated(self) -> dict[str, Any]:
        """Fields of AuditData as the owner states them."""
        case_scores = check_case_scores(self.case_scores or {})
        return {name: getattr(self, name) for name in STATED} | {
            "reference": self.reference or {}, "case_scores": case_scores, "outputs": self.several,
            "order": tuple(self.order or ()),
        }  # fmt: skip


STATED = (
    "minimum_cell", "minimum_rate", "disclosure", "range", "largest_left_out", "outcome", "selected_means",
)  # fmt: skip
"""Settings that are fields of AuditData as they are."""


def table_settings(options: Mapping[str, Any]) -> TableSettings:
    """The settings from keyword arguments.

    Raises:
        DataError: one is no option; the message names the nearest.
    """
    known = [field.name for field in fields(TableSettings)]
    check_known(options, known, DataError, lambda name: f"from_table: {name!r} is not an option; ", ELSEWHERE)
    # a training split is a source, which is read as it is
    return TableSettings(**{name: value if name == "train" else as_python(value) for name, value in options.items()})
