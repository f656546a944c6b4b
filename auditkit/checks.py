"""What a check is: typed parameters, class facts, one method that measures, and what it is given."""

import contextlib
import inspect
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, NamedTuple, Self, TypeAlias, final

import numpy as np
from pydantic import BaseModel, ConfigDict, PrivateAttr

from auditkit.data import AuditData
from auditkit.errors import AuditkitError, FindingsError, Mend, PluginError, Refusal, TimeLimit
from auditkit.foreign_code import foreign, raised
from auditkit.memory import out_of_memory
from auditkit.models import Capability, Model
from auditkit.predictions import Predictions
from auditkit.renames import RenamedFacts
from auditkit.results import (
    About,
    CheckResult,
    Control,
    Definition,
    Figure,
    Level,
    Measurement,
    Rows,
    Scalar,
    Table,
)

Budget: TypeAlias = Literal["quick", "standard", "thorough"]
BUDGETS: tuple[Budget, ...] = ("quick", "standard", "thorough")

MODALITIES = frozenset({"table", "image", "text", "sequence"})
TASKS = frozenset({"binary", "multiclass", "multilabel", "regression", "case_scores", "generation", "survival"})
_SINGLE = "is for answers that are decisions or numbers; these are {} (task {})"
OWN_CHECKS = {
    "case_scores": _SINGLE.format("cases with scores", "case_scores"),
    "generation": _SINGLE.format("answers in words", "generation"),
    "survival": _SINGLE.format("risks of an event in time", "survival"),
    "multilabel": "is for one answer about each row; here are several labels (task multilabel). One label is audited "
    "whole by itself: name its column in [data] label, and its output in [model] target",
}
"""{task: why a check that names no task cannot serve it}: only those that name it, and those about the data, can."""
BESIDE = frozenset({"labels", "groups", "train", "group_probabilities", "unlabelled"})
NEEDS = frozenset(Capability) | BESIDE | MODALITIES | TASKS
"""The closed vocabulary of `needs`: every capability and all of `BESIDE` that is named is required; of the modalities
and of the tasks named, any one will do; where none is named, all will, but for `case_scores`, `generation`, `survival`
and `multilabel`: there is no single answer to hold against a label, so only checks that name them, and those that are
about the data, take them."""
HANDLES = frozenset({"people", "alike rows", "unknown labels", "abstentions", "units"})
"""The closed vocabulary of `handles`: what a check deals with itself. Rows with an unknown label or a withheld decision
are left out for the others. A table of counts is given as it is to those that take `people`, written out with a row for
each person to those that take `alike rows`, and kept from the others. Where several rows are of one unit, such as a
patient, the intervals and tests of those that do not take `units` are inconclusive."""
WRITTEN_OUT = 2_000_000
"""People of a table of counts who are given a row each at most."""


class MeasuredAt(NamedTuple):
    """The values of a condition at which a number is measured, as the parameters have it."""

    values: Sequence[Scalar] = ()
    parameter: str = ""
    """The parameter that says so, of which another value may be given; empty: none."""
    several: bool = True
    """Whether that parameter is a list, to which a value is added."""


@dataclass(frozen=True)
class Findings:
    """What `measure` returns."""

    measurements: Iterable[Measurement] = ()
    controls: Iterable[Control] = ()
    figures: Iterable[Figure] = ()
    tables: Iterable[Table] = ()
    notes: Iterable[str] = ()
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    """Added to the class's own."""
    level: Level | None = None
    """The evidence level that was used, where it is not the class's."""
    higher_level: str | None = None


