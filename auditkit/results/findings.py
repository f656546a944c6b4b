"""What a plugin returns: measurements, controls, figures, tables, the result that carries them, and sections."""

import math
from collections.abc import Mapping
from typing import Any, Final, Literal, Self

from pydantic import AliasChoices, Field, ValidationInfo, field_validator, model_validator

from auditkit.renames import refuse_renamed
from auditkit.results.base import Direction, ErrorKind, Level, Record, Scalar, Validity, optional
from auditkit.results.harms import Harm

TOGETHER: Final = "smaller groups together"
"""How groups too small to show are called where they stand as one."""

POSSIBLE: Final = "bounds of what is possible"
"""How the method of an interval begins that holds all that data allow where something was not recorded: more rows of
the same kind would hardly narrow it."""


class Interval(Record):
    """An interval for a number. An end that is None is unbounded."""

    low: float | None
    high: float | None
    level: float = Field(default=0.95, gt=0, lt=1)
    method: str


class Test(Record):
    """A test of the hypothesis that a measurement is nothing but chance."""

    __test__ = False  # not a test case, whatever pytest makes of the name

    method: str
    p: float = Field(ge=0, le=1)
    p_adjusted: float | None = Field(default=None, ge=0, le=1)
    family: str | None = None


class GroupEnd(Record):
    """One of the two groups that make a disparity, with its rate; a number that may not be shown is None."""

    slice: dict[str, str]
    value: float | None
    n: int | None = None
    """People in the denominator of the rate; people counted, also where rows have weights."""
    count: int | None = None
    """People in its numerator; None where the rate is no share of people."""


class GroupPair(Record):
    """The two groups that make a disparity, or that its verdict hangs on."""

    role: Literal["value", "interval"]
    """`value`: they make the number; `interval`: they make the end of the interval that decides."""
    rate: str
    """The rate in which they differ, where a criterion has several; the name of the measure of both ends."""
    low: GroupEnd
    high: GroupEnd
    end: Literal["low", "high"] | None = optional()
    """Of a pair behind the interval: which end of it they make."""
    worse_off: Literal["low", "high"] | None = None
    """Which of the two fares worse; None where nobody said whether being selected is a benefit or a burden."""


class LeftOut(Record):
    """A group, or smaller groups together, that a disparity says nothing about."""

    slice: dict[str, str]
    """Empty: smaller groups together, named in the reason."""
    reason: str
    people: int | None = None
    share: float | None = None
    """Of all people of the table."""
    bars: bool = False
    """Whether the limit cannot be met while it is left out."""


class Measurement(Record):
    """One number with all that is needed to read it; `value` is None, with a reason, where it is undefined."""

    name: str
    value: float | None
    reason: str | None = None
    """Why the value is None, or why the number is inconclusive or invalid."""
    interval: Interval | None = None
    exact: bool = False
    """A fact about these rows, not an estimate: a count, a sum, a closed form."""
    n: int | None = Field(default=None, ge=0)
    """How many rows the number is about (its denominator); None where that is not shown."""
    units: int | None = optional()
    """How many units, such as persons, these rows are of (schema 4); None where each row is one, or it is not shown."""
    unit: str = ""
    direction: Direction = "none"
    validity: Validity = "valid"
    test: Test | None = None
    detectable: float | None = None
    """The smallest effect that this many rows would show with 80 % power."""
    slice: dict[str, str] = {}
    """{attribute: value}; empty: everyone."""
    across: tuple[str, ...] = ()
    """For a disparity: over the groups of which attributes."""
    conditions: dict[str, Scalar] = {}
    """{name: value}, such as {"epsilon": 0.1, "norm": "Linf"}."""
    pairs: tuple[GroupPair, ...] = optional(())
    """For a disparity: the two groups that make it, then those behind each end of its interval where they are others;
    first the end that says whether there is any disparity, which decides where a limit is missed."""
    bound: Literal["at least", "at most"] | None = optional()
    """For a disparity that leaves groups out: the number over all groups is at least, or at most, this one. Its
    interval keeps both ends, which hold for what was compared, for a limit may be met by these; see `holding_ends`."""
    left_out: tuple[LeftOut, ...] = optional(())
    """For a disparity: whom it says nothing about."""

    @property
    def under(self) -> tuple[tuple[str, str], ...]:
        """The conditions as a key, by name: each value as a reader sees it: 1, 1.0 and "1" are one, True another."""
        whole = {name: int(v) for name, v in self.conditions.items() if isinstance(v, float) and v.is_integer()}
        return tuple(sorted((name, str(value)) for name, value in {**self.conditions, **whole}.items()))

    @property
    def holding_ends(self) -> tuple[float | None, float | None]:
        """The ends of the interval that hold; of a bound on the number over all groups one alone, the other None."""
        if self.interval is None:
            return None, None
        low = None if self.bound == "at most" else self.interval.low
        return low, None if self.bound == "at least" else self.interval.high

    @model_validator(mode="after")
    def _explained(self) -> Self:
        # a reader who finds no number must find why, in every format, so no check may leave it out;
        # and doubt without a reason cannot be weighed by whoever must decide
        lacking = "has no value" if self.value is None else f"is {self.validity}" if self.validity != "valid" else ""
        if lacking and not self.reason:
            raise ValueError(f"measurement {self.name!r} {lacking}, so it needs a reason")
        return self


