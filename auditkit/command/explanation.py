"""`auditkit explain NAME`: what a name means that an audit uses, without measuring anything."""

import inspect
import json as json_module
import shutil
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from auditkit.checks import Check, Offer, PluginRows
from auditkit.errors import ConfigError, closest
from auditkit.host import Host
from auditkit.results import Definition
from auditkit.rulepacks import PackClause, RulePack, load_pack
from auditkit.text import one_line
from auditkit.trainers import Trainer

WIDEST = 100


class Fact(NamedTuple):
    """A line of an explanation."""

    title: str
    text: str


class Explained(NamedTuple):
    """One thing that has the name asked for."""

    name: str
    kind: str
    """`check`, `trainer`, `measurement`, `rule pack`, `attack`, `corruption`, `report section` or `format`."""
    facts: tuple[Fact, ...]


def explain(name: str, plugins: Sequence[str], *, json: bool) -> int:
    """Print what `name` means.

    Args:
        name: `fairness.groups`, `fairness.groups.demographic_parity_ratio`, `demographic_parity_ratio` wherever it is
            measured, `dp-sgd`, `eu-ai-act`, or an attack, a corruption, a section of the report or a format.
        plugins: names of those to load.
        json: whether to print JSON.

    Raises:
        ConfigError: nothing has this name; the message names the nearest.
    """
    explanations = look_up(name, Host(plugins))
    if json:
        document = [
            {
                "name": explanation.name,
                "kind": explanation.kind,
                **{fact.title: fact.text for fact in explanation.facts},
            }
            for explanation in explanations
        ]
        print(json_module.dumps(document, indent=1))
        return 0
    # on a pipe the width is not known, so it is the widest
    width = min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns)
    print("\n\n".join(_as_text(explanation, width) for explanation in explanations))
    return 0


def look_up(name: str, host: Host) -> list[Explained]:
    """Everything that has this name: an id, `id.measurement`, a measurement of any check, or a row of a list.

    Raises:
        ConfigError: nothing has.
    """
    kinds = {id: offer.value for id, offer in host.checks().items()}
    trainers = {id: offer.value for id, offer in host.trainers().items()}
    packs = {path.stem: load_pack(path) for path in host.rules()}
    kinds_and_trainers = {**kinds, **{f"train.{id}": kind for id, kind in trainers.items()}}
    # limits and clauses write `train.dp-sgd`, `[[train]]` writes `dp-sgd`
    trainer = name.removeprefix("train.")
    asked = ((name, "check", kinds.get(name)), (trainer, "trainer", trainers.get(trainer)))
    explanations = [
        Explained(id, noun, tuple(_check(kind, packs.values()))) for id, noun, kind in asked if kind is not None
    ]
    explanations += [Explained(name, "rule pack", tuple(_pack(packs[name])))] if name in packs else []
    for id, kind in kinds_and_trainers.items():
        explanations += [
            Explained(f"{id}.{key}", "measurement", tuple(_measurement(f"{id}.{key}", definition, packs.values())))
            for key, definition in kind.definitions.items()
            if name in (key, f"{id}.{key}")
        ]
    rows = listed_rows(host)
    explanations += [row for row in rows if row.name == name]
    if not explanations:
        known = [*kinds_and_trainers, *trainers, *packs, *(row.name for row in rows)]
        measurements = [(id, key) for id, kind in kinds_and_trainers.items() for key in kind.definitions]
        known += [name for id, key in measurements for name in (f"{id}.{key}", key)]
        raise ConfigError(
            "name must be a check, a measurement, a trainer, a rule pack, an attack, a corruption, a section of the "
            f"report or a format; {one_line(name)!r} is none, "
            f"{closest(name, known)} (`auditkit plugins` lists them)"
        )
    return explanations


def listed_rows(host: Host) -> list[Explained]:
    """The rows of all lists to which plugins add, auditkit's own first: attacks, corruptions, sections and formats."""
    rows = []
    for id, offer in host.checks().items():
        kind = offer.value
        for parameter, hook in kind.rows_from.items() if issubclass(kind, PluginRows) else ():
            named_in = Fact("named in", f'{parameter} under [checks."{id}"]')
            own = kind.own_rows.get(parameter, {}).items()
            rows += [Explained(name, KINDS[hook], (Fact("what", what), named_in)) for name, what in own]
            rows += [Explained(name, KINDS[hook], (*_row(given), named_in)) for name, given in host.rows(hook).items()]
    from auditkit.reports.html.sections import SECTIONS  # templates, wanted only where names are listed

    rows += [Explained(own.id, "report section", (Fact("title", own.title),)) for own in SECTIONS if own.title]
    for hook in ("register_sections", "register_formats"):
        rows += [Explained(name, KINDS[hook], tuple(_row(offer))) for name, offer in host.rows(hook).items()]
    return rows


