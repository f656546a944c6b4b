"""The parameters of `robustness.certificates`."""

from typing import Self

from pydantic import BaseModel, Field, model_validator


class Parameters(BaseModel):
    """What a user may set for `robustness.certificates`."""

    rows: int = Field(default=100, ge=1, description="how many rows are certified")
    sigma: float = Field(
        default=0.1, gt=0, le=10, description="standard deviation of the noise, in units of the data's range"
    )
    radii: tuple[float, ...] = Field(
        default=(0.05, 0.1, 0.15, 0.2), min_length=1,
        description="Euclidean radii of the curve, in units of the data's range",
    )  # fmt: skip
    group_radius: float = Field(default=0.1, gt=0, description="the radius at which groups are shown; one of radii")
    samples: int = Field(default=2000, ge=100, description="noisy copies of a row at most")
    selection: int = Field(default=100, ge=10, description="further copies from which a row's class is chosen")
    alpha: float = Field(default=0.001, gt=0, le=0.1, description="the chance that any certificate of any row is wrong")
    epsilons: tuple[float, ...] = Field(
        default=(0.002, 0.005, 0.01, 0.02, 0.05), min_length=1,
        description="changes of every feature, in units of its range, for the interval bounds",
    )  # fmt: skip
    steps: int = Field(default=20, ge=1, description="steps of the attacks that the certificates are held against")

    @model_validator(mode="after")
    def _grids(self) -> Self:
        for name, grid in (("radii", self.radii), ("epsilons", self.epsilons)):
            if any(not 0 < number < float("inf") for number in grid) or list(grid) != sorted(set(grid)):
                raise ValueError(f"{name} must ascend and lie above 0; {list(grid)} was given")
        if self.group_radius not in self.radii:
            raise ValueError(f"group_radius must be one of radii {list(self.radii)}; {self.group_radius} was given")
        return self
