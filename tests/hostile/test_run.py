"""A real audit of a model whose columns, groups, classes and names are hostile, through the command, in a terminal."""

from __future__ import annotations

import csv
import json
import os
import pathlib
import pty
import re
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from auditkit.reports import measurements
from tests import chromium
from tests.hostile.test_pages import HARMLESS
from tests.hostile.test_texts import PLAIN, READERS, Tags, body
from tests.reports.test_html_hostile import HARM, SOON

MARK = "<img src=x onerror=alert(document.title=window.fired=1)>"
ESCAPES = "\x1b[35m\x1b]0;owned\x07\u202e"
SEX = f"=1+1 {MARK} [x](//evil.example) {ESCAPES}sex"
GROUPS = [f"@F {MARK}", f"+M\u2066 {MARK}\x1b[2J"]
CLASSES = [f"-no {MARK}", f"=yes\x1b[0m </script>{MARK}"]
LABEL = f"\"'label {MARK}{ESCAPES}"
NAME = f"</title>{MARK}{ESCAPES}"
FILE = "a<img src=x onerror=alert(1)>[x](y)\x1b[35m.csv".replace("/", "")
CONFIG = """
[model]
decisions = "decision"
name = {NAME}
[data]
path = {FILE}
name = {NAME}
label = {LABEL}
positive = {POSITIVE}
groups = [{SEX}]
[audit]
checks = ["performance.quality", "fairness.groups"]
budget = "quick"
out = "out"
formats = ["html", "summary", "card", "cardpage", "junit", "metrics", "csv", "parquet", "bom"]
[[limits]]
name = {NAME}
measurement = "performance.quality.accuracy"
at_least = 0.99
because = {NAME}
"""


def through_terminal(*command: str, cwd: pathlib.Path) -> str:
    """What a command writes where both its outputs are a terminal."""
    controller, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", *command], cwd=cwd, stdin=terminal, stdout=terminal, stderr=terminal
    ) as run:
        os.close(terminal)
        output = b""
        while True:
            try:
                piece = os.read(controller, 65536)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            output += piece
        run.wait()
    os.close(controller)
    return output.decode(errors="replace")


def plain(text: str) -> str:
    """The text without the colours and the movements that the command itself may write."""
    return re.sub(r"\x1b\[(?:\d{1,2}(?:;\d{1,2})*)?[mKAG]|\x1b\[\?25[lh]", "", text)


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> tuple[pathlib.Path, str]:
    folder = tmp_path_factory.mktemp("hostile")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({SEX: rng.choice(GROUPS, 300), LABEL: rng.choice(CLASSES, 300)})
    frame["decision"] = np.where(rng.random(300) < 0.8, frame[LABEL], rng.choice(CLASSES, 300))
    frame.to_csv(folder / FILE, index=False)
    text = CONFIG
    for key, value in {"NAME": NAME, "FILE": FILE, "LABEL": LABEL, "POSITIVE": CLASSES[1], "SEX": SEX}.items():
        text = text.replace("{" + key + "}", json.dumps(value))
    (folder / "auditkit.toml").write_text(text)
    output = through_terminal("auditkit", "run", cwd=folder)
    assert (folder / "out" / "results.json").exists(), output
    return folder / "out", output


def test_the_terminal_gets_no_escapes(audited: tuple[pathlib.Path, str]) -> None:
    output = audited[1]
    assert "onerror" in output  # the names were printed
    assert not re.search("[\x1b\x07\u202e\u2066]", plain(output)), repr(plain(output))
    assert "\x1b[35m" not in output and "\x1b[2J" not in output


def test_a_terminal_would_have_got_them(tmp_path: pathlib.Path) -> None:
    """The control: the pty hands escapes on, and `plain` does not remove these."""
    (tmp_path / "printing.py").write_text(f"print({ESCAPES!r})")
    output = plain(through_terminal("printing", cwd=tmp_path))
    assert "\x07" in output and "\u202e" in output


@chromium.needs_chromium
@pytest.mark.parametrize("name", ["report.html", "model_card.html"])
def test_pages_of_a_real_audit_stay_text(audited: tuple[pathlib.Path, str], tmp_path: pathlib.Path, name: str) -> None:
    page = (audited[0] / name).read_text()
    assert "&lt;img src=x onerror" in page and "Content-Security-Policy" in page
    path = tmp_path / name
    path.write_text(page.replace("Content-Security-Policy", "X-None"))
    visited = chromium.visit(path, script=SOON.format(HARM))
    assert {key: visited.value[key] for key in HARMLESS} == HARMLESS
    assert (visited.requests, visited.dialogs) == ([], [])


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", ["summary.md", "model_card.md"])
def test_markdown_of_a_real_audit_stays_text(audited: tuple[pathlib.Path, str], name: str, reader: str) -> None:
    text = (audited[0] / name).read_text()
    assert "onerror" in text and "\x1b" not in text and "\u202e" not in text
    assert not Tags(READERS[reader](body(text))).tags - PLAIN


def test_tables_and_machine_formats_of_a_real_audit_hold(audited: tuple[pathlib.Path, str]) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    out = audited[0]
    with (out / "measurements.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            for name, cell in row.items():
                if name not in measurements.NUMBERS | measurements.COUNTS:
                    assert not re.match(r"\s*[=+\-@]|[\t\r\n]", cell), (name, cell)
    ElementTree.parse(out / "junit.xml")
    json.loads((out / "metrics.json").read_text())
    text = (out / "model.cdx.json").read_text()
    version = SchemaVersion.from_version(json.loads(text)["specVersion"])
    assert JsonStrictValidator(version).validate_str(text) is None
    assert all(path.is_file() and path.resolve().is_relative_to(out.resolve()) for path in out.rglob("*.*"))
