"""Evasion by gradients: the model's own surface, our tensor attacks, every counted point asked about anew.

One attack on one target, and the trials of it.
"""

from collections.abc import Callable
from unittest import mock

import numpy as np
import torch
from torch import Tensor

from auditkit.checks import Context
from auditkit.data import AuditData, as_array
from auditkit.errors import present
from auditkit.models import Model
from auditkit.plugins.robustness import attackability
from auditkit.plugins.robustness.attacks import Attack, Attacked, Problem, fmn, registry, sweep, zero_slopes
from auditkit.plugins.robustness.disguised_logits import other_lenses
from auditkit.plugins.robustness.evasion import (
    attack_checklist,
    controls,
    gradient_free,
    model_surface,
    surrogate,
)
from auditkit.plugins.robustness.evasion.outcome import NOTHING_RIGHT, Outcome, Pictures
from auditkit.plugins.robustness.evasion.parameters import Parameters
from auditkit.plugins.robustness.evasion.target import Tally, Target
from auditkit.plugins.robustness.noise_space import as_inputs
from auditkit.plugins.robustness.surface import surface_of
from auditkit.results import Control

NEAREST = 100
"""Steps at least of the search for the nearest point."""
VOID = 0.1
"""Share of rows without a slope above which decisions answer for all."""
VOID_HIDDEN = 0.01
"""The same where the output hides how near another decision is, and nothing was found beneath it."""


def attack(
    parameters: Parameters, model: Model, data: AuditData, context: Context, keep: Callable[[Outcome], None]
) -> Outcome:
    """Attack a differentiable model whose inputs are arrays; `keep` is given what is known before the trials.

    Raises:
        ModelError: the module's output is of no kind that can be read as logits.
    """
    array = present(as_array(data.inputs), "`attackability.way` saw to it")
    flat, truth = array.reshape(len(array), -1).astype(np.float64), context.predictions.truth
    right = np.flatnonzero(context.predictions.codes == truth)
    if not len(right):
        return Outcome(parameters.distance, np.zeros(len(flat)), 0, notes=(NOTHING_RIGHT,))
    space, counter = attackability.array_space(data, array, flat, attackability.may_change(data)), [0]

    def ask(points: np.ndarray) -> np.ndarray:
        counter[0] += len(points)
        return np.asarray(context.predictions.of(as_inputs(points, data)).codes)

    with model.module() as module:
        surface = surface_of(module, model, space.low, space.scale, model.encode(data.inputs[:1])).eval()
        probable = model_surface.is_disguised(surface, flat[right], array.shape[1:])
        # what lies beneath an output that hides how near another decision is, by rows and mixtures of rows
        mixed = model_surface.mixtures(flat, space.free, np.random.default_rng(context.seed))
        surface.look_beneath(surface.in_units(mixed, space))
        target = Target(surface, flat[right], truth[right], array.shape[1:], space, parameters.distance, ask)
        run = Run(parameters, target, context)
        run.search()
        broken_at, points = np.zeros(len(flat)), run.tally.points
        broken_at[right] = run.tally.broken_at
        # kept before the trials, should the time limit end the check there
        keep(Outcome(parameters.distance, broken_at.copy(), target.problem.forward + counter[0]))
        run.examine(len(right) / len(flat), probable)
    broken_at[right] = run.tally.broken_at
    nearest = run.tally.nearest[np.isfinite(run.tally.nearest)]
    pictures = Pictures(target.x.cpu().numpy(), points, np.isfinite(run.tally.nearest))
    notes = (
        *attackability.what_moved(data, space),
        *run.notes,
        f"Attacked on {surface.low.device}; {model_surface.read(surface, probable)}.",
    )
    return Outcome(
        parameters.distance, broken_at, target.problem.forward + counter[0], distances=nearest,
        controls=tuple(run.controls), notes=notes, pictures=pictures if array.ndim > 2 else None,
    )  # fmt: skip


