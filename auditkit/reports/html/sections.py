"""The sections of the report, a row each: what stands in it, and which template sets it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from auditkit.reports.html.checks import families
from auditkit.reports.html.common_parts import common
from auditkit.reports.html.comparison import side
from auditkit.reports.html.coverage import covered, gaps, packs
from auditkit.reports.html.figures import drawn
from auditkit.reports.html.frontier import frontier
from auditkit.reports.html.glossary import glossary
from auditkit.reports.html.groups import groups_index
from auditkit.reports.html.headlines import RULE, doubts, five_grid
from auditkit.reports.html.limits import REASONS, Reason, limits_grid, reasons
from auditkit.reports.html.measures import own_table
from auditkit.reports.html.provenance import data_grids, models_grid, parameters, provenance_grids
from auditkit.reports.html.sentences import cut
from auditkit.reports.html.tables import Anchors, Content
from auditkit.reports.outcome import open_question
from auditkit.results import AuditResult, Comparison, Section as WrittenSection, verdict_line

LENGTH = 120
"""How long the title of a section that a plugin wrote may be."""


class Parts(NamedTuple):
    """What the sections are built from: the audits, and what several sections need."""

    audits: tuple[AuditResult, ...]
    several: bool
    anchors: Anchors
    terms: tuple[Content, ...]
    families: tuple[Content, ...]
    places: Mapping[str, str]
    """{check: anchor}"""
    reasons: tuple[tuple[Reason, ...], ...]
    """For the verdict of each audit."""
    side: Content | None
    """Where there are several models."""
    frontier: tuple[Content, ...]
    """Where some of them were trained privately."""

    @property
    def first(self) -> AuditResult:
        """The only audit, or the one that stands for what all have in common."""
        return self.audits[0]


class Entry(NamedTuple):
    """A line of the contents."""

    anchor: str
    title: str
    part: bool = False
    """Whether it is set off from what stands above it."""
    under: tuple[tuple[str, str], ...] = ()
    """Anchors and titles of what stands in it."""


class Section(NamedTuple):
    """A row of the list."""

    id: str
    """The anchor, unless `entries` says otherwise."""
    title: str
    """In the contents."""
    build: Callable[[Parts], Any]
    """What the template is given as `content`; the section is left out where it is None or empty."""
    entries: Callable[[Section, Any], tuple[Entry, ...]] = lambda section, content: (Entry(section.id, section.title),)
    """Its lines in the contents."""


def parts_of(result: AuditResult | Comparison) -> Parts:
    """What the sections of a report are built from."""
    audits = result.audits
    anchors = Anchors()
    terms, defined = glossary(
        (check_result for audit in audits for check_result in audit.results), audits[0].data, anchors
    )
    by_family = families(audits, anchors, defined)
    verdict_reasons = tuple(tuple(reasons(audit, "limits")) for audit in audits)
    return Parts(
        audits=audits,
        several=isinstance(result, Comparison),
        anchors=anchors,
        terms=tuple(terms),
        families=by_family,
        places={check["check"]: check["anchor"] for family in by_family for check in family["checks"]},
        reasons=verdict_reasons,
        side=side(result, verdict_reasons, anchors) if isinstance(result, Comparison) else None,
        frontier=frontier(result, anchors) if isinstance(result, Comparison) else (),
    )


def sections(parts: Parts) -> list[Content]:
    """The sections that have something to say and so stand on the page, in its order."""
    return [
        {
            "template": f"{section.id.replace('-', '_')}.html.j2",
            "content": content,
            "entries": section.entries(section, content),
        }
        for section, content in ((section, section.build(parts)) for section in SECTIONS)
        if content is not None and content != ()
    ]


def _first(parts: Parts) -> Content:
    """What matters most."""
    return {
        # the question what being selected is, where the owner did not say
        "meaning": open_question(parts.first.data),
        "five": five_grid(parts.audits, parts.anchors, parts.places),
        # how the five numbers were chosen
        "rule": RULE,
        "gaps": gaps(parts.audits, "coverage"),
        "doubts": doubts(parts.audits, parts.places),
    }


def _side(parts: Parts) -> Content | None:
    """Several models, each with its verdict, the counts of its limits and the reasons for it."""
    if parts.side is None:
        return None
    cards = [
        {"audit": audit, "counts": verdict_line(audit), "reasons": own_reasons}
        for audit, own_reasons in zip(parts.audits, parts.reasons, strict=True)
    ]
    return {"cards": cards, "side": parts.side}


def _limits(parts: Parts) -> Content:
    """How the limits were met."""
    if parts.side is not None:
        grid = parts.side["limits"]
    else:
        grid = limits_grid(parts.first, parts.anchors) if parts.first.verdicts else None
    return {
        "several": parts.several,
        "limits": grid,
        # what the limits do not cover
        "notes": list(dict.fromkeys(note for audit in parts.audits for note in audit.outcome.notes)),
        # the reasons that did not fit at the head of the page
        "more": () if parts.several else parts.reasons[0][REASONS:],
    }


def _subject(parts: Parts) -> Content:
    """What was audited."""
    models = models_grid(parts.audits, parts.anchors)
    return {"several": parts.several, "models": models, "data": data_grids(parts.first, parts.anchors)}


def _plugin_sections(parts: Parts) -> tuple[Content, ...]:
    """The sections that plugins wrote, in the order of their ids; each different one once, of all models.

    One that models do not share bears the names of those that have it.
    """
    names, written = [audit.model.name for audit in parts.audits], [audit.sections for audit in parts.audits]
    return tuple(
        _plugin_section(part.item, part.models, parts.anchors)
        for part in common(names, written, WrittenSection.model_dump_json, lambda section: section.id)
    )


def _plugin_section(section: WrittenSection, models: str, anchors: Anchors) -> Content:
    """A section as it is saved; `models`: of which it is, empty for all of them."""
    title = cut(section.title or section.id, LENGTH) + (f" ({models})" if models else "")
    return {
        "anchor": anchors.new("section", section.id),
        "title": title,
        "plugin": f"{section.plugin} {section.plugin_version}".strip(),
        "paragraphs": section.paragraphs,
        "figures": [drawn(figure, anchors) for figure in section.figures],
        "tables": [own_table(table, title, anchors) for table in section.tables],
    }


def _family_entries(section: Section, content: tuple[Content, ...]) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            family["anchor"],
            family["title"],
            True,
            tuple((check["anchor"], check["title"]) for check in family["checks"]),
        )
        for family in content
    )


SECTIONS = (
    Section("first", "What matters most", _first),
    Section("side", "Side by side", _side),
    Section("frontier", "What private training costs", lambda parts: parts.frontier),
    Section("limits", "Limits", _limits),
    Section(
        "coverage", "What was not tested", lambda parts: covered(parts.audits, parts.anchors, parts.places)
    ),
    Section("families", "", lambda parts: parts.families, _family_entries),
    Section(
        "by-group", "Where each group is",
        lambda parts: groups_index(
            parts.audits, parts.anchors,
            {check["check"]: check["title"] for family in parts.families for check in family["checks"]},
        ),
        lambda section, content: (Entry(section.id, section.title, part=True),),
    ),
    Section(
        "packs", "Rules and their evidence",
        lambda parts: packs(parts.audits, parts.anchors, parts.places),
        lambda section, content: (Entry(content[0]["anchor"], section.title),),
    ),
    Section(
        "plugins", "", _plugin_sections,
        lambda section, content: tuple(Entry(written["anchor"], written["title"]) for written in content),
    ),
    Section("subject", "Model and data", _subject),
    Section("reading", "How to read this report", lambda parts: True),
    Section("glossary", "Glossary", lambda parts: parts.terms),
    Section(
        "provenance", "Provenance", lambda parts: provenance_grids(parts.audits, parts.anchors)
    ),
    Section(
        "appendix", "Appendix: parameters", lambda parts: parameters(parts.audits, parts.anchors, parts.places)
    ),
    Section("sign", "Sign-off", lambda parts: True),
)  # fmt: skip
"""In the order of the page; the template of each bears its id, with `_` for a hyphen."""
