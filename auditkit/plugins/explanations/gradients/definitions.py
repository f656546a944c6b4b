"""What each number of `explanations.gradients` means."""

from collections.abc import Mapping

from auditkit.plugins.explanations.quality.curve_findings import DEFINITIONS as OF_CURVES
from auditkit.plugins.explanations.shared.influence import DEFINITIONS as OF_INFLUENCE
from auditkit.results import Definition, of_everyone

SUNDARARAJAN = "Sundararajan, Taly, Yan 2017, arXiv:1703.01365, proposition 1"
YEH = "Yeh et al. 2019, On the (In)fidelity and Sensitivity of Explanations, arXiv:1901.09392"

DEFINITIONS: Mapping[str, Definition] = of_everyone({
    **OF_INFLUENCE,
    **OF_CURVES,
    "completeness_gap": Definition(
        title="Completeness gap (median)",
        formula="median over rows of |sum of attributions - (f(x) - f(baseline))| / |f(x) - f(baseline)|, the "
        "denominator at least a tenth of its own median; of gradient_shap the mean of f over the background in place "
        "of f(baseline)",
        range="0 or more",
        direction="lower",
        unit="share",
        reference=SUNDARARAJAN,
    ),
    "largest_completeness_gap": Definition(
        title="Completeness gap (largest)",
        formula="the largest over rows of the completeness gap",
        range="0 or more",
        direction="lower",
        unit="share",
        reference=SUNDARARAJAN,
    ),
    "monte_carlo_error": Definition(
        title="Sampling error of the attributions",
        formula="largest standard error of a unit's mean |attribution| that drawing causes / the largest mean "
        "|attribution|; units are columns, blocks of a picture or places of a sequence",
        range="0 or more",
        direction="lower",
        unit="share",
        reference="Erion et al. 2021, arXiv:1906.10670",
    ),
    "top_decile_share": Definition(
        title="Attribution in the strongest tenth",
        formula="mean over rows of: sum of |attribution| over the strongest tenth of positions / sum over all",
        range="0.1 (spread evenly) to 1",
        unit="share",
        pitfalls="Says how concentrated the attribution is, not whether it is on the right place.",
    ),
    "method_agreement": Definition(
        title="Agreement with gradient times distance",
        formula="mean over rows of the share of the strongest positions (5, or a tenth where that is more, at most "
        "half) that the method and gradient times (x - baseline) have in common",
        range="0 to 1",
        direction="higher",
        unit="share",
        reference="Krishna et al. 2022, The Disagreement Problem, arXiv:2202.01602",
        pitfalls="With few features much agreement is chance.",
    ),
    "sensitivity": Definition(
        title="Sensitivity of the attribution",
        formula="mean over rows of the largest |change of attributions| / |attributions| (Euclidean) over 3 random "
        "changes of the encoded input, uniform within the radius times the range of the inputs",
        range="0 or more",
        direction="lower",
        unit="ratio",
        reference=YEH,
    ),
    "faithfulness": Definition(
        title="Faithfulness of the attribution",
        formula="mean over rows of the correlation, over 40 random changes, of the output's move with the sum of the "
        "attributions of what is changed; the number of changed parts and the amount of input that they hold are "
        "partialled out. Changed parts become those of the baseline; for saliency and smooth_grad they move by up to "
        "2 % of the inputs' range, and slopes times moves are summed",
        range="-1 to 1; about 0 for attributions that only draw the input",
        direction="higher",
        unit="correlation",
        reference="Bhatt, Weller, Moura 2020, Evaluating and Aggregating Feature-based Model Explanations, "
        "arXiv:2005.00631 (faithfulness correlation), with sizes partialled out",
        pitfalls="What stands for a deleted part is a choice: the baseline. Inputs with deleted parts do not occur.",
    ),
    "infidelity": Definition(
        title="Infidelity of the attribution",
        formula="mean over rows of: mean over the same changes of (b * promised move - move)^2 / mean of move^2, with "
        "the b that makes it least",
        range="0 to 1",
        direction="lower",
        unit="share",
        reference=YEH,
        pitfalls="Small for any attribution whose promises grow with the amount that is deleted; see faithfulness.",
    ),
})  # fmt: skip
