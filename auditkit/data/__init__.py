"""Audit data: inputs, labels, groups, weights and schema, with the training split beside them."""

from auditkit.data.auditdata import AuditData
from auditkit.data.case_scores import CaseScore
from auditkit.data.cells import Cell
from auditkit.data.codes import codes_of, to_codes
from auditkit.data.disclosure import how_many
from auditkit.data.fields import Disclosure, Modality
from auditkit.data.inputs import as_array, take_rows
from auditkit.data.labels import Recorded, Task
from auditkit.data.schema import FeatureSchema

__all__ = [
    "AuditData", "CaseScore", "Cell", "Disclosure", "FeatureSchema", "Modality", "Recorded", "Task", "as_array",
    "codes_of", "how_many", "take_rows", "to_codes",
]  # fmt: skip
