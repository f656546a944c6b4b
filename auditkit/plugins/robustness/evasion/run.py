"""One attack by gradients on one target, and the trials of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from auditkit.plugins.robustness.attacks import fmn, sweep, zero_slopes
from auditkit.plugins.robustness.evasion import blind, composition, controls, forward, tracing, trials
from auditkit.plugins.robustness.evasion.target import Tally, Target

if TYPE_CHECKING:
    from auditkit.checks import Context
    from auditkit.plugins.robustness.evasion.check import Evasion

NEAREST = 100
"""Steps at least of the search for the nearest point."""
VOID = 0.1
"""Share of rows without a slope above which decisions answer for all."""


class Run:
    """One attack on one target, and the trials of it."""

    def __init__(self, check: Evasion, target: Target, context: Context, right: float, probable: bool) -> None:
        self.check, self.target, self.context = check, target, context
        self.right, self.probable = right, probable
        self.tally = Tally(target, check.grid)
        self.rows = np.arange(len(target.origins))
        self.classes = int(target.problem.logits(target.x[:1]).shape[1])
        self.controls: list[Any] = []
        self.notes: list[str] = []
        self.answered_by = "gradients"
        self.zero, self.inside = 0.0, False
        self.known_ratio: float | None = None

    def make(self, steps: int, restarts: int, seed: int) -> Any:
        """The attack of the check, with a word on progress before each part."""
        made = composition.by_gradients(self.check.attack, self.target.problem, self.classes, steps, restarts, seed)

        def told(*given: Any, **named: Any) -> Any:
            self.context.progress(0, 1, f"{self.check.attack} attack")
            return made(*given, **named)

        return told

    def search(self) -> None:
        """Attack: along gradients, and by decisions where there are none to follow."""
        check, target = self.check, self.target
        slopes = zero_slopes(target.problem, target.x, target.y, check.middle, self.context.seed)
        self.zero = float(slopes.double().mean())
        self.inside = forward.takes_gradients(target.surface, target.x[:4])
        if self.zero < 1 and not self.inside:
            self.sweep()
        if self.zero <= VOID and not self.inside:
            self.nearest()
            return
        self.answered_by = "decisions"
        self.known_ratio = self.blindly(self.rows)
        self.notes.append("No gradient to follow: the whole curve is by decisions alone (RayS or HopSkipJump).")

    def blindly(self, rows: np.ndarray) -> float | None:
        """Attack rows by decisions and by squares; how far off that finds a boundary that is known."""
        check, target = self.check, self.target
        found = blind.by_decisions(
            target, self.tally, rows, self.context.rng, check.max_queries,
            lambda done, total: self.context.progress(done, total, "search by decisions, queries per row"),
        )  # fmt: skip
        for epsilon in check.grid:
            left = self.tally.left(rows, epsilon)
            blind.by_squares(target, self.tally, left, epsilon, check.max_queries // 4, self.context.seed)
        return found.known_ratio

    def examine(self) -> None:
        """Try the attack; what the trials find counts as well."""
        if self.answered_by == "gradients":
            tried = self.tried(self.zero, self.inside)
            self.controls = controls.white_controls(tried)
            if tried.black_box > controls.BEATEN:
                self.notes.append("Attacks without gradients did better, so they were run on every row; both count.")
                self.blindly(self.rows)
            return
        noise = trials.noise(self.bench(), self.check.grid, self.check.noise_draws)
        self.controls = [
            *controls.void_controls(self.zero, self.inside, self.known_ratio),
            controls.noise_control(noise, controls.POINTS),
        ]

    def sweep(self) -> None:
        """Attack along gradients over the grid, and take down what holds when the model itself is asked."""
        check, target = self.check, self.target
        made = self.make(check.steps, check.restarts, self.context.seed)

        def told(done: int, total: int) -> None:
            self.context.progress(done, total, "attack by gradients, epsilons")

        swept = sweep(target.problem, target.x, target.y, check.grid, made, mode=check.mode, progress=told)
        again = self.tally.take(swept, self.rows)
        # what broke the function and not the model itself, to the last digit, is attacked anew, and a little nearer
        for epsilon in check.grid if len(again) else ():
            left = self.tally.left(again, epsilon)
            if len(left):
                at = torch.as_tensor(left, device=target.x.device)
                tried = self.make(check.steps, 1, self.context.seed + 5)(
                    target.problem, target.x[at], target.y[at], epsilon * 0.999
                )
                broken = tried.broken.cpu().numpy()
                self.tally.add(tried.points[tried.broken], left[broken], epsilon)
        if check.mode == "fast":
            self.notes.append(
                "Fast mode: for each row the grid of epsilons was halved."
                if swept.mode == "fast"
                else "Fast mode was asked for; success was not monotone on a sample, so every epsilon was attacked."
            )

    def nearest(self) -> None:
        """The nearest point of each row by fast minimum-norm, for the median distance; it breaks rows too."""
        found = fmn(self.target.problem, self.target.x, self.target.y, steps=max(NEAREST, self.check.steps))
        gone = found.distances.double().cpu().numpy()
        won = np.flatnonzero(np.isfinite(gone))
        at = torch.as_tensor(won, device=self.target.x.device)
        self.tally.add(found.points[at], won, gone[won])

    def bench(self) -> trials.Bench:
        """A random sample of the rows, to try the attack on."""
        check = self.check
        drawn = np.sort(self.context.rng.permutation(len(self.rows))[: check.trial_rows])
        return trials.Bench(
            self.target, self.tally, drawn, check.middle, self.make, check.steps, check.restarts, self.context.seed
        )

    def tried(self, zero: float, inside: bool) -> controls.Tried:
        """Every trial, on one sample."""
        check, bench = self.check, self.bench()
        self.notes.append(
            f"The attack was tried on {len(bench.rows)} of the attacked rows, at epsilon {check.middle:g}."
        )
        longer, again = trials.longer(bench), trials.again(bench)
        traced = tracing.trace(bench)
        noise = trials.noise(bench, check.grid, check.noise_draws)
        whole = trials.unbounded(bench, self.right)
        return controls.Tried(
            rows=len(bench.rows), classes=self.classes, zero=zero, agreement=self.target.agreement(),
            gradients_inside=inside, probability=self.probable,
            unfit=self.tally.unfit / max(1, self.tally.returned), longer=longer, again=again,
            one_step=trials.one_step(bench), falls=trials.falls(bench, check.grid),
            scale_gap=trials.scale_gap(bench), unbroken=whole.unbroken, full_range=whole.accuracy, noise=noise,
            moving=traced.moving, silent=traced.silent, unstable=tracing.unstable(bench),
            undefended=trials.undefended(bench, check.attack), black_box=self.black_box(bench),
        )  # fmt: skip

    def black_box(self, bench: trials.Bench) -> float:
        """The share of the sample that Square and the search by decisions break beyond the gradients, anywhere."""
        check, before = self.check, self.tally.broken_at[bench.rows].copy()
        rows = self.rows if check.attack == "standard" else bench.rows
        for epsilon in check.grid:
            left = self.tally.left(rows, epsilon)
            self.context.progress(0, 1, "attacks without gradients")
            blind.by_squares(self.target, self.tally, left, epsilon, check.square_queries, self.context.seed + 2)
        left = bench.rows[np.isinf(self.tally.broken_at[bench.rows])][: trials.ALONE]
        if len(left):
            blind.by_decisions(self.target, self.tally, left, self.context.rng, check.max_queries // 4)
        after = self.tally.broken_at[bench.rows]
        return max(float(np.mean((before > each) & (after <= each))) for each in check.grid)
