"""What the measurements of `privacy.membership` mean, and where they come from."""

from auditkit.results import Definition

YEOM = "Yeom et al., 2018, Privacy Risk in Machine Learning, arXiv:1709.01604"
CARLINI = "Carlini et al., 2022, Membership Inference Attacks From First Principles, arXiv:2112.03570"
DAS = "Das, Zhang and Tramèr, 2024, Blind Baselines Beat Membership Inference Attacks, arXiv:2406.16201"
FELDMAN = "Feldman, 2020, Does Learning Require Memorization?, arXiv:1906.05271"
ATTACKS = ("auc", "true_positive_rate", "advantage")
"""What the attack measures, which the trials of the attack guard."""

DEFINITIONS = {
    "auc": Definition(
        title="Attack AUC", formula="P(score of a member > score of a non-member), score = -loss", range="0 to 1",
        direction="lower", reference=YEOM, pitfalls="An average over everybody: a few exposed people do not show.",
    ),
    "true_positive_rate": Definition(
        title="Members found at a low false positive rate",
        formula="share of members above the threshold that only the given share of non-members exceeds",
        range="0 to 1", direction="lower", unit="share", reference=CARLINI,
        pitfalls="The threshold is set on the same non-members; the interval takes it as given.",
    ),
    "advantage": Definition(
        title="Attack advantage", formula="true less false positive rate, threshold: the mean training loss",
        range="-1 to 1", direction="lower", unit="share", reference=YEOM,
    ),
    "memorisation": Definition(
        title="Unusual training rows that are memorised",
        formula="share the model is right about less the share a reference fitted without them is right about",
        range="-1 to 1", direction="lower", unit="share", reference=FELDMAN,
        pitfalls="The reference is a model of another kind, in place of this one trained again without the row.",
    ),
}  # fmt: skip