class Run:
    """One attack on one target, and the trials of it."""

    def __init__(self, parameters: Parameters, target: Target, context: Context) -> None:
        self.parameters, self.target, self.context = parameters, target, context
        self.row = registry.chosen(parameters.attack, parameters.offers("attack"))
        self.tally = Tally(target, parameters.grid)
        self.rows = np.arange(len(target.origins))
        self.classes = int(target.problem.logits(target.x[:1]).shape[1])
        self.controls: list[Control] = []
        self.notes: list[str] = []
        self.follows_gradients = True
        self.zero, self.inside = 0.0, model_surface.takes_gradients(target.surface, target.x[:4])

    def make(self, steps: int, restarts: int, seed: int) -> Attack:
        """The attack of the check, with a word on progress before each part; its points are held to the rules."""
        attack = self.row.make(self.target.problem, self.classes, steps, restarts, seed)

        def held_to_rules(
            problem: Problem, x: Tensor, y: Tensor, radius: Tensor | float, start: Tensor | None = None
        ) -> Attacked:
            self.context.progress(0, 1, f"{self.parameters.attack} attack")
            result = attack(problem, x, y, radius, start)
            self.tally.count(problem.legal(result.points, x, radius).cpu().numpy())
            return result._replace(points=problem.tidied(result.points, x))

        return held_to_rules

    def search(self) -> None:
        """Attack: along gradients, and by decisions where there are none to follow."""
        surface = self.target.surface
        self.sweep_all_ways()
        self.follows_gradients = self.zero <= (VOID_HIDDEN if surface.hides else VOID) and not self.inside
        if self.follows_gradients:
            self.nearest()
            if surface.lens is not None and not surface.lens.exact:
                self.controls.append(controls.beneath_control(self.attack_beneath()))
            return
        ratio = self.attack_by_decisions(self.rows)
        self.controls = controls.decision_controls(self.zero, float(self.inside), ratio, self.transfer())
        self.notes.append(
            "No gradient to follow: the whole curve is by decisions alone (RayS or HopSkipJump), and by what breaks a "
            "network fitted to the model's answers."
        )

    def sweep_all_ways(self) -> None:
        """Attack along gradients in every way of looking at the model; the one that breaks most is tried further."""
        surface, best = self.target.surface, -1
        ways = (surface.lens,) if surface.lens is None else (surface.lens, *other_lenses(surface.lens))
        chosen = surface.lens
        for lens in ways:
            surface.lens = lens
            zero = self.zero_share()
            broken = self.sweep() if zero < 1 and not self.inside else 0
            if broken > best:
                best, chosen, self.zero = broken, lens, zero
        surface.lens = chosen

    def zero_share(self) -> float:
        """The share of rows at which there is no slope to follow."""
        target, seed = self.target, self.context.seed
        slopes = zero_slopes(target.problem, target.x, target.y, self.parameters.middle, seed)
        if target.surface.hides:
            slopes |= zero_slopes(target.problem, target.x, target.y, 0.0, seed)
        return float(slopes.double().mean())

    def transfer(self) -> float | None:
        """Break a network fitted to the answers, try that on the model, and the search by decisions on the network.

        The share of rows that the search misses there; None where there is nothing to tell it from.
        """
        parameters, target, seed = self.parameters, self.target, self.context.seed
        self.context.progress(0, 1, "a network fitted to the answers")
        fitted = surrogate.fit(target, self.classes, seed)
        if not len(fitted.origins):
            return None
        attack = self.row.make(fitted.problem, self.classes, parameters.steps, 1, seed)
        broken = surrogate.transferred(target, self.tally, fitted, attack, parameters.grid)
        return surrogate.missed(fitted, broken, parameters.grid, self.context.rng, parameters.max_queries)

    def attack_beneath(self) -> float:
        """By how much more rows break where nothing is rounded or cut off; what breaks them is tried on the model."""
        parameters, target = self.parameters, self.target
        # put back after a time limit too: the trials that follow ask the surface as it is
        with mock.patch.object(target.surface, "smooth", True):
            attack = self.make(parameters.steps, 1, self.context.seed)
            swept = sweep(target.problem, target.x, target.y, parameters.grid, attack, mode=parameters.mode)
        self.tally.take(swept, self.rows)
        of_smooth, of_model = swept.broken_at.cpu().numpy(), self.tally.broken_at
        is_right = of_smooth > 0  # what is decided otherwise beneath says nothing
        gains = [
            int((is_right & (of_smooth <= epsilon)).sum()) - int((is_right & (of_model <= epsilon)).sum())
            for epsilon in parameters.grid
        ]
        return float(max(gains)) / len(self.rows)

    def attack_by_decisions(self, rows: np.ndarray) -> float | None:
        """Attack rows by decisions and by squares; how far off that finds a boundary that is known."""
        parameters, target = self.parameters, self.target
        known_ratio = gradient_free.by_decisions(
            target, self.tally, rows, self.context.rng, parameters.max_queries,
            lambda done, total: self.context.progress(done, total, "search by decisions, queries per row"),
        )  # fmt: skip
        for epsilon in parameters.grid:
            survivors = self.tally.left(rows, epsilon)
            gradient_free.by_squares(
                target, self.tally, survivors, epsilon, parameters.max_queries // 4, self.context.seed
            )
        return known_ratio

    def examine(self, right: float, probable: bool) -> None:
        """Try the attack; what the trials find counts as well.

        Args:
            right: the share of all rows that the model decides rightly.
            probable: whether what is said to be logits is probabilities.
        """
        parameters, lens = self.parameters, self.target.surface.lens
        sample = np.sort(self.context.rng.permutation(len(self.rows))[: parameters.trial_rows])
        bench = attack_checklist.Bench(
            self.target, self.tally, sample, parameters.middle, self.make,
            parameters.steps, parameters.restarts, self.context.seed,
        )  # fmt: skip
        if not self.follows_gradients:
            noise = attack_checklist.noise(bench, parameters.grid, parameters.noise_draws)
            self.controls.append(controls.noise_control(noise, controls.POINTS))
            return
        trials, is_rounded = self.trials(bench, right, probable), lens is not None and bool(lens.steps)
        self.controls = [
            *controls.gradient_controls(trials, len(bench.rows), self.classes, is_rounded), *self.controls
        ]  # fmt: skip
        if (trials["black-box"] or 0) > controls.BEATEN:
            self.notes.append("Attacks without gradients did better, so they were run on every row; both count.")
            self.attack_by_decisions(self.rows)

    def sweep(self) -> int:
        """Attack along gradients over the grid, and take down what holds when the model itself is asked.

        How many pairs of a row and an epsilon this sweep alone broke.
        """
        parameters, target = self.parameters, self.target
        attack = self.make(parameters.steps, parameters.restarts, self.context.seed)

        swept = sweep(
            target.problem, target.x, target.y, parameters.grid, attack, mode=parameters.mode,
            progress=lambda done, total: self.context.progress(done, total, "attack by gradients, epsilons"),
        )  # fmt: skip
        refused = self.tally.take(swept, self.rows)
        # what broke the function and not the model itself, to the last digit, is attacked anew, and a little nearer
        for epsilon in parameters.grid if len(refused) else ():
            again = self.make(parameters.steps, 1, self.context.seed + 5)
            self.tally.attack(again, self.tally.left(refused, epsilon), epsilon, epsilon * 0.999)
        if parameters.mode == "fast":
            self.notes.append(
                "Fast mode: for each row the grid of epsilons was halved."
                if swept.mode == "fast"
                else "Fast mode was asked for; success was not monotone on a sample, so every epsilon was attacked."
            )
        broken_at = swept.broken_at.cpu().numpy()
        return sum(int((broken_at <= epsilon).sum()) for epsilon in parameters.grid)

    def nearest(self) -> None:
        """The nearest point of each row by fast minimum-norm, for the median distance; it breaks rows too."""
        result = fmn(self.target.problem, self.target.x, self.target.y, steps=max(NEAREST, self.parameters.steps))
        distances = result.distances.double().cpu().numpy()
        rows = np.flatnonzero(np.isfinite(distances))
        indices = torch.as_tensor(rows, device=self.target.x.device)
        self.tally.add(result.points[indices], rows, distances[rows])

    def trials(self, bench: attack_checklist.Bench, right: float, probable: bool) -> controls.TrialValues:
        """Every trial, on one sample; what one finds beyond the attack is known to the next."""
        parameters = self.parameters
        self.notes.append(
            f"The attack was tried on {len(bench.rows)} of the attacked rows, at epsilon {parameters.middle:g}."
        )
        return {
            "converged": attack_checklist.longer(bench),
            "restarts": attack_checklist.again(bench),
            **attack_checklist.trace(bench),
            "random-noise": attack_checklist.noise(bench, parameters.grid, parameters.noise_draws),
            **attack_checklist.unbounded(bench, right),
            "one-step": attack_checklist.one_step(bench),
            "gradient-vanishes": self.zero,
            "gradient-inside": float(self.inside),
            "output-probability": float(probable),
            "same-decisions": self.target.agreement(),
            "returned-points": self.tally.unfit / max(1, self.tally.returned),
            "monotone": attack_checklist.falls(bench, parameters.grid),
            "logit-scale": attack_checklist.scale_gap(bench),
            "unstable-loss": attack_checklist.unstable(bench),
            "slopes-hold": attack_checklist.slope_correlation(bench),
            "undefended-copy": attack_checklist.undefended(bench, self.row),
            "black-box": self.black_box(bench),
        }

    def black_box(self, bench: attack_checklist.Bench) -> float:
        """The largest share of the sample, over epsilons, that only Square or the search by decisions breaks.

        Rows whose boundary the gradients found at most 2 % too far off do not count: what leads astray misses by far.
        """
        parameters, before = self.parameters, self.tally.broken_at[bench.rows].copy()
        nearest = self.tally.nearest[bench.rows].copy()  # copies, for what follows writes into the tally
        rows = self.rows if parameters.attack == "standard" else bench.rows
        for epsilon in parameters.grid:
            survivors = self.tally.left(rows, epsilon)
            self.context.progress(0, 1, "attacks without gradients")
            gradient_free.by_squares(
                self.target, self.tally, survivors, epsilon, parameters.square_queries, self.context.seed + 2
            )
        survivors = bench.rows[np.isinf(self.tally.broken_at[bench.rows])][: controls.ALONE]
        if len(survivors):
            gradient_free.by_decisions(
                self.target, self.tally, survivors, self.context.rng, parameters.max_queries // 4
            )
        after = self.tally.broken_at[bench.rows]
        return max(
            float(np.mean((before > size) & (after <= size) & (nearest > controls.CLOSE * size)))
            for size in parameters.grid
        )
