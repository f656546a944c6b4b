"""The evidence is written whatever a format does."""

from __future__ import annotations

import pytest

import auditkit
from auditkit import runfolder
from auditkit.errors import EvidenceLost
from tests.run.acme import audit
from tests.test_plugin_validation import Masked


def test_a_format_that_fails_loses_nothing_and_is_named(tmp_path):
    class Odd:
        @auditkit.hookimpl
        def register_formats(self):
            def render(result):
                raise RuntimeError("no ink")

            return [auditkit.Format("odd", "odd.txt", render)]

    limits = [{"name": "l", "measurement": "acme.share", "slice": {"sex": "male"}, "at_least": 0.0}]
    result = audit("share", out=tmp_path / "a", plugins=[Odd()], limits=limits)
    assert result.exit_code == 3
    assert any("'odd'" in reason and "no ink" in reason for reason in result.outcome.reasons)
    broken = tmp_path / "broken.py"
    broken.write_text("1 / 0\n")
    both = audit("share", out=tmp_path / "b", plugins=[Odd(), broken], limits=limits).outcome.reasons
    assert any("'odd'" in reason for reason in both)
    assert any("'broken' did not load" in reason for reason in both)
    assert (tmp_path / "a" / "report.html").is_file()
    assert runfolder.verify(tmp_path / "a") == []


def test_a_format_that_gives_something_else_than_bytes_is_named(tmp_path):
    class Odd:
        @auditkit.hookimpl
        def register_formats(self):
            given = {"odd": "text", "masked": Masked()}
            return [auditkit.Format(name, f"{name}.txt", lambda result, name=name: given[name]) for name in given]

    result = audit("share", out=tmp_path, plugins=[Odd()])
    assert result.exit_code == 3
    for fault in ("'odd' must give bytes or None; it gave a str", "'masked' must give bytes or None; it gave a Masked"):
        assert any(fault in reason for reason in result.outcome.reasons)
    assert not list(tmp_path.glob("*.txt")) and runfolder.verify(tmp_path) == []


def _rewritten(folder):
    (folder / "report.html").write_text("all met")


def _sealed_anew(folder):
    _rewritten(folder)
    runfolder.seal(folder)


def _linked(folder):
    (folder / "junit.xml").unlink()
    (folder / "junit.xml").symlink_to("report.html")


WRITING = {
    "rewritten": (_rewritten, r"\(report.html\)"),
    "sealed anew": (_sealed_anew, r"\(report.html\)"),
    "added": (lambda folder: (folder / "extra.txt").write_text("all met"), r"\(extra.txt\)"),
    "removed": (lambda folder: (folder / "junit.xml").unlink(), r"\(junit.xml\)"),
    "linked": (_linked, "after it was sealed"),
    "manifest removed": (lambda folder: (folder / "manifest.json").unlink(), "after it was sealed"),
}


@pytest.mark.parametrize("way", WRITING)
def test_a_folder_that_a_plugin_changes_at_the_end_is_sealed_no_longer(tmp_path, way):
    write, words = WRITING[way]

    class Writer:
        @auditkit.hookimpl
        def audit_finished(self, folder):
            write(folder)

    with pytest.raises(EvidenceLost, match=words):
        audit("share", out=tmp_path, plugins=[Writer()])
    assert "does not seal it" in runfolder.verify(tmp_path)[0]


def test_a_plugin_may_read_the_folder_at_the_end_and_write_beside_it(tmp_path):
    class Reader:
        @auditkit.hookimpl
        def audit_finished(self, folder):
            (tmp_path / "copy.json").write_bytes((folder / "results.json").read_bytes())

    audit("share", out=tmp_path / "audit", plugins=[Reader()])
    assert runfolder.verify(tmp_path / "audit") == [] and (tmp_path / "copy.json").is_file()


def test_a_format_that_rewrites_the_result_changes_nothing(tmp_path):
    class Forger:
        @auditkit.hookimpl
        def register_formats(self):
            return [
                auditkit.Format("odd", "odd.txt", lambda result: (tmp_path / "results.json").write_text("{}") * b"")
            ]

    result = audit("share", out=tmp_path, plugins=[Forger()])
    assert runfolder.verify(tmp_path) == [] and runfolder.read_result(tmp_path).results == result.results


@pytest.mark.parametrize("place", ["import", "hook", "section", "format", "started"])
def test_a_plugin_that_leaves_does_not_end_the_audit(tmp_path, place):
    leaves = {
        "import": "raise SystemExit(0)",
        "hook": "@auditkit.hookimpl\ndef register_checks():\n    raise SystemExit(0)",
        "section": (
            "@auditkit.hookimpl\ndef register_sections():\n"
            "    return [auditkit.hookspecs.ReportSection('acme.s', 'S', lambda result: exit(0))]"
        ),
        "format": (
            "@auditkit.hookimpl\ndef register_formats():\n"
            "    return [auditkit.Format('odd', 'odd.txt', lambda result: exit(0))]"
        ),
        "started": "@auditkit.hookimpl\ndef audit_started():\n    raise SystemExit(0)",
    }
    (tmp_path / "leaver.py").write_text(f"import auditkit\n{leaves[place]}\n")
    result = audit("share", out=tmp_path / "a", plugins=[tmp_path / "leaver.py"])
    assert result.exit_code == 3 and any("SystemExit" in reason for reason in result.outcome.reasons)
    assert runfolder.verify(tmp_path / "a") == []
