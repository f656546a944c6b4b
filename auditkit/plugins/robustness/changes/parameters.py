"""The parameters of `robustness.changes`."""

from typing import Self

from pydantic import BaseModel, Field, field_validator, model_validator


class Parameters(BaseModel):
    """What a user may set for `robustness.changes`."""

    rows: int = Field(default=250, ge=1, description="how many rows are changed, drawn by the audit")
    within: tuple[float, ...] = Field(
        default=(0.05, 0.1, 0.25, 0.5, 1.0, 2.0), min_length=1, description="costs up to which flips are counted"
    )
    group_cost: float = Field(default=0.25, gt=0, description="the cost at which groups are compared; one of within")
    costs: dict[str, float] = Field(default={}, description="what a change of a feature costs; 1 unless given")
    implications: tuple[str, ...] = Field(
        default=(), description='what a changed row must keep, such as "years_employed <= age - 14"'
    )
    grid: int = Field(default=20, ge=3, le=1000, description="observed values of a number that are tried, at most")
    depth: int = Field(default=3, ge=2, le=6, description="features that are changed together, at most")
    beam: int = Field(default=12, ge=1, le=200, description="changes of a row that are extended at each depth")
    max_queries: int = Field(default=300, ge=20, description="questions for each row about changes of several features")
    draws: int = Field(default=50, ge=1, description="random changes of each row that are tried beside the search")
    permutations: int = Field(default=9999, ge=99, description="shuffles of the groups behind each p-value")

    @field_validator("costs")
    @classmethod
    def _positive(cls, costs: dict[str, float]) -> dict[str, float]:
        for name, cost in costs.items():
            if not 0 < cost < float("inf"):
                raise ValueError(f"costs must be above 0; {cost} was given for {name!r}. Declare it mutable = false")
        return costs

    @field_validator("implications")
    @classmethod
    def _readable(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        from auditkit.plugins.robustness.changes.implications import parse  # wanted only where one is stated

        for text in texts:
            parse(text)
        return texts

    @model_validator(mode="after")
    def _grid(self) -> Self:
        if any(not 0 < number < float("inf") for number in self.within) or list(self.within) != sorted(
            set(self.within)
        ):
            raise ValueError(f"within must ascend from above 0; {list(self.within)} was given")
        if self.group_cost not in self.within:
            raise ValueError(f"group_cost must be one of within {list(self.within)}; {self.group_cost} was given")
        return self
