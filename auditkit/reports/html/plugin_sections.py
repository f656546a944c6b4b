"""Sections that plugins wrote, of all models, each different one once."""

from collections.abc import Sequence
from typing import NamedTuple

from auditkit.reports.html.common_parts import common
from auditkit.reports.html.figures import Drawn, drawn
from auditkit.reports.html.measures import table_grid
from auditkit.reports.html.sentences import cut
from auditkit.reports.html.tables import Anchors, Grid
from auditkit.results import AuditResult, Section, Table

LETTERS = 120
"""How long a title may be."""


class PluginSection(NamedTuple):
    """A section as it stands on the page."""

    anchor: str
    title: str
    plugin: str
    """With its version."""
    paragraphs: tuple[str, ...]
    figures: tuple[Drawn, ...]
    tables: tuple[tuple[str, Grid, str], ...]
    """Each with its title and its caption."""


def plugin_sections(audits: Sequence[AuditResult], anchors: Anchors) -> tuple[PluginSection, ...]:
    """The sections in the order of their ids; one that models do not share bears the names of those that have it."""
    names, written = [audit.model.name for audit in audits], [audit.sections for audit in audits]
    parts = common(names, written, Section.model_dump_json, lambda section: section.id)
    return tuple(view(part.item, part.models, anchors) for part in parts)


def view(section: Section, models: str, anchors: Anchors) -> PluginSection:
    """One section.

    Args:
        section: as it is saved.
        models: of which models it is; empty for all of them.
        anchors: the page's.
    """
    title = cut(section.title or section.id, LETTERS) + (f" ({models})" if models else "")
    return PluginSection(
        anchor=anchors.new("section", section.id),
        title=title,
        plugin=f"{section.plugin} {section.plugin_version}".strip(),
        paragraphs=section.paragraphs,
        figures=tuple(drawn(figure, anchors) for figure in section.figures),
        tables=tuple(_table(table, title, anchors) for table in section.tables),
    )


def _table(table: Table, title: str, anchors: Anchors) -> tuple[str, Grid, str]:
    made = table_grid(table, anchors)
    # captions name regions for screen readers, so no two tables of the page may share one
    return made.caption, made._replace(caption=f"{title}: {made.caption}"), table.caption