@dataclass
class Context:
    """What a check is given beside model and data."""

    rng: np.random.Generator
    """Seeded by the check's name: adding a check changes no other check's numbers."""
    predictions: Predictions
    """The model's answers about these rows, asked once for all checks."""
    device: str = "cpu"
    budget: Budget = "standard"
    seed: int = 0
    """For libraries that take a number; derived as `rng` is."""
    include_rows: bool = False
    """The owner allows single rows to be shown, such as pictures of people."""
    rows: Rows | None = None
    """Which rows of the data these are, where the check asked for a sample."""
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("auditkit.check"))
    protected: frozenset[str] = frozenset()
    """Characteristics that the chosen rule packs protect, as columns of the data may be called."""
    deadline: float | None = None
    """`time.monotonic()` at which the check must have ended."""
    on_progress: Callable[[int, int, str], None] | None = None
    partial: Findings | None = None

    def keep(self, findings: Findings) -> None:
        """Leave what the check has by now; where its time runs out, the error carries it."""
        self.partial = findings

    def progress(self, done: int, total: int, what: str = "") -> None:
        """Say how far the check is; call it in every long loop.

        Raises:
            TimeLimit: the check's time is up.
        """
        if self.on_progress is not None:
            self.on_progress(done, total, what)
        if self.deadline is not None and time.monotonic() > self.deadline:
            error = TimeLimit(f"the time limit was reached at step {done} of {total}" + (f" ({what})" if what else ""))
            error.findings = self.partial
            raise error


class Offer(NamedTuple):
    """Something that a plugin gave, with its giver."""

    value: Any
    plugin: str
    version: str

    def error(self, why: str) -> PluginError:
        """An error that names the plugin."""
        return PluginError(f"plugin {self.plugin!r}: {why}")

    @contextlib.contextmanager
    def blamed(self, what: str) -> Iterator[None]:
        """Turn an exception of the plugin's code into one that names it; out-of-memory passes, to be told as such.

        Raises:
            PluginError: in place of an exception that is not auditkit's.
        """
        try:
            with foreign(f"plugin {self.plugin!r}: {what}"):
                yield
        except AuditkitError:
            raise
        except Exception as error:  # a plugin may raise anything at all
            if out_of_memory(error):
                raise
            raise self.error(f"{what} raised {raised(error, 300)}") from error


class PluginRows(BaseModel):
    """The base of parameters in which a user may name what plugins offer, by dotted names such as `acme.spiral`."""

    rows_from: ClassVar[Mapping[str, str]] = {}
    """{parameter: the hook whose rows its dotted names are}."""
    own_rows: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    """{parameter: {name that it takes without any plugin: what that is}}."""
    _offers: dict[str, Offer] = PrivateAttr(default_factory=dict)

    def dotted(self, parameter: str) -> tuple[str, ...]:
        """The dotted names in a parameter, which holds one name or several."""
        value = getattr(self, parameter)
        return tuple(name for name in ((value,) if isinstance(value, str) else value) if "." in name)

    def given(self, offers: Mapping[str, Offer]) -> Self:
        """The same parameters, with the rows that plugins offer by these names."""
        copy = self.model_copy()
        copy._offers = dict(offers)
        return copy

    def offers(self, parameter: str) -> dict[str, Offer]:
        """{name: row} of the dotted names in a parameter.

        Raises:
            PluginError: no loaded plugin offers one of them.
        """
        for name in self.dotted(parameter):
            if name not in self._offers:
                raise PluginError(f"{parameter}: no loaded plugin offers {name!r}; name the plugin under plugins")
        return {name: self._offers[name] for name in self.dotted(parameter)}


