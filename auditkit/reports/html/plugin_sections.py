"""Sections that plugins wrote, of all models, each different one once."""

from collections.abc import Sequence

from auditkit.reports.html.common_parts import common
from auditkit.reports.html.figures import drawn
from auditkit.reports.html.measures import own_table
from auditkit.reports.html.sentences import cut
from auditkit.reports.html.tables import Anchors, Content
from auditkit.results import AuditResult, Section

LETTERS = 120
"""How long a title may be."""


def plugin_sections(audits: Sequence[AuditResult], anchors: Anchors) -> tuple[Content, ...]:
    """The sections in the order of their ids; one that models do not share bears the names of those that have it."""
    names, written = [audit.model.name for audit in audits], [audit.sections for audit in audits]
    parts = common(names, written, Section.model_dump_json, lambda section: section.id)
    return tuple(view(part.item, part.models, anchors) for part in parts)


def view(section: Section, models: str, anchors: Anchors) -> Content:
    """One section.

    Args:
        section: as it is saved.
        models: of which models it is; empty for all of them.
        anchors: the page's.
    """
    title = cut(section.title or section.id, LETTERS) + (f" ({models})" if models else "")
    return {
        "anchor": anchors.new("section", section.id),
        "title": title,
        "plugin": f"{section.plugin} {section.plugin_version}".strip(),
        "paragraphs": section.paragraphs,
        "figures": [drawn(figure, anchors) for figure in section.figures],
        "tables": [own_table(table, title, anchors) for table in section.tables],
    }
