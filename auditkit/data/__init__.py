"""Audit data: inputs, labels, groups, weights and schema, with the training split beside them."""

from auditkit.data.auditdata import AuditData
from auditkit.data.fields import Disclosure, Modality
from auditkit.data.inputs import as_array, take_rows
from auditkit.data.labels import Recorded, Task

__all__ = ["AuditData", "Disclosure", "Modality", "Recorded", "Task", "as_array", "take_rows"]
