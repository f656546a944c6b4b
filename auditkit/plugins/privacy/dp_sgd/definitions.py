"""What the numbers of a private training mean."""

from auditkit.plugins.privacy.accounting import definitions as accounting
from auditkit.results import Definition

ABADI = accounting.ABADI

DEFINITIONS = {
    **accounting.DEFINITIONS,
    "epsilon_of_rows": Definition(
        title="Privacy loss of several rows of one person", range="0 and above", direction="lower",
        formula="epsilon between data sets that differ in so many rows at once: a mixture of Gaussians by privacy loss "
        "distributions, or k epsilon at k e^((k - 1) epsilon) delta",
        reference="Choquette-Choo et al., 2024, arXiv:2310.15526",
        pitfalls="How many rows are of one person is read from ids and equal rows; name persons by [data] unit.",
    ),
    "noise_multiplier": Definition(
        title="Noise multiplier", formula="standard deviation of the noise / clipping norm", range="above 0",
    ),
    "sample_rate": Definition(
        title="Sampling rate", formula="chance of a row to take part in a step", range="0 to 1", unit="share"
    ),
    "steps": Definition(title="Steps", formula="count, steps on an empty batch included", range="1 and above"),
    "train_accuracy": Definition(
        title="Accuracy on the training split", formula="share decided rightly", range="0 to 1", unit="share",
        direction="higher", pitfalls="Not itself private: do not publish it beside the guarantee.",
    ),
    "train_rmse": Definition(
        title="Error on the training split", formula="square root of the mean squared error", range="0 and above",
        direction="lower", pitfalls="Of a model that predicts numbers. Not itself private.",
    ),
}  # fmt: skip
