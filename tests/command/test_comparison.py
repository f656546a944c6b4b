"""`auditkit diff` in a terminal."""

from __future__ import annotations

from auditkit.command.comparison import _table
from auditkit.reports.difftext import Row


def test_a_reason_with_both_pairs_of_groups_is_shown_whole():
    why = "the verdict hangs on false positive rate: C 18.9% (57 of 302) against A 29.8%; " * 6
    (cell,) = _table("Limits", ("why",), [Row((why,))]).columns[0].cells
    assert cell.plain == why.strip()
