"""The check `explanations.lime`."""

from collections.abc import Mapping
from typing import Any, ClassVar

from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.explanations.lime import self_tests, subjects
from auditkit.plugins.explanations.lime.definitions import DEFINITIONS, LIME
from auditkit.plugins.explanations.lime.parameters import LimeParameters
from auditkit.plugins.explanations.quality import curve_findings
from auditkit.results import Definition


class Lime(LimeParameters, Check):
    """What does a linear model around each row say, and may it be read at all?

    Many teams and vendors explain with LIME. Its answers look alike whether the local model fits or not, and whether
    another draw would say the same; here they come with both.

    The law of lime 0.2 with its defaults: for tables quartiles, frequencies of categories and 5,000 neighbours, drawn
    and asked about once for all rows; for images segments; for texts words left out. A ridge in closed
    form, with every part and without lime's choice of ten. Tried by the local R2, by other neighbourhoods, by deletion
    curves, and for tables by Shapley values.

    Neighbours of a row of a table are rows from everywhere, weighted; few of them are near. A coefficient of a table
    says what being in the row's own quartile or category does, not how the output goes with the value.
    """

    id: ClassVar[str] = "explanations.lime"
    title: ClassVar[str] = "Local linear models (LIME)"
    reference: ClassVar[str] = f"{LIME}; lime 0.2"
    needs: ClassVar[frozenset[str]] = frozenset({"queries", "table", "image", "text"})
    applies_when: ClassVar[str] = "to judge explanations that are made with LIME, or to compare with them: name it"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"rows": 50},
        "standard": {"rows": 100},
        "thorough": {"rows": 500},
    }
    definitions: ClassVar[Mapping[str, Definition]] = DEFINITIONS
    conditions: ClassVar[frozenset[str]] = frozenset({"feature", "fill_in"})
    for_groups: ClassVar[frozenset[str]] = frozenset()

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Tables with named columns, images and texts."""
        if data.modality == "table" and not data.feature_names:
            return "needs a table or an array (N, D), whose columns can be named"
        if data.free_text.any():
            return (
                "lime draws neighbours by the frequencies of values, and no two rows share a free text; "
                "explanations.importance takes a column of it as one part"
            )
        return None

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """Neighbours of every draw, curves, and Shapley values of some rows of a table."""
        samples = self.samples or subjects.SAMPLES[data.modality]
        if data.modality != "table":
            few = min(rows, subjects.FEW)
            return samples * (few + (self.seeds - 1) * min(few, subjects.REPEATED)) + 36 * few
        features = len(data.feature_names)
        shapley = min(rows, self_tests.COMPARED) * 4 * features * self_tests.BACKGROUND
        tried = curve_findings.calls(rows, features) + 350 * rows  # as of explanations.importance
        return samples * self.seeds + tried + shapley * (features <= self_tests.WIDEST)

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Explain, and try whether the explanations may be read."""
        from auditkit.plugins.explanations.lime.findings import find

        return find(self, model, data, context)
