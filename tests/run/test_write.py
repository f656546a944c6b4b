"""The evidence is written whatever a format does."""

from __future__ import annotations

import auditkit
from auditkit import runfolder
from tests.run.acme import audit


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


def test_a_format_that_gives_text_in_place_of_bytes_is_named(tmp_path):
    class Odd:
        @auditkit.hookimpl
        def register_formats(self):
            return [auditkit.Format("odd", "odd.txt", lambda result: "text")]

    result = audit("share", out=tmp_path, plugins=[Odd()])
    assert result.exit_code == 3
    assert any("'odd' must give bytes or None; it gave a str" in reason for reason in result.outcome.reasons)
    assert not (tmp_path / "odd.txt").exists() and runfolder.verify(tmp_path) == []
