"""The parameters of `explanations.effects`."""

from pydantic import BaseModel, Field


class EffectsParameters(BaseModel):
    """What a user may set for `explanations.effects`."""

    rows: int = Field(default=300, ge=20, description="rows drawn by the audit, over which effects are averaged")
    grid: int = Field(default=20, ge=3, le=100, description="values of a number at most; quantiles of the rows")
    shown: int = Field(default=6, ge=1, le=30, description="columns with a curve, those with the largest effects")
    features: tuple[str, ...] = Field(default=(), description="columns with a curve in place of these")
