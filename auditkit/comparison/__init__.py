"""Audits held against each other: what changed between two, and how numbers went over many."""

from auditkit.comparison.audits import Named, open_audit, open_audits, with_distinct_names
from auditkit.comparison.diff import compare_audits
from auditkit.comparison.history import history

__all__ = ["Named", "compare_audits", "history", "open_audit", "open_audits", "with_distinct_names"]
