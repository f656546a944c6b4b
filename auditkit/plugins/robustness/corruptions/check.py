"""The check of natural corruptions."""

from auditkit.checks import Check, Context, Findings, MeasuredAt
from auditkit.data import AuditData
from auditkit.errors import closest
from auditkit.models import Capability, Model
from auditkit.plugins.robustness.attackability import with_codes, word_numbers
from auditkit.plugins.robustness.corruptions.base import MIDDLE, SEVERITIES, known_names
from auditkit.plugins.robustness.corruptions.definitions import DEFINITIONS, HENDRYCKS, TANGO
from auditkit.plugins.robustness.corruptions.parameters import Parameters
from auditkit.results import of_everyone


class Corruptions(Parameters, Check):
    """How much worse does the model get when its inputs are a little worse, as happens in practice?

    Nobody has to attack a model to make it fail: another scanner, a lossy upload, a lost value, a shifted unit or a
    typing error is enough. Accuracy on clean test data says nothing about that.

    Every row is corrupted in every way that fits its kind, at five severities, and the model is asked again. Images:
    noise, blur, brightness, contrast, JPEG, coarser pixels, deformation, rotation, occlusion, with the strengths of
    CIFAR-10-C for small and of ImageNet-C for larger images. Tables: lost values, noise, categories drawn anew, drift
    of whole columns; whole numbers stay whole, values stay in range, immutable features and group columns are held
    unless asked otherwise. Texts, in tables too: typing slips, lost characters, capitals, look-alike letters, accents,
    spaces. Series: noise, spikes, drift, points and spans lost. Sequences of ids (tokens): others of the data in their
    place, neighbours transposed; identifiers in tables are drawn anew as categories are, and never added to. Rows are
    compared with themselves: the drop has the paired score interval of Tango and McNemar's exact test. Groups are
    compared at severity 3; intervals hold for all pairs at once; p-values are adjusted by Holm over the check.

    The corruptions are simulated and are not those of any one site; a model may fail on others. Labels are taken as
    unchanged, which a strong corruption can make untrue: then a person would fail too. Small losses at the lowest
    severities are normal.
    """

    id = "robustness.corruptions"
    title = "Natural corruptions"
    reference = f"{HENDRYCKS}; {TANGO}"
    needs = frozenset({Capability.QUERIES, "labels", "binary", "multiclass", "image", "table", "text", "sequence"})
    presets = {"quick": {"rows": 200, "shuffles": 499}, "thorough": {"rows": 5000, "shuffles": 4999}}
    definitions = of_everyone(DEFINITIONS)
    conditions = frozenset({"corruption", "severity"})
    for_groups = frozenset({"mean_accuracy", "accuracy_drop"})

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Why nothing can be corrupted; None where something can."""
        known, offers = known_names(data), self.offers("corruptions")
        for name in self.corruptions:
            if name in offers and offers[name].value.modality != data.modality:
                return f"the corruption {name!r} is for {offers[name].value.modality} inputs; these are {data.modality}"
            if name not in known and name not in offers:
                return f"corruptions of {data.modality} inputs do not include {name!r}; {closest(name, known)}"
        shape = tuple(getattr(data.inputs, "shape", ()))
        if data.modality == "image" and (len(shape) != 4 or min(shape[2:]) < 4):
            return f"images must be (N, C, H, W), at least 4 pixels high and wide; these are {shape}"
        if data.modality == "table" and not hasattr(data.inputs, "columns") and len(shape) != 2:
            return f"a table must be a data frame or an array (N, D); this has the shape {shape}"
        if data.modality == "text" and not isinstance(data.inputs, list):
            return "texts must be a list of str"
        if data.modality == "sequence" and not data.tokens:
            return _no_series(model, data, shape)
        if data.modality == "table" and word_numbers(model, data):
            return (
                "needs inputs between which a distance means something; these are ids of a vocabulary (tokens): give "
                'them as whole numbers with modality = "sequence"'
            )
        return None

    def measured_at(self, name: str, data: AuditData, groups: bool) -> dict[str, MeasuredAt]:
        """The corruptions that fit these inputs, or those that are chosen, and their severities."""
        if name not in ("accuracy", "accuracy_drop"):
            return {}  # the worst one is not known beforehand
        severities = MeasuredAt(SEVERITIES if name == "accuracy" else (MIDDLE,))
        return {"corruption": MeasuredAt(self.corruptions or known_names(data)), "severity": severities}

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """Rows times corruptions times six severities, 0 included."""
        return rows * (len(SEVERITIES) + 1) * len(self.corruptions or known_names(data))

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Accuracy under each corruption, drops, groups; controls, figures and one table."""
        from auditkit.plugins.robustness.corruptions.findings import find

        return find(self, model, with_codes(model, data), context)


def _no_series(model: Model, data: AuditData, shape: tuple[int, ...]) -> str | None:
    """Why a sequence that is none of ids is no series either; None where it is one."""
    if len(shape) not in (2, 3) or shape[1] < 2:
        return f"series must be (N, T) or (N, T, F), at least two steps long; these are {shape}"
    if word_numbers(model, data):
        return (
            "needs a series of numbers, or ids of one vocabulary (N, T); these are ids in another form. Give ids as "
            "whole numbers (N, T); whole numbers that are measurements as floats, or with their range"
        )
    return None
