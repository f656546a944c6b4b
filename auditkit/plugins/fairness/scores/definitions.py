"""What the measurements of the scores mean."""

from auditkit.results import NOBODY, SELECTED_MORE, Definition
from auditkit.variants import defined

IMPOSSIBLE = (
    "Where the label is more common in one group, scores cannot be calibrated in every group and also have equal "
    "error rates, unless they are perfect: Chouldechova (2017), arXiv:1703.00056; Pleiss et al. (2017), "
    "arXiv:1709.02012."
)
DELONG = "DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44"
GARDNER = "Gardner, Brooks and Baker (2019), Evaluating the fairness of predictive student models, LAK '19"
BORKAN = (
    "Borkan, Dixon, Sorensen, Thain and Vasserman (2019), Nuanced metrics for measuring unintended bias with real data "
    "for text classification, arXiv:1903.04561"
)
BPSN, BNSP = "bpsn_auc", "bnsp_auc"
PLEISS = "Pleiss et al. (2017), On fairness and calibration, arXiv:1709.02012"

_DEFINITIONS = {
    "auc": Definition(
        title="Area under the ROC curve",
        formula="share of pairs (positive label, negative label) within the group whose positive has the higher "
        "score; ties count half",
        range="0 to 1; 0.5 is chance",
        direction="higher",
        reference=DELONG,
        pitfalls="Compares people within a group only: it does not see that a whole group is scored too low. Takes "
        "the labels as true.",
        harm=NOBODY,
    ),
    "auc_difference": Definition(
        more_groups="grows",
        title="Area under the ROC curve: difference",
        formula="max over groups - min over groups of the area under the ROC curve",
        range="0 to 1",
        direction="lower",
        reference=f"{DELONG}; interval: Zou and Donner (2008), Statistics in Medicine 27, for all pairs of groups at "
        "once; test: Pauly, Asendorf and Konietschke (2016), Biometrical Journal 58",
        pitfalls="Two groups with the same area can have curves that cross: see ABROCA. A group whose people are more "
        "alike is harder to rank, whatever the model.",
        harm=NOBODY,
    ),
    BPSN: Definition(
        title="Area under the ROC curve: background positive, subgroup negative",
        formula="share of pairs (positive text of no member of the group, negative text of the group) whose positive "
        "has the higher score; ties count half",
        range="0 to 1; 0.5 is chance",
        direction="higher",
        reference=f"{BORKAN}; {DELONG}",
        pitfalls="For texts alone. Low where the group's texts are scored too high, or where the positive texts of "
        "others are faint: compare it with the area of everyone. Takes the labels as true.",
        harm=NOBODY,
        only_groups=True,
    ),
    BNSP: Definition(
        title="Area under the ROC curve: background negative, subgroup positive",
        formula="share of pairs (positive text of the group, negative text of no member of it) whose positive has the "
        "higher score; ties count half",
        range="0 to 1; 0.5 is chance",
        direction="higher",
        reference=f"{BORKAN}; {DELONG}",
        pitfalls="For texts alone. Low where the group's texts are scored too low, or where its positive texts are "
        "faint: compare it with the area of everyone. Takes the labels as true.",
        harm=NOBODY,
        only_groups=True,
    ),
    "abroca": Definition(
        more_groups="grows",
        title="Area between ROC curves (ABROCA)",
        formula="largest over pairs of groups of the integral over false positive rates of |ROC of one - ROC of the "
        "other|",
        range="0 to 1",
        direction="lower",
        reference=GARDNER,
        pitfalls="Never below 0, and above 0 by chance, above all in small groups: compare it with the area of "
        "shuffled groups, and read the interval. Does not say whose curve is lower.",
        harm=NOBODY,
    ),
    "abroca_by_chance": Definition(
        title="Area between ROC curves by chance",
        formula="mean of the same largest area over shuffles of the groups among people of equal label; the "
        "interval's high end is their 95th percentile",
        range="0 to 1",
        reference=f"{GARDNER}; Venkatraman (2000), Biometrics 56, for the shuffling",
        pitfalls="An area below the 95th percentile is no evidence of a difference; nor is it evidence of none.",
        harm=NOBODY,
        only_groups=True,
    ),
    "calibration_in_the_large": Definition(
        title="Calibration in the large",
        formula="mean score - share with a positive label, within the group",
        range="-1 to 1; 0 is calibrated on average",
        unit="share",
        reference=PLEISS,
        pitfalls=f"Too high for some and too low for others can cancel: see the calibration error. {IMPOSSIBLE}",
        harm=SELECTED_MORE,
    ),
    "calibration_in_the_large_difference": Definition(
        more_groups="grows",
        title="Calibration in the large: difference",
        formula="max over groups - min over groups of (mean score - share with a positive label)",
        range="0 to 2",
        direction="lower",
        unit="share",
        reference=f"{PLEISS}; interval: Zou and Donner (2008), Statistics in Medicine 27, for all pairs of groups at "
        "once",
        pitfalls=f"Scores may be too high for one group and too low for another: see each group's own. {IMPOSSIBLE}",
        harm=SELECTED_MORE,
    ),
    "calibration_error": Definition(
        title="Calibration error",
        formula="sum over bins of (people in the bin / people) x |mean score - share with a positive label|, in bins "
        "of about equally many people of the group",
        range="0 to 1",
        direction="lower",
        unit="share",
        reference="Naeini, Cooper and Hauskrecht (2015), Obtaining well calibrated probabilities using Bayesian "
        "binning, AAAI",
        pitfalls="Above 0 by chance also for a calibrated model, more so in small groups, so groups of unequal size "
        f"must not be compared by the number alone; depends on the bins. {IMPOSSIBLE}",
        harm=NOBODY,
    ),
    "calibration_error_by_chance": Definition(
        title="Calibration error by chance",
        formula="mean calibration error where labels are drawn from the scores, so that the model is calibrated; the "
        "interval's high end is the 95th percentile",
        range="0 to 1",
        unit="share",
        reference="Bröcker and Smith (2007), Increasing the reliability of reliability diagrams, Weather and "
        "Forecasting 22",
        pitfalls="An error below the 95th percentile is no evidence against calibration; nor is it evidence for it.",
        harm=NOBODY,
    ),
    "demographic_parity_at_threshold": Definition(
        more_groups="grows",
        title="Demographic parity difference at the model's threshold",
        formula="max over groups - min over groups of the share of people whose score is at or above the threshold",
        range="0 to 1",
        direction="lower",
        unit="share",
        reference="Calders and Verwer (2010), Three naive Bayes approaches for discrimination-free classification",
        pitfalls="Holds for this threshold alone.",
        harm=SELECTED_MORE,
    ),
    "demographic_parity_worst_nearby": Definition(
        more_groups="grows",
        title="Demographic parity difference: largest near the model's threshold",
        formula="largest demographic parity difference over all thresholds within the window",
        range="0 to 1",
        direction="lower",
        unit="share",
        reference="Dvoretzky, Kiefer and Wolfowitz (1956) with the constant of Massart (1990), for the interval",
        pitfalls="The largest of many differences is large by chance: read the interval, which is wide because it "
        "holds for every threshold at once.",
        harm=SELECTED_MORE,
    ),
    "equalized_odds_at_threshold": Definition(
        more_groups="grows",
        title="Equalized odds difference at the model's threshold",
        formula="the larger of: max - min over groups of the true positive rate; of the false positive rate",
        range="0 to 1",
        direction="lower",
        unit="share",
        reference="Hardt, Price and Srebro (2016), Equality of opportunity in supervised learning, arXiv:1610.02413",
        pitfalls=f"Holds for this threshold alone. {IMPOSSIBLE}",
        harm=SELECTED_MORE,
    ),
    "equalized_odds_worst_nearby": Definition(
        more_groups="grows",
        title="Equalized odds difference: largest near the model's threshold",
        formula="largest equalized odds difference over all thresholds within the window",
        range="0 to 1",
        direction="lower",
        unit="share",
        reference="Dvoretzky, Kiefer and Wolfowitz (1956) with the constant of Massart (1990), for the interval",
        pitfalls="The largest of many differences is large by chance: read the interval, which is wide because it "
        f"holds for every threshold at once. {IMPOSSIBLE}",
        harm=SELECTED_MORE,
    ),
}
# shares at a threshold are other counts than those of the decisions
_AT_THRESHOLDS = ("demographic_parity", "equalized_odds")
DEFINITIONS = defined({
    name: meaning.model_copy(update={"made_of": "further" if name.startswith(_AT_THRESHOLDS) else "everyone"})
    for name, meaning in _DEFINITIONS.items()
})  # fmt: skip
