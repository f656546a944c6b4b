"""`robustness.evasion`: how often a small change of the input makes the model wrong."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
from pydantic import Field, model_validator

from auditkit.checks import Check, Context, Findings
from auditkit.data import AuditData
from auditkit.figures import curve, dot_whisker
from auditkit.models import Model
from auditkit.plugins.robustness.paths import Attempt, Outcome, by_decisions, by_gradients, unsteady, way
from auditkit.results import Axis, Control, Definition, Figure, Interval, Measurement

POINTS = 0.05
"""How far robust accuracy may be off before it is called wrong."""
MADRY = "Madry et al., 2018, Towards Deep Learning Models Resistant to Adversarial Attacks, arXiv:1706.06083"
CHEN = "Chen, Jordan and Wainwright, 2020, HopSkipJumpAttack, arXiv:1904.02144"


class Evasion(Check):
    """How little must an input change before the model is wrong about it?

    A model that changes its mind over a difference that nobody would notice can be steered by whoever controls the
    input. The number is the share of rows that are decided rightly and stay so under the worst change found, for each
    size of change (epsilon).

    Differentiable models that eat arrays are attacked with projected gradient descent through ART, under two losses and
    with random noise beside them; every returned point is asked about anew and counts only if it is finite, in range
    and within epsilon. Norm Linf: epsilon is the change of every feature, as a share of the data's range. Any other
    model of a table is attacked with HopSkipJump, which asks for decisions only: numeric features alone move, whole
    numbers stay whole, categories, sensitive attributes and immutable features are held. Norm "L2 scaled": the
    Euclidean distance with each feature in units of its range from the 1st to the 99th percentile. Rows that are wrong
    without any attack count as wrong.

    An attack can only show that a model is not robust: robust accuracy is an upper bound. Changes of categories and of
    text are not tried.
    """

    id: ClassVar[str] = "robustness.evasion"
    title: ClassVar[str] = "Evasion"
    reference: ClassVar[str] = (
        f"{MADRY}; {CHEN}; Carlini et al., 2019, On Evaluating Adversarial Robustness, arXiv:1902.06705"
    )
    needs: ClassVar[frozenset[str]] = frozenset({"queries", "labels", "binary", "multiclass"})
    presets = {
        "quick": {"rows": 40, "steps": 20, "max_queries": 400},
        "standard": {"rows": 150, "steps": 40, "max_queries": 1000},
        "thorough": {"rows": 500, "steps": 100, "max_queries": 2500},
    }
    higher_level: ClassVar[str] = "With gradients, a table is attacked by them too, which finds closer changes."
    definitions = {
        "clean_accuracy": Definition(
            title="Accuracy on the same rows", formula="share of rows decided rightly without an attack",
            range="0 to 1", direction="higher", unit="share",
        ),
        "robust_accuracy": Definition(
            title="Robust accuracy",
            formula="share of rows decided rightly under every change found of size at most epsilon",
            range="0 to accuracy", direction="higher", unit="share", reference=f"{MADRY}; {CHEN}",
            pitfalls="An upper bound: a stronger attack may find more. Epsilons of different norms do not compare.",
        ),
        "median_distance": Definition(
            title="Median distance to a wrong decision",
            formula="median, over the broken rows, of the smallest change found, in units of each feature's range",
            range="0 and above", direction="higher", unit="ranges", reference=CHEN,
            pitfalls="An upper bound, over the rows for which a change was found at all.",
        ),
        "queries": Definition(
            title="Rows the model was asked about", formula="count", range="0 and above", unit="rows",
            pitfalls="For gradients, forward passes; each has a backward pass beside it.",
        ),
    }  # fmt: skip

    rows: int = Field(default=150, ge=1, description="How many rows are attacked.")
    epsilons: tuple[float, ...] = Field(
        default=(0.02, 0.05, 0.1, 0.2), min_length=1, description="Sizes of change, in units of each feature's range."
    )
    group_epsilon: float = Field(
        default=0.05,
        gt=0,
        description="The epsilon at which groups are compared and the attack is tried; one of epsilons.",
    )
    steps: int = Field(default=40, ge=1, description="Steps of gradient descent.")
    max_queries: int = Field(default=1000, ge=50, description="Without gradients: queries for each row.")
    noise_draws: int = Field(default=10, ge=1, description="Random changes of each size tried beside the attack.")

    @model_validator(mode="after")
    def _grid(self) -> Self:
        if any(not 0 < each <= 1 for each in self.epsilons) or list(self.epsilons) != sorted(set(self.epsilons)):
            raise ValueError(f"epsilons must ascend and lie above 0 and up to 1; {list(self.epsilons)} was given")
        if self.group_epsilon not in self.epsilons:
            raise ValueError(
                f"group_epsilon must be one of epsilons {list(self.epsilons)}; {self.group_epsilon} was given"
            )
        return self

    def applies(self, model: Model, data: AuditData) -> str | None:
        """Why neither attack fits; None where one does."""
        chosen = way(model, data)
        return None if chosen in ("gradient", "boundary") else chosen

    def calls(self, model: Model, data: AuditData, rows: int) -> int:
        """Rows times queries; with gradients rows times steps, twice for each epsilon."""
        by_row = 2 * len(self.epsilons) * (self.steps + self.noise_draws)
        return rows * (by_row if way(model, data) == "gradient" else self.max_queries)

    def measure(self, model: Model, data: AuditData, context: Context) -> Findings:
        """Attack, and count what withstood."""
        attempt = Attempt(
            self.epsilons, self.group_epsilon, self.steps, self.max_queries, self.noise_draws,
            context.rng, context.seed, context.progress,
        )  # fmt: skip
        white = way(model, data) == "gradient"
        outcome = (by_gradients if white else by_decisions)(model, data, context.predictions, attempt)
        steady = unsteady(model, data, context.predictions)
        everyone = [_clean(outcome), *(_robust(outcome, each) for each in self.epsilons)]
        groups = _by_group(outcome, data, self.group_epsilon)
        median = [] if outcome.distances is None else [_median(outcome.distances)]
        asked = Measurement(name="queries", value=outcome.queries, exact=True, n=len(data), unit="rows")
        return Findings(
            # what is compared over groups comes first: a report may show the first number alone
            measurements=[*sorted(everyone, key=self._is_headline, reverse=True), *groups, *median, asked],
            controls=_controls(outcome, steady, white),
            figures=_figures(everyone, groups),
            notes=outcome.notes,
            level="model" if white else "queries",
            higher_level="" if white else None,
        )

    def _is_headline(self, each: Measurement) -> bool:
        return each.conditions.get("epsilon") == self.group_epsilon


def _clean(outcome: Outcome) -> Measurement:
    from auditkit import stats  # scipy is imported only where there is something to measure

    right = outcome.broken_at > 0
    return Measurement(
        name="clean_accuracy", value=float(right.mean()), interval=stats.wilson(int(right.sum()), len(right)),
        n=len(right), unit="share", direction="higher",
    )  # fmt: skip


def _robust(
    outcome: Outcome,
    epsilon: float,
    rows: np.ndarray | None = None,
    where: dict[str, str] | None = None,
    hidden: str | None = None,
) -> Measurement:
    """Robust accuracy at an epsilon, on some rows; `hidden` is why it may not be said."""
    from auditkit import stats  # as above

    common = {
        "name": "robust_accuracy", "unit": "share", "direction": "higher", "slice": where or {},
        "conditions": {"epsilon": epsilon, "norm": outcome.norm},
    }  # fmt: skip
    if hidden is not None:
        return Measurement(value=None, reason=hidden, **common)  # type: ignore[arg-type]
    withstood = outcome.broken_at[rows if rows is not None else slice(None)] > epsilon
    return Measurement(
        value=float(withstood.mean()), interval=stats.wilson(int(withstood.sum()), len(withstood)), n=len(withstood),
        **common,  # type: ignore[arg-type]
    )  # fmt: skip


def _by_group(outcome: Outcome, data: AuditData, epsilon: float) -> list[Measurement]:
    few = f"fewer than {data.minimum_cell} attacked rows"
    return [
        _robust(outcome, epsilon, cell.rows, cell.where, cell.hidden or (few if cell.n < data.minimum_cell else None))
        for cell in data.slices()
    ]


def _median(distances: np.ndarray) -> Measurement:
    """The median of the distances, with the interval that order statistics give."""
    from scipy import stats

    common = {"name": "median_distance", "unit": "ranges", "direction": "higher", "conditions": {"norm": "L2 scaled"}}
    if not len(distances):
        return Measurement(value=None, reason="no change was found that makes the model wrong", **common)  # type: ignore[arg-type]
    ordered, n = np.sort(distances), len(distances)
    rank = int(stats.binom.ppf(0.025, n, 0.5))
    interval = None
    # under six rows no two of them enclose the median with 95 %
    if n >= 6 and rank >= 1:
        interval = Interval(low=float(ordered[rank - 1]), high=float(ordered[n - rank]), method="order statistics")
    return Measurement(value=float(np.median(ordered)), interval=interval, n=n, **common)  # type: ignore[arg-type]


def _controls(outcome: Outcome, steady: float, white: bool) -> list[Control]:
    guards = ("robust_accuracy", "median_distance")
    controls = [
        Control.within(
            "repeatable", "Does the model give the same answer when asked again?", steady, at_most=1e-4, guards=guards,
            reason="An attack on a model that answers at random cannot tell a changed mind from chance.",
        ),
        Control.within(
            "random-noise", "Does random noise of the same size do no better than the attack?", outcome.noise_share,
            at_most=POINTS, guards=guards,
            reason="Noise found changes that the attack had missed, so the attack is too weak for this model.",
        ),
    ]  # fmt: skip
    if not len(outcome.broken_at[outcome.broken_at > 0]):
        return controls
    return controls + (_gradient_controls(outcome, guards) if white else [_boundary_control(outcome, guards)])


def _boundary_control(outcome: Outcome, guards: tuple[str, ...]) -> Control:
    return Control.within(
        "known-boundary", "How much farther than the truth does the attack find a boundary that is known?",
        outcome.known_ratio, at_most=1.5, guards=guards,
        reason="With this budget of queries the attack stays far from boundaries; raise max_queries.",
    )  # fmt: skip


def _gradient_controls(outcome: Outcome, guards: tuple[str, ...]) -> list[Control]:
    return [
        Control.within(
            "gradient-vanishes", "On what share of rows is the gradient exactly zero?", outcome.zero_share, at_most=0.1,
            guards=guards, reason="Where there is no gradient to follow, withstanding the attack shows nothing.",
        ),
        Control.within(
            "gradient-vanishes-on-some", "Is the gradient exactly zero on more than 1 % of rows?", outcome.zero_share,
            at_most=0.01, guards=guards, otherwise="note",
            reason="On these rows the attack had no direction to go in; the true robust accuracy may be lower.",
        ),
        Control.within(
            "same-decisions", "Does the attacked function decide as the model does?", outcome.agreement, at_least=0.99,
            guards=guards, reason="The attack climbed another function than the model.",
        ),
        Control.within(
            "logit-scale", "How far does robust accuracy move when the logits are multiplied by 100 and by 1/100?",
            outcome.scale_gap, at_most=POINTS, guards=guards,
            reason="The attack is stopped by saturated logits, which change no decision.",
        ),
        Control.within(
            "unbounded", "What share of rows withstands a change through the whole range?", outcome.unbounded,
            at_most=POINTS, guards=guards,
            reason="An attack that may do anything must succeed; this one does not, so it is the attack that fails.",
        ),
        Control.within(
            "returned-points", "What share of the attack's points was not finite, out of range or too far?",
            outcome.refused_share, at_most=0.01, guards=guards,
            reason="Points that break the rules were not counted, so the attack was weaker than it should be.",
        ),
    ]  # fmt: skip


def _figures(everyone: list[Measurement], groups: list[Measurement]) -> list[Figure]:
    """Robust accuracy over epsilon; and for each group at one epsilon, where groups may be shown."""
    clean, *robust = everyone
    points = [_point(clean, 0.0), *(_point(each, float(each.conditions["epsilon"] or 0)) for each in robust)]
    over = curve(
        "robust-accuracy", "Accuracy under attack over the size of the change", points,
        x=Axis(field="epsilon", title="epsilon", unit=str(robust[0].conditions["norm"])),
        y=Axis(field="accuracy", title="accuracy", percent=True, domain=(0, 1)), low="low", high="high",
        caption="Epsilon 0 is accuracy without an attack; the band is a 95 % interval.",
    )  # fmt: skip
    if not groups:
        return [over]
    size = f"epsilon {groups[0].conditions['epsilon']:g}, {groups[0].conditions['norm']}"
    plain = [each.model_copy(update={"conditions": {}}) for each in groups]  # said once, in the title
    by_group = dot_whisker("robust-accuracy-by-group", f"Accuracy under attack by group ({size})", plain)
    return [over] if by_group is None else [over, by_group]


def _point(each: Measurement, epsilon: float) -> dict[str, float | str | int | None]:
    assert each.interval is not None  # every share has one
    low, high = each.interval.low, each.interval.high
    return {"epsilon": epsilon, "accuracy": each.value, "low": low, "high": high, "n": each.n}
