"""A whole grid of radii: what is broken stays broken, and only what is left is attacked."""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from auditkit.plugins.robustness.attacks.norms import dual
from auditkit.plugins.robustness.attacks.pgd import PGD
from auditkit.plugins.robustness.attacks.problem import TOLERANCE, Attack, Problem

SAMPLE = 8
"""Rows on which success is tried for being monotone."""
SCREEN = 4
"""Steps of descent with which the fast mode looks where to begin."""


class Swept(NamedTuple):
    """What was found over a grid of radii."""

    broken_at: Tensor
    """(N,) float64: the smallest radius at which a confirmed point was found; 0 where the row is wrong as it is, and
    infinite where nothing was found."""
    points: Tensor
    """(N, *shape) that point; else the last point of highest loss."""
    mode: Literal["exact", "fast"]
    """What was done: `exact` also where `fast` was asked for and success was not monotone on the sample."""


class _State:
    """The rows of a sweep, and what was found on them."""

    def __init__(self, problem: Problem, x: Tensor, y: Tensor, epsilons: Sequence[float]) -> None:
        if not epsilons or list(epsilons) != sorted(set(epsilons)) or epsilons[0] <= 0:
            raise ValueError(f"epsilons must ascend and lie above 0; {list(epsilons)} was given")
        self.problem, self.x, self.y = problem, x, y
        self.grid = torch.tensor([*epsilons, torch.inf], dtype=torch.float64, device=x.device)
        self.points = x.clone()
        self.index = torch.full((len(x),), len(epsilons), device=x.device)
        """(N,) the index in the grid of the smallest radius that is known to break the row."""
        self.wrong = problem.wrong(x, y)

    def attack(self, attack: Attack, rows: Tensor, grid_indices: Tensor, start: Tensor | None) -> Tensor:
        """Attack some rows, each at its own radius of the grid; (n,) bool: confirmed."""
        result = attack(self.problem, self.x[rows], self.y[rows], self.grid[grid_indices].to(self.x), start)
        is_confirmed = torch.zeros_like(result.broken)
        claimed = result.broken.nonzero()[:, 0]
        if len(claimed):
            arguments = self.x[rows[claimed]], self.y[rows[claimed]], self.grid[grid_indices[claimed]]
            is_confirmed[claimed] = self.problem.confirm(result.points[claimed], *arguments)
        # a row that is known to break keeps the point that showed it until a nearer one is found
        known = self.index[rows]
        is_nearer = is_confirmed & (grid_indices < known)
        is_new = is_nearer | (known == len(self.grid) - 1)
        self.points[rows[is_new]] = result.points[is_new]
        improved = rows[is_nearer]
        # the point may lie within a smaller radius than the one that was tried
        reached = torch.searchsorted(self.grid, self.problem.size(self.points[improved], self.x[improved]) - TOLERANCE)
        self.index[improved] = torch.minimum(reached, grid_indices[is_nearer])
        return is_confirmed


def sweep(
    problem: Problem,
    x: Tensor,
    y: Tensor,
    epsilons: Sequence[float],
    attack: Attack,
    *,
    mode: Literal["exact", "fast"] = "exact",
    progress: Callable[[int, int], None] | None = None,
) -> Swept:
    """Find for each row the smallest radius of a grid at which the attack breaks it.

    `exact`: the radii in ascending order, each for the rows that are left. The attack starts where it would start
    alone and, before that, from the best point of the radius before; so nothing is missed that the same attack finds
    at each radius by itself, and the curve is monotone.

    `fast`: for each row a few steps of descent at radii around a guess, then between those that hold and break it;
    from the smallest radius so found the attack walks down for as long as it succeeds. That finds the same only where
    an attack that succeeds at a radius succeeds at all larger ones, which is tried on a few rows; where it does not
    hold, the sweep is exact.

    Every point counted was confirmed: asked about anew, finite, in the box and within the radius (+ 1e-6).

    Args:
        problem: what is attacked.
        x: (N, *shape) the rows.
        y: (N,) the right classes.
        epsilons: ascending, above 0.
        attack: see `problem.Attack`.
        mode: `exact` or `fast`.
        progress: told (done, of how many) as the work goes on.

    Raises:
        ValueError: epsilons that do not ascend, or another mode.
    """
    if mode not in ("exact", "fast"):
        raise ValueError(f"mode must be exact or fast; {mode!r} was given")
    state = _State(problem, x, y, epsilons)
    sample_rows = (~state.wrong).nonzero()[:, 0][:SAMPLE] if mode == "fast" else torch.zeros(0, dtype=torch.long)
    if mode == "fast" and not _is_monotone(state, sample_rows.to(x.device), attack):
        mode = "exact"
    if mode == "exact":
        _ascend(state, attack, progress)
    else:
        _walk_down(state, attack, sample_rows, progress)
    return Swept(torch.where(state.wrong, torch.zeros_like(state.grid[0]), state.grid[state.index]), state.points, mode)


