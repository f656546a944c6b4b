"""The parameters of `dp-sgd`."""

import math
import pathlib
from typing import Literal

from pydantic import BaseModel, Field, field_validator

from auditkit.plugins.privacy.accounting.history import LEAST_NOISE


class Parameters(BaseModel):
    """What a user may set for `dp-sgd`."""

    target_epsilon: float = Field(
        default=3.0,
        gt=0,
        le=100,
        allow_inf_nan=False,
        description="Epsilon not to exceed; unused with noise_multiplier.",
    )
    noise_multiplier: float | None = Field(
        default=None, ge=LEAST_NOISE, allow_inf_nan=False, description="The noise, where epsilon is to follow from it."
    )
    delta: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="Under 1 / units; where not given, the smaller of 1e-5 and 0.1 / units, in two digits.",
    )
    trainings: int = Field(
        default=1,
        ge=1,
        description="Trainings that read these rows, this one included, such as those of a search for parameters: "
        "epsilon is that of all together.",
    )
    neighbours: Literal["add_or_remove", "replace"] = Field(
        default="add_or_remove",
        description="Between which data sets epsilon holds: with a unit or without it, or with another in its place.",
    )
    max_grad_norm: float = Field(
        default=1.0, gt=0, allow_inf_nan=False, description="The norm gradients are clipped to."
    )
    epochs: int = Field(default=20, ge=1, le=10_000, description="Passes over the units, on average.")
    batch_size: int = Field(default=128, ge=1, description="Units (rows, or persons) in a step, on average.")
    learning_rate: float = Field(default=0.5, gt=0, allow_inf_nan=False, description="Step size.")
    noise: str = Field(
        default="independent", description="Of each step: drawn anew. Noise that hangs together over steps is refused."
    )
    checkpoint: pathlib.Path | None = Field(
        default=None,
        description="A `.safetensors` file that the training is kept in and taken up from, with all steps paid for.",
    )
    public: tuple[str, ...] = Field(
        default=(),
        description="Parts of the model that hold nothing of a training row, by name (`*` fits anything): kept bit for "
        "bit, and not trained. `preprocess` is the preparation of inputs.",
    )
    rows_per_unit: int = Field(
        default=32, ge=1, description="Most rows of a unit (`[data] unit`) in a step; which of them is drawn anew."
    )
    rows_at_once: int | None = Field(
        default=None,
        ge=1,
        description="Most rows that go through the model at once, where memory is short; the step is the same.",
    )
    optimizer: Literal["sgd", "adam"] = Field(default="sgd", description="What moves the weights.")
    schedule: Literal["constant", "linear", "cosine"] = Field(
        default="constant", description="How the step size falls to nearly 0 over the training."
    )
    canary_steps: int = Field(
        default=1000,
        ge=0,
        le=100_000,
        description="How often a step is done with a canary, and as often without it, to see whether it gives away "
        "more than it is accounted for; 0: never.",
    )
    twin_steps: int = Field(
        default=200,
        ge=0,
        le=10_000_000,
        description="Steps of a twin of the training that carries canaries and is thrown away; 0: no twin.",
    )
    momentum: float = Field(default=0.0, ge=0, lt=1, description="Of stochastic gradient descent.")

    target_range: tuple[float, float] | None = Field(
        default=None,
        description="Of a model that predicts numbers: the lowest and the highest target that can be, in the target's "
        "own units. Public, never read from these rows; targets outside are moved to the ends.",
    )

    @field_validator("target_range")
    @classmethod
    def _in_order(cls, bounds: tuple[float, float] | None) -> tuple[float, float] | None:
        if bounds is not None and not (math.isfinite(bounds[0]) and math.isfinite(bounds[1]) and bounds[0] < bounds[1]):
            raise ValueError(
                f"must be the lowest and the highest target, two finite numbers in order; {bounds} was given"
            )
        return bounds

    @field_validator("noise")
    @classmethod
    def _drawn_anew(cls, noise: str) -> str:
        if noise != "independent":
            raise ValueError(
                f"must be 'independent', drawn anew in every step; {noise!r} was given. Noise of matrix factorisation "
                "(DP-FTRL, banded or tree noise) hangs together over steps and has accountants of its own, which are "
                "not here: its epsilon would be wrong"
            )
        return noise
