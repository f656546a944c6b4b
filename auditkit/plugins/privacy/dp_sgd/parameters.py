"""The parameters of `dp-sgd`."""

from pydantic import BaseModel, Field


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
        default=None, gt=0, allow_inf_nan=False, description="The noise, where epsilon is to follow from it."
    )
    delta: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="Under 1 / rows; where not given, the smaller of 1e-5 and 0.1 / rows.",
    )
    max_grad_norm: float = Field(default=1.0, gt=0, allow_inf_nan=False, description="The norm rows are clipped to.")
    epochs: int = Field(default=20, ge=1, le=10_000, description="Passes over the training split, on average.")
    batch_size: int = Field(default=128, ge=1, description="Rows in a step, on average.")
    learning_rate: float = Field(default=0.5, gt=0, allow_inf_nan=False, description="Step size.")
    public: tuple[str, ...] = Field(
        default=(),
        description="Parts of the model that hold nothing of a training row, by name (`*` fits anything): kept bit for "
        "bit, and not trained. `preprocess` is the preparation of inputs.",
    )
    momentum: float = Field(default=0.0, ge=0, lt=1, description="Of stochastic gradient descent.")
