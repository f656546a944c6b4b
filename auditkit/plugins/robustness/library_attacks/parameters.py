"""The parameters of `robustness.library`."""

from typing import Any, Literal, Self

from pydantic import BaseModel, Field, model_validator


class Parameters(BaseModel):
    """What a user may set for `robustness.library`."""

    rows: int = Field(default=30, ge=1, description="how many rows are attacked")
    attacks: tuple[str, ...] = Field(
        default=(), description="names of classes of art.attacks.evasion; empty: a few that fit the model"
    )
    options: dict[str, dict[str, Any]] = Field(default={}, description="options of an attack, by its name")
    epsilons: tuple[float, ...] = Field(
        default=(0.02, 0.05, 0.1, 0.2), min_length=1, description="sizes of change, in units of the data's range"
    )
    norm: Literal["Linf", "L2"] = Field(default="Linf", description="how a change is measured")
    max_queries: int = Field(default=1000, ge=10, description="questions about each row, for each attack")

    @model_validator(mode="after")
    def _grid(self) -> Self:
        if any(not 0 < epsilon <= 1 for epsilon in self.epsilons) or list(self.epsilons) != sorted(set(self.epsilons)):
            raise ValueError(f"epsilons must ascend and lie above 0 and up to 1; {list(self.epsilons)} was given")
        for name in self.options if self.attacks else ():
            if name not in self.attacks:
                raise ValueError(f"options must be for one of attacks {list(self.attacks)}; {name!r} was given")
        return self
