"""Text of strangers stays text: in every field of a result, in the markup and in the charts."""

from __future__ import annotations

import pathlib
import re
from collections import Counter

import pytest

import auditkit.reports.html.render as rendering
from auditkit.reports.html.render import render
from tests import chromium, fakes

pytestmark = pytest.mark.charts

PAYLOADS = (
    "<script>fired()</script>",
    "</script><script>fired()</script>",
    "<img src=x onerror=fired()>",
    '"><img src=x onerror=fired()>',
    "'><img src=x onerror='fired()'>",
    "<svg onload=fired()>",
    "</svg><svg/onload=fired()>",
    "</title><script>fired()</script>",
    "</style><script>fired()</script>",
    "</textarea></option></select><img src=x onerror=fired()>",
    "<details open ontoggle=fired()>x</details>",
    "<iframe srcdoc='<script>parent.fired()</script>'></iframe>",
    "<object data='javascript:fired()'></object>",
    "<base href='http://127.0.0.1:9/'>",
    "<link rel=stylesheet href='http://127.0.0.1:9/x.css'>",
    "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/'>",
    "<style>*{background:url(http://127.0.0.1:9/x)}</style>",
    "<body onload=fired()>",
    "<input autofocus onfocus=fired()>",
    "<a href='javascript:fired()'>x</a>",
    "<form action='http://127.0.0.1:9/'><button>x</button></form>",
    "--><script>fired()</script><!--",
    "]]><script>fired()</script>",
    "{{ 7 * 7 }}{% raw %}",
    "' onmouseover='fired()' x='",
    '" autofocus onfocus="fired()" x="',
    "javascript:fired()",
    "data:text/html,<script>fired()</script>",
    "&lt;script&gt;fired()&lt;/script&gt;",
    "\u202e<script>fired()</script>\x00\x1b[31m",
    "<math><mtext></p><style><!--</style><img src=x onerror=fired()>",
    "<template><script>fired()</script></template>",
)

HARM = """(() => {
  const tags = 'script iframe object embed form base link input textarea template math'.split(' ');
  const all = [...document.querySelectorAll('*')];
  return {
    fired: window.fired === 1,
    tags: tags.filter(tag => document.querySelector(tag)),
    metas: document.querySelectorAll('meta').length,
    styles: document.querySelectorAll('style').length,
    events: all.filter(each => [...each.attributes].some(at => at.name.startsWith('on'))).length,
    links: [...document.querySelectorAll('a')].filter(each => !each.getAttribute('href').startsWith('#')).length,
    images: [...document.images].filter(each => !each.src.startsWith('data:image/')).length,
    broken: [...document.images].filter(each => !each.naturalWidth).length,
  };
})()"""
CLEAN = {"fired": False, "tags": [], "metas": 5, "styles": 1, "events": 0, "links": 0, "images": 0, "broken": 0}


def armed(payload: str) -> str:
    """The payload with what it does written out."""
    return payload.replace("fired()", "window.fired=1").replace("parent.window", "parent")


SOON = "new Promise(done => setTimeout(() => done({}), 60))"


@chromium.needs_chromium
@pytest.mark.parametrize("first", range(0, len(PAYLOADS), 16))
def test_payloads_are_inert(tmp_path: pathlib.Path, first: int) -> None:
    path = tmp_path / "hostile.html"
    path.write_bytes(render(fakes.hostile("".join(map(armed, PAYLOADS[first : first + 16])))))
    page = chromium.visit(path, script=SOON.format(HARM))
    assert page.value == CLEAN
    assert (page.requests, page.dialogs, page.console) == ([], [], [])


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_becomes_markup(payload: str) -> None:
    """Each alone, as a name, in the templates: the tags are those of a page without it."""
    tags = Counter(re.findall(r"<[a-zA-Z!/][^\s>]*", page_of("x")))
    assert Counter(re.findall(r"<[a-zA-Z!/][^\s>]*", page_of(payload))) == tags


def page_of(name: str) -> str:
    result = fakes.audit(name)
    few = [check_result.model_copy(update={"figures": ()}) for check_result in result.results[:1]]
    return render(result.model_copy(update={"results": tuple(few)})).decode()


@chromium.needs_chromium
def test_without_escaping_they_fire(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same page and the same payload, with escaping and policy off."""
    raw = rendering.environment().overlay(autoescape=False)
    monkeypatch.setattr(rendering, "environment", lambda: raw)
    page = render(fakes.hostile(armed("<img src=x onerror=fired()>"))).decode()
    path = tmp_path / "raw.html"
    path.write_text(page.replace("Content-Security-Policy", "X-None"))
    fired = chromium.visit(path, script=SOON.format(HARM))
    assert fired.value["fired"] is True
    assert fired.value["events"] > 100 and fired.value["broken"] > 0
    assert fired.requests
    path.write_text(page)  # the policy alone stops it too
    stopped = chromium.visit(path, script=SOON.format(HARM))
    assert stopped.value["fired"] is False
    assert stopped.console


def test_control_characters_are_gone_and_words_are_kept() -> None:
    page = render(fakes.hostile("\x00\x1b[31m\u202e{{ 7*7 }}<b>")).decode()
    assert not any(text in page for text in ("\x00", "\x1b", "\u202e"))
    assert "{{ 7*7 }}&lt;b&gt;" in page
    assert "<b>" not in page
