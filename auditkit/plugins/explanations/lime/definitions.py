"""What the numbers of `explanations.lime` mean."""

from auditkit.plugins.explanations.quality import curve_findings
from auditkit.plugins.explanations.shared.influence import DEFINITIONS as INFLUENCE
from auditkit.results import Definition, of_everyone

LIME = "Ribeiro, Singh, Guestrin 2016, arXiv:1602.04938"
KRISHNA = "Krishna et al. 2022, The Disagreement Problem, arXiv:2202.01602"
_STRONGEST = "the strongest features of a row, at most 5 and at most half of them"

DEFINITIONS = of_everyone({
    **INFLUENCE,
    **curve_findings.DEFINITIONS,
    "local_fit": Definition(
        title="Local R2 (median)",
        formula="median over rows of the weighted R2 of the row's local linear model over its neighbours",
        range="at most 1",
        direction="higher",
        unit="share",
        reference=LIME,
        pitfalls="Over the neighbours that were drawn, most of which lie far away.",
    ),
    "top_jaccard": Definition(
        title="Stability of the strongest features",
        formula=f"mean over rows and pairs of draws of |A and B| / |A or B|; A, B: {_STRONGEST}, in two draws",
        range="0 to 1",
        direction="higher",
        unit="share",
        reference="Visani et al. 2022, Statistical stability indices for LIME, arXiv:2001.11757",
    ),
    "feature_agreement": Definition(
        title="Agreement with Shapley values: features",
        formula=f"mean over rows of the share of {_STRONGEST}, that lime and Shapley values have in common",
        range="0 to 1",
        direction="higher",
        unit="share",
        reference=KRISHNA,
        pitfalls="With few features much agreement is chance.",
    ),
    "sign_agreement": Definition(
        title="Agreement with Shapley values: signs",
        formula="mean over rows of the share of the strongest features that both name, with the same sign",
        range="0 to 1",
        direction="higher",
        unit="share",
        reference=KRISHNA,
    ),
    "rank_agreement": Definition(
        title="Agreement with Shapley values: ranks",
        formula="mean over rows of the share of the strongest features that both name, at the same place",
        range="0 to 1",
        direction="higher",
        unit="share",
        reference=KRISHNA,
    ),
})  # fmt: skip