class Control(Record):
    """A check's test of itself. Where `holds` is not True, the run applies `on_failure` to what it guards."""

    name: str
    question: str
    value: float | None
    at_least: float | None = None
    at_most: float | None = None
    holds: bool | None
    """None: it could not be computed, which counts as not holding."""
    guards: tuple[str, ...] = ()
    """Names of measurements; empty: all of the check's."""
    on_failure: Literal["invalid", "inconclusive", "note"] = Field(
        default="invalid", validation_alias=AliasChoices("otherwise", "on_failure"), serialization_alias="otherwise"
    )
    """What becomes of what it guards where it does not hold; saved as `otherwise`, in every schema."""
    reason: str = ""
    """What the outcome means, in a sentence; shown beside the control and on what it guards."""

    def __new__(cls, *args: Any, **fields: Any) -> Self:
        """Refuse the key of results.json as an argument: a saved control is made without arguments, and then filled."""
        # in `__new__`, for pydantic passes over an unknown alias before any validator sees it
        refuse_renamed(cls.__name__, fields)
        return super().__new__(cls)

    @classmethod
    def within(
        cls,
        name: str,
        question: str,
        value: float | None,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
        guards: tuple[str, ...] = (),
        on_failure: Literal["invalid", "inconclusive", "note"] = "invalid",
        reason: str = "",
        **renamed: Any,
    ) -> Self:
        """A control that holds where `at_least <= value <= at_most`; a value of None does not hold."""
        low, high = at_least, at_most
        # None and not False: what could not be computed is told apart from what failed, though both hold back numbers
        holds = None if value is None else (low is None or value >= low) and (high is None or value <= high)
        return cls(
            name=name, question=question, value=value, at_least=low, at_most=high, holds=holds,
            guards=guards, on_failure=on_failure, reason=reason, **renamed,
        )  # fmt: skip


class Axis(Record):
    """One encoded field of a figure: which column of its data, called what, in which unit."""

    field: str
    title: str
    unit: str = ""
    domain: tuple[float, float] | None = None
    percent: bool = False
    log: bool = False

    @field_validator("domain", mode="before")
    @classmethod
    def _finite(cls, domain: Any, fields: ValidationInfo) -> Any:
        # said here, where the axis is made and its author can find it; a saved result never holds such a number
        ends = domain if isinstance(domain, tuple | list) else ()
        if any(isinstance(end, float) and not math.isfinite(end) for end in ends):
            raise ValueError(
                f"the domain of the axis over {fields.data.get('field')!r} must be two finite numbers, the lower one "
                f"first; it is {list(domain)}. Leave domain out, and the axis reaches as far as the data"
            )
        return domain


class Rule(Record):
    """A reference line of a figure: a limit, chance level, perfect calibration."""

    value: float
    label: str
    axis: Literal["x", "y"] = "x"


class Image(Record):
    """A picture, where no chart can say it; embedded, never linked."""

    media_type: Literal["image/png", "image/svg+xml"]
    base64: str


class Figure(Record):
    """Data and encodings from a closed list of marks; the one theme draws it. Or an image."""

    name: str
    title: str
    alt: str
    """A sentence with the numbers, for those who cannot see the picture."""
    caption: str = ""
    mark: Literal["dot-whisker", "curve", "heat-map", "bars", "forest", "image"]
    data: tuple[dict[str, Scalar], ...] = ()
    x: Axis | None = None
    y: Axis | None = None
    series: Axis | None = None
    """What tells lines or colours apart (curve, bars, dot-whisker)."""
    value: Axis | None = None
    """The number in each cell (heat map)."""
    low: str | None = None
    high: str | None = None
    """Fields of `data` with the interval's ends."""
    rules: tuple[Rule, ...] = ()
    image: Image | None = None


class Column(Record):
    """One column of a table."""

    name: str
    title: str
    unit: str = ""
    percent: bool = False


