"""The parameters of `explanations.gradients`."""

from typing import Literal

from pydantic import BaseModel, Field

TRIED = 16
"""Rows on which the trials are made."""


class GradientParameters(BaseModel):
    """What a user may set for `explanations.gradients`."""

    rows: int = Field(default=100, ge=2, description="Rows to explain, drawn by the audit.")
    background: int = Field(default=100, ge=1, description="Rows whose mean is the baseline, from training if given.")
    steps: int = Field(default=50, ge=2, description="Points on the path at first; doubled for rows that need more.")
    baseline: Literal["auto", "mean", "zeros", "blurred"] = Field(
        default="auto", description="Where the path begins; auto: zeros for images, otherwise the background's mean."
    )
    copies: int = Field(default=5, ge=1, description="Copies of the network with random parameters.")
