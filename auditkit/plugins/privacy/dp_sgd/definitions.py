"""What the numbers of a private training mean."""

from auditkit.results import Definition

ABADI = "Abadi et al., 2016, Deep Learning with Differential Privacy, arXiv:1607.00133"

DEFINITIONS = {
    "epsilon": Definition(
        title="Privacy loss, epsilon", range="0 and above", direction="lower", reference=ABADI,
        formula="P(any outcome | data) ≤ e^epsilon P(same | data without a row) + delta; larger of RDP and PRV",
        pitfalls="Of this training alone. An upper bound, exact in that it is computed, not estimated.",
    ),
    "delta": Definition(
        title="Delta", formula="the probability with which the bound of epsilon may fail", range="0 to 1 / rows",
        direction="lower",
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
