"""The parameters of `robustness.corruptions`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Parameters(BaseModel):
    """What a user may set for `robustness.corruptions`."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    rows: int = Field(default=1000, ge=1, description="how many rows are corrupted")
    corruptions: tuple[str, ...] = Field(default=(), description="which corruptions; empty: all that fit the inputs")
    held: bool = Field(default=True, description="whether immutable features and group columns of a table stay")
    shuffles: int = Field(default=999, ge=99, description="shuffles of the groups behind each p-value")