class Facts(RenamedFacts):
    """What a check or a trainer says of itself, as constants of its class; its fields are its parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, defer_build=True)

    id: ClassVar[str] = ""
    """`family.name`, in lower case; of a trainer what `[[train]] trainer` names."""
    title: ClassVar[str] = ""
    question: ClassVar[str] = ""
    purpose: ClassVar[str] = ""
    method: ClassVar[str] = ""
    limits: ClassVar[str] = ""
    reference: ClassVar[str] = ""
    needs: ClassVar[frozenset[str]] = frozenset()
    """A flat set from `NEEDS`."""
    handles: ClassVar[frozenset[str]] = frozenset()
    """A flat set from `HANDLES`."""
    requires: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Optional packages: pairs of (module, the extra that brings it)."""
    applies_when: ClassVar[str] = ""
    """For a check that is out of place in most audits: when it is in place. It runs where it is named by its id, or
    where its family is chosen and a chosen rule pack names it as evidence."""
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """{budget: {parameter: value}}; what the user sets wins."""
    definitions: ClassVar[Mapping[str, Definition]] = {}
    """{measurement: what it means}."""
    conditions: ClassVar[frozenset[str] | None] = None
    """Names of the conditions under which it measures, so that a limit with another is an error; None: not said."""
    for_groups: ClassVar[frozenset[str] | None] = None
    """Names of what it measures for single groups too, so that a limit on a group of another is an error; None: not
    said."""
    over_groups: ClassVar[frozenset[str]] = frozenset()
    """Names of what it measures over the groups of an attribute, beside what `more_groups` of a definition says."""
    own_slices: ClassVar[bool] = False
    """Whether its measurements are about slices that are no groups of the data."""
    other_rows: ClassVar[bool] = False
    """Whether it counts rows that are none of the data's, such as those of a table of its own; else a number is about
    no more rows or people (`n`) than the data and its training split have."""
    of_function: ClassVar[bool] = False
    """Made of a function by `@auditkit.check`, which may return more numbers than the one that is declared for it."""
    level: ClassVar[Level] = "queries"


class Check(Facts, ABC):
    """One unit of audit work: takes model and data, returns findings, never judges.

    Parameters are typed fields with defaults, recorded in the result and read from `[checks."<id>"]`. A check that
    cannot afford every row has a field `rows: int`; the audit draws them. Class facts say the rest; what is left out
    is read from the docstring (first line: the question; then paragraphs of purpose, method, limits).
    """

    about_data: ClassVar[bool] = False
    """Its numbers are about the data alone, and stand whatever the model answers."""
    touches: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """{parameter: the measurements whose values it changes}, none for one that chooses what is measured or shown; one
    that is not named may change any. Two audits that differ in a parameter are compared in what it does not touch."""
    asks: ClassVar[Mapping[str, frozenset[Capability]]] = {}
    """{measurement: capabilities of the model of which it asks for any one, beyond `needs`}; a limit on it is an error
    where the model under audit has none of them."""
    higher_level: ClassVar[str] = ""
    """What a higher evidence level would add."""

    @abstractmethod
    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Measure, and return what was found. Import heavy packages here."""

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Why this check cannot serve this model and data, beyond `needs`; None where it can.

        A Refusal holds the settings with which it could; they stand in the plan.
        """
        return None

    def leaves_out(self, name: str, data: AuditData) -> str:
        """Why these parameters and this data leave out a number that it declares, and what to write; else empty.

        A Refusal holds the settings that would have it measured.
        """
        return ""

    def measured_at(self, name: str, data: AuditData, groups: bool) -> Mapping[str, MeasuredAt]:
        """{condition: its values} of a number, so that a limit at another value is an error; the others are left open.

        Args:
            name: of the number, as in `definitions`.
            data: the audit data.
            groups: whether it is wanted for groups, single or compared; else for everyone.
        """
        return {}

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """About how many rows the model will be asked about, beyond the shared pass; for the plan."""
        return 0

    @classmethod
    @final
    def about(cls) -> About:
        """What the check says of itself."""
        # the paragraphs of the docstring; empty where it has fewer
        blocks = [" ".join(block.split()) for block in inspect.cleandoc(cls.__doc__ or "").split("\n\n")]
        question, purpose, method, limits = (*blocks, "", "", "", "")[:4]
        return About(
            title=cls.title or cls.id,
            question=cls.question or question,
            purpose=cls.purpose or purpose,
            method=cls.method or method,
            limits=cls.limits or limits,
            reference=cls.reference,
        )

    @final
    def __call__(self, model: Model, data: AuditData, context: Context) -> CheckResult:
        """Measure and fold the findings into a result; the audit applies controls and hides small cells.

        Raises:
            FindingsError: `measure` returned something else than Findings.
        """
        findings = self.measure(model, data, context)
        if not isinstance(findings, Findings):
            raise FindingsError(f"{self.id}: measure must return Findings; it returned {type(findings).__name__}")
        return CheckResult(
            check=self.id,
            plugin="",
            plugin_version="",
            about=self.about(),
            definitions={**self.definitions, **findings.definitions},
            parameters=self.model_dump(mode="json"),
            touches={name: tuple(sorted(touched)) for name, touched in self.touches.items()},
            level=findings.level or self.level,
            higher_level=self.higher_level if findings.higher_level is None else findings.higher_level,
            status="measured",
            controls=tuple(findings.controls),
            measurements=tuple(findings.measurements),
            figures=tuple(findings.figures),
            tables=tuple(findings.tables),
            notes=tuple(findings.notes),
            rows=context.rows,
            seed=context.seed,
            device=context.device,
        )


