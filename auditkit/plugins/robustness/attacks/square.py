"""Random squares: an attack that asks for logits only and follows no slope."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from auditkit.plugins.robustness.attacks.best_so_far import Record, pick
from auditkit.plugins.robustness.attacks.losses import spread
from auditkit.plugins.robustness.attacks.norms import size, wide
from auditkit.plugins.robustness.attacks.problem import Attacked, Glance, Problem, radii

Draw = Callable[[Problem, dict[str, Tensor], tuple[int, ...], float, torch.Generator], Tensor]
"""(problem, rows, image's shape, share changed, generator) to allowed points."""

SCHEDULE = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)
"""Of 10,000 queries: where the share of features that one proposal changes is halved."""


def share_changed(query: int, queries: int, first: float = 0.8) -> float:
    """The share of features that a proposal changes (Andriushchenko et al. 2020, section 4)."""
    progress = query / queries * 10_000
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
    begun = [] if start is None else [problem.project(start, x, reach)]
    begun.append(problem.project(_first(problem, x, reach, shape, generator), x, reach))
    for each in begun:
        left = record.left()
        if len(left):
            record.note(left, each[left], problem.see(each[left], y[left], "margin", scale[left]))
    _search(record, {"x": x, "y": y, "reach": reach, "scale": scale}, draw, shape, queries, generator)
    return record.attacked()


def _search(
    record: Record, rows: dict[str, Tensor], draw: Draw, shape: tuple[int, ...], queries: int,
    generator: torch.Generator,
) -> None:  # fmt: skip
    """Proposals for the rows that are left, one after the other."""
    problem, at = record.problem, record.left()
    now = {name: row[at] for name, row in rows.items()} | {"at": at, "best": record.points[at]}
    now |= {"loss": record.loss[at]}
    if problem.norm == "Linf":
        far = wide(now["reach"], now["x"])
        now |= {"floor": problem.project(now["x"] - far, now["x"], now["reach"])}
        now |= {"ceiling": problem.project(now["x"] + far, now["x"], now["reach"])}
    for query in range(1, queries):
        if not len(now["at"]):
            return
        tried = draw(problem, now, shape, share_changed(query, queries), generator)
        glance = problem.see(tried, now["y"], "margin", now["scale"])
        better = glance.wrong | (glance.loss > now["loss"])
        now |= {
            "best": torch.where(wide(better, tried), tried, now["best"]),
            "loss": torch.where(better, glance.loss, now["loss"]),
        }
        if bool(glance.wrong.any()):
            record.note(now["at"], tried, glance)
            now = pick(now, ~glance.wrong)
    record.note(now["at"], now["best"], Glance(now["loss"], now["loss"] == torch.inf, now["best"]))


def _first(problem: Problem, x: Tensor, reach: Tensor, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Upright stripes for Linf; a chequerboard of bumps for L2."""
    channels, height, width = shape
    if problem.norm == "Linf":
        moved = _signs((channels, 1, width), generator).expand(shape)
    else:
        moved, tile = torch.zeros(shape), max(1, min(max(height, width) // 5, width))
        tall = min(tile, height)
        for top in range(0, height - tall + 1, tall):
            for left in range(0, width - tile + 1, tile):
                bump = _bump(tall, tile, generator) * _signs((channels, 1, 1), generator)
                moved[:, top : top + tall, left : left + tile] = bump
        moved = moved / moved.norm().clamp_min(1e-12)
    return x + (moved.to(x).reshape(1, *x.shape[1:])) * wide(reach, x)


def _linf(
    problem: Problem, now: dict[str, Tensor], shape: tuple[int, ...], share: float, generator: torch.Generator
) -> Tensor:
    """One window as far up or down as is allowed, each channel by its own sign; the rest is allowed already."""
    rows, columns = _window(shape, share, generator, least=1)
    up = _signs((shape[0], 1, 1), generator).to(now["best"]) > 0
    flat = now["best"].reshape(-1, *shape).clone()
    low, high = (now[name].reshape(-1, *shape)[:, :, rows, columns] for name in ("floor", "ceiling"))
    flat[:, :, rows, columns] = torch.where(up, high, low)
    return flat.reshape(now["best"].shape)


def _l2(
    problem: Problem, now: dict[str, Tensor], shape: tuple[int, ...], share: float, generator: torch.Generator
) -> Tensor:
    """Take the change out of one window and put what length it frees, and what is unused, into another."""
    best = now["best"]
    moved = (best - now["x"]).reshape(-1, *shape).clone()
    rows, columns = _window(shape, share, generator, least=3)
    other = _window(shape, share, generator, least=3)
    tall, broad = rows.stop - rows.start, columns.stop - columns.start
    length = size(moved, "L2")
    apart = moved.clone()
    apart[:, :, rows, columns] = 0
    apart[:, :, other[0], other[1]] = 0
    freed = (length.square() - size(apart, "L2").square()).clamp_min(0)
    room = (now["reach"].square() - length.square()).clamp_min(0) + freed
    old = moved[:, :, rows, columns]
    bump = (_bump(tall, broad, generator) * _signs((shape[0], 1, 1), generator)).to(old)
    bump = bump / bump.norm().clamp_min(1e-12) + old / wide(size(old, "L2").clamp_min(1e-12), old)
    bump = bump / wide(size(bump, "L2").clamp_min(1e-12), bump)
    apart[:, :, rows, columns] = bump * wide(room.sqrt(), bump)
    apart = apart / wide(size(apart, "L2").clamp_min(1e-12), apart) * wide(now["reach"], apart)
    return problem.project(now["x"] + apart.reshape(best.shape), now["x"], now["reach"])


def _window(shape: tuple[int, ...], share: float, generator: torch.Generator, least: int) -> tuple[slice, slice]:
    _, height, width = shape
    side = round((share * height * width) ** 0.5) if height > 1 else round(share * width)
    tall, broad = min(max(side, least), height), min(max(side, least), width)
    top, left = _below(height - tall + 1, generator), _below(width - broad + 1, generator)
    return slice(top, top + tall), slice(left, left + broad)


def _bump(tall: int, broad: int, generator: torch.Generator) -> Tensor:
    """(tall, broad) two halves of opposite sign, each high in its middle."""
    down, along = torch.arange(tall) - (tall - 1) / 2, torch.arange(broad) - (broad - 1) / 2
    far = torch.maximum(down.abs()[:, None], along.abs()[None, :])
    height = 1 / (1 + far).square()
    if _below(2, generator) and tall > 1:
        return height * torch.where(down < 0, -1.0, 1.0)[:, None]
    return height * torch.where(along < 0, -1.0, 1.0)[None, :]


def _below(limit: int, generator: torch.Generator) -> int:
    return int(torch.randint(0, limit, (1,), generator=generator))


def _signs(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.randint(0, 2, shape, generator=generator) * 2.0 - 1
