"""What the measurements of attacks by name mean."""

from auditkit.results import Definition

NICOLAE = "Nicolae et al., 2018, Adversarial Robustness Toolbox, arXiv:1807.01069"
UPPER = "An upper bound: a stronger attack, or a larger budget of queries, may find more."

DEFINITIONS = {
    "robust_accuracy": Definition(
        title="Robust accuracy, the least over the attacks",
        formula="share of rows decided rightly for which no attack found a wrong decision within epsilon",
        range="0 to accuracy", direction="higher", unit="share", reference=NICOLAE, pitfalls=UPPER,
    ),
    "attack_robust_accuracy": Definition(
        title="Robust accuracy under one attack",
        formula="share of rows decided rightly for which this attack found no wrong decision within epsilon",
        range="0 to accuracy", direction="higher", unit="share", reference=NICOLAE,
        pitfalls=f"{UPPER} Look at its known boundary first: an attack that misses that one shows little.",
    ),
    "median_distance": Definition(
        title="Median distance to a wrong decision",
        formula="median, over the rows that the attack broke, of the smallest change found",
        range="0 and above", direction="higher", unit="ranges", reference=NICOLAE,
        pitfalls="Only over the rows that this attack broke, so attacks do not compare by it alone.",
    ),
    "clean_accuracy": Definition(
        title="Accuracy on the same rows", formula="share of rows decided rightly without an attack",
        range="0 to 1", direction="higher", unit="share",
    ),
    "queries_per_row": Definition(
        title="Questions asked per attacked row", formula="mean over the attacked rows", range="0 and above",
        unit="rows", pitfalls="For gradients, forward passes. An attack on a tree reads the tree and asks nothing.",
    ),
}  # fmt: skip
