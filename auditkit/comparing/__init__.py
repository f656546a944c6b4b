"""Audits held against each other: what changed between two, and how numbers went over many."""

from auditkit.comparing.diff import compare_audits
from auditkit.comparing.history import history
from auditkit.comparing.opening import Named, open_audit, open_audits, told_apart

__all__ = ["Named", "compare_audits", "history", "open_audit", "open_audits", "told_apart"]
