"""The same payloads in the formats that are no pages: Markdown, tables, XML and JSON."""

from __future__ import annotations

import csv
import functools
import html.parser
import io
import json
import re
from xml.etree import ElementTree

import mistune
import pytest
from markdown_it import MarkdownIt

from auditkit.reports import bom, card, junit, measurements, metrics, summary
from auditkit.results import AuditResult
from tests import fakes
from tests.hostile.payloads import PAYLOADS, armed
from tests.reports.test_markdown import HOSTILE
from tests.reports.test_measurements import FORMULAS

READERS = {
    "markdown-it": MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render,
    "mistune": mistune.create_markdown(escape=False, plugins=["table", "strikethrough", "url", "footnotes"]),
}
SIXTEEN = range(0, len(PAYLOADS), 16)


@functools.lru_cache(maxsize=8)
def hostile(payload: str) -> AuditResult:
    return fakes.hostile(payload)


def with_payloads_from(first: int) -> AuditResult:
    return hostile(" ".join(map(armed, PAYLOADS[first : first + 16])))


class Tags(html.parser.HTMLParser):
    """The tags, the attributes and the addresses of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


PLAIN = {
    "h1", "h2", "h3", "h4", "h5", "h6", "p", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "strong",
    "em", "code", "pre", "hr", "br", "blockquote",
}  # fmt: skip


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("room", [summary, card], ids=["summary", "card"])
@pytest.mark.parametrize("first", SIXTEEN)
def test_markdown_stays_text_in_two_readers(room, reader, first):
    written = Tags(READERS[reader](body(room.render(with_payloads_from(first)).decode())))
    assert not written.tags - PLAIN, written.tags - PLAIN
    assert not written.attributes - {"style", "align"}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("room", [summary, card], ids=["summary", "card"])
def test_marks_of_markdown_stay_text_in_two_readers(room, reader):
    for payload in (text for text in HOSTILE if "[" in text or "<" in text or "://" in text):
        written = Tags(READERS[reader](body(room.render(hostile(payload)).decode())))
        assert not written.tags - PLAIN, (payload, written.tags - PLAIN)


@pytest.mark.parametrize("reader", READERS)
def test_unescaped_markdown_makes_markup(reader):
    """The control: these readers would make tags of payloads and links of addresses."""
    assert "img" in Tags(READERS[reader](PAYLOADS[2])).tags
    assert "a" in Tags(READERS[reader]("[x](//evil.example)")).tags


def body(text: str) -> str:
    """A document without its front matter, which no reader of Markdown shows."""
    return text.split("\n---\n", 1)[1] if text.startswith("---\n") else text


@pytest.mark.parametrize("payload", [*FORMULAS, "\x1b]0;x\x07", "a\r\nb", '"; =1+1'])
def test_no_cell_of_a_table_begins_like_a_formula(payload):
    audit = prefixed(payload)
    cells = 0
    for row in csv.DictReader(io.StringIO(measurements.as_csv(audit).decode())):
        for name, cell in row.items():
            if name not in measurements.NUMBERS | measurements.COUNTS:
                assert not re.match(r"\s*[=+\-@]|[\t\r\n]", cell), (name, cell)
                assert "\x1b" not in cell
                cells += 1
    assert cells > 100


def prefixed(payload: str) -> AuditResult:
    """An audit whose model, units, reasons and groups begin with the payload."""
    audit = fakes.audit()
    results = tuple(
        result.model_copy(
            update={
                "measurements": tuple(
                    measurement.model_copy(
                        update={
                            "unit": payload + measurement.unit,
                            "reason": payload + (measurement.reason or ""),
                            "slice": {payload + key: payload + value for key, value in measurement.slice.items()},
                        }
                    )
                    for measurement in result.measurements
                )
            }
        )
        for result in audit.results
    )
    return audit.model_copy(
        update={"results": results, "model": audit.model.model_copy(update={"name": payload + audit.model.name})}
    )


@pytest.mark.parametrize("first", SIXTEEN)
def test_xml_is_well_formed_and_has_junit_elements_only(first):
    tree = ElementTree.fromstring(junit.render(with_payloads_from(first)))
    allowed = {"testsuites", "testsuite", "testcase", "failure", "error", "skipped", "properties", "property"}
    assert {element.tag for element in tree.iter()} <= allowed | {"system-out", "system-err"}


@pytest.mark.parametrize("first", range(0, len(PAYLOADS), 8))
def test_json_and_the_bill_of_materials_are_valid(first):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    some = hostile(" ".join(PAYLOADS[first : first + 8]))
    json.loads(metrics.render(some))
    text = bom.render(some).decode()
    version = SchemaVersion.from_version(json.loads(text)["specVersion"])
    assert JsonStrictValidator(version).validate_str(text) is None
