"""What the measurements of this family mean."""

from typing import Any

from auditkit.results import Definition

DELONG = "DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44"


COMMON: dict[str, Any] = {"range": "0 to 1", "direction": "lower", "unit": "share"}
"""What most of the measurements have alike."""


def _define(
    title: str, formula: str, pitfalls: str, reference: str = "a count of these rows", **others: Any
) -> Definition:
    return Definition(title=title, formula=formula, pitfalls=pitfalls, reference=reference, **(COMMON | others))


DEFINITIONS = {
    "missing_share": _define(
        "Missing values", "rows without a value / rows, for each feature",
        "Only what the schema reads as missing counts: a -999 or an 'unknown' does not.", made_of="everyone",
    ),
    "sentinel_features": _define(
        "Columns with a value that may mean missing",
        "features, groups, labels and recorded answers that hold, far from their other values or far more often than "
        "those around, a code as -999, 9999 or 1900-01-01",
        "The largest value that a form allows looks the same. Where it means missing, list it under [data] missing.",
        unit="columns", range="0 or more",
    ),
    "alike_groups": _define(
        "Groups that may be one",
        "groups whose names differ only in case, blanks or Unicode form",
        "Abbreviations and spelling mistakes are not found. Give both one name under [data.groups.NAME] values.",
        unit="groups", range="0 or more", only_groups=True,
    ),
    "missing_like_groups": _define(
        "Groups whose name says missing",
        "groups called nan, <NA> or NaT; beside missing values also none, null, unknown, ? and the like",
        "It may be a group's own name, as NA is for Namibia. Where it means missing, list it under [data] missing.",
        unit="groups", range="0 or more", only_groups=True,
    ),
    "duplicate_share": _define(
        "Repeated rows", "rows whose inputs equal those of an earlier row / rows",
        "With few features of few values, equal rows are different people. Repeats make intervals too narrow.",
        made_of="everyone",
    ),
    "repeated_id_share": _define(
        "Rows of a person who has an earlier row", "rows whose id an earlier row has / rows with an id",
        "An id may name an event instead of a person; then a person can still have several rows.",
    ),
    "train_overlap_share": _define(
        "Audit rows seen in training", "rows whose inputs occur in the training split / rows",
        "With few features of few values, equal rows are different people; compare with the share of repeated rows.",
        made_of="everyone",
    ),
    "train_overlap_same_label_share": _define(
        "Audit rows seen in training with their label",
        "rows whose inputs and label occur together in the training split / rows",
        "As for rows without the label. Quality measured on such rows is recall of the training data.",
        made_of="everyone",
    ),
    "train_overlap_unit_share": _define(
        "Units that are in the training split too",
        "units, such as patients, with rows in both / units of the audit data",
        "Where the same persons are in both, quality on these rows says little about persons who are new.",
    ),
    "leaking_features": _define(
        "Features that give the label away",
        "features that alone predict the label with an area under the ROC curve above the check's `leakage`",
        "A feature may legitimately be that good; ask whether it is known before the label is.", DELONG,
        unit="features",
        range="0 or more", made_of="everyone",
    ),
    "strongest_feature_auc": _define(
        "Strongest single feature",
        "largest area under the ROC curve of one feature against the label; predicted by cross-fitted shares in its "
        "bins; more than two classes: each against the rest, averaged; numbers: above the median against the rest",
        "The interval holds for all features at once (Šidák).", DELONG, direction="none", unit="", made_of="everyone",
    ),
    "proxy_auc": _define(
        "Group predicted from the other features",
        "area under the ROC curve of a cross-validated gradient-boosted model of the group from all features that are "
        "no group columns, or of the one feature that predicts it better; several groups: each against the rest, "
        "averaged",
        "Close to 1: leaving the group column out hides nothing from the model. A proxy may still be unused; see "
        "the explanations.",
        DELONG, unit="", only_groups=True,
    ),
    "strongest_proxy_auc": _define(
        "Group predicted from one feature", "largest area under the ROC curve of one feature against the group",
        "The interval holds for all features at once (Šidák).", DELONG, unit="", only_groups=True,
    ),
    "group_share": _define(
        "Share of a group", "rows of the group / rows",
        "Whether that is too few depends on the people the model is used for, and these rows may not represent them.",
        direction="none", made_of="people", only_groups=True,
    ),
    "positive_share": _define(
        "Positive labels", "rows with the positive label / rows, in the group",
        "Labels that differ between groups may be true, or may be made by unequal treatment in the past.",
        "interval: Wilson (1927), JASA 22", direction="none", made_of="positives negatives",
    ),
    "label_share": _define(
        "Share of a label", "rows with the label / rows, in the group",
        "Labels that differ between groups may be true, or may be made by unequal treatment in the past.",
        "interval: Wilson (1927), JASA 22", direction="none",
    ),
    "label_mean": _define(
        "Mean of the label", "mean of the label, in the group",
        "Labels that differ between groups may be true, or may be made by unequal treatment in the past.",
        "interval: Student (1908), Biometrika 6", direction="none", unit="label units", range="any number",
    ),
}  # fmt: skip
ALIKE = DEFINITIONS["duplicate_share"].model_copy(
    update={
        "title": "Rows that share all values with an earlier one",
        "pitfalls": "The rows have ids, which say who occurs twice; people who share all values are different people.",
    }
)
"""What `duplicate_share` means where people are named by ids."""
