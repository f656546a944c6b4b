"""The parameters of `privacy.membership`."""

from typing import Literal, TypeAlias

from pydantic import BaseModel, Field

ONLINE, BLACK_BOX, BOUNDARY = "lira online", "black box", "boundary distance"
Attack: TypeAlias = Literal[
    "auto", "loss", "gap", "black box", "boundary distance", "calibrated loss", "rmia", "lira offline", "lira online"
]
FEWEST = {"calibrated loss": 2, "rmia": 2, "lira offline": 4, ONLINE: 4}
"""{attack: copies of the model that it needs}; of two for a row or more, a spread can be estimated. The others need
none, and take none off."""


class Parameters(BaseModel):
    """What a user may set for `privacy.membership`."""

    rows: int = Field(default=4000, ge=1, description="How many non-members, and at most as many members, are used.")
    neighbours: int = Field(default=6000, ge=100, description="How many training rows are searched for odd ones.")
    attack: Attack = Field(
        default="auto",
        description="auto: rmia where copies of the model can be fitted, else loss, or gap where the model gives "
        "decisions alone. lira needs 4 copies, better 16; black box and boundary distance need the extra art.",
    )
    boundary_rows: int = Field(
        default=200, ge=20, description="Non-members, and as many members, whose boundary distance is looked for."
    )
    boundary_queries: int = Field(
        default=500, ge=50, description="How often the model is asked about each of them at most."
    )
    reference_models: int = Field(
        default=4, ge=0, le=512, multiple_of=2,
        description="Copies of the model that are fitted to half of the training rows each; 0: none.",
    )  # fmt: skip
    reference_rows: int = Field(default=20_000, ge=20, description="Rows that a copy is fitted to at most.")
    epochs: int | None = Field(
        default=None, ge=1, le=10_000, description="Of the model's own training, so that copies of a network are "
        "trained alike; where not given, no copy of a network is trained.",
    )  # fmt: skip
    batch_size: int = Field(default=64, ge=1, description="Rows in a step of that training.")
    optimizer: Literal["adam", "sgd"] = Field(
        default="adam", description="Of that training; sgd has a momentum of 0.9."
    )  # fmt: skip
    learning_rate: float = Field(default=1e-3, gt=0, allow_inf_nan=False, description="Of that training.")
    weight_decay: float = Field(default=0.0, ge=0, allow_inf_nan=False, description="Of that training.")