class Table(Record):
    """Rows of scalars under named columns; no row of it is about one person."""

    name: str
    title: str
    caption: str = ""
    columns: tuple[Column, ...]
    rows: tuple[tuple[Scalar, ...], ...]
    made_of: str = optional("")
    """The counts that it shows, in the words of `Definition.made_of`, where it shows nothing else."""
    across: tuple[str, ...] = optional(())
    """Of all groups of which attributes these counts are; none: of everyone."""

    @model_validator(mode="after")
    def _rectangular(self) -> Self:
        # refused here, where the plugin can be named; in a template it would end the whole report
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"table {self.name!r} has rows of a length other than its {len(self.columns)} columns")
        return self


class Definition(Record):
    """What a measurement means; printed beside it and in the glossary."""

    title: str
    formula: str
    range: str
    direction: Direction = "none"
    unit: str = ""
    reference: str = ""
    pitfalls: str = ""
    more_groups: Literal["grows", "shrinks", "neither"] = optional("neither")
    """What one more group can do to a number over groups: only raise it, only lower it, or either."""
    made_of: str = optional("")
    """From which counts of its group it is made and nothing else, which is what may be published is chosen by: words of
    people, positives, negatives, selected, rejected, abstained, tp, fp, fn, tn, outcomes (right and wrong decisions),
    and others where a group is held against the others; or `everyone`, where it is made of more than counts (scores,
    predictions, attacks): that is published about everyone, and about groups of which every count is; or `further`,
    where it is made of other counts of people (in a slice, at another threshold, at the top of a list): that is
    published where no count of people is kept back at all, and none of its own is of few."""
    harm: Harm | None = optional()
    """Who fares worse by it; None where the number is not about how a group fares."""
    only_groups: bool = optional(False)
    """Measured for groups alone, never for everyone: a limit on it is about all of them."""
    same_as: str = optional("")
    """What the change of this very number is called where two models answered about the same rows, and its interval is
    a paired one: `true_positive_rate` for recall; empty where no such change is measured."""


def of_everyone(definitions: Mapping[str, Definition]) -> dict[str, Definition]:
    """The same definitions, of numbers that are made of more than counts of people: see `Definition.made_of`."""
    return {name: meaning.model_copy(update={"made_of": "everyone"}) for name, meaning in definitions.items()}


class About(Record):
    """What a check says of itself: the question it answers, then purpose, method and limits."""

    title: str
    question: str
    purpose: str = ""
    method: str = ""
    limits: str = ""
    reference: str = ""


class Rows(Record):
    """Which rows a check looked at."""

    used: int
    total: int
    digest: str
    how: str


class ErrorInfo(Record):
    """What went wrong, in words and in lines; no path of the machine."""

    kind: ErrorKind
    type: str
    message: str
    traceback: tuple[str, ...] = ()
    hint: str = ""


class CheckResult(Record):
    """All that one check found, or why it found nothing."""

    check: str
    plugin: str
    plugin_version: str
    about: About
    definitions: dict[str, Definition] = {}
    parameters: dict[str, Any] = {}
    touches: dict[str, tuple[str, ...]] = optional({})
    """{parameter: the measurements whose values it changes}; one that is not named may change any."""
    level: Level | None = None
    """How much of the model the check could reach."""
    higher_level: str = ""
    """What a higher level would add."""
    status: Literal["measured", "skipped", "error"]
    reason: str | None = None
    controls: tuple[Control, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    together: tuple[Measurement, ...] = optional(())
    """Numbers of all groups of some attributes that are too small to show, as one; shown, never judged or compared."""
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    rows: Rows | None = None
    seed: int | None = None
    device: str | None = None
    answered_by: str | None = None
    """The plugin that answered run_check, where it was not auditkit itself."""
    wrapped_by: tuple[str, ...] = ()
    error: ErrorInfo | None = None

    @property
    def every(self) -> tuple[Measurement, ...]:
        """The measurements, and those of smaller groups together: all that a format prints."""
        return (*self.measurements, *self.together)

    def title_of(self, name: str) -> str:
        """What the check calls one of its measurements; the name where it does not say."""
        definition = self.definitions.get(name)
        return definition.title if definition else name


class Section(Record):
    """Paragraphs, then figures, then tables; the one theme sets them, so that no plugin is needed to render."""

    id: str = ""
    """Set by the run, as are title, plugin and version."""
    title: str = ""
    plugin: str = ""
    plugin_version: str = ""
    paragraphs: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    """Drawn from their data; a picture that was made elsewhere is refused."""
    tables: tuple[Table, ...] = ()

    @model_validator(mode="after")
    def _drawn_from_data(self) -> Self:
        for figure in self.figures:
            # an image could hold anything, also what was taken out of the numbers
            if figure.image is not None or figure.mark == "image":
                raise ValueError(f"figure {figure.name!r} of a section must be drawn from data; an image was given")
        return self
