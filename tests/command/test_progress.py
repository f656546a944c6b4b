"""Progress on stderr, which is never worth an audit."""

from __future__ import annotations

import io
import sys

import pytest

from auditkit.command.progress import Lines


class Gone(io.StringIO):
    """A terminal that was closed."""

    def write(self, text: str) -> int:
        raise OSError(5, "Input/output error")


@pytest.mark.parametrize("live", [True, False])
def test_a_terminal_that_is_gone_needs_no_progress(monkeypatch, live):
    stream = Gone()
    monkeypatch.setattr(stream, "isatty", lambda: live)
    monkeypatch.setattr(sys, "stderr", stream)
    lines = Lines(interval=0)
    lines("fine.share", 0, 2, "starts")
    lines("fine.share", 1, 2, "step")
    lines("fine.share", 2, 2, "step")


def test_a_line_for_each_check_and_for_its_steps(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    lines = Lines(interval=0)
    lines("fine.share", 0, 2, "starts")
    lines("fine.share", 0, 4, "rows")
    assert stream.getvalue() == "auditkit: fine.share (1 of 2)\nauditkit: fine.share: 0 of 4 rows\n"
