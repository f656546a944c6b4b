"""What the measurements of `explanations.surrogate_tree` mean."""

from auditkit.results import Definition, of_everyone

CRAVEN = "Craven, Shavlik 1996, Extracting tree-structured representations of trained networks, NeurIPS 8"

DEFINITIONS = of_everyone({
    "surrogate_r2": Definition(
        title="R2 of the surrogate tree",
        formula="1 - mean (output of the model - output of the tree)^2 / variance of the model's output, on rows that "
        "the tree did not learn from",
        range="1 or less; 0: no better than the mean",
        direction="higher",
        reference=CRAVEN,
        pitfalls="High for outputs that hardly vary but for a few rows. A tree that follows the model well may still "
        "use other columns than the model does, where columns hang together.",
    ),
    "fidelity": Definition(
        title="Decisions that the surrogate tree shares",
        formula="share of rows that the tree did not learn from which it decides as the model does: as most rows of "
        "its leaf are decided",
        range="0 to 1",
        direction="higher",
        unit="share",
        reference=CRAVEN,
        pitfalls="Compare with the share of the most frequent decision.",
    ),
    "most_frequent_decision": Definition(
        title="Share of the most frequent decision",
        formula="share of the same rows that the model decides as most",
        range="0 to 1",
        unit="share",
    ),
})  # fmt: skip
