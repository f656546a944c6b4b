"""report.pdf: tagged, with outline and alternative texts, fetching nothing."""

from __future__ import annotations

import base64
import re
import subprocess
import sys

import pypdf
import pytest

from auditkit.errors import MissingExtra
from auditkit.reports import pdf
from tests import fakes

pytestmark = pytest.mark.charts


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    place = tmp_path_factory.mktemp("pdf") / "report.pdf"
    place.write_bytes(pdf.render(fakes.audit()))
    return place


def tool(*words: object) -> str:
    return subprocess.run(list(map(str, words)), capture_output=True, text=True, check=True).stdout


def test_it_is_tagged_titled_and_says_that_it_is_pdf_ua(path):
    facts = tool("pdfinfo", path)
    assert re.search(r"Tagged:\s+yes", facts) and re.search(r"JavaScript:\s+no", facts)
    assert "credit-gbm" in facts.split("Title:")[1].split("\n")[0]
    assert "pdfuaid" in tool("pdfinfo", "-meta", path)


def test_it_says_what_the_report_says(path):
    words = " ".join(tool("pdftotext", path, "-").split())
    for part in ("missed", "dp-sex", "Glossary", "credit-gbm"):
        assert part in words


def test_every_figure_has_an_alternative_text_and_there_is_an_outline(path):
    reader = pypdf.PdfReader(path)
    nodes = list(figures(reader.trailer["/Root"]["/StructTreeRoot"]))
    charts = [figure for result in fakes.audit().results for figure in result.figures]
    assert all(node.get("/Alt") for node in nodes)
    assert {figure.alt for figure in charts} <= {str(node["/Alt"]) for node in nodes}
    assert reader.outline


def figures(node):
    """Every figure of the structure below a node."""
    node = node.get_object()
    if isinstance(node, list):
        for child in node:
            yield from figures(child)
    elif isinstance(node, dict):
        if node.get("/S") == "/Figure":
            yield node
        if "/K" in node:
            yield from figures(node["/K"])


def test_the_same_result_gives_the_same_bytes(path):
    assert pdf.render(fakes.audit()) == path.read_bytes()


def test_nothing_is_fetched(tmp_path, monkeypatch):
    secret = tmp_path / "secret.png"
    secret.write_bytes(
        base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=")
    )
    refused = []
    import weasyprint.urls

    fetch = weasyprint.urls.URLFetcher.fetch

    def watched_fetch(self, url, headers=None):
        try:
            return fetch(self, url, headers)
        except ValueError:
            refused.append(url)
            raise

    monkeypatch.setattr(weasyprint.urls.URLFetcher, "fetch", watched_fetch)
    page = f'<img src="{secret.as_uri()}" alt="x"><img src="http://evil.example/x.png" alt="y">'.encode()
    monkeypatch.setattr(pdf, "render_html", lambda result: b"<!doctype html><title>t</title>" + page)
    assert pdf.render(fakes.audit()).startswith(b"%PDF")
    assert len(refused) == 2, "both were refused"


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(MissingExtra, match=r"auditkit-rai\[pdf\]"):
        pdf.render(fakes.audit())
