"""Sixty-four payloads in every free text of a result, as pages in a browser: nothing runs or is asked for."""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Callable

import pytest

import auditkit.reports.html.render as rendering
from auditkit.reports import cardpage
from auditkit.results import AuditResult
from tests import chromium, fakes
from tests.hostile.payloads import PAYLOADS, SILENT, SITES, armed, at
from tests.reports.test_html_hostile import HARM, SOON

pytestmark = pytest.mark.charts

EIGHT = range(0, len(PAYLOADS), 8)
HARMLESS = {"fired": False, "tags": [], "events": 0, "links": 0, "images": 0, "broken": 0}


def test_there_are_sixty_four_and_all_differ() -> None:
    assert len(set(PAYLOADS)) == len(PAYLOADS) == 64


@functools.lru_cache(maxsize=1)
def hostile(first: int) -> AuditResult:
    return fakes.hostile(" ".join(map(armed, PAYLOADS[first : first + 8])))


@pytest.mark.parametrize("site", SITES)
def test_the_payload_stands_at_every_site(site: str) -> None:
    assert "PAYLOAD" in str(at(fakes.hostile("PAYLOAD").model_dump(mode="json"), site))


@chromium.needs_chromium
@pytest.mark.parametrize("first", EIGHT)
@pytest.mark.parametrize("render", [rendering.render, cardpage.render], ids=["report", "card"])
def test_pages_stay_text(tmp_path: pathlib.Path, render: Callable[[AuditResult], bytes], first: int) -> None:
    page = render(hostile(first)).decode()
    path = tmp_path / "with-policy.html"
    path.write_text(page)
    calm = chromium.visit(path, script=SOON.format(HARM))
    assert {key: calm.value[key] for key in HARMLESS} == HARMLESS
    assert (calm.requests, calm.dialogs, calm.console) == ([], [], [])
    assert calm.title != "1"
    assert "Content-Security-Policy" in page
    path = tmp_path / "without-policy.html"
    path.write_text(page.replace("Content-Security-Policy", "X-None"))  # escaping alone must hold too
    bare = chromium.visit(path, script=SOON.format(HARM))
    assert {key: bare.value[key] for key in HARMLESS} == HARMLESS
    assert (bare.requests, bare.dialogs) == ([], [])


CONTEXTS = "<!doctype html><title>x</title><p>{0}</p><p title='{0}'>x</p><p title=\"{0}\">x</p><style>/*{0}*/</style>"


@chromium.needs_chromium
@pytest.mark.parametrize("payload", PAYLOADS)
def test_written_without_escaping_they_do_harm(tmp_path: pathlib.Path, payload: str) -> None:
    """The control: were these not payloads, the tests above would show nothing."""
    path = tmp_path / "raw.html"
    path.write_text(CONTEXTS.format(armed(payload)))
    try:
        page = chromium.visit(path, script=SOON.format(HARM))
    except RuntimeError as error:  # it led the page away before it could be looked at
        assert "navigated" in str(error) and "<meta" in payload
        return
    words = ("{{ 7", "javascript:", "&lt;", "data:text")
    if payload.startswith(words):
        return  # these attack templates, links and double decoding, and a page of HTML shows them as text
    did = page.value["tags"] or page.value["events"] or page.value["links"] or page.requests
    assert did
    if not payload.startswith(SILENT):
        assert page.value["fired"] or page.dialogs or page.title == "1", payload
