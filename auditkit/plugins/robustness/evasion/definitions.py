"""What the measurements of `robustness.evasion` mean, and where they come from."""

from auditkit.results import Definition
from auditkit.variants import defined

MADRY = "Madry et al., 2018, Towards Deep Learning Models Resistant to Adversarial Attacks, arXiv:1706.06083"
CROCE = "Croce and Hein, 2020, Reliable Evaluation of Adversarial Robustness, arXiv:2003.01690"
CHEN = "Chen, Jordan and Wainwright, 2020, HopSkipJumpAttack, arXiv:1904.02144"
CARLINI = "Carlini et al., 2019, On Evaluating Adversarial Robustness, arXiv:1902.06705"

DEFINITIONS = defined({
    "clean_accuracy": Definition(
        title="Accuracy on the same rows", formula="share of rows decided rightly without an attack",
        range="0 to 1", direction="higher", unit="share",
    ),
    "robust_accuracy": Definition(
        title="Robust accuracy",
        formula="share of rows decided rightly under every change found of size at most epsilon",
        range="0 to accuracy", direction="higher", unit="share", reference=f"{MADRY}; {CROCE}; {CHEN}",
        pitfalls="An upper bound: a stronger attack may find more. Epsilons of different norms do not compare.",
    ),
    "robust_accuracy_difference": Definition(
        more_groups="grows",
        title="Difference in robust accuracy between groups",
        formula="largest difference of robust accuracy between two groups, at one epsilon",
        range="0 to 1", direction="lower", unit="share", reference=CARLINI,
        pitfalls="Groups differ in accuracy without an attack, too; compare the two.",
    ),
    "median_distance": Definition(
        title="Median distance to a wrong decision",
        formula="median, over the broken rows, of the smallest change found, in units of the norm",
        range="0 and above", direction="higher", unit="ranges",
        reference=f"{CHEN}; Pintor et al., 2021, Fast Minimum-norm Adversarial Attacks, arXiv:2102.12827",
        pitfalls="An upper bound, over the rows for which a change was found at all.",
    ),
    "queries": Definition(
        title="Rows the model was asked about", formula="count", range="0 and above", unit="rows",
        pitfalls="For gradients, forward passes; each has a backward pass beside it.",
    ),
})  # fmt: skip
