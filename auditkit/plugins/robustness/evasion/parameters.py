"""The parameters of `robustness.evasion`."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from auditkit.checks import PluginRows
from auditkit.errors import closest

SCALED = "L2 scaled"
"""The norm of attacks by decisions: each feature in units of its own range."""
GRIDS = {
    None: (0.02, 0.05, 0.1, 0.2),
    "Linf": (0.02, 0.05, 0.1, 0.2),
    "L2": (0.1, 0.25, 0.5, 1.0),
    "L1": (0.5, 1.0, 2.5, 5.0),
    SCALED: (0.02, 0.05, 0.1, 0.2),
}
"""Sizes of change for each norm, where none are given; None: no norm was asked for."""
ATTACKS = {
    "ensemble": "PGD, Auto-PGD on the margin and towards three classes, and fast minimum-norm",
    "pgd": "projected gradient descent (Madry et al., 2018)",
    "standard": "Auto-PGD, also towards other classes, and FAB, with Square beside them (Croce and Hein, 2020)",
}
"""The names in `attacks.registry`, and what each is."""
FEW, MANY = 10, 64
"""Features of a table from which a search by decisions asks more in proportion, and up to which it does."""


class Parameters(PluginRows):
    """What a user may set for `robustness.evasion`."""

    rows_from: ClassVar[Mapping[str, str]] = {"attack": "register_attacks"}
    own_rows: ClassVar[Mapping[str, Mapping[str, str]]] = {"attack": ATTACKS}

    rows: int = Field(default=150, ge=1, description="How many rows are attacked.")
    norm: Literal["Linf", "L2", "L1", "L2 scaled"] | None = Field(
        default=None,
        description="With gradients: Linf, the largest change of a feature; L2; L1, their sum. Without: L2 scaled. "
        "None: Linf with gradients, L2 scaled without.",
    )
    epsilons: tuple[float, ...] | None = Field(
        default=None, min_length=1, description="Sizes of change, in units of each feature's range; none: by norm."
    )
    group_epsilon: float | None = Field(
        default=None, gt=0,
        description="Where groups are compared and the attack is tried; one of epsilons. None: the second of them.",
    )  # fmt: skip
    attack: str = Field(
        default="ensemble",
        description="With gradients: ensemble, several attacks; pgd, one; standard, the standard composition; or the "
        "dotted name of a plugin's.",
    )
    steps: int = Field(default=40, ge=1, description="Steps of each attack by gradients.")
    restarts: int = Field(default=1, ge=1, description="Runs of each attack by gradients that starts at random.")
    mode: Literal["exact", "fast"] = Field(
        default="exact", description="exact: every epsilon, upward; fast: the grid is halved for each row."
    )
    max_queries: int = Field(
        default=1000, ge=50,
        description="Without gradients: queries for each row. In a table for up to 10 features that may change; with "
        "more of them in proportion, up to 64.",
    )  # fmt: skip
    square_queries: int = Field(default=500, ge=10, description="Of Square, which is tried beside the gradients.")
    noise_draws: int = Field(default=200, ge=1, description="Random changes of each size tried beside the gradients.")
    black_draws: int = Field(default=10, ge=1, description="The same, for attacks by decisions.")
    trial_rows: int = Field(
        default=40, ge=1, description="How many of the rows the attack is tried on; by decisions, twice as many."
    )
    permutations: int = Field(default=2000, ge=100, description="Shuffles in the test of differences between groups.")

    @model_validator(mode="before")
    @classmethod
    def _by_norm(cls, options: Any) -> Any:
        if not isinstance(options, dict):
            return options
        filled = dict(options)
        if filled.get("epsilons") is None and filled.get("norm") in GRIDS:
            filled["epsilons"] = GRIDS[filled.get("norm")]
        if filled.get("group_epsilon") is None and filled.get("epsilons"):
            filled["group_epsilon"] = filled["epsilons"][min(1, len(filled["epsilons"]) - 1)]
        return filled

    @field_validator("attack")
    @classmethod
    def _known(cls, attack: str) -> str:
        if "." not in attack and attack not in ATTACKS:
            raise ValueError(f"an attack of auditkit or the dotted name of a plugin's; {closest(attack, ATTACKS)}")
        return attack

    @model_validator(mode="after")
    def _grid(self) -> Self:
        most = 1 if self.norm in (None, "Linf") else float("inf")
        # in Linf the whole range is 1; in the other norms the features add up to more
        if any(not 0 < epsilon <= most for epsilon in self.grid) or list(self.grid) != sorted(set(self.grid)):
            upper = " and up to 1" if most == 1 else ""
            raise ValueError(f"epsilons must ascend and lie above 0{upper}; {list(self.grid)} was given")
        if self.group_epsilon not in self.grid:
            raise ValueError(f"group_epsilon must be one of epsilons {list(self.grid)}; {self.group_epsilon} was given")
        return self

    @property
    def grid(self) -> tuple[float, ...]:
        """The epsilons, ascending."""
        return self.epsilons or GRIDS[self.norm]

    @property
    def distance(self) -> Literal["Linf", "L2", "L1"]:
        """The norm of the attack by gradients."""
        return "Linf" if self.norm is None or self.norm == "L2 scaled" else self.norm

    @property
    def middle(self) -> float:
        """The epsilon at which groups are compared and the attack is tried."""
        return self.group_epsilon or self.grid[min(1, len(self.grid) - 1)]

    def queries_of(self, features: int) -> int:
        """Queries for each row of a table of which so many features may change; `FEW` and `MANY` say in what range."""
        return self.max_queries * min(max(features, FEW), MANY) // FEW
