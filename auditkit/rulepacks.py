"""Rule packs: a dated, sourced list of clauses, and which measurements are evidence for each.

A pack is one TOML file, read by `load_pack` and held against results by `coverage`. It says which evidence is there and
which is not; whether a law or a standard is met is for people to say.

    pack = 1                        # the version of this format
    id = "acme-policy"              # also the file's name: acme-policy.toml
    title = "Model policy of Acme"
    source = "Model policy 4.2, March 2026"
    source_url = "https://…"        # where to read it
    status = "in force"             # or voluntary, proposed, repealed …
    in_force_from = 2026-03-01      # a date, or words
    superseded_by = ""              # what took its place
    verified_on = 2026-11-02        # when somebody compared the clauses with the source, or "unverified"
    note = ""
    protected = ["sex", "age"]      # characteristics that it protects, as columns may be called

    [[clauses]]
    id = "3.2"
    text = "Selection rates of groups are compared."    # in our own words
    evidence = ["fairness.groups.selection_rate", "fairness.groups.demographic_parity_ratio"]
    require = "all"                 # or "any": one of the evidence is enough
    complete_with = ["fairness.bias_audit.sex_categories"]   # no evidence by itself; without it the clause is partial
    part = "Group names are the owner's."               # what the clause asks beyond this evidence, if anything

    [[clauses]]
    id = "5.1"
    text = "An independent person approves the model."
    computable = false
    why = "Independence is not a number."
    verified_on = "unverified"      # where it differs from the pack's
"""

import datetime
import pathlib
import tomllib
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from auditkit.errors import PluginError, closest
from auditkit.results import CheckResult, Clause, Measurement, RuleCoverage, left_out_text
from auditkit.text import one_line, shown

