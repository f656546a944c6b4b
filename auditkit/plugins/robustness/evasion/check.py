"""`robustness.evasion`: how often a small change of the input makes the model wrong."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.models import Model
from auditkit.plugins.robustness.attackability import way
from auditkit.plugins.robustness.evasion.definitions import CARLINI, CHEN, CROCE, DEFINITIONS, MADRY
from auditkit.results import of_everyone

GRIDS = {
    None: (0.02, 0.05, 0.1, 0.2),
    "Linf": (0.02, 0.05, 0.1, 0.2),
    "L2": (0.1, 0.25, 0.5, 1.0),
    "L1": (0.5, 1.0, 2.5, 5.0),
    "L2 scaled": (0.02, 0.05, 0.1, 0.2),
}
"""Sizes of change for each norm, where none are given; None: no norm was asked for."""
SCALED = "L2 scaled"


class Evasion(Check):
    """How little must an input change before the model is wrong about it?

    A model that changes its mind over a difference that nobody would notice can be steered by whoever controls the
    input. The number is the share of rows that are decided rightly and stay so under the worst change found, for each
    size of change (epsilon).

    Differentiable models that eat arrays are attacked along their gradients by several attacks, epsilons upward, and a
    row counts as broken where any attack broke it; every counted point is asked about anew and must be finite, in range
    and within epsilon, a share of the data's range. Where the output hides how near another decision is, what lies
    beneath it is attacked; where there is no gradient to follow, decisions answer, and what breaks a network fitted to
    the answers; the report says so. Any other model of a table is attacked with HopSkipJump, which asks for decisions
    only: numeric features alone move, whole numbers stay whole, categories, sensitive attributes and immutable features
    are held. Norm "L2 scaled": the Euclidean distance with each feature in units of its range from the 1st to the 99th
    percentile; with gradients Linf, L2 or L1. A norm that is asked for and that the model cannot be attacked in is
    refused. Rows that are wrong without any attack count as wrong. Numbers of words (tokens) are not attacked: a
    distance between them means nothing.

    An attack can only show that a model is not robust: robust accuracy is an upper bound. Changes of categories and of
    text are not tried.
    """

    id: ClassVar[str] = "robustness.evasion"
    title: ClassVar[str] = "Evasion"
    reference: ClassVar[str] = f"{MADRY}; {CROCE}; {CHEN}; {CARLINI}"
    needs: ClassVar[frozenset[str]] = frozenset({"queries", "labels", "binary", "multiclass"})
    presets = {
        "quick": {"rows": 40, "steps": 20, "max_queries": 400, "square_queries": 100, "trial_rows": 20},
        "standard": {"rows": 150, "steps": 40, "max_queries": 1000, "square_queries": 500, "trial_rows": 40},
        "thorough": {
            "rows": 500, "steps": 100, "max_queries": 2500, "square_queries": 5000, "trial_rows": 100,
            "attack": "standard",
        },
    }  # fmt: skip
    higher_level: ClassVar[str] = "With gradients, a table is attacked by them too, which finds closer changes."
    definitions = of_everyone(DEFINITIONS)
    conditions: ClassVar[frozenset[str]] = frozenset({"epsilon", "norm"})
    for_groups: ClassVar[frozenset[str]] = frozenset({"robust_accuracy"})

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
    attack: Literal["ensemble", "pgd", "standard"] = Field(
        default="ensemble", description="With gradients: several attacks, one, or the standard composition."
    )
    steps: int = Field(default=40, ge=1, description="Steps of each attack by gradients.")
    restarts: int = Field(default=1, ge=1, description="Runs of each attack by gradients that starts at random.")
    mode: Literal["exact", "fast"] = Field(
        default="exact", description="exact: every epsilon, upward; fast: the grid is halved for each row."
    )
    max_queries: int = Field(default=1000, ge=50, description="Without gradients: queries for each row.")
    square_queries: int = Field(default=500, ge=10, description="Of Square, which is tried beside the gradients.")
    noise_draws: int = Field(default=200, ge=1, description="Random changes of each size tried beside the gradients.")
    black_draws: int = Field(default=10, ge=1, description="The same, for attacks by decisions.")
    trial_rows: int = Field(default=40, ge=1, description="How many of the rows the attack is tried on.")
    permutations: int = Field(default=2000, ge=100, description="Shuffles in the test of differences between groups.")

    @model_validator(mode="before")
    @classmethod
    def _by_norm(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        filled = dict(given)
        if filled.get("epsilons") is None and filled.get("norm") in GRIDS:
            filled["epsilons"] = GRIDS[filled.get("norm")]
        if filled.get("group_epsilon") is None and filled.get("epsilons"):
            filled["group_epsilon"] = filled["epsilons"][min(1, len(filled["epsilons"]) - 1)]
        return filled

    @model_validator(mode="after")
    def _grid(self) -> Self:
        most = 1 if self.norm in (None, "Linf") else float("inf")
        if any(not 0 < each <= most for each in self.grid) or list(self.grid) != sorted(set(self.grid)):
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

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Why neither attack fits, or none answers in the norm that was asked for; None where one does."""
        chosen = way(model, data)
        if chosen == "gradient" and self.norm == SCALED:
            return (
                f'norm = "{SCALED}" is for models asked for decisions alone; this one gives gradients: Linf, L2 or L1'
            )
        if chosen == "boundary" and self.norm not in (None, SCALED):
            return (
                f'norm = "{self.norm}" needs a model that gives gradients and eats the inputs as they are; this one is '
                f'asked for decisions, in the norm "{SCALED}": set that, or leave norm out'
            )
        return None if chosen in ("gradient", "boundary") else chosen

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """Rows times queries, and the trial with twice as many.

        With gradients rows times steps, for each attack and epsilon, and the trials.
        """
        attacks = {"pgd": 1, "ensemble": 6, "standard": 12}[self.attack] * self.restarts
        by_row = len(self.grid) * (attacks * self.steps + self.square_queries) + self.noise_draws
        if way(model, data) == "gradient":
            return rows * by_row
        return (rows + 2 * min(rows, self.trial_rows)) * self.max_queries

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Attack, and count what withstood."""
        from auditkit.plugins.robustness.evasion.findings import find

        return find(self, model, data, context)