def _is_monotone(state: _State, rows: Tensor, attack: Attack) -> bool:
    """Whether the attack, run at every radius by itself, breaks at each all rows that it breaks at a smaller one."""
    before = torch.zeros(len(rows), dtype=torch.bool, device=rows.device)
    for grid_index in range(len(state.grid) - 1):
        # nothing is handed on from one radius to the next: what is tried is the attack by itself
        is_confirmed = state.attack(attack, rows, torch.full_like(rows, grid_index), None) if len(rows) else before
        if bool((before & ~is_confirmed).any()):
            return False
        before = is_confirmed
    return True


def _ascend(state: _State, attack: Attack, progress: Callable[[int, int], None] | None) -> None:
    last = len(state.grid) - 1
    for grid_index in range(last):
        rows = (~state.wrong & (state.index == last)).nonzero()[:, 0]
        if len(rows):
            start = None
            if grid_index:
                growth = state.grid[grid_index] / state.grid[grid_index - 1]
                # the last best point, moved out to the new radius: most rows break in the direction that came closest
                start = state.x[rows] + (state.points[rows] - state.x[rows]) * growth.to(state.x)
            state.attack(attack, rows, torch.full_like(rows, grid_index), start)
        if progress is not None:
            progress(grid_index + 1, last)


def _screen(state: _State, rows: Tensor, done: Tensor) -> None:
    """A few steps of descent, which find most of what there is, around where the slope says that a row breaks.

    From the guess up or down the grid, twice as far each time, until a radius that breaks the row lies above one that
    does not; then the grid between them is halved.
    """
    last = len(state.grid) - 1
    low, probe = torch.zeros_like(state.index), _guess(state, done)
    stride = torch.ones_like(low)
    for _ in range(2 * last):
        rows = rows[low[rows] < state.index[rows]]
        if not len(rows):
            return
        grid_indices = probe[rows]
        is_broken = state.attack(PGD(steps=SCREEN), rows, grid_indices, None)
        low[rows[~is_broken]] = grid_indices[~is_broken] + 1
        high = state.index[rows]
        is_bracketed = (low[rows] > 0) & (high < last)
        galloped = torch.where(is_broken, high - stride[rows], low[rows] + stride[rows] - 1)
        halved = torch.div(low[rows] + high, 2, rounding_mode="floor")
        probe[rows] = torch.minimum(torch.where(is_bracketed, halved, galloped).clamp(min=0, max=last - 1), high - 1)
        probe[rows] = torch.maximum(probe[rows], low[rows].clamp(max=last - 1))
        stride[rows] *= 2


def _guess(state: _State, done: Tensor) -> Tensor:
    """(N,) the index in the grid at which a linear function of the row's slope would break.

    The rows of which every radius was tried say by how much such a guess is off.
    """
    problem, last = state.problem, len(state.grid) - 1
    glance = problem.look(state.x, state.y, "margin")
    radius = -glance.loss.double() / dual(glance.slope, problem.norm).double().clamp_min(1e-12)
    tried_rows = done[state.index[done] < last]
    if len(tried_rows):
        radius *= (state.grid[state.index[tried_rows]] / radius[tried_rows].clamp_min(1e-12)).median()
    return torch.searchsorted(state.grid, radius.clamp_min(0).nan_to_num(0.0)).clamp(max=last - 1)


def _walk_down(state: _State, attack: Attack, done: Tensor, progress: Callable[[int, int], None] | None) -> None:
    """The whole attack at the radius below the smallest that breaks a row, for as long as it succeeds there."""
    is_new = ~state.wrong
    is_new[done] = False  # every radius was tried on these
    rows = is_new.nonzero()[:, 0]
    _screen(state, rows, done)
    last = len(state.grid) - 1
    for turn in range(last):
        rows = rows[state.index[rows] > 0]
        if not len(rows):
            break
        rows = rows[state.attack(attack, rows, state.index[rows] - 1, None)]
        if progress is not None:
            progress(turn + 1, last)