Verified: TypeAlias = datetime.date | Literal["unverified"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PackClause(_Table):
    """One clause of a pack, in our own words."""

    id: str = Field(min_length=1)
    text: str = Field(min_length=1)
    evidence: tuple[str, ...] = ()
    """`check.measurement`, `check` for all that it measures, or `family` for the best of its checks."""
    require: Literal["all", "any"] = "all"
    complete_with: tuple[str, ...] = ()
    """What must be there too, as evidence is named, for the evidence to be complete: the tables whose rates are asked
    for. None of it is evidence by itself."""
    part: str = ""
    """What the clause asks beyond the evidence; where set, the clause is never more than partly covered."""
    computable: bool = True
    why: str = ""
    """Why no measurement can be evidence."""
    verified_on: Verified | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.computable and not self.evidence:
            raise ValueError("needs evidence, or computable = false and why")
        if not self.computable and not self.why:
            raise ValueError("is not computable, so it needs why")
        if not self.computable and (self.evidence or self.complete_with):
            raise ValueError("is not computable, so it has no evidence")
        return self


class RulePack(_Table):
    """A law, a standard or a policy, as one TOML file tells it."""

    pack: Literal[1]
    id: str = Field(pattern="^[a-z0-9][a-z0-9-]*$")
    title: str = Field(min_length=1)
    source: str = Field(min_length=1)
    source_url: str = ""
    status: str = Field(min_length=1)
    in_force_from: datetime.date | str = ""
    superseded_by: str = ""
    verified_on: Verified
    note: str = ""
    protected: tuple[str, ...] = ()
    """Characteristics that it protects, as columns of data may be called."""
    clauses: tuple[PackClause, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        ids = [clause.id for clause in self.clauses]
        twice = sorted({id_ for id_ in ids if ids.count(id_) > 1})
        if twice:
            raise ValueError(f"the clause {twice[0]!r} appears {ids.count(twice[0])} times")
        return self


def load_pack(path: pathlib.Path) -> RulePack:
    """Read a rule pack.

    Raises:
        PluginError: the file cannot be read, or a key is missing, unknown or wrong; the message names file and key.
    """
    try:
        table = tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise PluginError(f"the rule pack {path} cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise PluginError(f"the rule pack {path.name} is not valid TOML: {one_line(error)}") from error
    try:
        pack = RulePack.model_validate(table)
    except ValidationError as error:
        raise PluginError(f"the rule pack {path.name}: {_sentence(error)}") from error
    if pack.id != path.stem:
        raise PluginError(f"the rule pack {path.name}: id must be the file's name, {path.stem!r}; it is {pack.id!r}")
    return pack


def coverage(pack: RulePack, results: Sequence[CheckResult]) -> RuleCoverage:
    """Which evidence these results hold for each clause.

    A measurement counts where its check was measured, all its numbers are there and at least one is valid, and its
    table has no blank cell; a check named as a whole, where that is so of all its numbers and tables. A clause is
    `present` where all that it requires counts, with all that completes it, and it asks nothing beyond; `partial` where
    some counts, or a number is inconclusive or blank; `absent` where nothing counts; `not computable` where no
    measurement could be evidence.
    """
    return RuleCoverage(
        pack=pack.id,
        title=pack.title,
        source=pack.source,
        source_url=pack.source_url,
        status=pack.status,
        in_force_from=str(pack.in_force_from),
        superseded_by=pack.superseded_by,
        verified_on=str(pack.verified_on),
        note=pack.note,
        clauses=tuple(_cover(clause, results) for clause in pack.clauses),
    )


class _Evidence(NamedTuple):
    key: str
    status: Literal["present", "partial", "absent"]
    reason: str
    members: tuple[str, ...] = ()
    """Of a family: the checks that have numbers."""


def _cover(clause: PackClause, results: Sequence[CheckResult]) -> Clause:
    verified = "Not verified against the source." if clause.verified_on == "unverified" else ""
    if not clause.computable:
        note = " ".join(filter(None, (clause.why, verified)))
        return Clause(id=clause.id, text=clause.text, status="not computable", note=note)
    evidences = [_look_for(key, results) for key in clause.evidence]
    lacking = [more for key in clause.complete_with if (more := _look_for(key, results)).status != "present"]
    status = _status(clause, [evidence.status for evidence in evidences])
    beyond = f"Beyond this evidence: {clause.part}" if clause.part else ""
    return Clause(
        id=clause.id,
        text=clause.text,
        status="partial" if lacking and status == "present" else status,
        evidence=tuple(
            key for evidence in evidences if evidence.status == "present" for key in evidence.members or (evidence.key,)
        ),
        missing=tuple(
            f"{evidence.key}: {evidence.reason}" for evidence in (*evidences, *lacking) if evidence.status != "present"
        ),
        note=" ".join(filter(None, (beyond, verified))),
    )


def _status(clause: PackClause, evidence_statuses: Iterable[str]) -> Literal["present", "partial", "absent"]:
    statuses = set(evidence_statuses)
    enough = "present" in statuses if clause.require == "any" else statuses == {"present"}
    if enough and not clause.part:
        return "present"
    return "absent" if statuses == {"absent"} else "partial"


def _look_for(key: str, results: Sequence[CheckResult]) -> _Evidence:
    if "." not in key:
        return _look_in_family(key, results)
    matching = [result for result in results if key == result.check or key.startswith(f"{result.check}.")]
    if not matching:
        return _Evidence(key, "absent", "the check was not run")
    # the id of one check may begin with that of another
    result = max(matching, key=lambda result: len(result.check))
    if result.status != "measured":
        ended = "was skipped" if result.status == "skipped" else "ended in an error"
        return _Evidence(key, "absent", f"the check {ended}" + (f" ({result.reason})" if result.reason else ""))
    name = key[len(result.check) + 1 :]
    weighed = _weigh(key, [measurement for measurement in result.measurements if not name or measurement.name == name])
    blank = _blank(result, name) if weighed.status == "present" else ""
    return _Evidence(key, "partial", blank) if blank else weighed


def _look_in_family(key: str, results: Sequence[CheckResult]) -> _Evidence:
    """The best that any check of the family has."""
    evidences = [_look_for(result.check, results) for result in results if result.check.startswith(f"{key}.")]
    members = tuple(evidence.key for evidence in evidences if evidence.status == "present")
    if members:
        return _Evidence(key, "present", "", members)
    unsure = next((evidence for evidence in evidences if evidence.status == "partial"), None)
    if unsure is not None:
        return _Evidence(key, "partial", unsure.reason)
    return _Evidence(key, "absent", "no check of this family gave a valid number")


def _weigh(key: str, measurements: Sequence[Measurement]) -> _Evidence:
    """What measurements are as evidence: complete where none of them is without a number."""
    numbers = [
        measurement
        for measurement in measurements
        if measurement.value is not None and measurement.validity != "invalid"
    ]
    missing = [measurement for measurement in measurements if measurement.value is None]
    if missing and numbers:
        count = f"{len(missing)} of {len(measurements)} numbers {'is' if len(missing) == 1 else 'are'} blank"
        return _Evidence(key, "partial", f"{count}: {missing[0].reason}")
    if any(number.validity == "valid" and not any(group.bars for group in number.left_out) for number in numbers):
        return _Evidence(key, "present", "")
    if any(number.validity == "valid" for number in numbers):
        return _Evidence(key, "partial", left_out_text(next(number.left_out for number in numbers if number.left_out)))
    if numbers:
        return _Evidence(key, "partial", f"inconclusive: {numbers[0].reason}")
    if measurements:
        return _Evidence(key, "absent", f"no valid number: {measurements[0].reason}")
    return _Evidence(key, "absent", "the check measured no such number")


def _blank(result: CheckResult, name: str) -> str:
    """Which table of the check is not complete; for one measurement, of those by whose name its own begins."""
    for table in result.tables:
        blank = sum(None in row for row in table.rows)
        if blank and (not name or f"{name}_".startswith(f"{table.name}_")):
            return (
                f"{blank} of {len(table.rows)} rows of the table {table.title!r} {'has' if blank == 1 else 'have'} a "
                "blank cell"
            )
    return ""


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"] if part != "date")
    if first["type"] == "extra_forbidden":
        known = PackClause.model_fields if "clauses" in first["loc"] else RulePack.model_fields
        return f"the key {key!r} is not known; {closest(str(first['loc'][-1]), known)}"
    if first["type"] == "missing":
        return f"the key {key!r} is required"
    sentence = one_line(first["msg"].removeprefix("Value error, "))
    value = shown(first["input"])
    return f"{key or 'the pack'}: {sentence}" + (f"; it is {value}" if first["type"] != "value_error" else "")
