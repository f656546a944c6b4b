"""The parameters of `explanations.lime`."""

from pydantic import BaseModel, Field


class LimeParameters(BaseModel):
    """What a user may set for `explanations.lime`."""

    rows: int = Field(default=100, ge=2, description="Rows to explain, drawn by the audit; of images and texts 20.")
    samples: int | None = Field(
        default=None, ge=50, description="Neighbours; lime's own numbers unless given: 5,000, of images 1,000."
    )
    seeds: int = Field(default=10, ge=10, description="Neighbourhoods that are drawn to see whether the answer stays.")
