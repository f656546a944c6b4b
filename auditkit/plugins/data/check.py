"""The check of data integrity."""

from auditkit.checks import Check, Context, Findings, MeasuredAt
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.data.definitions import DEFINITIONS
from auditkit.plugins.data.parameters import Parameters


class Integrity(Parameters, Check):
    """Can the audit data be trusted: is it complete, free of repeats and leaks, and what does it tell about groups?

    Every other number rests on these rows. Rows that the model was trained on make it look better than it is; a feature
    that gives the label away makes any model look good; features that stand in for a group let a model treat groups
    differently without seeing them.

    Missing values, repeated rows, rows shared with the training split and the size of groups are counted exactly. How
    well one feature predicts the label or a group is measured by cross-fitted shares in its bins, and how well all
    features other than the group columns predict a group by cross-validated gradient boosting, both as the area under
    the ROC curve with DeLong's interval, on a sample of rows. Numbers and dates are read as such however they are
    written, in columns of texts too; the model is given them as they stand. Images and texts are compared as a whole;
    their features are not searched.

    A column whose order is not known can hide a leak or a proxy: there may then be more than was found. Near
    duplicates, wrong labels, and people who are not in these rows are not seen. A proxy is a possibility: whether
    the model uses it is for the explanations to show. Weights are not used here.
    """

    id = "data.integrity"
    title = "Integrity of the audit data"
    reference = "Kaufman et al. (2012), Leakage in data mining, ACM TKDD 6; DeLong et al. (1988), Biometrics 44"
    presets = {"quick": {"detector_rows": 3000}, "thorough": {"detector_rows": 50_000}}
    definitions = DEFINITIONS
    about_data = True
    conditions = frozenset({"feature", "label"})
    for_groups = frozenset({"group_share", "positive_share", "label_share", "label_mean"})
    over_groups = frozenset({"proxy_auc", "strongest_proxy_auc", "alike_groups", "missing_like_groups"})
    touches = {"top": ()}
    level = "recorded"
    higher_level = "With the training split, rows that were trained on would be found."

    def leaves_out(self, name: str, data: AuditData) -> str:
        """Shares of labels of another task, and what needs ids or a training split."""
        balance = {
            "binary": "positive_share",
            "multiclass": "label_share",
            "multilabel": "label_share",
            "regression": "label_mean",
        }
        there = balance.get(data.task)
        if name in balance.values() and name != there:
            return f"is not measured of a {data.task} task" + (f"; there is {there}" if there else "")
        if name.startswith("train_overlap") and data.train is None:
            return 'needs the training split; write train = "FILE" under [data]'
        if name == "train_overlap_unit_share" and data.unit is None:
            return 'needs units; write unit = "COLUMN" under [data]'
        return 'needs ids; write id = "COLUMN" under [data]' if name == "repeated_id_share" and data.ids is None else ""

    def measured_at(self, name: str, data: AuditData, groups: bool) -> dict[str, MeasuredAt]:
        """The features, and the classes of labels."""
        return {
            "feature": MeasuredAt(data.feature_names if name == "missing_share" else ()),
            "label": MeasuredAt(
                [str(label) for label in (data.outputs or data.classes)] if name == "label_share" else ()
            ),
        }

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Counts, detectors, their controls, tables and figures."""
        from auditkit.plugins.data.findings import find

        return find(self, data, context)
