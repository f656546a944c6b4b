"""What each number of `robustness.corruptions` means."""

from auditkit.results import NOBODY, Definition
from auditkit.variants import defined

HENDRYCKS = (
    "Hendrycks and Dietterich, 2019, Benchmarking Neural Network Robustness to Common Corruptions and Perturbations, "
    "arXiv:1903.12261"
)
TANGO = "Tango, 1998, Statistics in Medicine 17"

DEFINITIONS = defined({
    "mean_accuracy": Definition(
        title="Mean accuracy under corruptions",
        formula="share of rows decided rightly, averaged over corruptions and severities (those named beside it)",
        range="0 to 1", direction="higher", unit="share", reference=HENDRYCKS,
        pitfalls="An average over the corruptions that were tried, each counting alike; not over those of a real site.",
        harm=NOBODY,
    ),
    "clean_accuracy": Definition(
        title="Accuracy on the same rows", formula="share of rows decided rightly as they are", range="0 to 1",
        direction="higher", unit="share", harm=NOBODY,
    ),
    "worst_accuracy": Definition(
        title="Worst accuracy", formula="the smallest accuracy of all corruptions and severities", range="0 to 1",
        direction="higher", unit="share",
        pitfalls="The interval holds for all corruptions at once, so it is wider than one corruption's own.",
        harm=NOBODY,
    ),
    "relative_drop": Definition(
        title="Relative drop", formula="1 - mean accuracy under corruptions / accuracy on the same rows",
        range="at most 1", direction="lower", unit="share", reference="Fieller, 1954, JRSS B 16", harm=NOBODY,
    ),
    "steady_accuracy": Definition(
        title="Right whatever happens",
        formula="share of rows decided rightly as they are and under every corruption of the middle severity",
        range="0 to accuracy", direction="higher", unit="share", harm=NOBODY,
    ),
    "accuracy": Definition(
        title="Accuracy under one corruption", formula="share of rows decided rightly", range="0 to 1",
        direction="higher", unit="share", reference=HENDRYCKS, harm=NOBODY,
    ),
    "accuracy_drop": Definition(
        title="Drop of accuracy",
        formula="accuracy as they are less accuracy under the corruption, on the same rows; with a group: averaged "
        "over corruptions",
        range="-1 to 1", direction="lower", unit="share", reference=f"{TANGO}; McNemar, 1947, Psychometrika 12",
        pitfalls="A model that guesses has nothing to lose: read it beside accuracy.", harm=NOBODY,
    ),
    "drop_difference": Definition(
        more_groups="grows",
        title="Difference of drops between groups",
        formula="largest difference of two groups' mean drop of accuracy, over corruptions at the middle severity",
        range="0 to 2", direction="lower", unit="share", reference="Welch, 1947, Biometrika 34",
        pitfalls="A group with low accuracy has less to lose, so equal drops do not mean equal service.", harm=NOBODY,
    ),
})  # fmt: skip
