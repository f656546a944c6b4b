"""The parameters of `privacy.membership`."""

from typing import Literal, TypeAlias

from pydantic import BaseModel, Field

Attack: TypeAlias = Literal["auto", "loss", "calibrated loss", "rmia", "lira offline", "lira online"]
ONLINE = "lira online"
FEWEST = {"loss": 0, "calibrated loss": 2, "rmia": 2, "lira offline": 4, ONLINE: 4}
"""{attack: copies of the model that it needs}; of two for a row or more, a spread can be estimated."""


class Parameters(BaseModel):
    """What a user may set for `privacy.membership`."""

    rows: int = Field(default=4000, ge=1, description="How many non-members, and at most as many members, are used.")
    neighbours: int = Field(default=6000, ge=100, description="How many training rows are searched for odd ones.")
    attack: Attack = Field(
        default="auto",
        description="auto: rmia where copies of the model can be fitted, else loss. lira needs 4 copies, better 16.",
    )
    reference_models: int = Field(
        default=4, ge=0, le=512, multiple_of=2,
        description="Copies of the model that are fitted to half of the training rows each; 0: none.",
    )  # fmt: skip
    reference_rows: int = Field(default=20_000, ge=20, description="Rows that a copy is fitted to at most.")