KINDS = {
    "register_attacks": "attack", "register_corruptions": "corruption", "register_sections": "report section",
    "register_formats": "format",
}  # fmt: skip
"""What a row of a plugin is, by its hook."""


def _row(offer: Offer) -> Iterator[Fact]:
    """What a plugin says of its row: all that is no function, and the first line about what makes it."""
    row = offer.value
    made_by = next(filter(callable, row))
    yield Fact("what", ((inspect.isroutine(made_by) and inspect.getdoc(made_by)) or "").partition("\n")[0])
    for field in row._fields[1:]:
        value = getattr(row, field)
        if field == "severities":
            yield Fact("severities", ", ".join(row.words.format(strength) for strength in value))
        elif not callable(value) and field != "words":
            yield Fact(field.replace("_", " "), ", ".join(map(str, value)) if isinstance(value, tuple) else str(value))
    yield Fact("plugin", f"{offer.plugin} {offer.version}".strip())


def _check(kind: type[Check] | type[Trainer], packs: Iterable[RulePack]) -> Iterator[Fact]:
    about = kind.about() if issubclass(kind, Check) else kind
    titles = ("title", "question", "purpose", "method", "limits", "reference")
    yield from (Fact(title, getattr(about, title)) for title in titles)
    applies_when = getattr(kind, "applies_when", "")
    if applies_when:
        yield Fact("runs only", applies_when)
    yield Fact("needs", ", ".join(sorted(map(str, kind.needs))) or "nothing beyond decisions")
    yield Fact("measures", ", ".join(kind.definitions) or "no number that is defined beforehand")
    yield from (
        Fact(f"parameter {field.alias or name}", _parameter(field)) for name, field in kind.model_fields.items()
    )
    id = kind.id if issubclass(kind, Check) else f"train.{kind.id}"
    yield from _clauses(lambda key: key in (id, id.partition(".")[0]) or key.startswith(f"{id}."), packs)


def _parameter(field: Any) -> str:
    default = "" if field.is_required() else f" (default {one_line(field.get_default(call_default_factory=True), 200)})"
    return f"{field.description or 'no description'}{default}"


def _measurement(name: str, definition: Definition, packs: Iterable[RulePack]) -> Iterator[Fact]:
    for title in ("title", "formula", "range", "direction", "unit", "pitfalls", "reference"):
        yield Fact(title, getattr(definition, title))
    if definition.harm is not None:
        yield Fact("worse off", f"of a benefit {definition.harm.benefit}, of a burden {definition.harm.burden}")
    yield from _clauses(lambda key: key in (name, name.rpartition(".")[0], name.partition(".")[0]), packs)


def _clauses(names: Callable[[str], bool], packs: Iterable[RulePack]) -> Iterator[Fact]:
    """The clauses of every pack for which something is evidence."""
    return (
        Fact(f"evidence for {pack.id} {clause.id}", _clause_text(clause, pack))
        for pack in packs
        for clause in pack.clauses
        if any(names(key) for key in clause.evidence)
    )


def _pack(pack: RulePack) -> Iterator[Fact]:
    for title in ("title", "source", "source_url", "status", "in_force_from", "superseded_by", "verified_on", "note"):
        yield Fact(title.replace("_", " "), str(getattr(pack, title)))
    for clause in pack.clauses:
        conjunction = " or " if clause.require == "any" else " and "
        evidence = (
            f" Evidence: {conjunction.join(clause.evidence)}." if clause.evidence else f" Not computable: {clause.why}"
        )
        whole = f" Complete with: {', '.join(clause.complete_with)}." if clause.complete_with else ""
        beyond = f" Beyond this evidence: {clause.part}" if clause.part else ""
        yield Fact(f"clause {clause.id}", _clause_text(clause, pack) + evidence + whole + beyond)


def _clause_text(clause: PackClause, pack: RulePack) -> str:
    unverified = (clause.verified_on or pack.verified_on) == "unverified"
    return clause.text + (" (Not verified against the source.)" if unverified else "")


def _as_text(explanation: Explained, width: int) -> str:
    lines = [f"{one_line(explanation.name)} ({explanation.kind})"]
    for fact in explanation.facts:
        if fact.text and not (fact.title == "direction" and fact.text == "none"):
            text = f"{one_line(fact.title)}: {one_line(fact.text, 4000)}"
            lines += textwrap.wrap(text, width, initial_indent="  ", subsequent_indent="      ")
    return "\n".join(lines)
