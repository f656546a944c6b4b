"""The definitions of everything that was measured."""

from collections.abc import Iterable

from auditkit.reports.html.sentences import DIRECTIONS
from auditkit.reports.html.tables import Anchors, Content
from auditkit.reports.outcome import worse_off_by
from auditkit.results import CheckResult, DataInfo, Definition


def glossary(
    results: Iterable[CheckResult], data: DataInfo, anchors: Anchors
) -> tuple[list[Content], dict[tuple[str, str], str]]:
    """The definitions of all checks in the order of their titles, and {(check, measurement): anchor}."""
    definitions: dict[tuple[str, str], Definition] = {}
    for result in results:
        for name, definition in result.definitions.items():
            # models share definitions; that of the first stands
            definitions.setdefault((result.check, name), definition)
    ordered = sorted(definitions.items(), key=lambda entry: (entry[1].title.lower(), entry[0]))
    anchor_of = {(check, name): anchors.new("term", check, name) for (check, name), _ in ordered}
    terms: list[Content] = [
        {
            "anchor": anchor_of[check, name],
            "key": f"{check}.{name}",
            "definition": definition,
            "direction": DIRECTIONS[definition.direction],
            "worse_off": worse_off_by(definition, data),
        }
        for (check, name), definition in ordered
    ]
    return terms, anchor_of
