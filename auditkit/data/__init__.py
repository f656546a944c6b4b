"""Audit data: inputs, labels, groups, weights and schema, with the training split beside them."""

from __future__ import annotations

from auditkit.data.auditdata import AuditData, Disclosure, Modality, Recorded, Task
from auditkit.data.inputs import as_array, take_rows

__all__ = ["AuditData", "Disclosure", "Modality", "Recorded", "Task", "as_array", "take_rows"]
