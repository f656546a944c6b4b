"""Random squares: an attack that asks for logits only and follows no slope."""

from collections.abc import Callable

import torch
from torch import Tensor

from auditkit.plugins.robustness.attacks.losses import spread
from auditkit.plugins.robustness.attacks.norms import size, unit_length, wide
from auditkit.plugins.robustness.attacks.problem import Attacked, Evaluation, Problem, Record, pick, radii

Draw = Callable[[Problem, dict[str, Tensor], tuple[int, ...], float, torch.Generator], Tensor]
"""(problem, rows, image's shape, share changed, generator) to allowed points."""

SCHEDULE = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)
"""Of 10,000 queries: where the share of features that one proposal changes is halved."""


def share_changed(query: int, queries: int, first: float = 0.8) -> float:
    """The share of features that a proposal changes (Andriushchenko et al. 2020, section 4)."""
    progress = query / queries * 10_000
    # the schedule is for 10,000 queries; a smaller budget runs through all of it, faster
    return first / 2 ** sum(progress > mark for mark in SCHEDULE)


def square(
    problem: Problem,
    x: Tensor,
    y: Tensor,
    radius: Tensor | float,
    start: Tensor | None = None,
    *,
    queries: int = 5000,
    seed: int = 0,
) -> Attacked:
    """Square attack: squares of the largest change allowed, kept where the margin shrinks.

    Andriushchenko et al. (2020), Square Attack, arXiv:1912.00049. What is drawn is drawn once a query for all rows
    alike, so a row's verdict does not hang on which other rows are attacked. Rows that are no images (C, H, W) are
    taken as one line of features, and the squares are stretches of it.

    Args:
        problem: what is attacked; Linf or L2.
        x: (N, *shape) the rows.
        y: (N,) the right classes.
        radius: for all rows or (N,).
        start: (N, *shape) tried first.
        queries: for each row.
        seed: of the squares.

    Raises:
        ValueError: norm L1, which this attack does not know.
    """
    if problem.norm == "L1":
        raise ValueError("Square knows Linf and L2; the norm is L1")
    reach, record = radii(radius, x), Record(problem, x)
    scale = spread(problem.logits(x))
    generator = torch.Generator().manual_seed(seed)
    shape = tuple(x.shape[1:]) if x.dim() == 4 else (1, 1, x[0].numel())
    draw = _linf if problem.norm == "Linf" else _l2
    starts = [] if start is None else [problem.project(start, x, reach)]
    starts.append(problem.project(_first(problem, x, reach, shape, generator), x, reach))
    for points in starts:
        left = record.left()
        if len(left):
            record.note(left, points[left], problem.see(points[left], y[left], "margin", scale[left]))
    _search(record, {"x": x, "y": y, "reach": reach, "scale": scale}, draw, shape, queries, generator)
    return record.attacked()


def _search(
    record: Record, rows: dict[str, Tensor], draw: Draw, shape: tuple[int, ...], queries: int,
    generator: torch.Generator,
) -> None:  # fmt: skip
    """Proposals for the rows that are left, one after the other."""
    problem, left = record.problem, record.left()
    state = {name: values[left] for name, values in rows.items()}
    state |= {"rows": left, "best": record.points[left], "loss": record.loss[left]}
    if problem.norm == "Linf":
        radius = wide(state["reach"], state["x"])
        # the ends of the box are worked out once: a proposal that takes them needs no projection of its own
        state["floor"] = problem.project(state["x"] - radius, state["x"], state["reach"])
        state["ceiling"] = problem.project(state["x"] + radius, state["x"], state["reach"])
    for query in range(1, queries):
        if not len(state["rows"]):
            return
        proposal = draw(problem, state, shape, share_changed(query, queries), generator)
        glance = problem.see(proposal, state["y"], "margin", state["scale"])
        is_better = glance.wrong | (glance.loss > state["loss"])
        state |= {
            "best": torch.where(wide(is_better, proposal), proposal, state["best"]),
            "loss": torch.where(is_better, glance.loss, state["loss"]),
        }
        if bool(glance.wrong.any()):
            record.note(state["rows"], proposal, glance)
            state = pick(state, ~glance.wrong)
    record.note(state["rows"], state["best"], Evaluation(state["loss"], state["loss"] == torch.inf, state["best"]))


