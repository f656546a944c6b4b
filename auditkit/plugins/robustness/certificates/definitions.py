"""What the measurements of certificates mean."""

from auditkit.results import Definition

COHEN = "Cohen, Rosenfeld and Kolter, 2019, Certified Adversarial Robustness via Randomized Smoothing, arXiv:1902.02918"
GOWAL = "Gowal et al., 2018, On the Effectiveness of Interval Bound Propagation, arXiv:1810.12715"
HOWARD = "Howard et al., 2021, Time-uniform, nonparametric, nonasymptotic confidence sequences, arXiv:1810.08240"
SMOOTHED = (
    "About the smoothed model, which decides by a vote over noisy copies of the input, never about the model as it is "
    "used without the noise."
)

DEFINITIONS = {
    "smoothed_certified_accuracy": Definition(
        title="Certified accuracy of the smoothed model",
        formula="share of rows that the smoothed model decides rightly, proven to hold under every change of Euclidean "
        "length up to the radius; radius 0: decided rightly with a proven majority",
        range="0 to 1", direction="higher", unit="share", reference=f"{COHEN}; {HOWARD}",
        pitfalls=f"{SMOOTHED} A lower bound: more noisy copies may prove more. Radii are in units of the data's range.",
    ),
    "abstentions": Definition(
        title="Abstentions of the smoothed model", formula="share of rows in which no class had a proven majority",
        range="0 to 1", direction="lower", unit="share", reference=COHEN, pitfalls=SMOOTHED,
    ),
    "samples_per_row": Definition(
        title="Noisy copies drawn per row", formula="mean over rows", range="above 0", unit="copies", reference=HOWARD,
        pitfalls="Few where a row was decided early; the guarantee is the same.",
    ),
    "clean_accuracy": Definition(
        title="Accuracy of the model itself on the same rows", formula="share of rows decided rightly", range="0 to 1",
        direction="higher", unit="share",
    ),
    "certified_accuracy": Definition(
        title="Certified accuracy",
        formula="share of rows for which interval bounds prove that every change of each feature by at most epsilon, "
        "within the range of the data, leaves the right decision",
        range="0 to accuracy", direction="higher", unit="share", reference=GOWAL,
        pitfalls="A lower bound, often far below the truth for networks that were not trained for it: 0 proves nothing "
        "bad. Epsilon is in units of the data's range.",
    ),
    "attacked_accuracy": Definition(
        title="Accuracy under a short attack on the same rows",
        formula="share of rows for which gradient ascent within epsilon found no wrong decision",
        range="0 to accuracy", direction="higher", unit="share",
        reference="Madry et al., 2018, arXiv:1706.06083",
        pitfalls="An upper bound, to be compared with the certificate; robustness.evasion attacks harder.",
    ),
}  # fmt: skip
