"""The check of tables said to be synthetic."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from auditkit.checks import Check, Context, Findings, MeasuredAt
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.privacy.copies.definitions import DEFINITIONS, PLATZER, ZHAO
from auditkit.plugins.privacy.copies.parameters import Parameters


class SyntheticCopies(Parameters, Check):
    """Does a table said to be synthetic hold copies, exact or near, of the rows that it was made from?

    Synthetic rows are given away because they are nobody's. A generator that has learnt its rows by heart gives them
    back, with or without a little noise, and whoever was in the data is in the table.

    The training split is what the generator was fitted to; the audit data are rows of the same kind that it never saw.
    Of each synthetic row the nearest row of as many of either is found exactly. Rows that tell nothing of who was
    trained on lie nearer to either as often; near copies are counted within a distance within which few held-out rows
    lie of a training row. The intervals count real rows, for many synthetic ones may lie near to one. Controls:
    distances measured one by one, held-out rows in place of synthetic ones, and planted copies. The model is not asked.

    Distances count all columns alike, and texts are not compared. A few copies among many rows are seen where they are
    exact. That no copies are found does not make a generator private.
    """

    id: ClassVar[str] = "privacy.synthetic_copies"
    title: ClassVar[str] = "Copies in a synthetic table"
    reference: ClassVar[str] = f"{PLATZER}; {ZHAO}"
    needs: ClassVar[frozenset[str]] = frozenset({"table", "train"})
    handles: ClassVar[frozenset[str]] = frozenset({"units", "unknown labels", "abstentions"})
    applies_when: ClassVar[str] = "for a table said to be synthetic: name it among the checks, and the file"
    presets = {"quick": {"rows": 2000}, "thorough": {"rows": 30_000}}
    definitions = DEFINITIONS
    about_data: ClassVar[bool] = True
    other_rows = True
    conditions: ClassVar[frozenset[str]] = frozenset({"to"})
    for_groups: ClassVar[frozenset[str]] = frozenset()
    touches: ClassVar[Mapping[str, tuple[str, ...]]] = {"near": ("near_copies_excess",)}
    level: ClassVar[Literal["training"]] = "training"

    def applies(self, model: Model, data: AuditData) -> str | None:
        """A synthetic table."""
        if not self.synthetic:
            return f'needs a synthetic table; write synthetic = "FILE" under [checks."{self.id}"]'
        return None if data.feature_names else "compares rows of columns, and these have none"

    def measured_at(self, name: str, data: AuditData, groups: bool) -> Mapping[str, MeasuredAt]:
        """What distances lead to."""
        from auditkit.plugins.privacy.copies.findings import COMPARED, SIDES

        return {"to": MeasuredAt(() if name in COMPARED else SIDES)}

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Read, find the nearest, compare, try."""
        from auditkit.plugins.privacy.copies.findings import find

        return find(self, data, context)