def _first(problem: Problem, x: Tensor, reach: Tensor, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Upright stripes for Linf; a chequerboard of bumps for L2."""
    channels, height, width = shape
    if problem.norm == "Linf":
        change = _signs((channels, 1, width), generator).expand(shape)
    else:
        change, tile_width = torch.zeros(shape), max(1, min(max(height, width) // 5, width))
        tile_height = min(tile_width, height)
        for top in range(0, height - tile_height + 1, tile_height):
            for column in range(0, width - tile_width + 1, tile_width):
                bump = _bump(tile_height, tile_width, generator) * _signs((channels, 1, 1), generator)
                change[:, top : top + tile_height, column : column + tile_width] = bump
        change = change / change.norm().clamp_min(1e-12)
    return x + (change.to(x).reshape(1, *x.shape[1:])) * wide(reach, x)


def _linf(
    problem: Problem, state: dict[str, Tensor], shape: tuple[int, ...], share: float, generator: torch.Generator
) -> Tensor:
    """One window as far up or down as is allowed, each channel by its own sign; the rest is allowed already."""
    rows, columns = _window(shape, share, generator, least=1)
    is_up = _signs((shape[0], 1, 1), generator).to(state["best"]) > 0
    images = state["best"].reshape(-1, *shape).clone()
    low, high = (state[name].reshape(-1, *shape)[:, :, rows, columns] for name in ("floor", "ceiling"))
    images[:, :, rows, columns] = torch.where(is_up, high, low)
    return images.reshape(state["best"].shape)


def _l2(
    problem: Problem, state: dict[str, Tensor], shape: tuple[int, ...], share: float, generator: torch.Generator
) -> Tensor:
    """Take the change out of one window and put what length it frees, and what is unused, into another."""
    best = state["best"]
    change = (best - state["x"]).reshape(-1, *shape).clone()
    rows, columns = _window(shape, share, generator, least=3)
    second_window = _window(shape, share, generator, least=3)
    height, width = rows.stop - rows.start, columns.stop - columns.start
    length = size(change, "L2")
    new_change = change.clone()
    new_change[:, :, rows, columns] = 0
    new_change[:, :, second_window[0], second_window[1]] = 0
    freed = (length.square() - size(new_change, "L2").square()).clamp_min(0)
    room = (state["reach"].square() - length.square()).clamp_min(0) + freed
    old_bump = change[:, :, rows, columns]
    bump = (_bump(height, width, generator) * _signs((shape[0], 1, 1), generator)).to(old_bump)
    # what stood in the window shows a way that served before, so it goes half into the new bump
    bump = bump / bump.norm().clamp_min(1e-12) + unit_length(old_bump)
    new_change[:, :, rows, columns] = unit_length(bump) * wide(room.sqrt(), bump)
    new_change = unit_length(new_change) * wide(state["reach"], new_change)
    return problem.project(state["x"] + new_change.reshape(best.shape), state["x"], state["reach"])


def _window(shape: tuple[int, ...], share: float, generator: torch.Generator, least: int) -> tuple[slice, slice]:
    _, height, width = shape
    side = round((share * height * width) ** 0.5) if height > 1 else round(share * width)
    window_height, window_width = min(max(side, least), height), min(max(side, least), width)
    row, column = _below(height - window_height + 1, generator), _below(width - window_width + 1, generator)
    return slice(row, row + window_height), slice(column, column + window_width)


def _bump(rows: int, columns: int, generator: torch.Generator) -> Tensor:
    """(tall, broad) two halves of opposite sign, each high in its middle."""
    down, across = torch.arange(rows) - (rows - 1) / 2, torch.arange(columns) - (columns - 1) / 2
    ring = torch.maximum(down.abs()[:, None], across.abs()[None, :])
    height = 1 / (1 + ring).square()
    if _below(2, generator) and rows > 1:
        return height * torch.where(down < 0, -1.0, 1.0)[:, None]
    return height * torch.where(across < 0, -1.0, 1.0)[None, :]


def _below(limit: int, generator: torch.Generator) -> int:
    return int(torch.randint(0, limit, (1,), generator=generator))


def _signs(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.randint(0, 2, shape, generator=generator) * 2.0 - 1