def runs_on_counts(check: type[Check], people: int | None) -> bool:
    """Whether a check can run where people were counted from a file: it needs no rows, no scores and no model.

    Args:
        check: its class.
        people: how many there are; None where nobody knows yet.
    """
    few = people is None or people <= WRITTEN_OUT
    dealt_with = "people" in check.handles or ("alike rows" in check.handles and few)
    return dealt_with and not check.needs & (frozenset(Capability) | {"train"})


ANSWERS = "queries (answers about new rows)"
"""What `queries` means to a reader."""


def missing_needs(check: type[Facts], model: Model, data: AuditData) -> str | None:
    """What a check or a trainer needs and this model or data lacks, in a sentence; None where nothing is missing."""
    needs = check.needs
    why = f": {data.streamed}" if data.streamed else ""
    for allowed, value, sentence in (
        (MODALITIES, data.modality, "is for inputs of kind {}; these are of kind {}"),
        (TASKS, data.task, "is for the task {}; this task is {}"),
    ):
        allowed_here = needs & allowed
        if allowed_here and value not in allowed_here:
            why_not = sentence.format(" or ".join(sorted(allowed_here)), value)
            if data.task == "multilabel" and allowed is TASKS:
                return f"{why_not}. {OWN_CHECKS['multilabel'].partition('. ')[2]}"
            if "text" in allowed_here and data.free_text.tolist() == [True]:
                # a table of one column of texts, for a model that takes the texts themselves
                return Refusal(f"{why_not}, with one column of texts", (Mend("data.modality", "text"),))
            return why_not
    if data.task in OWN_CHECKS and not needs & TASKS and not getattr(check, "about_data", False):
        return OWN_CHECKS[data.task]
    lacking = sorted(str(need) for need in needs & frozenset(Capability) if need not in model.capabilities)
    if lacking:
        not_read = why if lacking == ["scores"] else ""
        named = ", ".join(ANSWERS if need == "queries" else need for need in lacking)
        return f"needs {named}, which this {model.kind} model does not give{not_read}"
    if "labels" in needs and data.labels is None:
        return "needs labels, and the data has none"
    if "groups" in needs and not data.groups:
        return "needs groups, and none were named"
    if "group_probabilities" in needs and not data.group_probabilities:
        return "needs groups known by probability ([data.group_probabilities]), and none were named"
    if "unlabelled" in needs and data.known is None:
        return "needs rows whose label is not known, and every label is"
    if "train" in needs and data.train is None:
        return f"needs the training split, and none was {f'read{why}' if why else 'given'}"
    if data.people is not None and "people" not in check.handles:
        if "alike rows" not in check.handles:
            return f"needs a row for each person, and the data is a table of counts{why}"
        if data.size > WRITTEN_OUT:
            return f"needs a row for each person, and the table of counts is of more than {WRITTEN_OUT:,} people{why}"
    return None
