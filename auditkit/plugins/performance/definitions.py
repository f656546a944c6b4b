"""What the measurements of this family mean."""

from typing import Any

from auditkit.metrics.catalogue import WILSON, ZOU_DONNER
from auditkit.metrics.composites import COMPOSITES
from auditkit.results import NOBODY, RIGHTLY_SELECTED, SELECTED_MORE, Definition

COMMON: dict[str, Any] = {
    "range": "0 to 1",
    "direction": "higher",
    "unit": "share",
    "harm": NOBODY,
    "made_of": "everyone",
}
"""What most of the measurements have alike."""


def _define(title: str, formula: str, reference: str, pitfalls: str, **others: Any) -> Definition:
    return Definition(title=title, formula=formula, reference=reference, pitfalls=pitfalls, **(COMMON | others))


ALERTS = "van der Vaart (1998), Asymptotic Statistics, 21.2; interval: Wilson (1927), JASA 22, for the size that it has"
SEVERAL = "Tsoumakas, Katakis and Vlahavas (2010), Mining multi-label data"
AVERAGED = {
    "precision": ("precision", "TP / (TP + FP), {}"), "recall": ("recall", "TP / (TP + FN), {}"),
    "f1": ("F1", "2 TP / (2 TP + FP + FN), {}"),
}  # fmt: skip
"""{number: (its name, its formula)} of averages over labels."""
DEFINITIONS = {
    "accuracy": _define(
        "Accuracy", "right decisions / people", WILSON,
        "Compare with majority_accuracy: with 95 % negatives, always deciding no is 95 % accurate.",
        made_of="outcomes", same_as="accuracy",
    ),
    "majority_accuracy": _define(
        "Accuracy of the most common label", "people with the most common label / people",
        WILSON, "The floor for accuracy, not a measure of the model.", direction="none",
        made_of="outcomes",
    ),
    "balanced_accuracy": _define(
        "Balanced accuracy", "mean over classes of (decided right / people with that label)",
        COMPOSITES["balanced_accuracy"].reference,
        "Undefined where a class does not occur; gives a rare class the same weight as a common one.",
        made_of="tp fp fn tn",
    ),
    "precision": _define(
        "Precision", "TP / (TP + FP)", WILSON,
        "Depends on how common the positive label is in these data.", harm=RIGHTLY_SELECTED, made_of="tp fp",
        same_as="positive_predictive_value",
    ),
    "recall": _define(
        "Recall", "TP / (TP + FN)", WILSON,
        "A model that always decides positive has a recall of 1.", harm=SELECTED_MORE, made_of="tp fn",
        same_as="true_positive_rate",
    ),
    "auc": _define(
        "Area under the ROC curve", "P(score of a positive > score of a negative) + P(equal) / 2",
        "DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44",
        "Says how well scores rank, not whether the threshold or the probabilities are right.", unit="",
    ),
    "average_precision": _define(
        "Average precision", "mean over positives of the precision among people with a score at least as high",
        "Boyd, Eng and Page (2013), Area under the precision-recall curve, ECML PKDD; interval: logit",
        "Depends on how common the positive label is, which is its value for scores that tell nothing: compare it "
        "with that, and never between data or groups in which positives are not equally common.",
            ),
    "recall_at_alert_rate": _define(
        "Recall at the alert rate", "positives among the people with the highest scores, as many as can be looked "
        "into / positives; of a group, among the people of everybody who are looked into", ALERTS,
        "Cannot be above alert rate / share of positives.", harm=SELECTED_MORE, made_of="further",
    ),
    "precision_at_alert_rate": _define(
        "Precision at the alert rate", "positives among the people with the highest scores, as many as can be looked "
        "into / these people", ALERTS, "Depends on how common the positive label is in these data.",
        harm=RIGHTLY_SELECTED, made_of="further",
    ),
    "cost_per_alert": _define(
        "Cost per alert", "(cost of an alert x alerts + cost of a missed positive x positives who are not alerted) / "
        "alerts", ALERTS, "As right as the two costs that the owner stated.", range="0 or more", direction="lower",
        unit="cost units", made_of="further",
    ),
    "macro_f1": _define(
        "Macro F1", "mean over classes, or labels, of 2 TP / (2 TP + FP + FN)",
        "Opitz and Burst (2019), Macro F1 and Macro F1, arXiv:1911.03347; interval: bootstrap on counts, of labels "
        "Zou and Donner (2008)",
        "Undefined where a class does not occur among the labels.",
    ),
    "quadratic_weighted_kappa": _define(
        "Quadratic weighted kappa", "1 - mean of (rank decided - true rank)² / the same of decisions and labels put "
        "together by chance", "Cohen (1968), Weighted kappa, Psychological Bulletin 70; interval: Fleiss, Cohen and "
        "Everitt (1969), Psychological Bulletin 72, on Fisher's z",
        "Takes neighbouring classes as equally far apart; depends on how the classes are spread in these data, so "
        "groups with other spreads cannot be compared by it.", range="-1 to 1", unit="", made_of="further",
    ),
    "mean_rank_error": _define(
        "Mean error of ranks", "mean of |rank decided - true rank|",
        "Baccianella, Esuli and Sebastiani (2009), ISDA; interval: Student (1908), Biometrika 6",
        "Takes neighbouring classes as equally far apart; always deciding for a middle class keeps it low.",
        range="0 or more", direction="lower", unit="ranks", made_of="further",
    ),
    "subset_accuracy": _define(
        "Subset accuracy", "people of whom every label is decided right / people", WILSON,
        "Falls with every label that is added; one wrong label counts as much as all.", made_of="further",
    ),
    "hamming_loss": _define(
        "Hamming loss", "wrong decisions / (people x labels)",
        "Schapire and Singer (2000), BoosTexter, Machine Learning 39; interval: Agresti and Coull (1998)",
        "Of rare labels it is low whatever the model does: never giving a label is wrong for few people.",
        direction="lower", made_of="further",
    ),
    **{f"micro_{name}": _define(
        f"Micro {title}", formula.format("summed over labels"), f"{SEVERAL}; interval: {WILSON}, pairs of one person "
        "together", "Common labels decide it; a rare label may be missed altogether.", made_of="further",
    ) for name, (title, formula) in AVERAGED.items()},
    **{f"macro_{name}": _define(
        f"Macro {title}", f"mean over labels of {formula.format('of the label')}",
        f"{SEVERAL}; interval: {ZOU_DONNER}, from the labels' intervals",
        "A label of few people counts as much as one of all; undefined where a label has too few.", made_of="further",
    ) for name, (title, formula) in AVERAGED.items() if name != "f1"},
    "log_loss": _define(
        "Log-loss", "mean of -ln(probability of the true class)", "Good (1952), Rational decisions, JRSS B 14",
        "One sure and wrong answer can dominate it; probabilities of 0 are taken as 2.2e-16.",
        range="0 to 36", direction="lower", unit="nats",
    ),
    "brier_score": _define(
        "Brier score", "mean of (probability of the positive class - what happened)²",
        "Brier (1950), Verification of forecasts expressed in terms of probability, Monthly Weather Review 78",
        "Mixes ranking and calibration; depends on how common the positive label is.", direction="lower", unit="",
    ),
    "calibration_error": _define(
        "Expected calibration error",
        "sum over bins of (share of people) x |observed share - mean probability|; bins of equally many people, at "
        "most the check's number and at least 25 people each; more than two classes: of the likeliest class",
        "Guo et al. (2017), On calibration of modern neural networks, arXiv:1706.04599; interval: Scheffé (1953)",
        "The value is above 0 by chance even for a calibrated model, more so with few rows: read the low end. Gaps "
        "inside a bin that cancel out stay unseen.",
        direction="lower",
    ),
    "mean_absolute_error": _define(
        "Mean absolute error", "mean of |predicted - true|", "interval: Student (1908), Biometrika 6",
        "In the units of the label, so it cannot be compared between labels.",
        range="0 or more", direction="lower", unit="label units", same_as="mean_absolute_error",
    ),
    "root_mean_squared_error": _define(
        "Root mean squared error", "root of the mean of (predicted - true)²", "interval: Student (1908), Biometrika 6",
        "A few large errors dominate it.", range="0 or more", direction="lower", unit="label units",
    ),
    "r_squared": _define(
        "R²", "1 - mean squared error / variance of the label in the same rows",
        "Wright (1921), Correlation and causation; interval: delta method",
        "Per group it is measured against the group's own spread: a group that differs little has a low R².",
        range="1 or less", unit="",
    ),
}  # fmt: skip
_SORTED, _TWO = ("binary", "multiclass", "multilabel"), ("binary", "multilabel")
_BINARY, _LABELS = ("binary",), ("multilabel",)
TASKS: dict[str, tuple[str, ...]] = {
    "accuracy": _SORTED, "majority_accuracy": ("binary", "multiclass"), "balanced_accuracy": _SORTED,
    "precision": _TWO, "recall": _TWO,
    "auc": _TWO, "average_precision": _TWO, "recall_at_alert_rate": _BINARY, "precision_at_alert_rate": _BINARY,
    "cost_per_alert": _BINARY, "macro_f1": ("multiclass", "multilabel"),
    "subset_accuracy": _LABELS, "hamming_loss": _LABELS,
    "quadratic_weighted_kappa": ("multiclass",), "mean_rank_error": ("multiclass",),
    **{f"{average}_{name}": _LABELS for average in ("micro", "macro") for name in AVERAGED if average == "micro"
       or name != "f1"}, "log_loss": _SORTED, "brier_score": _TWO,
    "calibration_error": _SORTED,
    "mean_absolute_error": ("regression",), "root_mean_squared_error": ("regression",), "r_squared": ("regression",),
}  # fmt: skip
"""For which tasks each is measured, where the model gives what it needs."""
