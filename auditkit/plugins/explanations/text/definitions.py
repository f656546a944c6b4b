"""What the numbers of `explanations.text` mean."""

from auditkit.plugins.explanations.quality import curve_findings
from auditkit.results import Definition, of_everyone

DEFINITIONS = of_everyone({
    **{name: curve_findings.DEFINITIONS[name] for name in ("deletion_gain", "insertion_gain")},
    "word_attribution": Definition(
        title="Attribution of a word (mean)",
        formula="mean, over the texts in which the word occurs, of the sum of the attributions of its occurrences",
        range="any number, in the unit of the explained output",
        unit="unit of the explained output",
        pitfalls="Only words of enough explained texts are listed. A word works in its sentence: not and never turn "
        "what stands beside them. With the class that the model gives, a positive number speaks for that class.",
    ),
    "strongest_share": Definition(
        title="Influence of the three strongest parts",
        formula="mean over texts of the sum of the three largest |attributions| / sum of all",
        range="0 to 1",
        unit="share",
        pitfalls="Says how concentrated the influence is, not whether it is right. Short texts have few parts.",
    ),
    "additivity_gap": Definition(
        title="Additivity gap",
        formula="max over texts |output without any part + sum of attributions - output| / range of the outputs",
        range="0 or more",
        direction="lower",
        unit="share",
        reference="Lundberg, Lee 2017, arXiv:1705.07874, property 1 (local accuracy)",
    ),
    "monte_carlo_error": Definition(
        title="Sampling error of the attributions",
        formula="median over texts of the largest standard error of an attribution that sampled orders cause / the "
        "largest |attribution| of the text",
        range="0 or more",
        direction="lower",
        unit="share",
        reference="Covert, Lee 2021, Improving KernelSHAP, proceedings.mlr.press/v130/covert21a",
    ),
})  # fmt: skip
