"""What the numbers of an accountant mean."""

from auditkit.results import Definition

ABADI = "Abadi et al., 2016, Deep Learning with Differential Privacy, arXiv:1607.00133"

DEFINITIONS = {
    "epsilon": Definition(
        title="Privacy loss, epsilon", range="0 and above", direction="lower", reference=ABADI,
        formula="P(any outcome | data) ≤ e^epsilon P(same | data without a row) + delta, and the other way round; by "
        "privacy loss distributions",
        pitfalls="Of this training alone. An upper bound, exact in that it is computed, not estimated.",
    ),
    "epsilon_lower": Definition(
        title="Epsilon is at least", range="0 and above",
        reference="Gopi et al., 2021, Numerical Composition of Differential Privacy, arXiv:2106.02848",
        formula="lower end of the interval that privacy loss random variables certify for the same steps",
        pitfalls="Of the mechanism as it is accounted, not measured on the model: it says how tight epsilon is.",
    ),
    "delta": Definition(
        title="Delta", formula="the probability with which the bound of epsilon may fail", range="0 to 1 / rows",
        direction="lower",
    ),
}  # fmt: skip
