"""The parameters of `explanations.gradients`."""

from typing import Literal, TypeAlias

from pydantic import BaseModel, Field

TRIED = 16
"""Rows on which the trials are made."""

Explainer: TypeAlias = Literal[
    "integrated_gradients", "gradient_shap", "deep_lift", "saliency", "input_x_gradient", "smooth_grad", "grad_cam",
    "occlusion",
]  # fmt: skip


class GradientParameters(BaseModel):
    """What a user may set for `explanations.gradients`."""

    explainer: Explainer = Field(default="integrated_gradients", description="How outputs are ascribed to inputs.")
    layer: str = Field(default="", description="Of grad_cam: the layer looked at; the last convolution unless given.")
    rows: int = Field(default=100, ge=2, description="Rows to explain, drawn by the audit.")
    background: int = Field(default=100, ge=1, description="Rows whose mean is the baseline, from training if given.")
    steps: int = Field(
        default=50, ge=2,
        description="Points on the path at first, doubled for rows that need more; sampling methods draw four times as "
        "many.",
    )  # fmt: skip
    baseline: Literal["auto", "mean", "zeros", "blurred"] = Field(
        default="auto",
        description="Where the path begins, and what deleted parts become; auto: zeros for images, the padding of "
        "tokens where there is one, otherwise the background's mean.",
    )
    copies: int = Field(default=5, ge=1, description="Copies of the network with random parameters.")
