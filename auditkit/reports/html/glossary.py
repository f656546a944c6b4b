"""The definitions of everything that was measured."""

from collections.abc import Iterable
from typing import NamedTuple

from auditkit.reports.html.sentences import DIRECTIONS
from auditkit.reports.html.tables import Anchors
from auditkit.reports.outcome import worse_off_by
from auditkit.results import CheckResult, DataInfo, Definition


class Term(NamedTuple):
    """A definition of the glossary."""

    anchor: str
    key: str
    definition: Definition
    direction: str
    worse_off: str


def glossary(
    results: Iterable[CheckResult], data: DataInfo, anchors: Anchors
) -> tuple[list[Term], dict[tuple[str, str], str]]:
    """The definitions of all checks in the order of their titles, and {(check, measurement): anchor}."""
    definitions: dict[tuple[str, str], Definition] = {}
    for result in results:
        for name, definition in result.definitions.items():
            # models share definitions; that of the first stands
            definitions.setdefault((result.check, name), definition)
    terms, anchor_of = [], {}
    for (check, name), definition in sorted(definitions.items(), key=lambda entry: (entry[1].title.lower(), entry[0])):
        anchor_of[check, name] = anchors.new("term", check, name)
        terms.append(
            Term(
                anchor_of[check, name],
                f"{check}.{name}",
                definition,
                DIRECTIONS[definition.direction],
                worse_off_by(definition, data),
            )
        )
    return terms, anchor_of
