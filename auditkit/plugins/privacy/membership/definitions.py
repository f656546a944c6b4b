"""What the measurements of `privacy.membership` mean, and where they come from."""

from auditkit.results import Definition

YEOM = "Yeom et al., 2018, Privacy Risk in Machine Learning, arXiv:1709.01604"
CARLINI = "Carlini et al., 2022, Membership Inference Attacks From First Principles, arXiv:2112.03570"
ZARIFZADEH = "Zarifzadeh, Liu and Shokri, 2024, Low-Cost High-Power Membership Inference Attacks, arXiv:2312.03262"
DAS = "Das, Zhang and Tramèr, 2024, Blind Baselines Beat Membership Inference Attacks, arXiv:2406.16201"
FELDMAN = "Feldman, 2020, Does Learning Require Memorization?, arXiv:1906.05271"
REACHED = "reached_false_positive_rate"
ATTACKS = ("auc", "true_positive_rate", REACHED, "advantage")
"""What the attack measures, which the trials of the attack guard."""

DEFINITIONS = {
    "true_positive_rate": Definition(
        title="Members found at a low false positive rate",
        formula="share of members above the threshold that only the given share of non-members exceeds",
        range="0 to 1", direction="lower", unit="share", reference=CARLINI,
        pitfalls="The threshold is set by one half of the non-members for the other half and its members: the rate "
        "that it reaches there is measured beside it.",
    ),
    REACHED: Definition(
        title="Non-members called members at that threshold",
        formula="share of non-members above the threshold that the other half of them set", range="0 to 1",
        direction="lower", unit="share", reference=CARLINI,
        pitfalls="Where it lies well above the rate asked for, so does the share of members found.",
    ),
    "auc": Definition(
        title="Attack AUC", formula="P(score of a member > score of a non-member), by the attack that is named",
        range="0 to 1", direction="lower", reference=YEOM,
        pitfalls="An average over everybody: a few exposed people do not show.",
    ),
    "advantage": Definition(
        title="Attack advantage",
        formula="true less false positive rate, threshold: the members' mean score (by loss: the mean training loss)",
        range="-1 to 1", direction="lower", unit="share", reference=YEOM,
    ),
    "memorisation": Definition(
        title="Unusual training rows that are memorised",
        formula="reference_gap of unusual training rows less that of unusual rows that were not trained on",
        range="-2 to 2", direction="lower", unit="share", reference=FELDMAN,
        pitfalls="Where too few unusual rows were not trained on, it is the first of the two, and that is said.",
    ),
    "reference_gap": Definition(
        title="Unusual rows known better than by a reference",
        formula="share the model is right about less the share that models fitted without them are right about",
        range="-1 to 1", unit="share", reference=FELDMAN,
        pitfalls="Where no copy of the model can be fitted, the reference is a model of another kind.",
    ),
}  # fmt: skip
