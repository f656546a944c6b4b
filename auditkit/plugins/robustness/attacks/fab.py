"""The nearest boundary to one class after the other: FAB, towards targets."""

import torch
from torch import Tensor

from auditkit.plugins.robustness.attacks.norms import Norm, wide
from auditkit.plugins.robustness.attacks.problem import Attacked, Evaluation, Problem, Record, pick, radii

BEYOND = 1.05
"""How far a step goes, as a share of the way to the boundary."""
BIAS = 0.1
"""The largest share of a step that is taken from the row itself."""
BACK = 0.9
"""Where a wrong point is taken back to, as a share of its way from the row."""


def fab_targeted(
    problem: Problem,
    x: Tensor,
    y: Tensor,
    radius: Tensor | float,
    start: Tensor | None = None,
    *,
    steps: int = 100,
    targets: int = 9,
) -> Attacked:
    """Fast adaptive boundary towards each of the nearest other classes.

    Each step takes the boundary to the class for a plane, steps onto it from where it stands and from the row, and
    goes on from a mean of the two; a wrong point is taken back towards the row. Croce and Hein (2020), Minimally
    Distorted Adversarial Examples with a Fast Adaptive Boundary Attack, arXiv:1907.02044, and for the targets
    arXiv:2003.01690. A row is left alone once a wrong point within its radius was seen.

    Args:
        problem: what is attacked; its norm must be Linf or L2.
        x: (N, *shape) the rows.
        y: (N,) the right classes.
        radius: for all rows or (N,).
        start: not used: every run begins at the row.
        steps: of each run.
        targets: how many classes, by their logits at x; with fewer other classes, all of them.

    Raises:
        ValueError: the norm is L1.
    """
    if problem.norm == "L1":
        raise ValueError("fab_targeted works in Linf and L2; the problem's norm is L1. Take fmn_within")
    record, reach = Record(problem, x), radii(radius, x)
    logits = problem.logits(x)
    ranked = logits.scatter(1, y[:, None], -torch.inf).argsort(dim=1, descending=True)
    count, all_rows = min(targets, logits.shape[1] - 1), torch.arange(len(x), device=x.device)
    for part in torch.split(all_rows, max(1, problem.batch // count)):
        rows = part.repeat(count)  # all targets of a row go through the function together: cheaper than in turn
        target = ranked[part, :count].T.flatten()
        state = {"x": x[rows], "y": y[rows], "rows": rows, "reach": reach[rows], "target": target, "points": x[rows]}
        _run(record, state, steps)
    return record.attacked()


def _run(record: Record, state: dict[str, Tensor], steps: int) -> None:
    """Each row towards its target; a row that is broken takes its other targets along."""
    problem = record.problem
    for step in range(steps + 1):
        if step:
            state["points"] = _back(problem, state | {"points": _towards(problem, state)})
        glance = problem.look(state["points"], state["y"], "margin", target=state["target"])
        is_near = problem.size(state["points"], state["x"]) <= state["reach"].double()
        for subset in (
            is_near & ~glance.wrong,
            is_near & glance.wrong,
        ):  # what broke a row is noted last, of all its targets
            record.note(
                state["rows"][subset], state["points"][subset], Evaluation(*(values[subset] for values in glance))
            )
        state |= {"loss": glance.loss, "slope": glance.slope}
        state = pick(state, ~record.broken[state["rows"]])
        if not len(state["rows"]):
            return


def _back(problem: Problem, state: dict[str, Tensor]) -> Tensor:
    """The points, with those that are wrong beyond the radius taken back towards the row."""
    points = state["points"]
    beyond = (problem.size(points, state["x"]) > state["reach"].double()).nonzero()[:, 0]
    if not len(beyond):
        return points
    beyond = beyond[problem.wrong(points[beyond], state["y"][beyond])]
    return points.index_copy(0, beyond, (1 - BACK) * state["x"][beyond] + BACK * points[beyond])


def _towards(problem: Problem, state: dict[str, Tensor]) -> Tensor:
    """The next points: a mean of the steps onto the plane from here and from the row."""
    x, points, slope = state["x"], state["points"], state["slope"]
    low, high = problem.low.to(x), problem.high.to(x)
    distance = (slope * (x - points)).flatten(1).sum(dim=1)
    from_points = onto_plane(points, slope, -state["loss"], low, high, problem.norm)
    # the row's own step keeps the points from drifting along the boundary, away from the row
    from_row = onto_plane(x, slope, -(state["loss"] + distance), low, high, problem.norm)
    length = problem.size(points + from_points, points), problem.size(x + from_row, x)
    bias = (length[0] / (length[0] + length[1]).clamp_min(1e-12)).clamp(max=BIAS).to(x)
    mean = wide(1 - bias, x) * (points + BEYOND * from_points) + wide(bias, x) * (x + BEYOND * from_row)
    mean = torch.minimum(torch.maximum(mean, low), high)
    return x + problem.held(mean - x)


def onto_plane(points: Tensor, slope: Tensor, growth: Tensor, low: Tensor, high: Tensor, norm: Norm) -> Tensor:
    """The shortest move inside the box along which a linear function grows by what is wanted.

    Every feature moves by the same length (Linf) or in proportion to its slope (L2) until it meets the box, so the
    length is where a concave line of pieces reaches a height: exact, from one sort.

    Args:
        points: (n, *shape) inside the box.
        slope: (n, *shape) of the function.
        growth: (n,) by how much it is to grow; less than 0 to fall.
        low: the least that a feature may be.
        high: the most.
        norm: Linf or L2.

    Returns:
        (n, *shape); where the box does not hold enough, as far as it goes.
    """
    slope = slope * wide(torch.where(growth < 0, -1.0, 1.0).to(slope), slope)
    steep = slope.abs().flatten(1)
    room = torch.where(slope > 0, high - points, points - low).clamp_min(0).flatten(1)
    room = torch.where(steep > 0, room, torch.zeros_like(room))
    pace = torch.ones_like(steep) if norm == "Linf" else steep
    # features meet the box one after another; sorted by when, each stretch between is linear
    ends, order = (room / pace.clamp_min(1e-30)).sort(dim=1)
    gain = (steep * pace).gather(1, order)
    gained = torch.cat([torch.zeros_like(gain[:, :1]), (gain * ends).cumsum(dim=1)], dim=1)
    moving = torch.cat([gain.flip(1).cumsum(dim=1).flip(1), torch.zeros_like(gain[:, :1])], dim=1)
    height = growth.abs()[:, None]
    pieces = (gained[:, 1:] + ends * moving[:, 1:] < height).sum(dim=1, keepdim=True)
    length = (height - gained.gather(1, pieces)).clamp_min(0) / moving.gather(1, pieces).clamp_min(1e-30)
    length = torch.where(pieces == ends.shape[1], torch.full_like(length, torch.inf), length)
    step = torch.minimum(length * pace, room)
    step = torch.where(steep > 0, step, torch.zeros_like(step))
    return (step.reshape(slope.shape)) * slope.sign()
